/**
 * Memory as hex and characters of code page 437. Zoomed, a cell stands for 2, 4, 8 ... bytes, as a picture is made
 * smaller: filtered, then decimated.
 */
import type { Look } from "../look.ts";
import { CP437 } from "../screen/cp437.ts";
import type { Canvas } from "../screen/screen.ts";
import { type Style, THEME } from "../screen/style.ts";
import { hex, titled } from "./text.ts";

export const MEMORY_FORMS = ["both", "characters", "hex"] as const;
export type MemoryForm = (typeof MEMORY_FORMS)[number];

/** Each byte in twice as many or half as many cells: this is as far as it goes (64 KiB a cell). */
export const MOST_ZOOM = 16;
/** Positions for which a change stays visible. */
const GLOW = 4;

/** Bytes that an instruction reads or writes. */
export interface Marked {
  address: number;
  length: number;
  style: Style;
}

/** How a line is divided. */
interface Shape {
  /** Bytes in a line, and in a cell. */
  perLine: number;
  perCell: number;
  hex: boolean;
  characters: boolean;
  /** Spaces between hex bytes. */
  spaced: boolean;
}

/** Columns of "7ffffffff000 ". */
const ADDRESS = 13;

function shapeFor(width: number, form: MemoryForm, zoom: number): Shape {
  const room = width - ADDRESS;
  if (zoom > 0 || form === "characters") {
    const cells = Math.max(8, Math.floor(room / 8) * 8);
    return { perLine: cells << zoom, perCell: 1 << zoom, hex: false, characters: true, spaced: false };
  }
  const characters = form === "both";
  const need = (n: number, spaced: boolean): number =>
    n * (2 + (spaced ? 1 : 0) + (characters ? 1 : 0)) + (spaced ? 0 : 1);
  for (const perLine of [64, 32, 16, 8, 4]) {
    for (const spaced of [true, false]) {
      if (need(perLine, spaced) <= room) return { perLine, perCell: 1, hex: true, characters, spaced };
    }
  }
  return { perLine: 4, perCell: 1, hex: true, characters: false, spaced: false };
}

/** Half as many samples: each is what its two bytes and their neighbours are on average (1 3 3 1). */
export function decimate(samples: Uint8Array): Uint8Array {
  const out = new Uint8Array(samples.length >> 1);
  const last = samples.length - 1;
  for (let i = 0; i < out.length; i++) {
    const a = samples[Math.max(0, 2 * i - 1)];
    const d = samples[Math.min(last, 2 * i + 2)];
    out[i] = (a + 3 * samples[2 * i] + 3 * samples[2 * i + 1] + d + 4) >> 3;
  }
  return out;
}

const SHADES = " ░▒▓█";
function shade(v: number): string {
  return SHADES[Math.min(4, (v * 5) >> 8)];
}

/** One panel of memory: where it stands, and what changed there lately. */
export class MemoryView {
  /** First address of the first line; undefined until something is to be shown. */
  start: number | undefined;
  zoom = 0;
  /** Doesn't follow what it is for any more: the user moved it. */
  pinned = false;
  private bytes = new Uint8Array(0);
  private bytesStart = 0;
  private position = -1;
  /** Address of a changed byte, and for how many more positions that is shown. */
  private readonly glow = new Map<number, number>();
  private lines = 4;
  private perLine = 16;

  /** `before`: lines above the address when the view has to move to show it. */
  constructor(
    readonly title: string,
    private readonly before: number,
  ) {}

