/**
 * What vector semantics share: operand access and makers of semantics out of operations on v128. An operation is
 * `(a, b, e) => Val`; its arguments are temporaries. The 64-bit MMX registers go through the same operations, in the
 * low half of a v128 (see mmx.ts), so one entry serves the mm and the xmm form of a mnemonic.
 */
import { i32, i64, type Val } from "../wasm/expr.ts";
import { i64x2, v128 } from "../wasm/simd.ts";
import { type Emit, type Semantics, VECTOR } from "./emit.ts";
import { mmx, readMm, writeMm } from "./mmx-state.ts";

export type Op1 = (a: Val, e: Emit) => Val;
export type Op2 = (a: Val, b: Val, e: Emit) => Val;
/** `imm` is an i32, constant in regions only. */
export type Op1Imm = (a: Val, imm: Val, e: Emit) => Val;
export type Op2Imm = (a: Val, b: Val, imm: Val, e: Emit) => Val;

export const ZERO = v128.const([0]);
/** Bytes 0 to 15. */
export const IOTA = v128.const([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

export function isMem(e: Emit, i: number): boolean {
  return e.ops[i].kind === "mem";
}
export function isMm(e: Emit, i: number): boolean {
  return e.ops[i].cls === "mm";
}
export function range(from: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => from + i);
}

/** A move of 128 bits from vector register to vector register. */
export function isVectorMove(e: Emit): boolean {
  return e.ops[0].cls === "xmm" && e.ops[1].cls === "xmm" && !isMem(e, 0) && !isMem(e, 1);
}
/** #GP if operand i is memory and not aligned to 16 bytes, as legacy SSE asks of 128-bit operands. */
export function checkAligned(e: Emit, i: number): void {
  if (isMem(e, i) && !e.vex) e.faultIf(i32.wrap_i64(i64.and(e.ea(i), i64.const(15))), VECTOR.GP);
}
/** Operand i as v128, checked for alignment if in memory. */
export function readAligned(e: Emit, i: number): Val {
  checkAligned(e, i);
  return e.read(i);
}
/** The low 64 bits of a vector register, or an m64, or a general or MMX register, as i64. */
export function read64(e: Emit, i: number): Val {
  const v = e.read(i);
  return v.ty === "v128" ? i64x2.extract_lane(v, 0) : v;
}
/** Writes an i32 to a general register of 32 or 64 bits, zero-extended, or its low bits to memory. */
export function writeInt(e: Emit, i: number, v: Val): void {
  e.write(i, e.ops[i].size === 64 ? i64.extend_i32_u(v) : v);
}

/** Destination and first source, then second source. `mmOp`: for MMX where it isn't lane by lane the same. */
export function binary(op: Op2, mmOp: Op2 = op): Semantics {
  return (e) => {
    if (isMm(e, 0)) {
      mmx(e, () => {
        const b = readMm(e, 1);
        writeMm(e, 0, mmOp(readMm(e, 0), b, e));
      });
    } else {
      const b = readAligned(e, 1);
      e.write(0, op(e.read(0), b, e));
    }
  };
}
/** Destination, source. */
export function unary(op: Op1): Semantics {
  return (e) => {
    if (isMm(e, 0)) mmx(e, () => writeMm(e, 0, op(readMm(e, 1), e)));
    else e.write(0, op(readAligned(e, 1), e));
  };
}
/** Destination, source, imm8. */
export function unaryImm(op: Op1Imm): Semantics {
  return unary((a, e) => op(a, e.imm(2), e));
}
/** Destination and first source, second source, imm8. */
export function binaryImm(op: Op2Imm, mmOp: Op2Imm = op): Semantics {
  return binary(
    (a, b, e) => op(a, b, e.imm(2), e),
    (a, b, e) => mmOp(a, b, e.imm(2), e),
  );
}
