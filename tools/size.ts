/** npm run size: bytes a browser loads for the machine (library and handlers), plain and compressed. */
import { existsSync, readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const files = ["dist/blink.browser.mjs", "dist/handlers.bin"].filter((f) => existsSync(f));
const total = [0, 0, 0];

function line(name: string, sizes: readonly number[]): string {
  return name.padEnd(24) + sizes.map((n) => n.toLocaleString("en").padStart(12)).join("");
}

console.log("".padEnd(24) + ["bytes", "gzip", "brotli"].map((h) => h.padStart(12)).join(""));
for (const file of files) {
  const bytes = readFileSync(file);
  const sizes = [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length];
  for (const [i, n] of sizes.entries()) total[i] += n;
  console.log(line(file, sizes));
}
console.log(line("total", total));
if (files.length < 2) {
  console.error("size: run `npm run build` first");
  process.exitCode = 1;
}
