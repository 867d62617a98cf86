/** Ratios between columns, and their geometric means by group. */
import { GROUPS, type Group } from "./catalogue.ts";
import type { Cell, Result } from "./measure.ts";

/** Times shorter than this are the timer's grain rather than the program's, seconds. */
const GRAIN = 0.0005;

export function time(result: Result, column: string): number | undefined {
  const cell: Cell | string | undefined = result.cells[column];
  return typeof cell === "object" ? Math.max(cell.time, GRAIN) : undefined;
}

export function ratio(result: Result, column: string, to: string): number | undefined {
  const a = time(result, column);
  const b = time(result, to);
  return a === undefined || b === undefined ? undefined : a / b;
}

export interface Mean {
  value: number;
  /** How many programs it is over. */
  count: number;
}

/** Geometric mean over the programs that both columns ran. */
export function mean(results: readonly Result[], column: string, to: string): Mean | undefined {
  const logs = results.map((r) => ratio(r, column, to)).flatMap((r) => (r === undefined ? [] : [Math.log(r)]));
  if (logs.length === 0) return undefined;
  return { value: Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length), count: logs.length };
}

export function byGroup(results: readonly Result[]): [Group, Result[]][] {
  return GROUPS.map((group): [Group, Result[]] => [group, results.filter((r) => r.group === group)]).filter(
    ([, members]) => members.length > 0,
  );
}
