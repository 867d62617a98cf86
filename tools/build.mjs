/**
 * Builds dist/: the two commands, and the library for Node (blink.node.mjs) and for browsers (blink.browser.mjs).
 * Run: node tools/build.mjs [--readable]     (--readable: with the names of the source, for profiles)
 */

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transformSync } from "esbuild";
import { lazyDebug } from "./lazy-debug.mjs";
import { jitBundle, lazyJit } from "./lazy-jit.mjs";
import { packTable } from "./pack-table.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
mkdirSync(dist, { recursive: true });
// V8 knows its code only by the length of the source: no cache may be left of another bundle.
const bundles = ["blink.bundle", "blink.jit"];
for (const name of bundles) rmSync(join(dist, `${name}.cache`), { force: true });

const common = {
  bundle: true,
  format: "esm",
  minify: !process.argv.includes("--readable"),
  logLevel: "warning",
  absWorkingDir: root,
  treeShaking: true,
};

/** esbuild keeps the first line of a script only if the source has it. */
function shebang() {
  return { outdir: "dist", banner: { js: "#!/usr/bin/env node" } };
}

const node = { ...common, platform: "node", target: "node20", format: "cjs" };

// The command: a launcher, and the bundles that it loads.
await build({ ...node, entryPoints: { blink: "cli/launch.ts" }, ...shebang() });
await build({
  ...node,
  entryPoints: { blinkenlights: "cli/blinkenlights.ts" },
  ...shebang(),
  define: { "import.meta.url": "bundle.url" },
  inject: ["tools/bundle-url.ts"],
  plugins: [packTable],
});
const loaded = {
  ...node,
  charset: "ascii",
  banner: { js: "(function(require,__dirname,load){const module={exports:{}};" },
  footer: { js: "return module.exports})" },
  define: { "import.meta.url": "bundle.url" },
  inject: ["tools/bundle-url.ts"],
};
await build({
  ...loaded,
  entryPoints: { "blink.bundle": "cli/blink.ts" },
  outdir: "dist",
  plugins: [lazyJit, lazyDebug],
});
const debug = { "blink.gdb": "cli/gdb.ts", "blink.crash": "cli/crash.ts" };
await build({ ...loaded, entryPoints: debug, outdir: "dist", plugins: [packTable] });
await build({
  ...loaded,
  stdin: { contents: jitBundle, resolveDir: root, loader: "ts" },
  outfile: "dist/blink.jit.js",
  plugins: [packTable],
});
for (const name of ["blink.js", "blinkenlights.js"]) chmodSync(join(dist, name), 0o755);
// Scripts here are CommonJS, whatever the package around them says.
writeFileSync(join(dist, "package.json"), '{ "type": "commonjs" }\n');

// The library, for Node and for browsers.
await build({
  ...common,
  entryPoints: { "blink.node": "src/node.ts" },
  platform: "node",
  target: "node20",
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  plugins: [packTable],
});
await build({
  ...common,
  entryPoints: { "blink.browser": "src/browser.ts" },
  platform: "browser",
  target: "es2022",
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  plugins: [packTable],
});

// The interpreter's handlers, built ahead: bundle the generator, run it, keep what it made.
const scratch = mkdtempSync(join(tmpdir(), "blink-build-"));
const generator = join(scratch, "handlers.mjs");
await build({ ...node, format: "esm", entryPoints: ["tools/handlers.ts"], outfile: generator });
const made = spawnSync(process.execPath, [generator, join(dist, "handlers.bin")], { stdio: "inherit" });
rmSync(scratch, { recursive: true });
if (made.status !== 0) process.exit(1);

// Code that V8 compiled while it ran the example, out of a shell where there is one: what every start needs.
const example = join(root, "examples/hello/hello");
const native = process.platform === "linux" && process.arch === "x64" && existsSync("/bin/sh");
const program = native ? ["/bin/sh", "-c", '"$0"; :', example] : [example];
// Its flags are those that the command sets, or V8 would refuse the code.
const source = readFileSync(join(root, "src/platform/node/v8-flags.ts"), "utf8");
const { code } = transformSync(source, { loader: "ts" });
const { v8Flags } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
const flags = v8Flags(process.versions.v8);
spawnSync(process.execPath, [...flags, join(root, "tools/code-cache.cjs"), ...program], { stdio: "ignore" });
