/**
 * Compares the engine with this machine's processor, instruction by instruction.
 *
 *     npx tsx tools/oracle/main.ts [--trials 100000] [--alike 8] [--seed 1] [--row REGEX] [--sequences] [--mxcsr] [--pointers]
 *                                  [--programs] [--large] [--way interpreter|compiled|sliced|mixed|paged|hot]
 *                                  [--trace] [--align] [--random] [--show 3] [--repro LINE] [--list]
 *                                  [--world 0|1|2|3] [--campaign FILE [--minutes 60] [--only REGEX] [--table FILE]]
 *
 * --campaign runs all kinds of trials in all ways for a time and adds to the tally in a file; --table writes that as Markdown,
 * also of several files that campaigns with other seeds made (FILE,FILE); --only chooses by "kind way", "random interpreter".
 * --world 1 to 3 runs code of 16 and 32 bits in segments of segments.ts, --world 0 what loads segments in 64-bit code.
 * --alike says how many trials have the same code, with other values: the more the quicker, for code that is compiled.
 * --row matches the row's text and encoding, "ADD r/m32, r32 | o32 01 /r". Each failure is one line that --repro takes.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { buildImage } from "../../src/engine/interp/build-image.ts";
import { form } from "../../src/isa/table.ts";
import { setV8Flags } from "../../src/platform/node/v8-flags.ts";
import { runCampaign } from "./campaign.ts";
import { type Difference, onlyLastDigits } from "./compare.ts";
import type { Way } from "./engine-side.ts";
import { Generator, usableRows } from "./generate.ts";
import type { Trial } from "./layout.ts";
import { instructions, parseTrial, trialText } from "./line.ts";
import { Oracle } from "./oracle.ts";
import { Random } from "./random.ts";
import type { World } from "./segments.ts";
import { hasWorld, whyNotNative } from "./silicon.ts";
import { readTally, tallyText, together } from "./tally.ts";
import { runWild } from "./wild-run.ts";

setV8Flags();
const { values: o } = parseArgs({
  options: {
    trials: { type: "string", default: "100000" },
    alike: { type: "string", default: "8" },
    seed: { type: "string", default: "1" },
    row: { type: "string" },
    sequences: { type: "boolean", default: false },
    programs: { type: "boolean", default: false },
    large: { type: "boolean", default: false },
    way: { type: "string", default: "interpreter" },
    mxcsr: { type: "boolean", default: false },
    pointers: { type: "boolean", default: false },
    trace: { type: "boolean", default: false },
    align: { type: "boolean", default: false },
    random: { type: "boolean", default: false },
    show: { type: "string", default: "2" },
    repro: { type: "string" },
    world: { type: "string" },
    list: { type: "boolean", default: false },
    campaign: { type: "string" },
    minutes: { type: "string", default: "60" },
    only: { type: "string", default: "" },
    table: { type: "string" },
  },
});

const BATCH = 1000;
/** Failures of one kind that are kept to be shown. */
const KEEP = Number(o.show);

const describe = (d: Difference): string => `${d.field}: ours ${d.ours}, silicon ${d.silicon}`;

interface Kind {
  count: number;
  examples: { trial: Trial; differences: Difference[] }[];
}

