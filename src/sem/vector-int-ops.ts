/** Packed-integer operations on v128 that WebAssembly lacks or defines otherwise. Lane by lane unless told. */
import { i32, type Val } from "../wasm/expr.ts";
import { i8x16, i16x8, i32x4, i64x2, v128 } from "../wasm/simd.ts";
import type { Emit } from "./emit.ts";
import { type Op2, range, ZERO } from "./vector.ts";

const shiftRight16 = (v: Val): Val => i16x8.shr_u(v, i32.const(8));

/** High 16 bits of 32-bit products. */
function mulHigh(lo: Op2, hi: Op2): Op2 {
  const upper = range(0, 8).flatMap((n) => [4 * n + 2, 4 * n + 3]);
  return (a, b, e) => i8x16.shuffle(lo(a, b, e), hi(a, b, e), upper);
}
export const mulHighS = mulHigh(i32x4.extmul_low_i16x8_s, i32x4.extmul_high_i16x8_s);
export const mulHighU = mulHigh(i32x4.extmul_low_i16x8_u, i32x4.extmul_high_i16x8_u);

/** PMULHRSW: WebAssembly saturates -1 * -1 to 0x7fff, x86 gives 0x8000. */
export const mulRound: Op2 = (a, b) => {
  const min = v128.const([0, 0x80]);
  const both = v128.and(i16x8.eq(a, min), i16x8.eq(b, min));
  return v128.xor(i16x8.q15mulr_sat_s(a, b), both);
};
/** Products of the even 32-bit lanes. */
function mulEven(mul: Op2): Op2 {
  const even = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];
  return (a, b, e) => mul(i8x16.shuffle(a, a, even), i8x16.shuffle(b, b, even), e);
}
export const mulEvenS = mulEven(i64x2.extmul_low_i32x4_s);
export const mulEvenU = mulEven(i64x2.extmul_low_i32x4_u);

/** PMADDUBSW: unsigned bytes of a times signed bytes of b, pairs added with signed saturation. */
export const maddUnsignedSigned: Op2 = (a, b) => {
  const eight = i32.const(8);
  const even = i16x8.mul(v128.and(a, v128.const([0xff, 0])), i16x8.shr_s(i16x8.shl(b, eight), eight));
  const odd = i16x8.mul(shiftRight16(a), i16x8.shr_s(b, eight));
  return i16x8.add_sat_s(even, odd);
};
/** Absolute differences of unsigned bytes. */
function absDiff(a: Val, b: Val): Val {
  return v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a));
}
/** PSADBW: sums of eight absolute differences, in 64-bit lanes. */
export const sumAbsDiff: Op2 = (a, b, e) => {
  const fours = e.tmp(i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(absDiff(a, b))));
  const thirtyTwo = i32.const(32);
  return i64x2.add(i64x2.shr_u(fours, thirtyTwo), v128.and(fours, v128.const([255, 255, 255, 255, 0, 0, 0, 0])));
};
/** PSIGN: a, 0 or -a as b is positive, zero, negative. */
export function sign(lanes: typeof i8x16 | typeof i16x8 | typeof i32x4): Op2 {
  return (a, b, e) => {
    const negative = e.tmp(lanes.lt_s(b, ZERO));
    return v128.andnot(lanes.sub(v128.xor(a, negative), negative), lanes.eq(b, ZERO));
  };
}

/** Neighbouring lanes of `bytes` bytes, first of a then of b, joined by `op`: a horizontal operation. */
export function horizontal(bytes: 2 | 4, op: Op2): Op2 {
  const pick = (odd: 0 | 1): number[] => range(0, 16 / bytes).flatMap((n) => range((2 * n + odd) * bytes, bytes));
  const even = pick(0);
  const odd = pick(1);
  return (a, b, e) => op(i8x16.shuffle(a, b, even), i8x16.shuffle(a, b, odd), e);
}
/** Lanes of a and b by turns: from the low halves, or the high ones. `half` is the halves' size in bytes: 4 in MMX. */
export function interleave(bytes: 1 | 2 | 4 | 8, from: "low" | "high", half: 4 | 8 = 8): Op2 {
  const start = from === "low" ? 0 : half / bytes;
  const lanes = range(start, 8 / bytes).flatMap((n) => [...range(n * bytes, bytes), ...range(16 + n * bytes, bytes)]);
  return (a, b) => i8x16.shuffle(a, b, lanes);
}
/** MMX form of an operation that takes a's lanes and then b's (PACK*, PHADD*): on both in one v128. */
export function joined(op: Op2): Op2 {
  return (a, b, e) => {
    const both = e.tmp(i8x16.shuffle(a, b, [...range(0, 8), ...range(16, 8)]));
    return op(both, both, e);
  };
}

/** PHMINPOSUW: the least unsigned word, and its position in the next word; the rest is zero. */
export function minPosition(a: Val, e: Emit): Val {
  const sixteen = i32.const(16);
  const keyed = (words: Val, first: number): Val =>
    v128.or(i32x4.shl(words, sixteen), v128.const(range(first, 4).flatMap((n) => [n, 0, 0, 0])));
  const low = keyed(i32x4.extend_low_i16x8_u(a), 0);
  const four = e.tmp(i32x4.min_u(low, keyed(i32x4.extend_high_i16x8_u(a), 4)));
  const two = e.tmp(i32x4.min_u(four, i8x16.shuffle(four, four, [...range(8, 8), ...range(0, 8)])));
  const one = i32x4.min_u(two, i8x16.shuffle(two, two, [...range(4, 4), ...range(0, 12)]));
  return i32x4.replace_lane(ZERO, 0, i32.rotl(i32x4.extract_lane(one, 0), sixteen));
}

/** MPSADBW: eight sums |a[A+i+j] - b[B+j]| over j = 0..3, with A = 4 imm[2], B = 4 imm[1:0]. */
export function multipleSumAbsDiff(a: Val, b: Val, imm: Val, e: Emit): Val {
  const start = i32.and(imm, i32.const(4));
  const window = e.tmp(i8x16.swizzle(a, i8x16.add(v128.const(range(0, 16)), i8x16.splat(start))));
  const block = i32.shl(i32.and(imm, i32.const(3)), i32.const(2));
  const term = (j: number): Val => {
    const x = i8x16.shuffle(
      window,
      window,
      range(j, 16).map((n) => n & 15),
    );
    const y = i8x16.swizzle(b, i8x16.splat(i32.add(block, i32.const(j))));
    return i16x8.extend_low_i8x16_u(absDiff(e.tmp(x), e.tmp(y)));
  };
  return i16x8.add(i16x8.add(term(0), term(1)), i16x8.add(term(2), term(3)));
}
