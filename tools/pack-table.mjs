/**
 * An esbuild plugin that replaces the instruction table (src/isa/table.ts) by the same rows as one string, already sorted into slots.
 * Making some two thousand row objects and sorting them costs 8 ms at start, splitting a string nothing.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const isa = join(dirname(fileURLToPath(import.meta.url)), "../src/isa");

/** The table as it is in the source: its rows, and their numbers by slot. */
async function evaluateTable() {
  const bundled = await build({
    stdin: { contents: 'export { ROWS } from "./table.ts"; export { rowsBySlot } from "./slot.ts";', resolveDir: isa },
    bundle: true,
    format: "esm",
    write: false,
  });
  const url = `data:text/javascript;base64,${Buffer.from(bundled.outputFiles[0].contents).toString("base64")}`;
  const { ROWS, rowsBySlot } = await import(url);
  return { rows: ROWS, slots: rowsBySlot(ROWS.map((r) => r.encoding)) };
}

function packedModule({ rows, slots }) {
  const lines = rows.map((r) => [r.text, r.encoding, r.access, r.attributes].join("\t")).join("\n");
  const bySlot = slots.map((numbers, slot) => (numbers ? `${slot}=${numbers.join(",")};` : "")).join("");
  return `
import { parseRow } from "./parse.ts";
const rows = ${JSON.stringify(lines)}.split("\\n");
const slots = ${JSON.stringify(`;${bySlot}`)};
const forms = new Array(rows.length);
export const EVEX_ROW = rows.length - 1;
export function form(index) {
  const made = forms[index];
  if (made !== undefined) return made;
  const [text, encoding, access, attributes] = rows[index].split("\\t");
  return (forms[index] = parseRow({ mnemonic: text.split(" ", 1)[0], text, encoding, access, attributes }, index));
}
export function encodingOf(index) {
  return rows[index].split("\\t", 2)[1];
}
export function rowsOf(slot) {
  const at = slots.indexOf(";" + slot + "=");
  if (at < 0) return [];
  return slots.slice(slots.indexOf("=", at) + 1, slots.indexOf(";", at + 1)).split(",").map(Number);
}
`;
}

export const packTable = {
  name: "pack-table",
  setup(plugin) {
    plugin.onLoad({ filter: /[\\/]src[\\/]isa[\\/]table\.ts$/ }, async () => ({
      contents: packedModule(await evaluateTable()),
      resolveDir: isa,
      loader: "js",
    }));
  },
};
