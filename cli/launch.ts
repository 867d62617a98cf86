/**
 * What `blink` is: starts the bundle beside it with the code that V8 made of it when it was built, so that the start
 * need not parse and compile it once more. The bundle gets the same way to load others when it needs them. V8 refuses code of another version by itself, and then compiles as usual.
 * Built as a CommonJS script, because Node starts those soonest.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";

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

load("blink.bundle");
