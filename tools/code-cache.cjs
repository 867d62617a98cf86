/**
 * Runs dist/blink.bundle.js once, with the arguments given, and keeps what V8 compiled meanwhile for cli/launch.ts.
 * Run: node tools/code-cache.cjs PROG ARGS...
 */
const { chmodSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script } = require("node:vm");

const dist = join(__dirname, "../dist");
const filename = join(dist, "blink.bundle.js");
const script = new Script(readFileSync(filename, "latin1"), { filename });
process.on("exit", () => {
  writeFileSync(join(dist, "blink.cache"), script.createCachedData());
  // The machine takes over the file mode mask.
  chmodSync(join(dist, "blink.cache"), 0o644);
});
script.runInThisContext()(require, dist);
