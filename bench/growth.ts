/**
 * How cost grows with the length of a run, the number of processes and the amount of code. Writes docs/growth.md and a
 * picture of it. Run: npm run growth [-- --quick]
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compiled } from "./build.ts";
import { machine } from "./page.ts";
import { type Curve, picture } from "./plot.ts";

const DOCS = fileURLToPath(new URL("../docs/", import.meta.url));
const BLINK = fileURLToPath(new URL("../dist/blink.js", import.meta.url));
const quick = process.argv.includes("--quick");

/** Lines of `blink -Z`. */
type Statistics = Map<string, number>;

function measure(program: string, mode: string, n: number): Statistics {
  const r = spawnSync(process.execPath, [BLINK, "-Z", program, mode, String(n)], { encoding: "utf8" });
  if (r.status !== 0) throw new Error(`${mode} ${n}: ${r.status ?? r.signal}\n${r.stderr}`);
  const lines = r.stderr.split("\n").map((line) => /^(.+?)\s+([\d.]+)$/.exec(line));
  return new Map(lines.flatMap((m) => (m ? [[m[1], Number(m[2])]] : [])));
}

interface Series {
  mode: string;
  /** What grows. */
  unit: string;
  sizes: readonly number[];
  /** What is measured of each size. */
  figures: readonly { name: string; of(s: Statistics, n: number): number }[];
}

const get = (s: Statistics, name: string): number => s.get(name) ?? 0;
const memory = { name: "host's memory, MiB", of: (s: Statistics) => get(s, "host MiB at most") };
const perInstruction = {
  name: "ns an instruction",
  of: (s: Statistics) => (get(s, "milliseconds") * 1e6) / get(s, "instructions"),
};
const powers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));

const SERIES: readonly Series[] = [
  { mode: "steps", unit: "instructions", sizes: powers(6, quick ? 9 : 11), figures: [perInstruction, memory] },
  {
    mode: "processes",
    unit: "processes",
    sizes: quick ? [1, 4, 16] : [1, 2, 4, 8, 16, 32, 64],
    figures: [{ name: "ms a process", of: (s, n) => get(s, "milliseconds") / n }, memory],
  },
  {
    mode: "code",
    unit: "MiB of code",
    sizes: quick ? [1, 4] : [1, 3, 10, 30, 100],
    figures: [perInstruction, { name: "MiB of regions", of: (s) => get(s, "jit bytes") / 2 ** 20 }, memory],
  },
];

function table(series: Series, rows: readonly (readonly number[])[]): string {
  const head = [series.unit, ...series.figures.map((f) => f.name)];
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const body = rows.map((row, i) => line([String(series.sizes[i]), ...row.map((v) => v.toPrecision(3))]));
  return [line(head), line(head.map(() => "--:")), ...body].join("\n");
}

const program = compiled({ source: "growth.c", flags: ["-O1", "-static"] });
if (!program) throw new Error("no C compiler");
const text = [
  "# How cost grows",
  "",
  "<!-- written by `npm run growth`: do not edit -->",
  "",
  `${machine()} ${new Date().toISOString().slice(0, 10)}, \`npm run growth${quick ? " -- --quick" : ""}\`. The guest is bench/programs/growth.c; figures are of \`blink -Z\`.`,
  "",
  "![The first figure of each table against its size, both on logarithmic scales](growth.svg)",
];
const curves: Curve[] = [];
for (const series of SERIES) {
  const rows = series.sizes.map((n) => {
    const s = measure(program, series.mode, n);
    const row = series.figures.map((f) => f.of(s, n));
    console.log(series.mode, n, ...row.map((v) => v.toPrecision(3)));
    return row;
  });
  text.push("", `## ${series.mode}`, "", table(series, rows));
  curves.push({
    name: `${series.figures[0].name} by ${series.unit}`,
    points: rows.map((row, i) => [series.sizes[i], row[0]] as const),
  });
}
writeFileSync(`${DOCS}growth.md`, `${text.join("\n")}\n`);
writeFileSync(`${DOCS}growth.svg`, picture(curves));
