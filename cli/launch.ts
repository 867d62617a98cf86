/**
 * What `blink` is: starts the bundle beside it with the code that V8 made of it when it was built, so that the start
 * need not parse and compile it once more. V8 refuses code of another version by itself, and then compiles as usual.
 * Built as a CommonJS script, because Node starts those soonest.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";

function cached(): Buffer | undefined {
  try {
    return readFileSync(join(__dirname, "blink.cache"));
  } catch {
    return undefined;
  }
}

const filename = join(__dirname, "blink.bundle.js");
// The bundle is plain ASCII.
const script = new Script(readFileSync(filename, "latin1"), { filename, cachedData: cached() });
script.runInThisContext()(require, __dirname);
