/**
 * Small programs: straight code with forward branches, a counted loop, subroutines that call others or themselves,
 * indirect jumps, and instructions that are changed by stores before they run; or blocks that jump anywhere.
 */
import type { Form } from "../../src/isa/row.ts";
import type { Builder } from "./builder.ts";
import * as T from "./layout.ts";
import type { Random } from "./random.ts";

/** Counts the loop's rounds; nothing else writes it. */
export const COUNTER = 15;
const MAX_LENGTH = 15;
/** Room that a block's end needs: loop, call, subroutine. */
const RESERVE = 150;
const SUBS = 3;
/** Bytes of a program, at most. */
export const PROGRAM_SIZE = 768;
/** Conditions as in Jcc's opcode. */
const LE = 14;
export const G = 15;

/** Makes a random instruction at an offset of the code area; undefined if none came about. */
export type MakeOne = () => { code: readonly number[]; form: Form; undefinedFlags: number } | undefined;

export interface Program {
  rows: number[];
  everUndefined: number;
  /** It changes its own code. */
  modifies: boolean;
}

export const le32 = (v: number): number[] => [v & 0xff, (v >> 8) & 0xff, (v >> 16) & 0xff, (v >> 24) & 0xff];

export class ProgramMaker {
  protected everUndefined = 0;
  protected rows: number[] = [];
  /** Calls to be filled in: where the displacement lies, which subroutine. */
  private calls: { fix: number; sub: number }[] = [];
  protected modifies = false;
  constructor(
    protected readonly b: Builder,
    protected readonly r: Random,
    private readonly one: MakeOne,
    private readonly size = PROGRAM_SIZE,
  ) {}

