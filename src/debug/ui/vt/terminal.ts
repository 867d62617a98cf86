/**
 * A terminal as xterm is one: the guest writes, `lines` is what it looks like. Everything happens at once, so that the
 * picture can be had at any moment. What isn't known is ignored, as terminals do.
 */
import { CONTINUED } from "../screen/screen.ts";
import { PLAIN, type Style } from "../screen/style.ts";
import { charWidth } from "../screen/width.ts";
import { Charsets } from "./charset.ts";
import { Grid, type Line } from "./grid.ts";
import { defaultModes, type Modes, setMode } from "./modes.ts";
import { type Actions, Parser } from "./parser.ts";
import { applySgr } from "./sgr.ts";

interface Saved {
  x: number;
  y: number;
  style: Style;
  origin: boolean;
  charsets: Charsets;
}

export class Terminal implements Actions {
  private readonly main: Grid;
  private readonly alternate: Grid;
  private grid: Grid;
  private readonly parser = new Parser(this);
  private readonly charsets = new Charsets();
  modes: Modes = defaultModes();
  x = 0;
  y = 0;
  /** The last column was written: the next character begins a new line. */
  private wraps = false;
  private style: Style = PLAIN;
  private saved: Saved | undefined;
  private tabs = new Set<number>();
  private lastPrinted = 32;
  /** Counts changes of the picture. */
  generation = 0;
  title = "";

  /** `reply`: answers to questions of the guest, as if they were typed. */
  constructor(
    cols: number,
    rows: number,
    private readonly reply: (text: string) => void,
  ) {
    this.main = new Grid(cols, rows, true);
    this.alternate = new Grid(cols, rows, false);
    this.grid = this.main;
    this.resetTabs();
  }
  get cols(): number {
    return this.grid.cols;
  }
  get rows(): number {
    return this.grid.rows;
  }
  get lines(): readonly Line[] {
    return this.grid.lines;
  }
  /** Lines that went out above, oldest first; none in the alternate screen. */
  get history(): readonly Line[] {
    return this.grid.history;
  }
  write(bytes: Uint8Array): void {
    this.parser.write(bytes);
    this.generation++;
  }
  resize(cols: number, rows: number): void {
    if (cols === this.cols && rows === this.rows) return;
    const back = this.grid.recall(rows - this.rows);
    const y = this.grid.resize(cols, rows, this.y + back);
    if (this.saved && this.grid === this.main) this.saved.y = Math.max(0, this.saved.y + y - this.y);
    const other = this.grid === this.main ? this.alternate : this.main;
    other.resize(cols, rows, Math.min(this.y, other.rows - 1));
    this.moveTo(Math.min(this.x, cols - 1), y);
    this.resetTabs();
    this.generation++;
  }
  /** The picture as text, for tests and docs. */
  toText(): string {
    const text = (l: Line): string => {
      let s = "";
      for (const c of l.chars) if (c !== CONTINUED) s += String.fromCodePoint(c);
      return s.trimEnd();
    };
    return this.lines.map(text).join("\n");
  }

