/**
 * What `blink` is: starts the bundle beside it with the code that V8 made of it when it was built, so that the start
 * need not parse and compile it once more. The bundle gets the same way to load others when it needs them. V8 refuses code of another version by itself, and then compiles as usual.
 * Built as a CommonJS script, because Node starts those soonest.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import { IMAGE_HEADER, moduleIn, startLength } from "../src/engine/interp/image-file.ts";
import { setRegionFlags, setV8Flags } from "../src/platform/node/v8-flags.ts";
import type * as blink from "./blink.ts";

function cached(name: string): Buffer | undefined {
  try {
    return readFileSync(join(__dirname, `${name}.cache`));
  } catch {
    return undefined;
  }
}

/** Runs a bundle: what it exports. */
function load(name: string): unknown {
  if (name === "blink.jit") setRegionFlags();
  const filename = join(__dirname, `${name}.js`);
  // Bundles are plain ASCII.
  const script = new Script(readFileSync(filename, "latin1"), { filename, cachedData: cached(name) });
  return script.runInThisContext()(require, __dirname, load);
}

/** What a start needs of the file with the handlers. */
function beginning(name: string): Buffer<ArrayBuffer> {
  const fd = openSync(name, "r");
  try {
    const header = Buffer.alloc(IMAGE_HEADER);
    readSync(fd, header, 0, IMAGE_HEADER, 0);
    const file = Buffer.allocUnsafeSlow(startLength(header));
    readSync(fd, file, 0, file.length, 0);
    return file;
  } finally {
    closeSync(fd);
  }
}

/** V8 compiles the handlers in a thread while the bundle is loaded. */
function handlers(): Parameters<typeof blink.main>[0] {
  try {
    const name = join(__dirname, "handlers.bin");
    const file = beginning(name);
    return { file, whole: () => readFileSync(name), module: WebAssembly.compile(moduleIn(file)) };
  } catch {
    return undefined;
  }
}

setV8Flags();
const begun = handlers();
(load("blink.bundle") as typeof blink).main(begun);
