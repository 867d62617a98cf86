/** Runs random programs on both sides and tells what became of them. */
import type { Difference } from "./compare.ts";
import type * as T from "./layout.ts";
import { instructions, trialText } from "./line.ts";
import type { Oracle } from "./oracle.ts";

const BATCH = 1000;
const SIGALRM = "e";

const describe = (d: Difference): string => `${d.field}: ours ${d.ours}, silicon ${d.silicon}`;

/** One side was stopped, as it ran for too long. */
export function runsLong(differences: readonly Difference[]): boolean {
  const signal = differences.find((d) => d.field === "signal");
  return signal?.ours === SIGALRM || signal?.silicon === SIGALRM;
}

/** A trial that differs, as far as it can be compared, or why it can't. */
export function judgeWild(
  oracle: Oracle,
  trial: T.Trial,
  differences: readonly Difference[],
): { judged: T.Trial; why: string | undefined } {
  const { rows, undefinedFlags, why } = oracle.judge(trial);
  const judged = { ...trial, rows, undefinedFlags, everUndefined: undefinedFlags };
  return { judged, why: runsLong(differences) ? "runs too long on one side" : why };
}

export async function runWild(
  oracle: Oracle,
  make: () => T.Trial | undefined,
  total: number,
  keep: number,
): Promise<number> {
  const left = new Map<string, number>();
  const kinds = new Map<string, number>();
  let [alike, failures] = [0, 0];
  const started = performance.now();
  for (let n = 0; n < total; n += BATCH) {
    const trials = Array.from({ length: Math.min(BATCH, total - n) }, make).filter((t) => t !== undefined);
    const odd: { trial: T.Trial; differences: Difference[] }[] = [];
    await oracle.batch(trials, (trial, differences) => {
      if (differences.length) odd.push({ trial, differences });
      else alike++;
    });
    for (const { trial, differences } of odd) {
      const { judged, why } = judgeWild(oracle, trial, differences);
      if (why !== undefined) left.set(why, (left.get(why) ?? 0) + 1);
      else {
        const again = await oracle.one(judged);
        if (again.length === 0) alike++;
        else {
          failures++;
          const text = instructions(judged).map((i) => i.text);
          const key = again.map((d) => d.field.replace(/\d+$|^\[.*/, "")).join();
          const seen = (kinds.get(key) ?? 0) + 1;
          kinds.set(key, seen);
          if (seen <= keep) {
            console.log(`  ${text.slice(0, 12).join("; ")}`);
            console.log(`    ${trialText(judged)}`);
            for (const d of again.slice(0, 6)) console.log(`    ${describe(d)}`);
          }
        }
      }
    }
  }
  const seconds = (performance.now() - started) / 1000;
  for (const [why, n] of [...left].sort((a, b) => b[1] - a[1])) console.log(`not compared: ${why}: ${n}`);
  for (const [kind, n] of kinds) console.log(`differ in ${kind}: ${n}`);
  console.log(`${total} random programs in ${seconds.toFixed(1)} s, ${alike} alike, ${failures} differ`);
  return failures;
}
