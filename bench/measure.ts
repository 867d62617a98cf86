/** Runs the benchmarks in all columns, interleaved, and keeps medians of runs whose output is the native one. */
import { input } from "./build.ts";
import type { Benchmark, Group } from "./catalogue.ts";
import { type Column, NATIVE } from "./columns.ts";
import type { Clock } from "./options.ts";
import { type Run, run } from "./time.ts";

export interface Cell {
  /** Median by the chosen clock, seconds. */
  time: number;
  /** All measurements, seconds. */
  wall: number[];
  cpu: number[];
}

export interface Result {
  name: string;
  group: Group;
  /** By column name; a string says why there is no figure. */
  cells: Record<string, Cell | string>;
}

export interface Plan {
  columns: readonly Column[];
  rounds: number;
  scale: number;
  timeout: number;
  by: Clock;
  /** Called for each result as it comes. */
  progress(result: Result): void;
}

/** Exit code by which a program says that the processor lacks what it needs. */
const NOT_HERE = 77;

export async function measure(benchmarks: readonly Benchmark[], plan: Plan): Promise<Result[]> {
  const results: Result[] = [];
  for (const benchmark of benchmarks) {
    const result = await one(benchmark, plan);
    plan.progress(result);
    results.push(result);
  }
  return results;
}

async function one(b: Benchmark, plan: Plan): Promise<Result> {
  const result: Result = { name: b.name, group: b.group, cells: {} };
  const command = b.command(plan.scale);
  if ("missing" in command) {
    for (const column of plan.columns) result.cells[column.name] = `${command.missing} is not installed`;
    return result;
  }
  const how = { stdin: b.stdin && input(b.stdin), repeat: b.repeat, timeout: plan.timeout };
  const runs = new Map<string, Run[]>();
  let output: string | undefined;
  for (let round = 0; round < plan.rounds; round++) {
    for (const column of plan.columns) {
      if (result.cells[column.name] !== undefined) continue;
      if (b.children && column.leavesChildren) {
        result.cells[column.name] = "starts other programs, which it would not emulate";
        continue;
      }
      const made = await run([...column.prefix, ...command], how);
      if (column.name === NATIVE) output ??= made.output;
      const wrong = objection(made, output);
      if (wrong === undefined) runs.set(column.name, [...(runs.get(column.name) ?? []), made]);
      else result.cells[column.name] = wrong;
    }
  }
  for (const [name, list] of runs) result.cells[name] ??= cell(list, plan.by);
  return result;
}

/** Why a run does not count. */
function objection(made: Run, output: string | undefined): string | undefined {
  if (made.end === NOT_HERE) return "not with this processor's features";
  if (made.end !== 0) return `failed: ${made.end} ${made.stderr.split("\n").at(-1)?.slice(0, 100) ?? ""}`.trim();
  return made.output === output ? undefined : "failed: output differs from the native one";
}

function cell(runs: readonly Run[], by: Clock): Cell {
  return { time: median(runs.map((r) => r[by])), wall: runs.map((r) => r.wall), cpu: runs.map((r) => r.cpu) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
