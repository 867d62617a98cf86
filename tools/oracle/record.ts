/**
 * Writes the vectors file: for each row some trials, made as small as they can be, with the processor's results.
 *
 *     npx tsx tools/oracle/record.ts [--per-row 2] [--seed 1] > tools/oracle/vectors.txt
 */
import { parseArgs } from "node:util";
import { buildImage } from "../../src/engine/interp/build-image.ts";
import { Generator, usableRows } from "./generate.ts";
import * as T from "./layout.ts";
import { assemble, codeOf, FIELDS, getField, setField } from "./line.ts";
import { Random } from "./random.ts";
import { Silicon, whyNotNative } from "./silicon.ts";
import { vectorText } from "./vectors.ts";

const { values: o } = parseArgs({
  options: { "per-row": { type: "string", default: "2" }, seed: { type: "string", default: "1" } },
});
const BATCH = 2000;

/** Fields that a trial has set to something else than usual: candidates to be left out. */
const settable = (t: T.Trial): number[] => FIELDS.flatMap((f, i) => (getField(t.bytes, f) === f.usual ? [] : [i]));

function without(t: T.Trial, fields: readonly number[]): T.Trial {
  const state = t.bytes.slice(0, T.STATE_SIZE);
  for (const i of fields)
    setField(state, FIELDS[i] as (typeof FIELDS)[number], (FIELDS[i] as (typeof FIELDS)[number]).usual);
  const kept: { offset: number; bytes: Uint8Array }[] = [];
  T.eachPatch(t, (offset, bytes) => kept.push({ offset, bytes }));
  return assemble(state, t.view.getUint32(T.S_CODE_AT, true), codeOf(t), kept, t.rows, t);
}

/** Whether the outcome stays the same but for the field itself. */
function independent(t: T.Trial, before: Uint8Array, smaller: T.Trial, after: Uint8Array, field: number): boolean {
  if (before.length !== after.length) return false;
  const f = FIELDS[field] as (typeof FIELDS)[number];
  const untouched = getField(before, f) === getField(t.bytes, f) && getField(after, f) === getField(smaller.bytes, f);
  if (!untouched) return false;
  return before.every((b, i) => b === after[i] || (i >= f.at && i < f.at + f.bytes));
}

async function main(): Promise<void> {
  const why = whyNotNative();
  if (why) throw new Error(`no oracle here: ${why}`);
  const rows = usableRows(buildImage().index);
  const generator = new Generator(new Random(Number(o.seed)), rows, { mxcsr: false });
  const silicon = new Silicon();
  const trials: T.Trial[] = [];
  for (const f of rows) {
    // VEX forms repeat the legacy ones: half as many.
    const count = Number(o["per-row"]) / (f.space === "vex" ? 2 : 1);
    for (let i = 0; i < count; i++) {
      const t = generator.single(f);
      if (t) trials.push(t);
    }
  }
  for (let from = 0; from < trials.length; from += BATCH) {
    const group = trials.slice(from, from + BATCH);
    const results = await silicon.run(group);
    for (const [n, trial] of group.entries()) {
      const before = results[n] as Uint8Array;
      const fields = settable(trial);
      const candidates = fields.map((i) => without(trial, [i]));
      const outcomes = await silicon.run(candidates);
      const idle = fields.filter((i, k) =>
        independent(trial, before, candidates[k] as T.Trial, outcomes[k] as Uint8Array, i),
      );
      const same = (result: Uint8Array, left: readonly number[]): boolean =>
        FIELDS.every((f, i) => left.includes(i) || getField(result, f) === getField(before, f)) &&
        Buffer.compare(result.subarray(T.R_SIGNO, T.R_CHANGES), before.subarray(T.R_SIGNO, T.R_CHANGES)) === 0;
      const attempt = async (left: readonly number[]): Promise<boolean> => {
        const [result] = await silicon.run([without(trial, left)]);
        return result !== undefined && same(result, left);
      };
      // Each alone doesn't matter; together they may, as two parts of an address do.
      let left: number[] = idle;
      if (!(await attempt(idle))) {
        left = [];
        for (const i of idle) if (await attempt([...left, i])) left.push(i);
      }
      const small = without(trial, left);
      const [result] = await silicon.run([small]);
      const text = vectorText(small, result as Uint8Array);
      // Long repetitions would make the file long, too.
      if (text.length < 2000) console.log(text);
    }
  }
  silicon.close();
}

await main();
