/**
 * Checks the house rules about imports: a file imports only from its own room or from rooms with a lower number, rooms
 * of one number never import each other, and what is loaded at run time forms no cycle (`import type` loads nothing,
 * so two classes may know each other's types). There are no exceptions. Run: npx tsx tools/layers.ts
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

const SRC = join(dirname(fileURLToPath(import.meta.url)), "..", "src");

const ROOMS: Readonly<Record<string, number>> = {
  base: 0,
  abi: 0,
  host: 1,
  record: 2,
  wasm: 1,
  cpu: 1,
  isa: 1,
  decode: 2,
  mmu: 2,
  sem: 3,
  engine: 4,
  vfs: 4,
  pc: 4,
  loader: 5,
  kernel: 6,
  machine: 7,
  debug: 8,
  platform: 8,
};
/** Files directly in src/. */
const TOP = 9;

/** Imports that only the compiler sees. */
const TYPE_ONLY = /\b(?:import|export) type [^;]*?\bfrom\s*"[^"]*";/g;
/** A specifier in an import, export-from or import() of this project's files. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*)"(\.[^"]*)"/g;
/** The same of packages and of Node's own modules. */
const FOREIGN = /(?:\bfrom\s*|\bimport\s*\(?\s*)"([^."][^"]*)"/g;

function files(): string[] {
  const all = readdirSync(SRC, { recursive: true, encoding: "utf8" });
  return all.filter((f) => f.endsWith(".ts") && !f.endsWith(".d.ts") && !f.endsWith(".test.ts")).sort();
}

/** Room and its number; undefined for a folder that is no room. */
function room(file: string): { name: string; level: number } | undefined {
  const parts = file.split(sep);
  if (parts.length === 1) return { name: "(top)", level: TOP };
  const level = ROOMS[parts[0]];
  return level === undefined ? undefined : { name: parts[0], level };
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

/** The files that a file's text imports. */
function targetsOf(file: string, text: string): string[] {
  return [...text.matchAll(SPECIFIER)].map((m) => normalize(join(dirname(file), m[1])));
}

const errors: string[] = [];
const graph = new Map<string, string[]>();

for (const file of files()) {
  const text = withoutComments(readFileSync(join(SRC, file), "utf8"));
  const from = room(file);
  if (!from) errors.push(`src/${file}: not in a room of the plan`);
  graph.set(file, targetsOf(file, text.replace(TYPE_ONLY, "")));
  for (const target of targetsOf(file, text)) {
    const to = target.startsWith("..") ? undefined : room(target);
    if (!to) errors.push(`src/${file}: imports ${target}, which is not in src/`);
    else if (from && to.name !== from.name && to.level >= from.level) {
      errors.push(`src/${file}: room ${from.name} (${from.level}) imports ${target} of room ${to.name} (${to.level})`);
    }
  }
  const free = /^platform[\\/](node|browser)[\\/]/.test(file);
  for (const m of free ? [] : text.matchAll(FOREIGN)) errors.push(`src/${file}: imports "${m[1]}" outside platform/`);
}

/** Depth-first search; reports each cycle once, where it closes. */
const state = new Map<string, "open" | "done">();
function visit(file: string, path: readonly string[]): void {
  if (state.get(file) === "done") return;
  if (state.get(file) === "open") {
    errors.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
    return;
  }
  state.set(file, "open");
  for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
  state.set(file, "done");
}
for (const file of graph.keys()) visit(file, []);

for (const e of errors) console.error(e);
console.log(`layers: ${graph.size} files, ${errors.length} errors`);
process.exitCode = errors.length > 0 ? 1 : 0;
