/** What the instruction table says about one form. Built by row.ts out of the manuals' notation; data only. */

export type Mode = 16 | 32 | 64;
/** Bit set of modes in which a row is valid. */
export const M16 = 1;
export const M32 = 2;
export const M64 = 4;

export type Access = "r" | "w" | "rw" | "n";

export type OperandKind =
  | "r" // general register only (from ModRM.reg, ModRM.rm with mod=3, opcode low bits, or VEX.vvvv)
  | "rm" // general register or memory
  | "m" // memory only
  | "imm"
  | "rel" // branch displacement, relative to the next instruction
  | "far" // ptr16:16, ptr16:32
  | "moffs"
  | "sreg"
  | "creg"
  | "dreg"
  | "st" // x87 stack register
  | "mm"
  | "mm/m"
  | "xmm"
  | "xmm/m"
  | "ymm"
  | "ymm/m"
  | "fixed" // an implied register or constant that assembly text shows: AL, EAX, CL, DX, 1, ES, ST(0), XMM0 ...
  | "vsib" // memory with a vector index
  | "k"
  | "k/m"
  | "zmm"
  | "zmm/m"
  | "str"; // implied string operand, memory at [rSI] or [rDI], or XLAT's

export interface OperandSpec {
  kind: OperandKind;
  /** Width in bits of the register or memory operand; 0 where memory has no size (LEA, INVLPG). Immediates: encoded width. */
  size: number;
  /** For "xmm/m32", "mm/m32", "r32/m16": width in bits of the memory side when it differs from `size`; otherwise equal. */
  memSize: number;
  access: Access;
  /** For "fixed": the text in the manual ("AL", "CL", "1"); for "str": "si:m8", "di:m32", "bx:m8". */
  fixed?: string;
  /** Immediates that are extended: signed or not, to the operand size. */
  signed?: boolean;
  /** "vsib": class of the index register, bits of an index in it. (`size` is an element's in memory.) */
  vsib?: "xmm" | "ymm" | "zmm";
  vsibIndex?: 32 | 64;
  /** EVEX only: masking, rounding control, element size of a broadcast from memory. */
  mask?: "k" | "kz";
  rounding?: "er" | "sae";
  bcst?: 16 | 32 | 64;
}

export interface Row {
  /** Position in the whole table. */
  index: number;
  mnemonic: string;
  /** The two notations the row was made of. */
  text: string;
  encoding: string;
  operands: readonly OperandSpec[];
  modes: number;
  /** "", or a CPU feature: "SSE2", "AVX", "BMI1" ... */
  feature: string;
  /** Operand size in bits that the form implies (8, 16, 32, 64), 0 where it has none. */
  opSize: number;
  /** Flags (letters of "oszapc" and d, i, t) read, written, undefined after. */
  flagsRead: string;
  flagsWritten: string;
  flagsUndefined: string;
  /** Flags stay as they are when the count (a shift's last operand, masked; rCX under REP) is zero. */
  keepsFlagsAtZero: boolean;
  lockable: boolean;
  /** Takes a REP prefix, or REPE and REPNE. */
  repeat: "" | "rep" | "repe";
  /** Privileged: #GP in user mode. */
  privileged: boolean;
  /** Known to the decoder, not implemented anywhere: #UD (EVEX ...). */
  unsupported: boolean;
}

/** Register classes of decoded operands. `gp8h` is AH CH DH BH (num 4..7 of the legacy encoding, given as 0..3). */
export type RegClass =
  | "gp8"
  | "gp8h"
  | "gp16"
  | "gp32"
  | "gp64"
  | "sreg"
  | "creg"
  | "dreg"
  | "st"
  | "mm"
  | "xmm"
  | "ymm"
  | "zmm"
  | "k";

export const NO_REG = -1;
/** Base register number that means RIP. */
export const BASE_RIP = 16;

export interface RegOperand {
  kind: "reg";
  cls: RegClass;
  num: number;
  /** Bits. */
  size: number;
}
export interface MemOperand {
  kind: "mem";
  /** Bits; 0 where it has none. */
  size: number;
  /** Segment that applies, override included (ES..GS = 0..5). In 64-bit mode bases of ES, CS, SS, DS are zero. */
  seg: number;
  /** General register number, NO_REG or BASE_RIP. */
  base: number;
  index: number;
  /** 0..3: index is shifted left by this. */
  scale: number;
  /** Displacement's low and high halves (int32 each, sign-extended to 64 bits; moffs may use all of it). */
  dispLo: number;
  dispHi: number;
  /** Register class of a VSIB index, or undefined. */
  vsib?: "xmm" | "ymm" | "zmm";
}
export interface ImmOperand {
  kind: "imm";
  /** Halves of the value, extended to 64 bits as the row says. */
  lo: number;
  hi: number;
  size: number;
}
export interface RelOperand {
  kind: "rel";
  /** Displacement from the next instruction, int32. */
  disp: number;
}
export interface FarOperand {
  kind: "far";
  selector: number;
  offset: number;
}
export type Operand = RegOperand | MemOperand | ImmOperand | RelOperand | FarOperand;

/** One decoded instruction. */
export interface Insn {
  row: Row;
  mode: Mode;
  /** Bytes. */
  length: number;
  /** Effective address size in bits, 67h applied. */
  addrSize: 16 | 32 | 64;
  /** Effective operand size in bits (16, 32 or 64), prefixes applied: what governs rows without an opSize of their own. */
  opSize: 16 | 32 | 64;
  /** A REP/REPE (F3) or REPNE (F2) prefix that is not part of the opcode, else 0. */
  rep: 0 | 0xf2 | 0xf3;
  lock: boolean;
  /** Segment override present (0..5) or NO_REG; implied string operands use it. */
  seg: number;
  operands: Operand[];
}
