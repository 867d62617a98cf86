/**
 * Small programs: straight code with forward branches, a counted loop, calls of a subroutine, and instructions that
 * are changed by stores before they run.
 */
import type { Form } from "../../src/isa/row.ts";
import type { Builder } from "./builder.ts";
import * as T from "./layout.ts";
import type { Random } from "./random.ts";

/** Counts the loop's rounds; nothing else writes it. */
export const COUNTER = 15;
const MAX_LENGTH = 15;
/** Room that a block's end needs: loop, call, subroutine. */
const RESERVE = 120;

/** Makes a random instruction at an offset of the code area; undefined if none came about. */
export type MakeOne = () => { code: readonly number[]; form: Form; undefinedFlags: number } | undefined;

const le32 = (v: number): number[] => [v & 0xff, (v >> 8) & 0xff, (v >> 16) & 0xff, (v >> 24) & 0xff];

export class ProgramMaker {
  private everUndefined = 0;
  private rows: number[] = [];
  constructor(
    private readonly b: Builder,
    private readonly r: Random,
    private readonly one: MakeOne,
  ) {}

  private get room(): boolean {
    return this.b.codeLength + RESERVE + 4 * MAX_LENGTH < T.T_CODE_MAX;
  }
  /** One random instruction; flags that it leaves undefined are set by a comparison. */
  private plain(): void {
    const made = this.one();
    if (!made) return;
    this.b.append(made.code);
    this.rows.push(made.form.index);
    if (made.undefinedFlags === 0) return;
    this.everUndefined |= made.undefinedFlags;
    this.b.append([0x48, 0x83, 0xf8 | this.r.pick([0, 1, 2, 6, 7]), this.r.u32() & 0xff]); // CMP reg, imm8
  }
  /** Jcc over some instructions. */
  private skip(): void {
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
    b.append([0xc6, 0x05, 0, 0, 0, 0, r.u32() & 0xff]); // MOV byte [RIP + disp], imm8
    const from = b.codeLength;
    for (let n = r.below(3); n > 0; n--) this.plain();
    b.append([0x83, 0xc0 | r.pick([0, 1, 2, 6, 7]), r.u32() & 0xff]); // ADD reg, imm8
    b.amend(from - 5, le32(b.codeLength - 1 - from));
  }
  private body(items: number, calls: number[]): void {
    const { b, r } = this;
    for (let n = 0; n < items && this.room; n++) {
      const kind = r.below(12);
      if (kind < 2) this.skip();
      else if (kind === 2) this.modify();
      else if (kind === 3 && calls.length < 4) {
        b.append([0xe8, 0, 0, 0, 0]);
        calls.push(b.codeLength);
      } else this.plain();
    }
  }
  /** Fills the builder; tells rows and undefined flags. */
  make(): { rows: number[]; everUndefined: number } {
    const { b, r } = this;
    this.rows = [];
    this.everUndefined = 0;
    const calls: number[] = [];
    const loop = !r.one(4);
    if (loop) b.append([0x41, 0xbf, ...le32(1 + r.below(r.one(6) ? 200 : 8))]); // MOV R15D, rounds
    const top = b.codeLength;
    this.body(2 + r.below(10), calls);
    if (loop) {
      b.append(r.one(2) ? [0x49, 0xff, 0xcf] : [0x49, 0x83, 0xef, 0x01]); // DEC R15, SUB R15, 1
      const end = b.codeLength + 6;
      b.append([0x0f, 0x85, ...le32(top - end)]); // JNE top
    }
    this.body(r.below(3), calls);
    if (calls.length) {
      // Over the subroutine to the end.
      b.append([0xeb, 0]);
      const from = b.codeLength;
      for (const at of calls) b.amend(at - 4, le32(b.codeLength - at));
      for (let n = 1 + r.below(3); n > 0; n--) this.plain();
      b.append([0xc3]);
      b.amend(from - 1, [b.codeLength - from]);
    }
    return { rows: this.rows, everUndefined: this.everUndefined };
  }
}
