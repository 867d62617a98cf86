/** Both sides together: runs trials, compares, and shrinks a failing trial to what matters. */
import type { HandlerImage } from "../../src/engine/interp/image.ts";
import { type CompareOptions, compare, type Difference, isTranscendental } from "./compare.ts";
import { EngineSide, type Way } from "./engine-side.ts";
import * as T from "./layout.ts";
import { assemble, codeOf, FIELDS, getField, instructions, setField } from "./line.ts";
import { QuickCompare } from "./quick.ts";
import { Silicon } from "./silicon.ts";
import { faultsByMaker, judge, type Verdict } from "./wild.ts";

const NOP = 0x90;
/** Instructions of a trial that are looked at. */
const MOST = 1_000_000;
const MOST_JUDGED = 100_000;

const NONE: Difference[] = [];

function sameCode(a: T.Trial, b: T.Trial): boolean {
  const from = T.S_CODE_AT;
  if (Buffer.compare(a.bytes.subarray(from, from + 8), b.bytes.subarray(from, from + 8)) !== 0) return false;
  return Buffer.compare(codeOf(a), codeOf(b)) === 0;
}

export class Oracle {
  private readonly quick: QuickCompare;
  private readonly engine: EngineSide;
  private readonly silicon: Silicon;
  constructor(
    image: HandlerImage,
    private readonly options: CompareOptions,
    way: Way = "interpreter",
    tick?: number,
  ) {
    this.quick = new QuickCompare(options);
    this.silicon = new Silicon(tick);
    this.engine = new EngineSide(image, way);
  }
  close(): void {
    this.silicon.close();
  }
  /** Runs a batch, best with trials of one code in a row; `fn` sees each trial with its differences. */
  async batch(trials: readonly T.Trial[], fn: (trial: T.Trial, differences: Difference[]) => void): Promise<void> {
    const pending = this.silicon.run(trials);
    // Ours runs while the processor is at work.
    const ours = this.ours(trials);
    const theirs = await pending;
    const odd: number[] = [];
    for (let i = 0; i < trials.length; i++) {
      const mine = ours[i];
      const same =
        typeof mine !== "string" &&
        (this.quick.same(trials[i], mine, theirs[i]) || compare(trials[i], mine, theirs[i], this.options).length === 0);
      if (same) fn(trials[i], NONE);
      else odd.push(i);
    }
    // Once more where they differ: a timer's interrupt kills a trial whose stack pointer isn't canonical.
    const again = await this.silicon.run(odd.map((i) => trials[i]));
    for (const [k, i] of odd.entries()) {
      const mine = ours[i];
      if (typeof mine === "string") fn(trials[i], [{ field: "crash", ours: mine, silicon: "" }]);
      else fn(trials[i], compare(trials[i], mine, again[k], this.options));
    }
  }
  /** Our results, or what went wrong. */
  private ours(trials: readonly T.Trial[]): (Uint8Array | string)[] {
    const out: (Uint8Array | string)[] = [];
    for (let from = 0; from < trials.length; ) {
      let end = from + 1;
      while (end < trials.length && sameCode(trials[from], trials[end])) end++;
      const group = trials.slice(from, end);
      try {
        out.push(...this.engine.runAlike(group));
      } catch (error) {
        out.push(...group.map(() => `${(error as Error).message}`));
      }
      from = end;
    }
    return out;
  }
  /** What a random program ran, and what of it can be compared. */
  judge(trial: T.Trial): Verdict {
    const ran = this.engine.steps(trial, MOST_JUDGED);
    return ran.length < MOST_JUDGED ? judge(ran) : { why: "runs too long to be judged", rows: [], undefinedFlags: 0 };
  }
  /** The last instruction faulted, and is one whose faults differ between makers. */
  endsOpen(trial: T.Trial, differences: readonly Difference[]): boolean {
    const trap = differences.find(({ field }) => field === "trap");
    if (!trap) return false;
    const address = differences.find(({ field }) => field === "si_addr")?.silicon ?? "0";
    const last = this.engine.steps(trial, MOST).at(-1)?.insn;
    return last !== undefined && faultsByMaker(last, Number.parseInt(trap.ours, 16), BigInt(`0x${address}`));
  }
  /** How often it ran x87 functions whose last digits are open. */
  transcendentals(trial: T.Trial): number {
    return this.engine.steps(trial, MOST).filter(({ insn }) => insn && isTranscendental(insn.row)).length;
  }
  async one(trial: T.Trial): Promise<Difference[]> {
    let out: Difference[] = [];
    await this.batch([trial], (_, d) => {
      out = d;
    });
    return out;
  }

  /** The same failure (a common field differs) with as few fields, patches and instructions as possible. */
  async shrink(trial: T.Trial, differences: readonly Difference[]): Promise<T.Trial> {
    const names = new Set(differences.map((d) => d.field));
    let best = trial;
    const attempt = async (candidate: T.Trial): Promise<boolean> => {
      const d = await this.one(candidate);
      // Not another failure instead, such as running for ever.
      if (!d.some((x) => names.has(x.field)) || d.some((x) => x.field === "trap" && !names.has("trap"))) return false;
      best = candidate;
      return true;
    };
    const rebuild = (
      state: Uint8Array,
      code: ArrayLike<number>,
      rows: readonly number[],
      keepPatch: (i: number) => boolean,
    ): T.Trial => {
      const patches: { offset: number; bytes: Uint8Array }[] = [];
      T.eachPatch(best, (offset, bytes) => patches.push({ offset, bytes }));
      const kept = patches.filter((_, i) => keepPatch(i));
      return assemble(state, best.view.getUint32(T.S_CODE_AT, true), code, kept, rows, best);
    };
    const all = (): boolean => true;
    // Instructions become NOPs, so that branches keep their targets.
    for (let i = instructions(best).length - 1; i >= 0 && best.rows.length > 1; i--) {
      const code = instructions(best).flatMap((x, k) => [...x.bytes].map((byte) => (k === i ? NOP : byte)));
      await attempt(rebuild(best.bytes, code, best.rows, all));
    }
    const jumps = instructions(best).some((x) => /^(j|call|ret|loop)/.test(x.text));
    if (!jumps && best.rows.length > 1) {
      const code = instructions(best).flatMap((x) => (x.text === "nop" ? [] : [...x.bytes]));
      await attempt(rebuild(best.bytes, code, best.rows, all));
    }
    for (let i = best.view.getUint32(T.T_PATCHES, true) - 1; i >= 0; i--) {
      await attempt(rebuild(best.bytes, codeOf(best), best.rows, (k) => k !== i));
    }
    for (const f of FIELDS) {
      if (getField(best.bytes, f) === f.usual) continue;
      const state = best.bytes.slice(0, T.STATE_SIZE);
      setField(state, f, f.usual);
      await attempt(rebuild(state, codeOf(best), best.rows, all));
    }
    return best;
  }
}
