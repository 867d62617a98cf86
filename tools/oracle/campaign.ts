/**
 * A long comparison: kinds of trials and ways of running them in turn, until the time is over. What differs is written as
 * lines for --repro beside the tally.
 */
import { appendFileSync } from "node:fs";
import type { HandlerImage } from "../../src/engine/interp/image.ts";
import type { Form } from "../../src/isa/row.ts";
import { type Difference, onlyLastDigits } from "./compare.ts";
import { Generator } from "./generate.ts";
import type { Trial } from "./layout.ts";
import { trialText } from "./line.ts";
import { Oracle } from "./oracle.ts";
import { Random } from "./random.ts";
import { type CampaignWay, count, KINDS, type Kind, type Outcome, readTally, WAYS, writeTally } from "./tally.ts";
import { judgeWild } from "./wild-run.ts";

const BATCH = 1000;
/** Trials of a kind and way before it is the next one's turn. The interpreter's cost least. */
const TURN: Readonly<Record<CampaignWay, number>> = { interpreter: 40, compiled: 12, sliced: 12 };
/** Trials of one code. */
const ALIKE = 16;

export interface Campaign {
  path: string;
  minutes: number;
}

/** Makes a batch of trials. Rows take turns, so that none is left out: `turn` counts on. */
function batch(g: Generator, kind: Kind, turn: { row: number }): Trial[] {
  const out: Trial[] = [];
  for (let tries = 0; out.length < BATCH && tries < 4 * BATCH; tries++) {
    if (kind === "singles" || kind === "mxcsr") {
      const row = g.rows[turn.row++ % g.rows.length] as Form;
      out.push(...g.singles(row, ALIKE));
      continue;
    }
    const t = kind === "sequences" ? g.sequence() : kind === "programs" ? g.program() : g.wild();
    if (t) out.push(t);
  }
  return out;
}

export async function runCampaign(image: HandlerImage, rows: readonly Form[], c: Campaign): Promise<number> {
  const tally = readTally(c.path);
  const end = performance.now() + c.minutes * 60000;
  // MXCSR matters to what computes with floating-point numbers.
  const floating = rows.filter((f) => /SSE|AVX|FMA|F16C/.test(f.feature));
  const found = tally.differ;
  const turns = KINDS.map(() => ({ row: 0 }));
  for (let round = 0; performance.now() < end; round++) {
    const kind = KINDS[round % KINDS.length];
    const way = WAYS[Math.floor(round / KINDS.length) % WAYS.length];
    const mxcsr = kind === "mxcsr";
    const oracle = new Oracle(image, { mxcsr, pointers: false }, way);
    const seed = tally.seed++;
    const generator = new Generator(new Random(seed * 7919), mxcsr ? floating : rows, { mxcsr });
    const turn = turns[round % KINDS.length];
    turn.row += seed * 97;
    const report = async (trial: Trial, differences: Difference[]): Promise<void> => {
      const [outcome, judged, left] = await outcomeOf(oracle, kind, trial, differences);
      count(tally, kind, way, judged, outcome);
      if (outcome !== "differ" && outcome !== "once") return;
      const fields = (outcome === "once" ? differences : left)
        .slice(0, 4)
        .map((d) => `${d.field}: ours ${d.ours}, silicon ${d.silicon}`);
      appendFileSync(
        `${c.path}.differ`,
        `${outcome} ${kind} ${way} ${mxcsr ? "--mxcsr " : ""}${trialText(judged)}\n  ${fields}\n`,
      );
    };
    for (let n = 0; n < TURN[way] && performance.now() < end; n++) {
      const odd: [Trial, Difference[]][] = [];
      await oracle.batch(batch(generator, kind, turn), (t, d) => {
        if (d.length) odd.push([t, d]);
        else count(tally, kind, way, t, "alike");
      });
      for (const [t, d] of odd) await report(t, d);
    }
    oracle.close();
    writeTally(c.path, tally);
  }
  return tally.differ - found;
}

async function outcomeOf(
  oracle: Oracle,
  kind: Kind,
  trial: Trial,
  differences: Difference[],
): Promise<[Outcome, Trial, Difference[]]> {
  if (differences.length === 0) return ["alike", trial, differences];
  if (kind !== "random") {
    if (onlyLastDigits(trial, differences)) return ["digits", trial, differences];
    // Once more, on its own: a processor that is shared with others errs, too.
    const again = await oracle.one(trial);
    return [again.length ? "differ" : "once", trial, again];
  }
  const { judged, why } = judgeWild(oracle, trial, differences);
  if (why !== undefined) return ["left", judged, differences];
  const again = await oracle.one(judged);
  return [again.length ? "differ" : "alike", judged, again];
}
