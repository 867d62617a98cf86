/** General registers, RIP, flags and segment bases; what changed is highlighted. */
import * as F from "../../../cpu/flags.ts";
import * as L from "../../../cpu/layout.ts";
import { GP64 } from "../../../decode/text.ts";
import type { Registers } from "../../../kernel/registers.ts";
import type { Look } from "../look.ts";
import type { Canvas } from "../screen/screen.ts";
import { THEME } from "../screen/style.ts";
import { hex, titled } from "./text.ts";

/** The order of the manuals' tables is that of encodings; people look for these together. */
const ORDER = [L.RAX, L.RBX, L.RCX, L.RDX, L.RSI, L.RDI, L.RBP, L.RSP, 8, 9, 10, 11, 12, 13, 14, 15];

const FLAGS: readonly (readonly [string, number])[] = [
  ["O", F.OF],
  ["D", F.DF],
  ["S", F.SF],
  ["Z", F.ZF],
  ["A", F.AF],
  ["P", F.PF],
  ["C", F.CF],
];

/** Columns of a name and 16 digits, and a space. */
const ENTRY = 21;

interface Entry {
  name: string;
  value: (r: Registers) => bigint;
}

const ENTRIES: readonly Entry[] = ORDER.map((n) => ({
  name: GP64[n].padEnd(3),
  value: (r: Registers) => r.gpr(n),
}));
const RIP: Entry = { name: "rip", value: (r) => r.rip };
const BASES: readonly Entry[] = [
  { name: "fs ", value: (r) => r.fsBase },
  { name: "gs ", value: (r) => r.gsBase },
];

function drawEntry(canvas: Canvas, x: number, y: number, entry: Entry, look: Look): void {
  const value = entry.value(look.regs);
  const changed = value !== entry.value(look.before);
  canvas.text(x, y, entry.name, THEME.register);
  canvas.text(x + 4, y, hex(value, 16), changed ? THEME.changed : THEME.text);
}

function drawFlags(canvas: Canvas, x: number, y: number, look: Look): void {
  const { flags } = look.regs;
  const old = look.before.flags;
  let at = canvas.text(x, y, "fl  ", THEME.register);
  for (const [letter, bit] of FLAGS) {
    const style = (flags ^ old) & bit ? THEME.changed : flags & bit ? THEME.bold : THEME.missing;
    canvas.text(at, y, flags & bit ? letter : letter.toLowerCase(), style);
    at += 2;
  }
}

export function drawRegisters(canvas: Canvas, look: Look): void {
  const inner = titled(canvas, "Registers");
  const columns = Math.max(1, Math.min(3, Math.floor((inner.width + 1) / ENTRY)));
  // Down each column, as lists are read.
  const rows = Math.ceil(ENTRIES.length / columns);
  const width = columns > 1 ? Math.floor((inner.width + 1) / columns) : ENTRY;
  ENTRIES.forEach((entry, i) => {
    drawEntry(inner, Math.floor(i / rows) * width, i % rows, entry, look);
  });
  const rest = [RIP, ...BASES];
  if (columns === 3) {
    // Sixteen entries leave two places in the last column.
    for (const [i, entry] of BASES.entries()) drawEntry(inner, 2 * width, rows - 2 + i, entry, look);
    drawEntry(inner, 0, rows, RIP, look);
    drawFlags(inner, width, rows, look);
    return;
  }
  drawEntry(inner, 0, rows, RIP, look);
  drawFlags(inner, columns === 2 ? width : 0, columns === 2 ? rows : rows + rest.length, look);
  if (columns === 1) BASES.forEach((entry, i) => void drawEntry(inner, 0, rows + 1 + i, entry, look));
}
