/**
 * The interface over which every instruction's semantics is written, once. Two back ends implement it: the handler
 * (operands out of a decoded record in RAM) and the region (registers in locals, immediates constant).
 *
 * Rules for semantics:
 * - Faults are precise: everything that can fault (read, load, probe, faultIf, and the write to memory) comes before
 *   the first change of a register or flag. A memory destination is written before registers and flags change.
 * - Integer values of 8, 16 and 32 bits are i32 with the upper bits zero; of 64 bits i64. Vectors of 128 bits are v128.
 *   `write` and `setReg` ignore bits above the width.
 * - A value from `read`, `load`, `reg` is already a temporary. Take `tmp` of what you use twice.
 * - A write to a 32-bit general register clears the upper half; to 8 and 16 bits keeps the rest.
 */

import type { Mode } from "../isa/types.ts";
import type { Callee, Code } from "../wasm/code.ts";
import type { Ty, Val } from "../wasm/expr.ts";

export type Size = 8 | 16 | 32 | 64;
/** i32 or i64 operations of one width: see width.ts. */
export type Flag = "cf" | "pf" | "af" | "zf" | "sf" | "of";
/** Condition code 0..15, as in Jcc's opcode. */
export type Cond = number;

/** What a form has in one operand position. */
export interface OperandInfo {
  kind: "reg" | "mem" | "imm" | "rel" | "far" | "fixed" | "str";
  /** Register class where kind is "reg" or "fixed"; of the index register where memory has a vector index. */
  cls: string;
  /** Bits. */
  size: number;
  /** Fixed operands: "AL", "1" ... */
  fixed: string;
}

/** CPU exceptions by vector number. */
export const VECTOR = {
  DE: 0,
  DB: 1,
  BP: 3,
  OF: 4,
  BR: 5,
  UD: 6,
  NM: 7,
  DF: 8,
  NP: 11,
  SS: 12,
  GP: 13,
  PF: 14,
  MF: 16,
  AC: 17,
  XM: 19,
} as const;

/** How a jump is meant: a hint for return-address prediction and regions. */
export type JumpKind = "jmp" | "call" | "ret";

/**
 * A function shared by all generated code: emitted once into the module, on first use. Parameters and result as
 * declared; the body must end in `ret` on every path.
 */
export interface Shared {
  name: string;
  params: readonly Ty[];
  result: Ty | undefined;
  body: (c: Code, use: (f: Shared) => Callee) => void;
}

export interface Emit extends Code {
  readonly mode: Mode;
  /** Effective operand size in bits: the row's, or the instruction's where the row has none. */
  readonly opSize: Size;
  readonly addrSize: 16 | 32 | 64;
  /** Width of the stack pointer: 64, or what the stack segment says. */
  readonly stackSize: 16 | 32 | 64;
  readonly rep: 0 | 0xf2 | 0xf3;
  readonly ops: readonly OperandInfo[];
  readonly mnemonic: string;
  /** True in a VEX form (vex.ts): memory need not be aligned. */
  readonly vex?: boolean;

  // -- operands by position
  /** Reads operand i, its own width. Where the row says "rw" and the operand is memory, write permission is checked too. */
  read(i: number): Val;
  /** Writes operand i. For an "rw" operand this follows a `read(i)` and cannot fault. */
  write(i: number, v: Val): void;
  /** Operand i as f32, f64 or v128 with the width of the access (scalar operands in vector registers): low lane of a register. */
  readLow(i: number, ty: Ty): Val;
  /**
   * Writes the low lane of vector register operand i, keeping the rest of its 128 bits, or taking that from register
   * operand `rest`, or clearing it; to memory, just that width.
   */
  writeLow(i: number, v: Val, rest?: number | "zero"): void;
  /** Register operand i's 128 bits become those of register operand j. */
  copyVector(i: number, j: number): void;
  /** Clears the upper half of vector register operand i. */
  clearUpper(i: number): void;
  /** True where operands i and j are known to be the same register. */
  same(i: number, j: number): boolean;
  /** Operand i of 256 bits: its low and its high half. */
  readWide(i: number): [Val, Val];
  /** Writes both halves of vector register operand i (of a 128-bit one, too), or 32 bytes of memory. */
  writeWide(i: number, lo: Val, hi: Val): void;
  /** VSIB operand i: its index register's halves, and the linear address for one index (i64, sign-extended). */
  vectorIndex(i: number): [Val, Val];
  vectorAddress(i: number, index: Val): Val;
  /**
   * An immediate as i32 (low half, sign or zero extended as the row says), constant in regions. Outside 64-bit mode also
   * a relative operand's displacement, and a far pointer's offset (0) and selector (1).
   */
  imm(i: number): Val;
  /** Linear address (segment base included) of memory operand i, an i64 temporary. */
  ea(i: number): Val;
  /** Effective address without the segment base, truncated to the address size (LEA), i64. */
  lea(i: number): Val;

  /** x87 stack number (0..7, i32) of operand i of class "st"; register number of operand i of class "mm", "sreg", "creg", "dreg". */
  regNum(i: number): Val;

