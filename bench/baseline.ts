/** The committed baseline: how slow each group may become, as ratios to native, which carry over between machines. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NATIVE, OURS } from "./columns.ts";
import type { Result } from "./measure.ts";
import { byGroup, ratio } from "./ratios.ts";

const FILE = fileURLToPath(new URL("baseline.json", import.meta.url));

interface Baseline {
  /** Of each group: by how much its mean may grow, 0.2 is a fifth. Machines, their load and their Node differ. */
  tolerance: Record<string, number>;
  /** Times of blink.ts over native times, by group and program. */
  ratios: Record<string, Record<string, number>>;
}

/** Start-up times are set against native times of a millisecond, and real programs wait for disks. */
const TOLERANCE: Readonly<Record<string, number>> = { "start-up": 0.5, "real programs": 0.3 };
const DEFAULT_TOLERANCE = 0.25;

function read(): Baseline {
  try {
    return JSON.parse(readFileSync(FILE, "utf8")) as Baseline;
  } catch {
    return { tolerance: {}, ratios: {} };
  }
}

/** Takes over the programs measured now; those not measured keep their figures, and tolerances stay as they are. */
export function save(results: readonly Result[]): void {
  const { tolerance, ratios } = read();
  for (const [group, members] of byGroup(results)) {
    tolerance[group] ??= TOLERANCE[group] ?? DEFAULT_TOLERANCE;
    ratios[group] ??= {};
    for (const result of members) {
      const value = ratio(result, OURS, NATIVE);
      if (value !== undefined) ratios[group][result.name] = Number(value.toPrecision(4));
    }
  }
  writeFileSync(FILE, `${JSON.stringify({ tolerance, ratios }, undefined, 2)}\n`);
}

export interface Verdict {
  group: string;
  /** Geometric mean of now / then over the programs that both know. */
  change: number;
  allowed: number;
  programs: number;
  /** Programs that have a figure in the baseline and none now. */
  lost: string[];
}

export function check(results: readonly Result[]): Verdict[] {
  const { tolerance, ratios } = read();
  return byGroup(results).map(([group, members]) => {
    const logs: number[] = [];
    const lost: string[] = [];
    for (const result of members) {
      const then = ratios[group]?.[result.name];
      const now = ratio(result, OURS, NATIVE);
      if (then === undefined) continue;
      if (now !== undefined) logs.push(Math.log(now / then));
      else if (ratio(result, NATIVE, NATIVE) !== undefined) lost.push(result.name);
    }
    const change = logs.length ? Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length) : 1;
    return { group, change, allowed: 1 + (tolerance[group] ?? DEFAULT_TOLERANCE), programs: logs.length, lost };
  });
}

export function slower(verdict: Verdict): boolean {
  return verdict.change > verdict.allowed || verdict.lost.length > 0;
}
