/**
 * Runs dist/blink.bundle.js once, with the arguments given, and keeps what V8 compiled meanwhile for cli/launch.ts, of it
 * and of the bundles that it loads.
 * Run: node tools/code-cache.cjs PROG ARGS...
 */
const { chmodSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script } = require("node:vm");

const dist = join(__dirname, "../dist");
const scripts = new Map();

function load(name) {
  const filename = join(dist, `${name}.js`);
  const script = new Script(readFileSync(filename, "latin1"), { filename });
  scripts.set(name, script);
  return script.runInThisContext()(require, dist, load);
}

process.on("exit", () => {
  for (const [name, script] of scripts) {
    const file = join(dist, `${name}.cache`);
    writeFileSync(file, script.createCachedData());
    // The machine takes over the file mode mask.
    chmodSync(file, 0o644);
  }
});
load("blink.bundle").main();
