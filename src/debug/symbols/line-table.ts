/** .debug_line: which line of which file an address comes from. DWARF 5, section 6.2; also versions 2 to 4. */
import type { ElfFile } from "./elf-file.ts";
import { type Strings, unitFiles } from "./line-header.ts";
import { BadFile, Reader, unlessBad } from "./reader.ts";

export interface Line {
  file: string;
  line: number;
}

/** Machine code without a gap, of one unit: rows of address, file and line. */
interface Sequence {
  start: number;
  end: number;
  rows: Float64Array;
  files: readonly string[];
}

const LNS_COPY = 1;
const LNS_ADVANCE_PC = 2;
const LNS_ADVANCE_LINE = 3;
const LNS_SET_FILE = 4;
const LNS_CONST_ADD_PC = 8;
const LNS_FIXED_ADVANCE_PC = 9;
const LNE_END_SEQUENCE = 1;
const LNE_SET_ADDRESS = 2;
/** Numbers a row. */
const ROW = 3;

/** The program of one unit, run to its end. */
class Program {
  private address = 0;
  private file = 1;
  private line = 1;
  private rows: number[] = [];

  constructor(
    private readonly r: Reader,
    private readonly h: ReturnType<typeof unitFiles>,
    private readonly out: Sequence[],
  ) {}

  run(): void {
    while (!this.r.done) {
      const op = this.r.u8();
      if (op >= this.h.opcodeBase) this.special(op);
      else if (op === 0) this.extended();
      else this.standard(op);
    }
  }
  private advance(operations: number): void {
    this.address += operations * this.h.minLength;
  }
  private row(): void {
    this.rows.push(this.address, this.file, this.line);
  }
  private special(op: number): void {
    const adjusted = op - this.h.opcodeBase;
    this.advance(Math.floor(adjusted / this.h.lineRange));
    this.line += this.h.lineBase + (adjusted % this.h.lineRange);
    this.row();
  }
  private standard(op: number): void {
    const { r, h } = this;
    if (op === LNS_COPY) this.row();
    else if (op === LNS_ADVANCE_PC) this.advance(r.uleb());
    else if (op === LNS_ADVANCE_LINE) this.line += r.sleb();
    else if (op === LNS_SET_FILE) this.file = r.uleb();
    else if (op === LNS_CONST_ADD_PC) this.advance(Math.floor((255 - h.opcodeBase) / h.lineRange));
    else if (op === LNS_FIXED_ADVANCE_PC) this.address += r.u16();
    else for (let i = 0; i < (h.operands[op] ?? 0); i++) r.uleb();
  }
  private extended(): void {
    const part = this.r.part(this.r.uleb());
    if (part.done) return;
    const op = part.u8();
    if (op === LNE_SET_ADDRESS) this.address = part.u64();
    if (op !== LNE_END_SEQUENCE) return;
    this.row();
    this.keep();
    this.address = 0;
    this.file = this.line = 1;
    this.rows = [];
  }
  /** Sequences of code that the linker threw away begin at 0. */
  private keep(): void {
    const start = this.rows[0];
    if (start > 0 && this.address > start && ascending(this.rows))
      this.out.push({ start, end: this.address, rows: Float64Array.from(this.rows), files: this.h.files });
  }
}

function ascending(rows: readonly number[]): boolean {
  for (let i = ROW; i < rows.length; i += ROW) if (rows[i] < rows[i - ROW]) return false;
  return true;
}

export class LineTable {
  private readonly sequences: Sequence[] = [];

  constructor(elf: ElfFile) {
    const bytes = elf.bytes(elf.section(".debug_line"));
    if (!bytes) return;
    const none = new Uint8Array();
    const strings: Strings = {
      line: elf.bytes(elf.section(".debug_line_str")) ?? none,
      other: elf.bytes(elf.section(".debug_str")) ?? none,
    };
    const r = new Reader(bytes);
    unlessBad(() => {
      while (!r.done) this.unit(r, strings);
    });
    this.sequences.sort((a, b) => a.start - b.start);
  }
  private unit(r: Reader, strings: Strings): void {
    const { length, wide } = r.length();
    const part = r.part(length);
    // A unit that makes no sense costs only itself.
    unlessBad(() => {
      const header = unitFiles(part, wide, strings);
      if (header.lineRange === 0) throw new BadFile("line range");
      new Program(part, header, this.sequences).run();
    });
  }
  get empty(): boolean {
    return this.sequences.length === 0;
  }

  at(address: number): Line | undefined {
    const i = lastNotAbove(this.sequences.length, (n) => this.sequences[n].start, address);
    // Sequences rarely overlap; where they do the one that begins last is right.
    const s = this.sequences[i];
    if (!s || address >= s.end) return undefined;
    const row = lastNotAbove(s.rows.length / ROW, (n) => s.rows[n * ROW], address) * ROW;
    const line = s.rows[row + 2];
    const file = s.files[s.rows[row + 1]];
    // Line 0: code that belongs to no line.
    return file && line > 0 ? { file, line } : undefined;
  }
  /** Where the code of a line begins: all places, for breakpoints. `file` is a whole path or how it ends. */
  addressesOf(file: string, line: number): number[] {
    const out: number[] = [];
    for (const s of this.sequences) {
      const wanted = new Set<number>();
      s.files.forEach((name, i) => {
        if (name === file || name.endsWith(`/${file}`)) wanted.add(i);
      });
      if (wanted.size === 0) continue;
      let before = -1;
      for (let i = 0; i < s.rows.length; i += ROW) {
        const here = wanted.has(s.rows[i + 1]) && s.rows[i + 2] === line;
        if (here && before !== line) out.push(s.rows[i]);
        before = here ? line : -1;
      }
    }
    return out;
  }
}

/** Index of the last of `count` ascending keys that is not above the value, or -1. */
export function lastNotAbove(count: number, key: (i: number) => number, value: number): number {
  let lo = 0;
  let hi = count;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (key(mid) <= value) lo = mid + 1;
    else hi = mid;
  }
  return lo - 1;
}
