/** Where panels stand: up to three columns that follow the size of the terminal, and a line of status at the bottom. */
import type { Rect } from "./screen/screen.ts";

export const PANELS = [
  "disassembly",
  "terminal",
  "breakpoints",
  "maps",
  "frames",
  "registers",
  "vectors",
  "x87",
  "code",
  "read",
  "write",
  "stack",
] as const;
export type PanelName = (typeof PANELS)[number];

/** Rectangles with their row of title; a panel that has none isn't shown. */
export type Layout = Partial<Record<PanelName, Rect>> & { status: Rect };

export interface Wishes {
  /** Show the second column (breakpoints, maps, frames) and the third one (registers, memory). */
  second: boolean;
  third: boolean;
  /** The terminal takes all. */
  maximized: boolean;
  breakpoints: number;
  vectors: boolean;
}

/** Below these there is no use. */
export const LEAST_COLS = 40;
export const LEAST_ROWS = 10;

/** From here on there is room for three columns, and for a terminal below the disassembly only. */
const THREE = 132;
/** From here on for two. */
const TWO = 72;
/** Sixteen bytes of memory in hex and characters; and eight. */
const WIDE_MEMORY = 77;
const NARROW_MEMORY = 41;

/** A panel's rows with the title: it gets `least` if any, in this order, then up to `wanted`, and the last take the rest. */
interface Share {
  name: PanelName;
  least: number;
  wanted: number;
}

/** Divides a column's rows among panels. */
function stack(into: Layout, area: Rect, shares: readonly Share[]): void {
  const heights = shares.map(() => 0);
  let left = area.h;
  shares.forEach((s, i) => {
    if (s.least > left) return;
    heights[i] = s.least;
    left -= s.least;
  });
  shares.forEach((s, i) => {
    if (heights[i] === 0) return;
    const more = Math.min(left, Math.max(0, s.wanted - heights[i]));
    heights[i] += more;
    left -= more;
  });
  const last = heights.findLastIndex((h) => h > 0);
  if (last >= 0) heights[last] += left;
  let { y } = area;
  shares.forEach((s, i) => {
    if (heights[i] > 0) into[s.name] = { x: area.x, y, w: area.w, h: heights[i] };
    y += heights[i];
  });
}

function thirdColumn(into: Layout, area: Rect, wishes: Wishes): void {
  const registers = area.w >= 75 ? 8 : area.w >= 40 ? 10 : 18;
  const memory = Math.max(3, Math.floor((area.h - registers) / 9));
  const vectors = wishes.vectors && area.h >= 30;
  const shares: Share[] = [{ name: "registers", least: Math.min(registers, area.h), wanted: registers }];
  if (vectors) shares.push({ name: "vectors", least: 9, wanted: area.h >= 50 ? 17 : 9 });
  if (area.h >= 40) shares.push({ name: "x87", least: 5, wanted: area.w >= 75 ? 5 : 9 });
  // Where there is little room, what is read and written matters more than the code's bytes.
  if (area.h >= 24) shares.push({ name: "code", least: 3, wanted: memory });
  shares.push({ name: "read", least: 2, wanted: memory }, { name: "write", least: 2, wanted: memory });
  shares.push({ name: "stack", least: 2, wanted: memory });
  stack(into, area, shares);
}

function secondColumn(into: Layout, area: Rect, wishes: Wishes): void {
  stack(into, area, [
    { name: "breakpoints", least: 2, wanted: Math.min(2 + wishes.breakpoints, Math.floor(area.h / 4)) },
    { name: "maps", least: 3, wanted: Math.floor(area.h / 2) },
    { name: "frames", least: 3, wanted: area.h },
  ]);
}

/** Undefined if the terminal is too small for anything. */
export function layout(cols: number, rows: number, wishes: Wishes): Layout | undefined {
  if (cols < LEAST_COLS || rows < LEAST_ROWS) return undefined;
  const result: Layout = { status: { x: 0, y: rows - 1, w: cols, h: 1 } };
  const body: Rect = { x: 0, y: 0, w: cols, h: rows - 1 };
  if (wishes.maximized) {
    result.terminal = body;
    return result;
  }
  const three = cols >= THREE;
  const third = wishes.third && cols >= TWO;
  const second = wishes.second && (three || (cols >= TWO && !wishes.third));
  const thirdWidth = !third ? 0 : cols >= 160 ? WIDE_MEMORY : NARROW_MEMORY + (three ? 4 : 0);
  const secondWidth = !second ? 0 : three ? Math.min(40, Math.floor(cols / 5)) : NARROW_MEMORY;
  // The terminal: below the disassembly where that is wide enough for a program, else below everything.
  const firstWidth = cols - (third ? thirdWidth + 1 : 0) - (second ? secondWidth + 1 : 0);
  const wholeWidth = firstWidth < 70;
  const terminal = Math.max(5, Math.floor(body.h * (wholeWidth ? 0.32 : 0.42)));
  const upper = { ...body, h: wholeWidth ? body.h - terminal : body.h };
  result.disassembly = { x: 0, y: 0, w: firstWidth, h: body.h - terminal };
  result.terminal = { x: 0, y: body.h - terminal, w: wholeWidth ? cols : firstWidth, h: terminal };
  let x = firstWidth + 1;
  if (second) secondColumn(result, { ...upper, x, w: secondWidth }, wishes);
  if (second) x += secondWidth + 1;
  if (third) thirdColumn(result, { ...upper, x, w: thirdWidth }, wishes);
  return result;
}