  /** Shows the address, and moves no more than needed for it. */
  follow(address: number): void {
    if (!this.pinned) this.moveTo(address);
  }
  moveTo(address: number): void {
    const { start, perLine } = this;
    if (start !== undefined && address >= start && address < start + perLine * this.lines) return;
    const above = Math.min(this.before, Math.floor((this.lines - 1) / 2));
    this.start = Math.max(0, address - (address % perLine) - above * perLine);
  }
  /** By lines, for the wheel. */
  scroll(lines: number): void {
    if (this.start === undefined) return;
    this.pinned = true;
    this.start = Math.min(Math.max(0, this.start + lines * this.perLine), 2 ** 47 - this.perLine);
  }
  /** Keeps the first address in place. */
  setZoom(zoom: number): void {
    this.zoom = Math.max(0, Math.min(MOST_ZOOM, zoom));
  }
  /** `position`: the machine's; changes are what differs since it was another one. */
  draw(canvas: Canvas, look: Look, form: MemoryForm, marks: readonly Marked[], position: number): void {
    const state = `${this.pinned ? " (held)" : ""}${this.zoom ? ` 1:${1 << this.zoom}` : ""}`;
    const inner = titled(canvas, this.title + state);
    const shape = shapeFor(inner.width, form, this.zoom);
    this.perLine = shape.perLine;
    this.lines = Math.max(1, inner.height);
    if (this.start === undefined || inner.height === 0) return;
    this.start -= this.start % Math.min(16, shape.perLine);
    const bytes = shape.perCell === 1 ? this.look(look, this.start, shape.perLine * inner.height, position) : undefined;
    for (let y = 0; y < inner.height; y++) {
      const at = this.start + y * shape.perLine;
      inner.text(0, y, hex(at, 12), THEME.address);
      if (bytes) this.line(inner, y, at, shape, bytes, marks);
      else this.zoomedLine(inner, y, at, shape, look);
    }
  }
  /** Reads what is visible, page by page as there may be holes; -1 for what isn't there. Notes changes. */
  private look(look: Look, start: number, length: number, position: number): Int16Array {
    const values = new Int16Array(length).fill(-1);
    for (let done = 0; done < length; ) {
      const n = Math.min(length - done, 4096 - ((start + done) % 4096));
      values.set(look.read(start + done, n), done);
      done += n;
    }
    if (position !== this.position) this.noteChanges(values, start);
    this.position = position;
    this.bytes = Uint8Array.from(values);
    this.bytesStart = start;
    return values;
  }
  private noteChanges(values: Int16Array, start: number): void {
    for (const [at, left] of this.glow) {
      if (left > 1) this.glow.set(at, left - 1);
      else this.glow.delete(at);
    }
    const shift = start - this.bytesStart;
    for (let i = 0; i < values.length; i++) {
      const old = this.bytes[i + shift];
      if (old !== undefined && values[i] >= 0 && values[i] !== old) this.glow.set(start + i, GLOW);
    }
  }
  private styleOf(at: number, value: number, marks: readonly Marked[]): Style {
    const mark = marks.find((m) => at >= m.address && at < m.address + m.length);
    const left = this.glow.get(at) ?? 0;
    if (left === GLOW) return THEME.changed;
    if (mark) return mark.style;
    if (left > 0) return THEME.recent;
    return value === 0 ? THEME.missing : THEME.text;
  }
  private line(
    canvas: Canvas,
    y: number,
    at: number,
    shape: Shape,
    values: Int16Array,
    marks: readonly Marked[],
  ): void {
    const base = y * shape.perLine;
    let x = ADDRESS;
    for (let i = 0; shape.hex && i < shape.perLine; i++) {
      const v = values[base + i];
      const style = v < 0 ? THEME.missing : this.styleOf(at + i, v, marks);
      x = canvas.text(x, y, v < 0 ? "··" : hex(v, 2), style) + (shape.spaced ? 1 : 0);
    }
    if (shape.hex && !shape.spaced) x++;
    for (let i = 0; shape.characters && i < shape.perLine; i++) {
      const v = values[base + i];
      const style = v < 0 ? THEME.missing : this.styleOf(at + i, v, marks);
      x = canvas.text(x, y, v < 0 ? "·" : CP437[v], style);
    }
  }
  private zoomedLine(canvas: Canvas, y: number, at: number, shape: Shape, look: Look): void {
    const cells = shape.perLine / shape.perCell;
    for (let i = 0; i < cells; i++) {
      const v = sample(look, at + i * shape.perCell, shape.perCell);
      canvas.text(ADDRESS + i, y, v < 0 ? "·" : shade(v), v < 0 ? THEME.missing : THEME.text);
    }
  }
}

/** At most this many bytes are looked at for one cell: of larger ones the beginning of each page stands for all. */
const SAMPLE = 256;

/** The level of so many bytes (a power of two); -1 if none are there. */
function sample(look: Look, address: number, length: number): number {
  const step = Math.max(1, length / 4096);
  const each = Math.min(SAMPLE, length / step);
  const levels: number[] = [];
  for (let page = 0; page < step; page += Math.max(1, step / 4)) {
    let s: Uint8Array = look.read(address + Math.floor(page) * 4096, each);
    if (s.length < each) continue;
    while (s.length > 1) s = decimate(s);
    levels.push(s[0]);
  }
  return levels.length === 0 ? -1 : levels.reduce((a, b) => a + b) / levels.length;
}
