/**
 * A long comparison: kinds of trials and ways of running them in turn, until the time is over. What differs is written as
 * lines for --repro beside the tally.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import type { HandlerImage } from "../../src/engine/interp/image.ts";
import type { Form } from "../../src/isa/row.ts";
import { type Difference, onlyLastDigits } from "./compare.ts";
import { Generator } from "./generate.ts";
import type { Trial } from "./layout.ts";
import { trialText } from "./line.ts";
import { Oracle } from "./oracle.ts";
import { Random } from "./random.ts";
import { type CampaignWay, count, type Kind, type Outcome, readTally, type Tally, writeTally } from "./tally.ts";
import { judgeWild, runsLong } from "./wild-run.ts";

/** Trials that both sides get at a time. */
const BATCH = 4096;

/** Milliseconds between writing the tally. */
const WRITE = 20_000;

/** Trials of a round: of which kind, run how; how many have the same code, which is what compiling costs for. */
interface Turn {
  kind: Kind;
  way: CampaignWay;
  trials: number;
  alike: number;
}
const turn = (kind: Kind, way: CampaignWay, share: number, alike: number): Turn => ({
  kind,
  way,
  trials: share * 1024,
  alike,
});
const ROUND: readonly Turn[] = [
  turn("singles", "interpreter", 40, 32),
  turn("singles", "compiled", 24, 128),
  turn("singles", "sliced", 8, 128),
  turn("mxcsr", "interpreter", 24, 32),
  turn("mxcsr", "compiled", 16, 128),
  turn("mxcsr", "sliced", 8, 128),
  turn("sequences", "interpreter", 24, 32),
  turn("sequences", "compiled", 16, 128),
  turn("sequences", "sliced", 8, 128),
  turn("sequences", "mixed", 4, 128),
  turn("programs", "interpreter", 8, 32),
  turn("programs", "compiled", 16, 128),
  turn("programs", "sliced", 8, 128),
  turn("programs", "mixed", 8, 128),
  turn("programs", "paged", 2, 8),
  turn("programs", "hot", 4, 16),
  turn("large", "interpreter", 2, 16),
  turn("large", "compiled", 8, 64),
  turn("large", "sliced", 2, 32),
  turn("large", "mixed", 2, 64),
  turn("large", "hot", 4, 16),
  turn("random", "interpreter", 16, 1),
  turn("random", "compiled", 4, 8),
  turn("random", "sliced", 4, 8),
];

export interface Campaign {
  path: string;
  minutes: number;
  /** What it begins with, unless it goes on. */
  seed: number;
  /** Which turns, by "kind way". */
  only: RegExp;
}

/** Makes a batch of trials. Rows take turns, so that none is left out: `row` counts on. */
function batch(g: Generator, { kind, way, alike }: Turn, at: { row: number }): Trial[] {
  const out: Trial[] = [];
  while (out.length < BATCH) {
    if (kind === "singles" || kind === "mxcsr") out.push(...g.singles(g.rows[at.row++ % g.rows.length], alike));
    else if (kind === "sequences") out.push(...g.sequences(alike));
    else if (kind === "programs") out.push(...g.programs(alike, way === "hot"));
    else if (kind === "large") out.push(...g.larges(alike, way === "hot"));
    else out.push(...g.wilds(alike));
  }
  return out;
}

function commit(): string {
  return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
}

export async function runCampaign(image: HandlerImage, rows: readonly Form[], c: Campaign): Promise<number> {
  const tally = readTally(c.path);
  if (tally.began === "") Object.assign(tally, { began: commit(), seed: c.seed });
  const turns = ROUND.filter(({ kind, way }) => c.only.test(`${kind} ${way}`));
  if (turns.length === 0) throw new Error("no such turns");
  const found = tally.differ;
  const end = performance.now() + c.minutes * 60000;
  const runner = new TurnRunner(image, rows, tally, c.path, end);
  for (let round = 0; performance.now() < end; round++) {
    // V8's quick compiler first, as usual, or its optimizing compiler at once.
    setFlagsFromString(round % 2 ? "--no-liftoff" : "--liftoff");
    for (const turn of turns) if (performance.now() < end) await runner.run(turn);
  }
  runner.write();
  return tally.differ - found;
}

class TurnRunner {
  private readonly floating: readonly Form[];
  private written = performance.now();
  constructor(
    private readonly image: HandlerImage,
    private readonly rows: readonly Form[],
    private readonly tally: Tally,
    private readonly path: string,
    private readonly end: number,
  ) {
    // MXCSR matters to what computes with floating-point numbers.
    this.floating = rows.filter((f) => /SSE|AVX|FMA|F16C/.test(f.feature));
  }
  async run(turn: Turn): Promise<void> {
    const { tally } = this;
    const { kind, way } = turn;
    const mxcsr = kind === "mxcsr";
    const oracle = new Oracle(this.image, { mxcsr, pointers: false }, way);
    const seed = tally.seed++;
    const generator = new Generator(new Random(seed * 7919), mxcsr ? this.floating : this.rows, { mxcsr });
    const at = { row: seed * 97 };
    for (let n = 0; n < turn.trials && performance.now() < this.end; ) {
      const odd: [Trial, Difference[]][] = [];
      const trials = batch(generator, turn, at);
      n += trials.length;
      await oracle.batch(trials, (t, d) => {
        if (d.length) odd.push([t, d]);
        else count(tally, kind, way, t, "alike");
      });
      for (const [t, d] of odd) await this.report(oracle, turn, t, d);
      if (performance.now() > this.written + WRITE) this.write();
    }
    oracle.close();
  }
  write(): void {
    const now = performance.now();
    this.tally.seconds += (now - this.written) / 1000;
    this.written = now;
    writeTally(this.path, this.tally);
  }
  private async report(oracle: Oracle, { kind, way }: Turn, trial: Trial, differences: Difference[]): Promise<void> {
    const [outcome, judged, left] = await outcomeOf(oracle, kind, trial, differences);
    count(this.tally, kind, way, judged, outcome);
    if (outcome !== "differ" && outcome !== "once") return;
    const fields = (outcome === "once" ? differences : left)
      .slice(0, 4)
      .map((d) => `${d.field}: ours ${d.ours}, silicon ${d.silicon}`);
    appendFileSync(
      `${this.path}.differ`,
      `${outcome} ${kind} ${way} ${kind === "mxcsr" ? "--mxcsr " : ""}${trialText(judged)}\n  ${fields}\n`,
    );
  }
}

async function outcomeOf(
  oracle: Oracle,
  kind: Kind,
  trial: Trial,
  differences: Difference[],
): Promise<[Outcome, Trial, Difference[]]> {
  if (oracle.endsOpen(trial, differences)) return ["left", trial, differences];
  if (kind !== "random") {
    // It may have written over what counts its rounds.
    if (kind === "large" && runsLong(differences)) return ["left", trial, differences];
    if (onlyLastDigits(trial, differences, () => oracle.transcendentals(trial))) return ["digits", trial, differences];
    // Once more, on its own: a processor that is shared with others errs, too.
    const again = await oracle.one(trial);
    return [again.length ? "differ" : "once", trial, again];
  }
  const { judged, why } = judgeWild(oracle, trial, differences);
  if (why !== undefined) return ["left", judged, differences];
  const again = await oracle.one(judged);
  return [again.length ? "differ" : "alike", judged, again];
}
