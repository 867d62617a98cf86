/** Decodes a block of guest code into records. */
import { CODE_BASE, CONST_PAGE, GPR, SEG_BASE, X87, YMM, YMM_STRIDE, ZERO } from "../cpu/layout.ts";
import { decode } from "../decode/decode.ts";
import { BASE_RIP, type Insn, type MemOperand, NO_REG, type Operand, type RegOperand } from "../isa/types.ts";
import { PAGE } from "../mmu/frames.ts";
import type { Ram } from "../mmu/ram.ts";
import { ENDS_BLOCK, FN_BREAK, FN_CROSS, FN_GOTO, FN_GP, FN_MASK, FN_UD } from "./interp/image.ts";
import { RIP_DISP_MAX, VARIANTS, variantOf } from "./interp/variant.ts";
import { ENDED, LENGTH, QuickDecoder } from "./quick.ts";
import {
  MAX_BLOCK,
  R_BASE,
  R_COUNT,
  R_DISP,
  R_FN,
  R_IMM,
  R_INDEX,
  R_OP0,
  R_OP1,
  R_OP2,
  R_POS,
  R_SCALE,
  R_SEG,
  R_WHERE,
  RECORD,
} from "./record.ts";

const REG_FIELDS = [R_OP0, R_OP1, R_OP2, R_IMM];
/** Most records that one block can take: its instructions, a page check and a joining jump. */
export const MAX_RECORDS = MAX_BLOCK + 2;

export interface Decoded {
  count: number;
  end: number;
}

/** What the first instruction needs when it runs into the next page: its bytes from both, and the second frame. */
export interface Crossing {
  bytes: Uint8Array;
  frame: number;
}

export class BlockBuilder {
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;
  /** The instruction written last. */
  last: Insn | undefined;
  private pos = 0;
  private readonly quick: QuickDecoder;

  constructor(
    private readonly ram: Ram,
    private readonly index: Uint16Array,
    plans: Int32Array,
    /** True if a block is to stop before the instruction at an offset of a frame. */
    private readonly breaks: (frame: number, offset: number) => boolean = () => false,
  ) {
    this.quick = new QuickDecoder(ram, index, plans);
  }

  /**
   * Writes records for the code at an offset of a frame to RAM at `record`. Answers "short" if the first instruction
   * runs over the end of the page: call again with `crossing`. No more than `most` instructions become records.
   */
  build(record: number, frame: number, offset: number, crossing?: Crossing, most = MAX_BLOCK): Decoded | "short" {
    this.bytes = this.ram.u8;
    this.view = this.ram.view;
    this.at = record;
    this.pos = 0;
    let ip = offset;
    if (crossing) {
      this.start(FN_CROSS, ip, 0);
      this.view.setBigInt64(this.at + R_IMM, BigInt(crossing.frame), true);
      this.at += RECORD;
      const insn = decode(crossing.bytes, 0, crossing.bytes.length, 64);
      const length = typeof insn === "string" ? 1 : insn.length;
      if (typeof insn === "string") this.bad(insn === "long" ? FN_GP : FN_UD, ip);
      else if (!this.insn(insn, ip)) this.goto(ip + length);
      return { count: (this.at - record) / RECORD, end: ip + length };
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
      const quick = most > 1 && this.quick.insn(this.at, frame + ip, frame + PAGE, ip, this.pos);
      if (quick) {
        this.at += RECORD;
        this.pos++;
        ip += quick & LENGTH;
        if (quick & ENDED) break;
        continue;
      }
      const insn = decode(this.bytes, frame + ip, frame + PAGE, 64);
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
    this.relative(this.at, to);
    this.at += RECORD;
  }
  /** Writes an instruction's record; true if it ends the block. */
  private insn(insn: Insn, ip: number): boolean {
    const fn = this.index[insn.row.index * VARIANTS + variantOf(insn)];
    this.start(fn === 0 ? FN_UD : fn & FN_MASK, ip, insn.length);
    this.pos++;
    this.last = insn;
    const at = this.at;
    this.at += RECORD;
    if (fn === 0) return true;
    let regs = 0;
    let imms = 0;
    this.view.setUint16(at + R_SEG, insn.seg === NO_REG ? ZERO : this.segment(insn.seg), true);
    for (let i = 0; i < insn.operands.length; i++) {
      const o = insn.operands[i];
      const spec = insn.row.operands[i];
      if (spec.kind === "fixed" || spec.kind === "str") continue;
      if (o.kind === "reg") this.view.setUint16(at + REG_FIELDS[regs++], registerField(o), true);
      else if (o.kind === "mem") this.memory(at, o, spec.kind, ip + insn.length);
      else if (o.kind === "imm") this.immediate(at, o, imms++);
      else if (o.kind === "rel") this.relative(at, ip + insn.length + o.disp);
      else this.far(at, o);
    }
    if ((fn & ENDS_BLOCK) === 0) return false;
    this.view.setUint16(at + R_COUNT, this.pos, true);
    return true;
  }
  private relative(at: number, target: number): void {
    this.view.setInt32(at + R_IMM, target, true);
    this.view.setInt32(at + R_IMM + 4, Math.floor(target / 4294967296), true);
  }
  private immediate(at: number, o: Extract<Operand, { kind: "imm" }>, nth: number): void {
    this.view.setInt32(at + R_IMM + nth * 4, o.lo, true);
    if (nth === 0) this.view.setInt32(at + R_IMM + 4, o.hi, true);
  }
  private far(at: number, o: Extract<Operand, { kind: "far" }>): void {
    this.view.setUint32(at + R_IMM, o.offset, true);
    this.view.setUint32(at + R_IMM + 4, o.selector, true);
  }
  /** In 64-bit mode only FS and GS have bases. */
  private segment(n: number): number {
    return n >= 4 ? SEG_BASE + n * 8 : ZERO;
  }
  private memory(at: number, m: MemOperand, kind: string, next: number): void {
    const v = this.view;
    v.setUint16(at + R_SEG, this.segment(m.seg), true);
    if (kind === "moffs") {
      v.setInt32(at + R_IMM, m.dispLo, true);
      v.setInt32(at + R_IMM + 4, m.dispHi, true);
      return;
    }
    let disp = m.dispLo;
    let index = m.index === NO_REG ? ZERO : m.vsib ? YMM + m.index * YMM_STRIDE : GPR + m.index * 8;
    let scale = m.scale;
    if (m.base === BASE_RIP) {
      disp += next;
      if (m.dispLo > RIP_DISP_MAX) {
        disp -= 2 * PAGE;
        index = CONST_PAGE;
        scale = 1;
      }
      v.setUint16(at + R_BASE, CODE_BASE, true);
    } else v.setUint16(at + R_BASE, m.base === NO_REG ? ZERO : GPR + m.base * 8, true);
    v.setUint16(at + R_INDEX, index, true);
    this.bytes[at + R_SCALE] = scale;
    v.setInt32(at + R_DISP, disp, true);
  }
}

function registerField(o: RegOperand): number {
  switch (o.cls) {
    case "gp8h":
      return GPR + o.num * 8 + 1;
    case "gp8":
    case "gp16":
    case "gp32":
    case "gp64":
      return GPR + o.num * 8;
    case "mm":
      return X87 + o.num * 16;
    case "xmm":
    case "ymm":
      return YMM + o.num * YMM_STRIDE;
    default:
      return o.num;
  }
}
