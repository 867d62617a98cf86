/** The operands of a decoded instruction, as its record has them. */
import { CODE_BASE, CONST_PAGE, DS, FS, GPR, SEG_BASE, X87, YMM, YMM_STRIDE, ZERO } from "../cpu/layout.ts";
import { BASE_RIP, type Insn, type MemOperand, NO_REG, type Operand, type RegOperand } from "../isa/types.ts";
import { PAGE } from "../mmu/frames.ts";
import { RIP_DISP_MAX } from "./interp/variant.ts";
import { R_BASE, R_DISP, R_IMM, R_INDEX, R_OP0, R_OP1, R_OP2, R_SCALE, R_SEG } from "./record.ts";

const REG_FIELDS = [R_OP0, R_OP1, R_OP2, R_IMM];

/** RAM addresses of segment bases (ES..GS), and at the end the one of implied operands without an override. */
export type SegmentFields = readonly number[];
const bases = [0, 1, 2, 3, 4, 5].map((n) => SEG_BASE + n * 8);
/** In 64-bit mode only FS and GS have bases. */
export const SEGMENTS_64: SegmentFields = [...bases.map((at, n) => (n >= FS ? at : ZERO)), ZERO];
export const SEGMENTS_32: SegmentFields = [...bases, bases[DS]];

/** Writes a record's operands; `next`: what a displacement from the next instruction counts from, relative to the page. */
export function writeOperands(v: DataView, at: number, insn: Insn, next: number, segments: SegmentFields): void {
  let regs = 0;
  let imms = 0;
  v.setUint16(at + R_SEG, segments[insn.seg === NO_REG ? 6 : insn.seg], true);
  for (let i = 0; i < insn.operands.length; i++) {
    const o = insn.operands[i];
    const spec = insn.row.operands[i];
    if (spec.kind === "fixed" || spec.kind === "str") continue;
    if (o.kind === "reg") v.setUint16(at + REG_FIELDS[regs++], registerField(o), true);
    else if (o.kind === "mem") writeMemory(v, at, o, spec.kind, next, segments);
    else if (o.kind === "imm") writeImmediate(v, at, o, imms++);
    else if (o.kind === "rel") writeRelative(v, at, next + o.disp);
    else writeFar(v, at, o);
  }
}
export function writeRelative(v: DataView, at: number, target: number): void {
  v.setInt32(at + R_IMM, target, true);
  v.setInt32(at + R_IMM + 4, Math.floor(target / 4294967296), true);
}
function writeImmediate(v: DataView, at: number, o: Extract<Operand, { kind: "imm" }>, nth: number): void {
  v.setInt32(at + R_IMM + nth * 4, o.lo, true);
  if (nth === 0) v.setInt32(at + R_IMM + 4, o.hi, true);
}
function writeFar(v: DataView, at: number, o: Extract<Operand, { kind: "far" }>): void {
  v.setUint32(at + R_IMM, o.offset, true);
  v.setUint32(at + R_IMM + 4, o.selector, true);
}
function writeMemory(
  v: DataView,
  at: number,
  m: MemOperand,
  kind: string,
  next: number,
  segments: SegmentFields,
): void {
  v.setUint16(at + R_SEG, segments[m.seg], true);
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
  v.setUint8(at + R_SCALE, scale);
  v.setInt32(at + R_DISP, disp, true);
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