  protected get room(): boolean {
    return this.b.codeLength + RESERVE + 4 * MAX_LENGTH < this.size;
  }
  /** One random instruction; flags that it leaves undefined are set by a comparison. */
  protected plain(): void {
    const made = this.one();
    if (!made) return;
    this.b.append(made.code);
    this.rows.push(made.form.index);
    if (made.undefinedFlags === 0) return;
    this.everUndefined |= made.undefinedFlags;
    this.b.append([0x48, 0x83, 0xf8 | this.r.pick([0, 1, 2, 6, 7]), this.r.u32() & 0xff]); // CMP reg, imm8
  }
  /** Jcc over some instructions. */
  protected skip(): void {
    const { b, r } = this;
    const short = r.one(2);
    b.append(short ? [0x70 | r.below(16), 0] : [0x0f, 0x80 | r.below(16), 0, 0, 0, 0]);
    const from = b.codeLength;
    for (let n = 1 + r.below(3); n > 0; n--) this.plain();
    const distance = b.codeLength - from;
    if (short) b.amend(from - 1, [distance]);
    else b.amend(from - 4, le32(distance));
  }
  /** A store that changes the immediate of an ADD some instructions later. */
  private modify(): void {
    const { b, r } = this;
    this.modifies = true;
    b.append([0xc6, 0x05, 0, 0, 0, 0, r.u32() & 0xff]); // MOV byte [RIP + disp], imm8
    const from = b.codeLength;
    for (let n = r.below(3); n > 0; n--) this.plain();
    b.append([0x83, 0xc0 | r.pick([0, 1, 2, 6, 7]), r.u32() & 0xff]); // ADD reg, imm8
    b.amend(from - 5, le32(b.codeLength - 1 - from));
  }
  /** LEA reg, [RIP + disp]; returns where the displacement lies, which counts from 4 bytes further. */
  protected leaRip(reg: number): number {
    this.b.append([0x48, 0x8d, 0x05 | (reg << 3), 0, 0, 0, 0]);
    return this.b.codeLength - 4;
  }
  /** An indirect jump, or a return to an address just pushed, over some instructions. */
  private indirect(): void {
    const { b, r } = this;
    const reg = r.pick([0, 2]); // not where string instructions would store to
    const fix = this.leaRip(reg);
    b.append(r.one(2) ? [0xff, 0xe0 | reg] : [0x50 | reg, 0xc3]); // JMP reg; or PUSH reg, RET
    for (let n = r.below(3); n > 0; n--) this.plain();
    b.amend(fix, le32(b.codeLength - fix - 4));
  }
  private call(sub: number): void {
    const { b, r } = this;
    let fix: number;
    if (r.one(3)) {
      const reg = r.pick([0, 2]);
      fix = this.leaRip(reg);
      b.append([0xff, 0xd0 | reg]);
    } else {
      b.append([0xe8, 0, 0, 0, 0]);
      fix = b.codeLength - 4;
    }
    this.calls.push({ fix, sub });
  }
  private body(items: number, firstSub: number): void {
    const { r } = this;
    for (let n = 0; n < items && this.room; n++) {
      const kind = r.below(14);
      if (kind < 3) this.skip();
      else if (kind === 3) this.modify();
      else if (kind === 4) this.indirect();
      else if (kind < 7 && firstSub < SUBS && this.calls.length < 6) this.call(firstSub + r.below(SUBS - firstSub));
      else this.plain();
    }
  }
  /** DEC R15 (or SUB R15, 1), Jcc to an address that is known or, 0, to be filled in; returns where the displacement lies. */
  protected countDown(condition: number, to: number): number {
    const { b, r } = this;
    b.append(r.one(2) ? [0x49, 0xff, 0xcf] : [0x49, 0x83, 0xef, 0x01]);
    b.append([0x0f, 0x80 | condition, ...le32(to - b.codeLength - 6)]);
    return b.codeLength - 4;
  }
  private subroutine(i: number): void {
    const { b, r } = this;
    const entry = b.codeLength;
    for (const c of this.calls) if (c.sub === i) b.amend(c.fix, le32(entry - c.fix - 4));
    this.body(1 + r.below(3), i + 1);
    if (r.one(3)) {
      // Calls itself as long as the counter is above zero.
      const out = this.countDown(LE, 0);
      b.append([0xe8, ...le32(entry - b.codeLength - 5)]);
      this.plain();
      b.amend(out, le32(b.codeLength - out - 4));
    }
    b.append([0xc3]);
  }
  /**
   * Blocks that jump to any others, forwards and backwards, into loops and out of them. Jumps backwards take from the
   * counter, without touching flags.
   */
  private maze(): void {
    const { b, r } = this;
    const n = 3 + r.below(10);
    const starts: number[] = [];
    const fixes: { at: number; to: number }[] = [];
    const outs: number[] = [];
    const jump = (opcode: readonly number[], to: number): void => {
      b.append([...opcode, 0, 0, 0, 0]);
      fixes.push({ at: b.codeLength - 4, to });
    };
    for (let i = 0; i < n && this.room; i++) {
      starts.push(b.codeLength);
      for (let k = r.below(4); k > 0; k--) this.plain();
      const to = r.below(n);
      const condition = r.below(16);
      const always = r.one(6);
      if (to > i) {
        jump(always ? [0xe9] : [0x0f, 0x80 | condition], to);
        continue;
      }
      let over = 0;
      if (!always) {
        b.append([0x70 | condition, 0]);
        over = b.codeLength;
      }
      b.append([0x4c, 0x87, 0xf9, 0xe3, 0]); // XCHG R15, RCX; JRCXZ out
      const out = b.codeLength;
      b.append([0x48, 0x8d, 0x49, 0xff, 0x4c, 0x87, 0xf9]); // LEA RCX, [RCX-1]; XCHG R15, RCX
      jump([0xe9], to);
      // JRCXZ doesn't reach far: it leads to a jump out just behind.
      b.append([0xeb, 5]);
      b.amend(out - 1, [b.codeLength - out]);
      b.append([0xe9, 0, 0, 0, 0]);
      outs.push(b.codeLength - 4);
      if (over) b.amend(over - 1, [b.codeLength - over]);
    }
    const end = b.codeLength;
    for (const f of fixes) b.amend(f.at, le32((starts[f.to] ?? end) - f.at - 4));
    for (const at of outs) b.amend(at, le32(end - at - 4));
  }
  /** Fills the builder. `rounds`: of its loops, at most. */
  make(rounds: number): Program {
    const { b, r } = this;
    this.rows = [];
    this.calls = [];
    this.everUndefined = 0;
    this.modifies = false;
    b.append([0x41, 0xbf, ...le32(1 + r.below(rounds))]); // MOV R15D, rounds
    if (r.one(2)) this.maze();
    else this.structured();
    return { rows: this.rows, everUndefined: this.everUndefined, modifies: this.modifies };
  }
  /** Straight code, a loop, and subroutines. */
  private structured(): void {
    const { b, r } = this;
    const top = b.codeLength;
    this.body(2 + r.below(8), 0);
    if (!r.one(4)) this.countDown(G, top);
    this.body(r.below(3), 0);
    // Over the subroutines to the end.
    b.append([0xe9, 0, 0, 0, 0]);
    const from = b.codeLength;
    for (let i = 0; i < SUBS; i++) if (this.calls.some((c) => c.sub === i)) this.subroutine(i);
    b.amend(from - 4, le32(b.codeLength - from));
  }
}
