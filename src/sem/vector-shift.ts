/**
 * Packed shifts. The count is an imm8 or the low 64 bits of an operand, the same for all lanes. Counts of the lane
 * width and above give 0, or copies of the sign, where WebAssembly takes the count modulo the width.
 */
import { i32, i64, isConst, select, type Val } from "../wasm/expr.ts";
import { i8x16, i16x8, i32x4, i64x2 } from "../wasm/simd.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import { mmx, readMm, writeMm } from "./mmx-state.ts";
import { IOTA, isMm, type Op1Imm, range, readAligned, ZERO } from "./vector.ts";

type Lanes = typeof i16x8 | typeof i32x4 | typeof i64x2;
type Kind = "shl" | "shr_u" | "shr_s";
/** Shifts every lane of `a` by `n` (i32), where `n` counts as at least the width if `over` (i32) is true. */
type Shift = (a: Val, n: Val, over: Val) => Val;

function shiftBy(lanes: Lanes, bits: number, kind: Kind): Shift {
  const op = lanes[kind];
  if (kind === "shr_s") return (a, n, over) => op(a, select(over, i32.const(bits - 1), n));
  return (a, n, over) => (isConst(over) && over.imm !== 0 ? ZERO : select(over, ZERO, op(a, n)));
}

function byImmediate(a: Val, e: Emit, shift: Shift, bits: number): Val {
  const n = e.imm(1);
  return shift(a, n, i32.gt_u(n, i32.const(bits - 1)));
}
function byRegister(a: Val, count: Val, shift: Shift, bits: number): Val {
  return shift(a, i32.wrap_i64(count), i64.gt_u(count, i64.const(bits - 1)));
}

function packedShift(lanes: Lanes, bits: number, kind: Kind): Semantics {
  const shift = shiftBy(lanes, bits, kind);
  return (e) => {
    if (e.ops[1].kind === "imm") {
      if (isMm(e, 0)) mmx(e, () => writeMm(e, 0, byImmediate(readMm(e, 0), e, shift, bits)));
      else e.write(0, byImmediate(e.read(0), e, shift, bits));
    } else if (isMm(e, 0)) {
      mmx(e, () => {
        const count = e.read(1);
        writeMm(e, 0, byRegister(readMm(e, 0), count, shift, bits));
      });
    } else {
      const count = e.tmp(i64x2.extract_lane(readAligned(e, 1), 0));
      e.write(0, byRegister(e.read(0), count, shift, bits));
    }
  };
}

/** PSLLDQ and PSRLDQ: by bytes. Indexes outside of 0..15 make `swizzle` give 0. */
const bytesLeft: Op1Imm = (a, imm) => {
  if (isConst(imm)) return i8x16.shuffle(ZERO, a, range(16 - Math.min(imm.imm as number, 16), 16));
  return i8x16.swizzle(a, i8x16.sub(IOTA, i8x16.splat(atMost(imm, 16))));
};
const bytesRight: Op1Imm = (a, imm) => {
  if (isConst(imm)) return i8x16.shuffle(a, ZERO, range(Math.min(imm.imm as number, 16), 16));
  return i8x16.swizzle(a, i8x16.add(IOTA, i8x16.splat(atMost(imm, 16))));
};
const inPlace =
  (op: Op1Imm): Semantics =>
  (e) =>
    e.write(0, op(e.read(0), e.imm(1), e));
/** min(imm, max), unsigned. */
export function atMost(imm: Val, max: number): Val {
  return select(i32.gt_u(imm, i32.const(max)), i32.const(max), imm);
}

export const vectorShift = {
  PSLLW: packedShift(i16x8, 16, "shl"),
  PSLLD: packedShift(i32x4, 32, "shl"),
  PSLLQ: packedShift(i64x2, 64, "shl"),
  PSRLW: packedShift(i16x8, 16, "shr_u"),
  PSRLD: packedShift(i32x4, 32, "shr_u"),
  PSRLQ: packedShift(i64x2, 64, "shr_u"),
  PSRAW: packedShift(i16x8, 16, "shr_s"),
  PSRAD: packedShift(i32x4, 32, "shr_s"),
  PSLLDQ: inPlace(bytesLeft),
  PSRLDQ: inPlace(bytesRight),
} satisfies SemTable;
