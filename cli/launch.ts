/**
 * What `blink` is: starts the bundle beside it with the code that V8 made of it when it was built, so that the start
 * need not parse and compile it once more. The bundle gets the same way to load others when it needs them. V8 refuses code of another version by itself, and then compiles as usual.
 * Built as a CommonJS script, because Node starts those soonest.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import { moduleIn } from "../src/engine/interp/image-file.ts";
import { setV8Flags } from "../src/platform/node/v8-flags.ts";
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
  const filename = join(__dirname, `${name}.js`);
  // Bundles are plain ASCII.
  const script = new Script(readFileSync(filename, "latin1"), { filename, cachedData: cached(name) });
  return script.runInThisContext()(require, __dirname, load);
}

/** V8 compiles the handlers in a thread while the bundle is loaded. */
function handlers(): Parameters<typeof blink.main>[0] {
  try {
    const file = readFileSync(join(__dirname, "handlers.bin"));
    return { file, module: WebAssembly.compile(moduleIn(file)) };
  } catch {
    return undefined;
  }
}

setV8Flags();
const begun = handlers();
(load("blink.bundle") as typeof blink).main(begun);
