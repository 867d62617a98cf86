/** Decodes a block of guest code into records. */
import { HANDLERS, SCRATCH } from "../cpu/layout.ts";
import { decode } from "../decode/decode.ts";
import type { Insn } from "../isa/types.ts";
import { PAGE } from "../mmu/frames.ts";
import type { Ram } from "../mmu/ram.ts";
import {
  ENDED,
  ENDS_BLOCK,
  FN_BREAK,
  FN_CROSS,
  FN_GOTO,
  FN_GP,
  FN_MASK,
  FN_UD,
  LATER,
  LENGTH,
  SHORT,
} from "./interp/numbers.ts";
import { VARIANTS, variantOf } from "./interp/variant.ts";
import { SEGMENTS_64, writeOperands, writeRelative } from "./operand-fields.ts";
import { MAX_BLOCK, R_COUNT, R_FN, R_IMM, R_POS, R_WHERE, RECORD } from "./record.ts";

export interface Decoded {
  count: number;
  end: number;
}

/** What the first instruction needs when it runs into the next page: its bytes from both, and the second frame. */
export interface Crossing {
  bytes: Uint8Array;
  frame: number;
}

/** `quickInsn` of the handlers' module (interp/quick.ts). */
export type QuickInsn = (record: number, start: number, end: number, offset: number, nth: number) => number;

export class BlockBuilder {
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;
  /** The instruction written last; of several, not known for sure. */
  last: Insn | undefined;
  private pos = 0;

  constructor(
    private readonly ram: Ram,
    private readonly index: Uint16Array,
    private readonly quickInsn: QuickInsn,
    /** Loads the handlers that are not in the first module. */
    private readonly loadLater: () => void,
    /** True if a block is to stop before the instruction at an offset of a frame. */
    private readonly breaks: (frame: number, offset: number) => boolean = () => false,
  ) {}

  /**
   * Writes records for the code at an offset of a frame to RAM at `record`. Answers "short" if the first instruction
   * runs over the end of the page: call again with `crossing`. No more than `most` instructions become records.
   */
  build(record: number, frame: number, offset: number, crossing?: Crossing, most = MAX_BLOCK): Decoded | "short" {
    this.bytes = this.ram.u8;
    this.view = this.ram.view;
    this.at = record;
    this.pos = 0;
    this.last = undefined;
    let ip = offset;
    if (crossing) {
      this.start(FN_CROSS, ip, 0);
      this.view.setBigInt64(this.at + R_IMM, BigInt(crossing.frame), true);
      this.at += RECORD;
      return this.crossed(record, ip, crossing.bytes, most);
    }
    for (;;) {
      if (ip >= PAGE || this.pos === most) {
        this.goto(ip);
        break;
      }
      // Who asks for one instruction wants it, and to know which.
      if (most > 1 && this.breaks(frame, ip)) {
        this.bad(FN_BREAK, ip++);
        break;
      }
      const quick = most > 1 ? this.quick(frame + ip, frame + PAGE, ip) : 0;
      if (quick > 0) {
        this.at += RECORD;
        this.pos++;
        ip += quick & LENGTH;
        if (quick & ENDED) break;
        continue;
      }
      const insn = quick === SHORT ? "short" : decode(this.bytes, frame + ip, frame + PAGE, 64);
      if (insn === "short") {
        if (ip === offset) return "short";
        this.goto(ip);
        break;
      }
      if (typeof insn === "string") {
        this.bad(insn === "long" ? FN_GP : FN_UD, ip);
        ip++;
        break;
      }
      const ended = this.insn(insn, ip);
      ip += insn.length;
      if (ended) break;
    }
    return { count: (this.at - record) / RECORD, end: ip };
  }

  /** The instruction that runs into the next page, and a jump to what follows. */
  private crossed(record: number, ip: number, bytes: Uint8Array, most: number): Decoded {
    const end = SCRATCH + bytes.length;
    this.bytes.set(bytes, SCRATCH);
    const quick = most > 1 ? this.quick(SCRATCH, end, ip) : 0;
    if (quick > 0) {
      this.at += RECORD;
      this.pos++;
      const next = ip + (quick & LENGTH);
      if (!(quick & ENDED)) this.goto(next);
      return { count: (this.at - record) / RECORD, end: next };
    }
    const insn = decode(bytes, 0, bytes.length, 64);
    const length = typeof insn === "string" ? 1 : insn.length;
    if (typeof insn === "string") this.bad(insn === "long" ? FN_GP : FN_UD, ip);
    else if (!this.insn(insn, ip)) this.goto(ip + length);
    return { count: (this.at - record) / RECORD, end: ip + length };
  }

  private quick(start: number, end: number, ip: number): number {
    const made = this.quickInsn(this.at, start, end, ip, this.pos);
    if (made !== LATER) return made;
    this.loadLater();
    return this.quickInsn(this.at, start, end, ip, this.pos);
  }
  private start(fn: number, ip: number, length: number): void {
    const b = this.bytes;
    b.fill(0, this.at, this.at + RECORD);
    this.view.setUint32(this.at + R_FN, fn, true);
    b[this.at + R_POS] = this.pos;
    this.view.setUint16(this.at + R_WHERE, (ip & 0xfff) | (length << 12), true);
  }
  private bad(fn: number, ip: number): void {
    this.start(fn, ip, 0);
    this.at += RECORD;
  }
  /** A jump without an instruction of its own: joins blocks. */
  private goto(to: number): void {
    this.start(FN_GOTO, to, 0);
    this.view.setUint16(this.at + R_COUNT, this.pos, true);
    writeRelative(this.view, this.at, to);
    this.at += RECORD;
  }
  /** Writes an instruction's record; true if it ends the block. */
  private insn(insn: Insn, ip: number): boolean {
    const fn = this.index[insn.row.index * VARIANTS + variantOf(insn)];
    if ((fn & FN_MASK) >= this.ram.i32[HANDLERS >> 2]) this.loadLater();
    this.start(fn === 0 ? FN_UD : fn & FN_MASK, ip, insn.length);
    this.pos++;
    this.last = insn;
    const at = this.at;
    this.at += RECORD;
    if (fn === 0) return true;
    writeOperands(this.view, at, insn, ip + insn.length, SEGMENTS_64);
    if ((fn & ENDS_BLOCK) === 0) return false;
    this.view.setUint16(at + R_COUNT, this.pos, true);
    return true;
  }
}