  // -- registers
  /** General register n (0..15) of the given width; 8 bits means the low byte. */
  reg(n: number, size: Size): Val;
  setReg(n: number, size: Size, v: Val): void;
  xmm(n: number): Val;
  setXmm(n: number, v: Val): void;
  /** Upper half of vector register n. Legacy SSE instructions keep it, VEX instructions write it always. */
  upper(n: number): Val;
  setUpper(n: number, v: Val): void;
  /** Clears the upper halves of all vector registers. */
  clearUppers(): void;
  /** A field of the register file, by its address in cpu/layout.ts. */
  field(w: "u8" | "u16" | "i32" | "i64" | "f64" | "v128", address: number): Val;
  setField(w: "u8" | "u16" | "i32" | "i64" | "f64" | "v128", address: number, v: Val): void;
  /** 0x7ff where MXCSR is in the state of sse-float-quick.ts, else 0. */
  quickFloat(): Val;
  /** The same in four lanes of 32 bits, where the exponent of a double's upper half is. */
  quickFloats(): Val;
  /**
   * Linear address (a temporary) of an offset (i64) in segment n (ES..GS), or in the one of the operand, which for an
   * implied DS:rSI is DS or the override. Outside 64-bit mode it faults unless the segment has these bytes there.
   */
  linear(segment: number | "operand", offset: Val, bytes: number, access: "r" | "w"): Val;

  // -- guest memory by linear address (i64). Sizes in bits.
  load(address: Val, size: 8 | 16 | 32 | 64 | 128): Val;
  /** May fault, so must precede other state changes, unless `probe`d before. */
  store(address: Val, size: 8 | 16 | 32 | 64 | 128, v: Val): void;
  /** Faults now if any of `bytes` (a constant, at most 4096) is not readable (writable) at the address; changes nothing. */
  probe(address: Val, bytes: number, access: "r" | "w"): void;
  /**
   * Host address (i32) of a guest byte, for bulk work up to the end of its page: valid until the next guest access.
   * Faults if not accessible. For "w" the page's code, if any, has been dropped.
   */
  hostPtr(address: Val, access: "r" | "w"): Val;

  // -- flags: lazy. Each of these replaces all six arithmetic flags unless said otherwise.
  /** r = a + b (+ carry); a, b, r of the given width. */
  flagsAdd(size: Size, a: Val, b: Val, r: Val): void;
  /** r = a - b (- borrow). */
  flagsSub(size: Size, a: Val, b: Val, r: Val): void;
  /** CF = OF = AF = 0. */
  flagsLogic(size: Size, r: Val): void;
  /** INC and DEC: as flagsAdd and flagsSub, CF kept. */
  flagsInc(size: Size, a: Val, r: Val): void;
  flagsDec(size: Size, a: Val, r: Val): void;
  /** Of a comparison of floating-point numbers (f32 or f64, temporaries): unordered sets ZF, PF and CF; OF = SF = AF = 0. */
  flagsFloat(a: Val, b: Val): void;
  /** ZF, SF, PF from r; CF, OF, AF as given (i32, 0 or 1; AF 0 if left out). */
  flagsResult(size: Size, r: Val, cf: Val, of: Val, af?: Val): void;
  /** ZF, SF, PF from r = the low half of the signed product a * b, of 64 bits; CF = OF = the product does not fit. */
  flagsProduct(a: Val, b: Val, r: Val): void;
  /** Sets just the flags given (i32, 0 or 1), keeps the others. */
  flagsSet(flags: Partial<Record<Flag, Val>>): void;
  /** One flag as i32 0 or 1. */
  flag(f: Flag): Val;
  /** Condition cc as i32 0 or 1. */
  cond(cc: Cond): Val;
  /** RFLAGS as i32 with all bits, and back (arithmetic bits and FLAG_SYS bits under mask). */
  readFlags(): Val;
  writeFlags(v: Val, mask: number): void;

  // -- control
  /** Address of the next instruction, i64. */
  nextRip(): Val;
  /** Address of this instruction, i64. */
  thisRip(): Val;
  /** Ends the instruction: to the relative target of operand i. */
  jumpRel(i: number, kind: JumpKind): void;
  /** Ends the instruction: to the relative target of operand i if cond (i32) is true, else to the next instruction. */
  jumpIf(cond: Val, i: number): void;
  /** Ends the instruction: to a computed address (i64, offset within CS; CS base is added in 16 and 32-bit modes). */
  jump(target: Val, kind: JumpKind): void;
  /** Raises a CPU exception at this instruction, with state unchanged. */
  fault(vector: number, error?: Val): void;
  faultIf(cond: Val, vector: number, error?: Val): void;
  /** Leaves the engine with an exit code (engine/exit.ts), RIP at the next instruction ("next") or at this one ("this"). */
  exit(code: number, at: "next" | "this"): void;
  /** REP instructions: true (i32) when the slice is used up; take 1 from the budget for each round. */
  spend(rounds: Val): Val;

  // -- calls
  /** Regions leave the instruction to the interpreter: it is rare, or touches more than they keep in locals. */
  interpretOnly(): void;
  /** Calls a shared generated function. Keeps the result. */
  shared(f: Shared, ...args: Val[]): Val;
  sharedVoid(f: Shared, ...args: Val[]): void;
  /**
   * Calls a typed helper in TypeScript (sem/helpers): i32 arguments, i32 result. It works on the register file and
   * SCRATCH in RAM; it must not touch guest memory. In regions this writes registers back before and reloads after.
   */
  helper(name: string, ...args: Val[]): Val;
}

/** Emits one instruction. If it returns without ending the instruction, control goes to the next one. */
export type Semantics = (e: Emit) => void;
/** One file's worth: mnemonic -> semantics. */
export type SemTable = Record<string, Semantics>;
