/**
 * Builds dist/: the two commands for Node, and the library as a browser loads it (dist/blink.browser.js).
 * Run: node tools/build.mjs
 */

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { packTable } from "./pack-table.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
mkdirSync(dist, { recursive: true });

const common = {
  bundle: true,
  format: "esm",
  minify: true,
  logLevel: "warning",
  absWorkingDir: root,
  treeShaking: true,
};

await build({
  ...common,
  entryPoints: ["cli/blink.ts", "cli/blinkenlights.ts"],
  platform: "node",
  target: "node20",
  outdir: "dist",
  plugins: [packTable],
});
for (const name of ["blink.js", "blinkenlights.js"]) chmodSync(join(dist, name), 0o755);

if (existsSync(join(root, "src/platform/browser/index.ts"))) {
  await build({
    ...common,
    entryPoints: { "blink.browser": "src/platform/browser/index.ts" },
    platform: "browser",
    plugins: [packTable],
    target: "es2022",
    outdir: "dist",
  });
}

// The interpreter's handlers, built ahead: bundle the generator, run it, keep what it made.
const generator = join(dist, "handlers-generator.mjs");
await build({ ...common, entryPoints: ["tools/handlers.ts"], platform: "node", target: "node20", outfile: generator });
const made = spawnSync(process.execPath, [generator, join(dist, "handlers.bin")], { stdio: "inherit" });
rmSync(generator);
if (made.status !== 0) process.exit(1);