/** Failures by mnemonics and by the fields that differ. */
class Report {
  readonly kinds = new Map<string, Map<string, Kind>>();
  readonly perRow = new Map<number, { trials: number; failures: number; lastDigits: number }>();
  constructor(private readonly oracle: Oracle) {}
  add(trial: Trial, differences: Difference[]): void {
    const close =
      differences.length > 0 && onlyLastDigits(trial, differences, () => this.oracle.transcendentals(trial));
    for (const row of trial.rows) {
      const n = this.perRow.get(row) ?? { trials: 0, failures: 0, lastDigits: 0 };
      n.trials++;
      if (close) n.lastDigits++;
      else if (differences.length) n.failures++;
      this.perRow.set(row, n);
    }
    if (differences.length === 0 || close) return;
    const mnemonic = trial.rows.length === 1 ? form(trial.rows[0] as number).mnemonic : "sequences";
    const key = [
      ...new Set(differences.map((d) => d.field.replace(/\d+$|^\[.*/, (s) => (s[0] === "[" ? "memory" : "")))),
    ];
    const kinds = this.kinds.get(mnemonic) ?? new Map<string, Kind>();
    this.kinds.set(mnemonic, kinds);
    const kind = kinds.get(key.join()) ?? { count: 0, examples: [] };
    kinds.set(key.join(), kind);
    kind.count++;
    if (kind.examples.length < KEEP) kind.examples.push({ trial, differences });
  }
}

async function explain(oracle: Oracle, trial: Trial, differences: readonly Difference[]): Promise<void> {
  const small = await oracle.shrink(trial, differences);
  const left = await oracle.one(small);
  const rows = small.rows.length > 1 ? "" : form(small.rows[0] as number).text;
  const text = instructions(small).filter((i) => i.text !== "nop");
  console.log(`    ${text.map((i) => i.text).join("; ")}   (${rows})`);
  console.log(`      ${trialText(small)}`);
  for (const d of left.slice(0, 6)) console.log(`      ${describe(d)}`);
}

async function main(): Promise<void> {
  const why = whyNotNative();
  if (why) {
    console.log(`no oracle here: ${why}`);
    return;
  }
  const image = buildImage();
  const files = o.campaign?.split(",") ?? [];
  if (files.length > 1) {
    if (o.table !== undefined) writeFileSync(o.table, tallyText(together(files.map(readTally))));
    return;
  }
  if (o.campaign !== undefined) {
    const found = await runCampaign(image, usableRows(image.index), {
      path: o.campaign,
      minutes: Number(o.minutes),
      seed: Number(o.seed),
      only: new RegExp(o.only),
    });
    if (o.table !== undefined) writeFileSync(o.table, tallyText(readTally(o.campaign)));
    process.exitCode = found ? 1 : 0;
    return;
  }
  const oracle = new Oracle(image, { mxcsr: o.mxcsr, pointers: o.pointers }, o.way as Way);
  if (o.repro !== undefined) {
    const trial = parseTrial(o.repro);
    console.log(
      instructions(trial)
        .map((i) => i.text)
        .join("\n"),
    );
    const differences = await oracle.one(trial);
    const digits = differences.length > 0 && onlyLastDigits(trial, differences, () => oracle.transcendentals(trial));
    console.log(differences.length ? differences.map(describe).join("\n") : "agreement");
    const open = oracle.endsOpen(trial, differences);
    if (digits) console.log("only the last digits of x87 functions");
    if (open) console.log("the makers' processors fault differently there");
    process.exitCode = differences.length && !digits && !open ? 1 : 0;
    oracle.close();
    return;
  }
  const pattern = o.row === undefined ? undefined : new RegExp(o.row);
  const rows = usableRows(image.index).filter((f) => !pattern || pattern.test(`${f.text} | ${f.encoding}`));
  if (rows.length === 0 && o.world === undefined) throw new Error("no such row with semantics");
  const generator = new Generator(new Random(Number(o.seed)), rows, {
    mxcsr: o.mxcsr,
    trace: o.trace,
    align: o.align,
    pattern,
  });
  if (o.random) {
    const failures = await runWild(oracle, () => generator.wild(), Number(o.trials), KEEP);
    process.exitCode = failures ? 1 : 0;
    oracle.close();
    return;
  }
  if (o.world !== undefined && !hasWorld(Number(o.world))) {
    console.log("no oracle here: the kernel doesn't let programs run code of these segments");
    return oracle.close();
  }
  const report = new Report(oracle);
  const total = Number(o.trials);
  const started = performance.now();
  let done = 0;
  const alike = Number(o.alike);
  const make = (turn: number): Trial[] => {
    if (o.world !== undefined) return [generator.compat(Number(o.world) as World) ?? []].flat();
    if (o.large) return generator.larges(alike, o.way === "hot");
    if (o.programs) return generator.programs(alike, o.way === "hot");
    return o.sequences ? generator.sequences(alike) : generator.singles(rows[turn % rows.length], alike);
  };
  for (let turn = 0, n = 0; n < total; ) {
    const trials: Trial[] = [];
    while (trials.length < BATCH && n < total) {
      const made = make(turn++);
      trials.push(...made);
      n += Math.max(1, made.length);
    }
    done += trials.length;
    await oracle.batch(trials, (t, d) => report.add(t, d));
  }
  const seconds = (performance.now() - started) / 1000;
  if (o.list) {
    for (const [i, n] of report.perRow) {
      const digits = n.lastDigits ? `, ${n.lastDigits} in the last digits` : "";
      console.log(`${form(i).text} | ${form(i).encoding}: ${n.trials} trials, ${n.failures} failures${digits}`);
    }
  }
  let failures = 0;
  for (const [mnemonic, kinds] of [...report.kinds].sort((a, b) => a[0].localeCompare(b[0]))) {
    for (const [fields, kind] of kinds) {
      failures += kind.count;
      console.log(`${mnemonic}: ${kind.count} differ in ${fields}`);
      for (const e of kind.examples) await explain(oracle, e.trial, e.differences);
    }
  }
  const never = rows.filter((f) => !report.perRow.has(f.index));
  if (never.length && total >= rows.length && !o.programs && !o.large && !o.sequences) {
    console.log(`rows that no trial could be made of: ${never.map((f) => `${f.text} | ${f.encoding}`).join("; ")}`);
  }
  const digits = [...report.perRow.values()].reduce((n, x) => n + x.lastDigits, 0);
  console.log(
    `${done} trials of ${rows.length} rows in ${seconds.toFixed(1)} s, ${failures} differ` +
      (digits ? `, ${digits} x87 functions in the last digits` : ""),
  );
  process.exitCode = failures ? 1 : 0;
  oracle.close();
}

await main();
