/** The lines of a terminal: cells as screen/screen.ts has them, a scrolling region, and the lines that went out above. */
import { CONTINUED } from "../screen/screen.ts";

const SPACE = 32;

/** One line: code points and the two words of their styles. */
export class Line {
  readonly chars: Uint32Array;
  readonly fg: Uint32Array;
  readonly bg: Uint32Array;
  constructor(readonly cols: number) {
    this.chars = new Uint32Array(cols).fill(SPACE);
    this.fg = new Uint32Array(cols);
    this.bg = new Uint32Array(cols);
  }
  /** Erased cells keep the background that is current (bce). */
  erase(from: number, to: number, bg: number): void {
    this.chars.fill(SPACE, from, to);
    this.fg.fill(0, from, to);
    this.bg.fill(bg, from, to);
  }
  /** Moves cells right from `x` on, or left for negative counts; what falls out at the ends is gone. */
  shift(x: number, count: number, bg: number): void {
    const n = Math.min(Math.abs(count), this.cols - x);
    for (const cells of [this.chars, this.fg, this.bg]) {
      if (count > 0) cells.copyWithin(x + n, x, this.cols - n);
      else cells.copyWithin(x, x + n, this.cols);
    }
    if (count > 0) this.erase(x, x + n, bg);
    else this.erase(this.cols - n, this.cols, bg);
  }
  put(x: number, char: number, fg: number, bg: number): void {
    this.split(x);
    this.chars[x] = char;
    this.fg[x] = fg;
    this.bg[x] = bg;
  }
  /** A wide character of which one half is written over loses the other half. */
  private split(x: number): void {
    if (this.chars[x] === CONTINUED && x > 0) this.chars[x - 1] = SPACE;
    if (x + 1 < this.cols && this.chars[x + 1] === CONTINUED) this.chars[x + 1] = SPACE;
  }
  /** The same in another width. */
  resized(cols: number): Line {
    const line = new Line(cols);
    line.chars.set(this.chars.subarray(0, cols));
    line.fg.set(this.fg.subarray(0, cols));
    line.bg.set(this.bg.subarray(0, cols));
    if (cols < this.cols && this.chars[cols] === CONTINUED) line.chars[cols - 1] = SPACE;
    return line;
  }
}

/** Lines that went out above, at most. */
const KEPT = 1000;

export class Grid {
  lines: Line[];
  /** What was scrolled out of the top, oldest first. */
  readonly history: Line[] = [];
  /** Scrolling region: rows [top, bottom). */
  top = 0;
  bottom: number;

  constructor(
    public cols: number,
    public rows: number,
    private readonly keeps: boolean,
  ) {
    this.lines = Array.from({ length: rows }, () => new Line(cols));
    this.bottom = rows;
  }
  /** Scrolls rows [top, bottom) up by `n`, or down for negative counts. */
  scroll(n: number, bg: number, top = this.top): void {
    const count = Math.min(Math.abs(n), this.bottom - top);
    for (let i = 0; i < count; i++) {
      const fresh = new Line(this.cols);
      fresh.erase(0, this.cols, bg);
      if (n > 0) {
        const [gone] = this.lines.splice(top, 1);
        if (this.keeps && top === 0) this.keep(gone);
        this.lines.splice(this.bottom - 1, 0, fresh);
      } else {
        this.lines.splice(this.bottom - 1, 1);
        this.lines.splice(top, 0, fresh);
      }
    }
  }
  private keep(line: Line): void {
    this.history.push(line);
    if (this.history.length > KEPT) this.history.shift();
  }
  /** Lines that went out come back, as many as that or as there are: how many. */
  recall(count: number): number {
    const lines = this.history.splice(Math.max(0, this.history.length - Math.max(0, count)));
    this.lines.unshift(...lines.map((line) => line.resized(this.cols)));
    return lines.length;
  }
  /** Another size. Lines are cut, not wrapped anew; the row `y` stays visible. Returns where it is now. */
  resize(cols: number, rows: number, y: number): number {
    const excess = Math.max(0, y - rows + 1);
    for (const line of this.lines.splice(0, excess)) if (this.keeps) this.keep(line);
    this.lines.length = Math.min(this.lines.length, rows);
    while (this.lines.length < rows) this.lines.push(new Line(cols));
    if (cols !== this.cols) this.lines = this.lines.map((line) => line.resized(cols));
    this.cols = cols;
    this.rows = rows;
    this.top = 0;
    this.bottom = rows;
    return y - excess;
  }
}
