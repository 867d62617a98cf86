/** A picture made of cells, and rectangles of it that panels draw into. */
import { PLAIN, type Style } from "./style.ts";
import { charWidth } from "./width.ts";

/** Stands in the cell right of a wide character. */
export const CONTINUED = 0;
const SPACE = 32;

export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

export function contains(r: Rect, x: number, y: number): boolean {
  return x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;
}

/** Cells row by row: a code point (CONTINUED behind a wide one) and the two words of its style. */
export class Screen {
  readonly chars: Uint32Array;
  readonly fg: Uint32Array;
  readonly bg: Uint32Array;
  /** Where the terminal's cursor is to stand; undefined: hidden. */
  cursor: { x: number; y: number } | undefined;

  constructor(
    readonly cols: number,
    readonly rows: number,
  ) {
    this.chars = new Uint32Array(cols * rows).fill(SPACE);
    this.fg = new Uint32Array(cols * rows);
    this.bg = new Uint32Array(cols * rows);
  }
  set(x: number, y: number, char: number, fg: number, bg: number): void {
    const i = y * this.cols + x;
    this.chars[i] = char;
    this.fg[i] = fg;
    this.bg[i] = bg;
  }
  /** The characters alone, rows without the spaces at their ends. */
  toText(): string {
    const lines: string[] = [];
    for (let y = 0; y < this.rows; y++) {
      const row = this.chars.subarray(y * this.cols, (y + 1) * this.cols);
      let line = "";
      for (const c of row) if (c !== CONTINUED) line += String.fromCodePoint(c);
      lines.push(line.trimEnd());
    }
    return lines.join("\n");
  }
}

/** A rectangle of a screen. What doesn't fit is cut off. Coordinates are its own. */
export class Canvas {
  constructor(
    readonly screen: Screen,
    readonly rect: Rect,
  ) {}
  get width(): number {
    return this.rect.w;
  }
  get height(): number {
    return this.rect.h;
  }
  /** A part of it. */
  part(x: number, y: number, w: number, h: number): Canvas {
    const left = Math.min(Math.max(x, 0), this.rect.w);
    const top = Math.min(Math.max(y, 0), this.rect.h);
    return new Canvas(this.screen, {
      x: this.rect.x + left,
      y: this.rect.y + top,
      w: Math.max(0, Math.min(w, this.rect.w - left)),
      h: Math.max(0, Math.min(h, this.rect.h - top)),
    });
  }
  /** Writes from column x on; the column behind it. */
  text(x: number, y: number, text: string, style: Style = PLAIN): number {
    if (y < 0 || y >= this.rect.h) return x;
    for (const char of text) {
      const code = char.codePointAt(0) ?? SPACE;
      const wide = charWidth(code);
      if (wide === 0) continue;
      if (x >= 0 && x + wide <= this.rect.w) this.cell(x, y, code, wide, style);
      x += wide;
    }
    return x;
  }
  private cell(x: number, y: number, code: number, wide: number, style: Style): void {
    const sx = this.rect.x + x;
    const sy = this.rect.y + y;
    this.screen.set(sx, sy, code, style.fg, style.bg);
    if (wide === 2) this.screen.set(sx + 1, sy, CONTINUED, style.fg, style.bg);
  }
  /** Gives what stands in a row already another background and more attributes. */
  tint(y: number, style: Style): void {
    if (y < 0 || y >= this.rect.h) return;
    const from = (this.rect.y + y) * this.screen.cols + this.rect.x;
    for (let i = from; i < from + this.rect.w; i++) {
      this.screen.fg[i] |= style.fg;
      if (this.screen.bg[i] === 0) this.screen.bg[i] = style.bg;
    }
  }
  fill(char: string, style: Style = PLAIN): void {
    for (let y = 0; y < this.rect.h; y++) this.text(0, y, char.repeat(this.rect.w), style);
  }
}
