/** The difference of two pictures as escape sequences for an xterm-like terminal (ECMA-48, ctlseqs of xterm). */
import { CONTINUED, type Screen } from "./screen.ts";
import { ATTRIBUTES, BOLD, COLOR, DIM, INVERSE, ITALIC, PALETTE, RGB, UNDERLINE } from "./style.ts";

export interface Abilities {
  /** Colours are left out: attributes stay. */
  colors: boolean;
  /** Else only ASCII is sent, and other characters are approximated. */
  utf8: boolean;
}

const SGR: readonly (readonly [number, number])[] = [
  [BOLD, 1],
  [DIM, 2],
  [ITALIC, 3],
  [UNDERLINE, 4],
  [INVERSE, 7],
];

/** Where skipping so few cells that are right already, writing them again is shorter than moving the cursor. */
const SHORT = 4;

const ASCII: Readonly<Record<string, string>> = {
  "─": "-",
  "│": "|",
  "╭": "+",
  "╮": "+",
  "╰": "+",
  "╯": "+",
  "├": "+",
  "►": ">",
  "◄": "<",
  "●": "*",
  "○": "o",
  "▲": "^",
  "▼": "v",
  "…": "~",
};

function colorCodes(color: number, base: number): string {
  const value = color & 0xffffff;
  if ((color & COLOR) === 0) return `${base + 9}`;
  if (color & RGB) return `${base + 8};2;${value >> 16};${(value >> 8) & 255};${value & 255}`;
  if (value < 8) return `${base + value}`;
  return value < 16 ? `${base + 52 + value}` : `${base + 8};5;${value}`;
}

/** Writes differences; knows what the terminal shows and which style it is in. */
export class Renderer {
  private shown: Screen | undefined;
  private fg = 0;
  private bg = 0;
  private x = 0;
  private y = 0;
  private out = "";

  constructor(readonly abilities: Abilities) {}

  /** What is on the terminal is not known any more. */
  forget(): void {
    this.shown = undefined;
  }
  /** Sequences that make `next` of what was rendered last. The screen is kept: not to be changed afterwards. */
  render(next: Screen): string {
    this.out = "";
    if (!this.shown || this.shown.cols !== next.cols || this.shown.rows !== next.rows) this.clear();
    for (let y = 0; y < next.rows; y++) this.row(next, y);
    const body = this.out;
    const cursor = this.cursorText(next);
    this.shown = next;
    if (body === "") return cursor;
    // Synchronized output, so that no half picture is seen; terminals that don't know it ignore it.
    return `\x1b[?2026h\x1b[?25l${body}${cursor}\x1b[?2026l`;
  }
  private cursorText(next: Screen): string {
    const { cursor } = next;
    const before = this.shown?.cursor;
    if (!cursor) return before && this.out === "" ? "\x1b[?25l" : "";
    if (this.out === "" && before && before.x === cursor.x && before.y === cursor.y) return "";
    this.x = cursor.x;
    this.y = cursor.y;
    return `\x1b[${cursor.y + 1};${cursor.x + 1}H\x1b[?25h`;
  }
  private clear(): void {
    this.out = "\x1b[0m\x1b[2J";
    this.shown = undefined;
    this.fg = 0;
    this.bg = 0;
    this.x = this.y = -1;
  }
  private same(next: Screen, i: number): boolean {
    const { shown } = this;
    if (!shown) return next.chars[i] === 32 && next.bg[i] === 0 && (next.fg[i] & (INVERSE | UNDERLINE)) === 0;
    return shown.chars[i] === next.chars[i] && shown.fg[i] === next.fg[i] && shown.bg[i] === next.bg[i];
  }
  private row(next: Screen, y: number): void {
    const start = y * next.cols;
    for (let x = 0; x < next.cols; x++) {
      const i = start + x;
      if (this.same(next, i) || next.chars[i] === CONTINUED) continue;
      this.moveTo(next, x, y);
      this.cell(next, i);
    }
  }
  /** Half of a wide character may be all that differs: then its left half is written. */
  private moveTo(next: Screen, x: number, y: number): void {
    if (this.y === y && this.x === x) return;
    if (this.y === y && x > this.x && x - this.x <= SHORT && this.unstyled(next, this.x, x, y)) {
      for (let at = this.x; at < x; at++) this.cell(next, y * next.cols + at);
      return;
    }
    this.out += `\x1b[${y + 1};${x + 1}H`;
    this.x = x;
    this.y = y;
  }
  /** Whether the cells can be written without a change of style. */
  private unstyled(next: Screen, from: number, to: number, y: number): boolean {
    for (let i = y * next.cols + from; i < y * next.cols + to; i++) {
      if (next.fg[i] !== this.fg || next.bg[i] !== this.bg || next.chars[i] === CONTINUED) return false;
    }
    return true;
  }
  private cell(next: Screen, i: number): void {
    this.style(next.fg[i], next.bg[i]);
    this.out += this.char(next.chars[i]);
    this.x += next.chars[i + 1] === CONTINUED && this.x + 1 < next.cols ? 2 : 1;
    // Behind the last column terminals differ in where the cursor is.
    if (this.x >= next.cols) this.x = -1;
  }
  private char(code: number): string {
    const char = String.fromCodePoint(code);
    if (code < 0x7f || this.abilities.utf8) return char;
    return ASCII[char] ?? ".";
  }
  private style(fg: number, bg: number): void {
    if (!this.abilities.colors) {
      fg = this.colorless(fg, bg);
      bg = 0;
    }
    if (fg === this.fg && bg === this.bg) return;
    const codes: string[] = [];
    if (this.fg & ATTRIBUTES & ~fg) {
      codes.push("0");
      this.fg = this.bg = 0;
    }
    for (const [bit, code] of SGR) if (fg & bit & ~this.fg) codes.push(`${code}`);
    if ((fg & COLOR) !== (this.fg & COLOR)) codes.push(colorCodes(fg, 30));
    if (bg !== this.bg) codes.push(colorCodes(bg, 40));
    this.out += `\x1b[${codes.join(";")}m`;
    this.fg = fg;
    this.bg = bg;
  }
  /** A coloured background says something: without colours it is inverse. */
  private colorless(fg: number, bg: number): number {
    const attributes = fg & ATTRIBUTES;
    return bg & (PALETTE | RGB) ? attributes ^ INVERSE : attributes;
  }
}
