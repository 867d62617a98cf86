/** What a campaign has compared so far, by rows and ways; kept in a file, so that it can go on another day. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { form } from "../../src/isa/table.ts";
import type { Trial } from "./layout.ts";

export const WAYS = ["interpreter", "compiled", "sliced", "mixed", "paged", "hot"] as const;
export type CampaignWay = (typeof WAYS)[number];
export const KINDS = ["singles", "mxcsr", "sequences", "programs", "large", "random"] as const;
export type Kind = (typeof KINDS)[number];

/** Of a row, in the order of WAYS: trials of its register form, of its memory form, and others that it is part of. */
export interface RowTally {
  register: number[];
  memory: number[];
  within: number[];
  differ: number;
  lastDigits: number;
}
export interface Tally {
  /** The commit that it began with. */
  began: string;
  /** Next seed. */
  seed: number;
  /** Seconds that it took. */
  seconds: number;
  /** Trials by kind and way. */
  trials: Record<Kind, Record<CampaignWay, number>>;
  differ: number;
  lastDigits: number;
  /** Differed, and did not when run again. */
  once: number;
  /** Outcomes of random programs that can't be compared. */
  left: number;
  /** By text and encoding. */
  rows: Record<string, RowTally>;
}

const none = (): number[] => WAYS.map(() => 0);
const noTrials = (): Record<CampaignWay, number> =>
  Object.fromEntries(WAYS.map((w) => [w, 0])) as Record<CampaignWay, number>;

export function emptyTally(): Tally {
  const trials = Object.fromEntries(KINDS.map((k) => [k, noTrials()])) as Tally["trials"];
  return { began: "", seed: 1, seconds: 0, trials, differ: 0, lastDigits: 0, once: 0, left: 0, rows: {} };
}

export function readTally(path: string): Tally {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Tally) : emptyTally();
}
export function writeTally(path: string, tally: Tally): void {
  writeFileSync(`${path}.new`, JSON.stringify(tally));
  renameSync(`${path}.new`, path);
}

/** What several campaigns, each with seeds of its own, compared together. */
export function together(tallies: readonly Tally[]): Tally {
  const sum = emptyTally();
  for (const t of tallies) {
    sum.began = [...new Set([...sum.began.split(", "), t.began])].filter((x) => x !== "").join(", ");
    sum.seconds += t.seconds;
    sum.differ += t.differ;
    sum.lastDigits += t.lastDigits;
    sum.once += t.once;
    sum.left += t.left;
    for (const kind of KINDS) for (const way of WAYS) sum.trials[kind][way] += t.trials[kind][way];
    for (const [key, row] of Object.entries(t.rows)) {
      sum.rows[key] ??= { register: none(), memory: none(), within: none(), differ: 0, lastDigits: 0 };
      const to = sum.rows[key];
      for (const column of ["register", "memory", "within"] as const)
        for (const [i, n] of row[column].entries()) to[column][i] += n;
      to.differ += row.differ;
      to.lastDigits += row.lastDigits;
    }
  }
  return sum;
}

export type Outcome = "alike" | "differ" | "digits" | "once" | "left";

/** Rows of a tally by their index in the table. */
const known = new WeakMap<Tally, RowTally[]>();
function rowOf(tally: Tally, index: number): RowTally {
  let rows = known.get(tally);
  if (!rows) known.set(tally, (rows = []));
  if (!rows[index]) {
    const { text, encoding } = form(index);
    const key = `${text} | ${encoding}`;
    tally.rows[key] ??= { register: none(), memory: none(), within: none(), differ: 0, lastDigits: 0 };
    rows[index] = tally.rows[key];
  }
  return rows[index];
}

/** Counts one trial. */
export function count(tally: Tally, kind: Kind, way: CampaignWay, trial: Trial, outcome: Outcome): void {
  tally.trials[kind][way]++;
  if (outcome === "left") tally.left++;
  if (outcome === "once") tally.once++;
  if (outcome === "differ") tally.differ++;
  if (outcome === "digits") tally.lastDigits++;
  const single = kind === "singles" || kind === "mxcsr";
  const column = WAYS.indexOf(way);
  for (const index of trial.rows) {
    const row = rowOf(tally, index);
    const list = !single ? row.within : trial.memory ? row.memory : row.register;
    list[column]++;
    if (outcome === "differ") row.differ++;
    if (outcome === "digits") row.lastDigits++;
  }
}

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;

/** The table as Markdown: totals by kind and way, then one line a mnemonic. */
export function tallyText(tally: Tally): string {
  const byWay = (kind: Kind): number[] => WAYS.map((w) => tally.trials[kind][w]);
  const out = [
    "# What was compared with a processor",
    "",
    "Written by `npm run oracle -- --campaign FILE --table docs/oracle.md`; see `docs/exactness.md` for how, and for what is",
    "left out. Each trial is one run of code on the processor and on the engine from the same random state, compared in full.",
    "",
    `Source as of ${tally.began}; ${Math.round(tally.seconds / 60)} minutes.`,
    "",
    line(["trials", ...WAYS, "together"]),
    line(["---", ...WAYS.map(() => "---:"), "---:"]),
    ...KINDS.map((k) => line([k, ...byWay(k), sum(byWay(k))])),
    line(["all", ...WAYS.map((_, i) => sum(KINDS.map((k) => byWay(k)[i]))), sum(KINDS.map((k) => sum(byWay(k))))]),
    "",
    `Differences: ${tally.differ}. x87 functions that differ in the last digits: ${tally.lastDigits}. Differed, and not when run`,
    `again: ${tally.once}.`,
    "",
    "*singles*: one instruction; *mxcsr*: the same with other settings of MXCSR; *sequences*: 2 to 8 instructions; *programs*:",
    "loops, branches and calls; *large*: functions with frames on the stack that call each other; *random*: random bytes as programs",
    `of 64 bytes. ${tally.left} had outcomes that can't be compared. The ways are those of the option of that name; compiled code is`,
    "made by V8's quick compiler in one round and by its optimizing one in the next.",
    "",
    "By mnemonic: its forms (rows of the table), trials of single instructions in register and in memory form, instructions",
    "within sequences and programs, differences.",
    "",
    line(["mnemonic", "forms", "register", "memory", "within", "differ"]),
    line(["---", "---:", "---:", "---:", "---:", "---:"]),
  ];
  const mnemonics = new Map<string, { forms: number; cells: number[] }>();
  for (const [key, row] of Object.entries(tally.rows)) {
    const name = key.split(" ")[0];
    const m = mnemonics.get(name) ?? { forms: 0, cells: [0, 0, 0, 0] };
    m.forms++;
    [sum(row.register), sum(row.memory), sum(row.within), row.differ].forEach((n, i) => {
      m.cells[i] += n;
    });
    mnemonics.set(name, m);
  }
  for (const [name, m] of [...mnemonics].sort((a, b) => a[0].localeCompare(b[0], "en"))) {
    out.push(line([name, m.forms, ...m.cells]));
  }
  return `${out.join("\n")}\n`;
}