  print(code: number): void {
    const char = this.charsets.map(code);
    const width = charWidth(char);
    if (width === 0) return;
    this.lastPrinted = code;
    const room = this.cols - this.x;
    if (this.wraps || (width > room && this.modes.wrap)) {
      this.x = 0;
      this.wraps = false;
      this.lineFeed();
    }
    if (width > this.cols) return;
    this.x = Math.min(this.x, this.cols - width);
    const line = this.grid.lines[this.y];
    if (this.modes.insert) line.shift(this.x, width, this.style.bg);
    line.put(this.x, char, this.style.fg, this.style.bg);
    if (width === 2) line.put(this.x + 1, CONTINUED, this.style.fg, this.style.bg);
    this.x += width;
    if (this.x < this.cols) return;
    this.x = this.cols - 1;
    this.wraps = this.modes.wrap;
  }
  control(byte: number): void {
    switch (byte) {
      case 8:
        this.moveTo(Math.max(0, this.x - 1), this.y);
        break;
      case 9:
        this.tab(1);
        break;
      case 10:
      case 11:
      case 12:
        this.wraps = false;
        this.lineFeed();
        if (this.modes.newLine) this.x = 0;
        break;
      case 13:
        this.moveTo(0, this.y);
        break;
      case 14:
      case 15:
        this.charsets.active = 15 - byte;
        break;
    }
  }
  escape(intermediates: string, final: string): void {
    if (intermediates !== "") {
      const set = "()*+".indexOf(intermediates);
      if (set >= 0) this.charsets.designate(set, final);
      else if (intermediates === "#" && final === "8") this.alignmentPattern();
      return;
    }
    switch (final) {
      case "7":
        this.save();
        break;
      case "8":
        this.restore();
        break;
      case "D":
        this.lineFeed();
        break;
      case "E":
        this.x = 0;
        this.lineFeed();
        break;
      case "M":
        if (this.y === this.grid.top) this.grid.scroll(-1, this.style.bg);
        else this.moveTo(this.x, Math.max(0, this.y - 1));
        break;
      case "H":
        this.tabs.add(this.x);
        break;
      case "c":
        this.reset();
        break;
      case "=":
      case ">":
        this.modes.applicationKeypad = final === "=";
    }
  }
  osc(text: string): void {
    const m = /^[02];(.*)$/s.exec(text);
    if (m) this.title = m[1];
  }
  csi(prefix: string, p: readonly number[], intermediates: string, final: string): void {
    /** A count: 1 if left out or 0. */
    const n = Math.max(p[0] ?? 1, 1);
    if (prefix !== "" || intermediates !== "") {
      this.privateCsi(prefix, p, intermediates, final);
      return;
    }
    if (this.moves(final, n, p) || this.edits(final, n, Math.max(p[0] ?? 0, 0))) return;
    switch (final) {
      case "m":
        this.style = applySgr(p, this.style);
        break;
      case "r":
        this.setRegion(n - 1, p[1] > 0 ? p[1] : this.rows);
        break;
      case "h":
      case "l":
        for (const mode of p) setMode(this.modes, "", mode, final === "h");
        break;
      case "g":
        if (p[0] === 3) this.tabs.clear();
        else this.tabs.delete(this.x);
        break;
      case "c":
        // A VT220 with colour.
        this.reply("\x1b[?62;22c");
        break;
      case "n":
        if (p[0] === 5) this.reply("\x1b[0n");
        if (p[0] === 6) this.reply(`\x1b[${this.y - this.originTop + 1};${this.x + 1}R`);
        break;
      case "s":
        this.save();
        break;
      case "u":
        this.restore();
        break;
      case "t":
        if (p[0] === 18) this.reply(`\x1b[8;${this.rows};${this.cols}t`);
    }
  }
  private privateCsi(prefix: string, p: readonly number[], intermediates: string, final: string): void {
    if (prefix === "?" && (final === "h" || final === "l")) for (const m of p) this.privateMode(m, final === "h");
    else if (prefix === ">" && final === "c") this.reply("\x1b[>41;354;0c");
    else if (prefix === "?" && final === "J") this.edits("J", 1, Math.max(p[0] ?? 0, 0));
    else if (prefix === "?" && final === "K") this.edits("K", 1, Math.max(p[0] ?? 0, 0));
    else if (prefix === "" && intermediates === "!" && final === "p") this.softReset();
  }
  private privateMode(mode: number, on: boolean): void {
    switch (mode) {
      case 6:
        this.modes.origin = on;
        this.moveTo(0, this.originTop);
        break;
      case 47:
      case 1047:
        this.useAlternate(on);
        break;
      case 1048:
        if (on) this.save();
        else this.restore();
        break;
      case 1049:
        if (on) this.save();
        this.useAlternate(on);
        if (!on) this.restore();
        break;
      default:
        setMode(this.modes, "?", mode, on);
    }
  }
  /** Movements of the cursor. */
  private moves(final: string, n: number, p: readonly number[]): boolean {
    const { x, y } = this;
    const low = y >= this.grid.top ? this.grid.top : 0;
    const high = y < this.grid.bottom ? this.grid.bottom - 1 : this.rows - 1;
    switch (final) {
      case "A":
        this.moveTo(x, Math.max(low, y - n));
        return true;
      case "B":
      case "e":
        this.moveTo(x, Math.min(high, y + n));
        return true;
      case "C":
      case "a":
        this.moveTo(x + n, y);
        return true;
      case "D":
        this.moveTo(x - n, y);
        return true;
      case "E":
        this.moveTo(0, Math.min(high, y + n));
        return true;
      case "F":
        this.moveTo(0, Math.max(low, y - n));
        return true;
      case "G":
      case "`":
        this.moveTo(n - 1, y);
        return true;
      case "H":
      case "f":
        this.moveTo(Math.max(p[1] ?? 1, 1) - 1, this.originTop + n - 1);
        return true;
      case "d":
        this.moveTo(x, this.originTop + n - 1);
        return true;
      case "I":
        this.tab(n);
        return true;
      case "Z":
        this.tab(-n);
        return true;
    }
    return false;
  }
  /** Erasing, inserting, deleting, scrolling. `n`: a count; `which`: the parameter with 0 for none. */
  private edits(final: string, n: number, which: number): boolean {
    const { grid, x, y } = this;
    const line = grid.lines[y];
    const { bg } = this.style;
    const inRegion = y >= grid.top && y < grid.bottom;
    switch (final) {
      case "J":
        this.eraseDisplay(which);
        return true;
      case "K":
        line.erase(which === 0 ? x : 0, which === 1 ? x + 1 : this.cols, bg);
        return true;
      case "X":
        line.erase(x, Math.min(this.cols, x + n), bg);
        return true;
      case "@":
        line.shift(x, n, bg);
        return true;
      case "P":
        line.shift(x, -n, bg);
        return true;
      case "L":
      case "M":
        if (inRegion) grid.scroll(final === "L" ? -n : n, bg, y);
        return true;
      case "S":
        grid.scroll(n, bg);
        return true;
      case "T":
        grid.scroll(-n, bg);
        return true;
      case "b":
        for (let i = 0; i < Math.min(n, this.cols * this.rows); i++) this.print(this.lastPrinted);
        return true;
    }
    return false;
  }
  private eraseDisplay(which: number): void {
    const { grid, x, y } = this;
    const { bg } = this.style;
    if (which === 3) {
      grid.history.length = 0;
      return;
    }
    const from = which === 0 ? y + 1 : 0;
    const to = which === 1 ? y : this.rows;
    for (let i = from; i < to; i++) grid.lines[i].erase(0, this.cols, bg);
    if (which === 0) grid.lines[y].erase(x, this.cols, bg);
    if (which === 1) grid.lines[y].erase(0, x + 1, bg);
  }
  private get originTop(): number {
    return this.modes.origin ? this.grid.top : 0;
  }
  private moveTo(x: number, y: number): void {
    const bottom = this.modes.origin ? this.grid.bottom : this.rows;
    this.x = Math.max(0, Math.min(x, this.cols - 1));
    this.y = Math.max(0, Math.min(y, bottom - 1));
    this.wraps = false;
  }
  private lineFeed(): void {
    if (this.y === this.grid.bottom - 1) this.grid.scroll(1, this.style.bg);
    else if (this.y < this.rows - 1) this.y++;
  }
  private setRegion(top: number, bottom: number): void {
    const end = Math.min(bottom, this.rows);
    if (top + 1 >= end) return;
    this.grid.top = top;
    this.grid.bottom = end;
    this.moveTo(0, this.originTop);
  }
  private resetTabs(): void {
    this.tabs = new Set();
    for (let x = 8; x < this.cols; x += 8) this.tabs.add(x);
  }
  /** Moves over so many tab stops, to the left for negative counts. */
  private tab(n: number): void {
    const step = Math.sign(n);
    let { x } = this;
    for (let left = Math.min(Math.abs(n), this.cols); left > 0; left--) {
      do x += step;
      while (x > 0 && x < this.cols - 1 && !this.tabs.has(x));
    }
    this.moveTo(x, this.y);
  }
  private save(): void {
    const charsets = new Charsets();
    charsets.copyFrom(this.charsets);
    this.saved = { x: this.x, y: this.y, style: this.style, origin: this.modes.origin, charsets };
  }
  private restore(): void {
    const saved = this.saved;
    this.style = saved?.style ?? PLAIN;
    this.modes.origin = saved?.origin ?? false;
    this.charsets.copyFrom(saved?.charsets ?? new Charsets());
    this.moveTo(saved?.x ?? 0, saved?.y ?? 0);
  }
  private useAlternate(on: boolean): void {
    const to = on ? this.alternate : this.main;
    if (this.grid === to) return;
    this.grid = to;
    if (on) for (const line of to.lines) line.erase(0, this.cols, this.style.bg);
  }
  private softReset(): void {
    this.modes = { ...defaultModes(), mouse: this.modes.mouse, mouseSgr: this.modes.mouseSgr };
    this.style = PLAIN;
    this.saved = undefined;
    this.grid.top = 0;
    this.grid.bottom = this.rows;
    this.charsets.copyFrom(new Charsets());
  }
  private reset(): void {
    this.useAlternate(false);
    this.softReset();
    this.modes = defaultModes();
    this.resetTabs();
    this.eraseDisplay(2);
    this.moveTo(0, 0);
  }
  /** DECALN */
  private alignmentPattern(): void {
    for (const line of this.grid.lines) line.chars.fill(0x45);
    this.moveTo(0, 0);
  }
}
