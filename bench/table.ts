/** The figures as a table: plain text for a terminal, Markdown for the page. */
import { type Column, NATIVE, OURS, QEMU } from "./columns.ts";
import type { Result } from "./measure.ts";
import { byGroup, mean, ratio, time } from "./ratios.ts";

/** What is divided by what; only pairs of columns that are there. */
export function pairs(columns: readonly Column[]): [string, string][] {
  const have = new Set(columns.map((c) => c.name));
  const list: [string, string][] = [[OURS, NATIVE]];
  for (const other of [QEMU, "blink", "-j", "vs"]) if (have.has(other)) list.push([OURS, other]);
  for (const name of have) if (name.startsWith("Node ")) list.push([OURS, name]);
  return list;
}

export function header(columns: readonly Column[]): string[] {
  return ["program", ...columns.map((c) => c.name), ...pairs(columns).map(([a, b]) => `${a}/${b}`)];
}

export function row(result: Result, columns: readonly Column[]): string[] {
  return [
    result.name,
    ...columns.map((c) => seconds(time(result, c.name))),
    ...pairs(columns).map(([a, b]) => times(ratio(result, a, b))),
  ];
}

/** The line of a group's geometric means. */
export function meanRow(name: string, results: readonly Result[], columns: readonly Column[]): string[] {
  return [
    name,
    ...columns.map(() => ""),
    ...pairs(columns).map(([a, b]) => {
      const m = mean(results, a, b);
      return m ? times(m.value) : "-";
    }),
  ];
}

/** Remarks on what has no figure, each distinct one once. */
export function remarks(results: readonly Result[]): string[] {
  const lines = new Map<string, string[]>();
  for (const { name, cells } of results) {
    for (const [column, cell] of Object.entries(cells)) {
      if (typeof cell !== "string") continue;
      const about = `${name}: ${cell}`;
      lines.set(about, [...(lines.get(about) ?? []), column]);
    }
  }
  return [...lines].map(([about, where]) => `${about} (${where.join(", ")})`);
}

export function markdown(results: readonly Result[], columns: readonly Column[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const head = header(columns);
  const lines = [line(head), line(head.map((_, i) => (i ? "--:" : "---")))];
  for (const [group, members] of byGroup(results)) {
    lines.push(line([`**${group}**`, ...head.slice(1).map(() => "")]));
    for (const result of members) lines.push(line(row(result, columns)));
    lines.push(line(meanRow("*geometric mean*", members, columns)));
  }
  return lines.join("\n");
}

const NAME_WIDTH = 18;
const WIDTH = 11;

export function plain(cells: readonly string[]): string {
  return cells.map((c, i) => (i ? ` ${c.padStart(Math.max(WIDTH, 0))}` : c.padEnd(NAME_WIDTH))).join("");
}

function seconds(value: number | undefined): string {
  if (value === undefined) return "-";
  return value < 0.1 ? `${(value * 1000).toFixed(1)} ms` : `${value.toFixed(2)} s`;
}

function times(value: number | undefined): string {
  if (value === undefined) return "-";
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}
