/** SSE floating point that moves lanes about (shuffles, blends, inserts) or sums them (DPPS). */
import { i32, i64, isConst, select, type Val } from "../wasm/expr.ts";
import { f32x4, i8x16, i32x4, i64x2, v128 } from "../wasm/simd.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import type { Fp } from "./sse-float-nan.ts";
import { vectorOp } from "./sse-float-vector.ts";
import { readAligned } from "./vector.ts";

type Pick = (e: Emit, a: Val, b: Val) => Val;

function packed(f: Pick): Semantics {
  return (e) => {
    const a = e.read(0);
    e.write(0, f(e, a, readAligned(e, 1)));
  };
}

/** Byte numbers of the given lanes. */
function bytesOf(lanes: readonly number[], bytes: number): number[] {
  return lanes.flatMap((n) => Array.from({ length: bytes }, (_, i) => n * bytes + i));
}

const TAKE = v128.const([3, 0, 0, 0, 12, 0, 0, 0, 48, 0, 0, 0, 192, 0, 0, 0]);
const ALIGN = v128.const([64, 0, 0, 0, 16, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0]);
/** For four 2-bit lane numbers in an immediate: the byte numbers of those four 32-bit lanes, for `swizzle`. */
function laneBytes(imm: Val): Val {
  const fields = v128.and(i32x4.splat(imm), TAKE);
  const numbers = i32x4.shr_u(i32x4.mul(fields, ALIGN), i32.const(6));
  return i32x4.add(i32x4.mul(numbers, v128.const([4])), v128.const([0, 1, 2, 3]));
}

/** SHUFPS: lanes 0 and 1 out of a, lanes 2 and 3 out of b. */
export const shufps: Pick = (e, a, b) => {
  const imm = e.imm(2);
  if (isConst(imm)) {
    const n = imm.imm as number;
    return i8x16.shuffle(a, b, bytesOf([n & 3, (n >> 2) & 3, 4 + ((n >> 4) & 3), 4 + ((n >> 6) & 3)], 4));
  }
  const at = e.tmp(laneBytes(imm));
  return i8x16.shuffle(i8x16.swizzle(a, at), i8x16.swizzle(b, at), bytesOf([0, 1, 6, 7], 4));
};
export const shufpd: Pick = (e, a, b) => {
  const imm = e.imm(2);
  const lane = (v: Val, bit: number): Val =>
    select(i32.and(imm, i32.const(bit)), i64x2.extract_lane(v, 1), i64x2.extract_lane(v, 0));
  return i64x2.replace_lane(i64x2.splat(lane(a, 1)), 1, lane(b, 2));
};

const BLEND_BITS = {
  f32: v128.const([1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0]),
  f64: v128.const([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]),
} as const;
/** All ones in the lanes whose bit is set in the low bits of `bits` (i32). */
function laneMask(ty: Fp, bits: Val): Val {
  const want = BLEND_BITS[ty];
  return ty === "f32"
    ? i32x4.eq(v128.and(i32x4.splat(bits), want), want)
    : i64x2.eq(v128.and(i64x2.splat(i64.extend_i32_u(bits)), want), want);
}

/**
 * DPPS, DPPD: products of the lanes in imm[7:4], summed as a tree, to the lanes in imm[3:0]; of one vector or of the two halves
 * of a long one, which go through each step together.
 */
export function dotProducts(e: Emit, ty: Fp, a: readonly Val[], b: readonly Val[]): Val[] {
  const imm = e.imm(2);
  // Lanes left out raise nothing: zeros are multiplied there.
  const used = e.tmp(laneMask(ty, i32.shr_u(imm, i32.const(4))));
  const picked = (of: readonly Val[]): Val[] => of.map((v) => e.tmp(v128.and(v, used)));
  const swap = (of: readonly Val[], lanes: number[]): Val[] =>
    of.map((v) => e.tmp(i8x16.shuffle(v, v, bytesOf(lanes, ty === "f32" ? 4 : 8))));
  const products = vectorOp(e, ty, "mul", picked(a), picked(b));
  let sums: readonly Val[];
  if (ty === "f64") sums = vectorOp(e, ty, "add", swap(products, [0, 0]), swap(products, [1, 1]));
  else {
    const pairs = vectorOp(e, ty, "add", swap(products, [0, 0, 2, 2]), swap(products, [1, 1, 3, 3]));
    sums = vectorOp(e, ty, "add", swap(pairs, [0, 0, 0, 0]), swap(pairs, [2, 2, 2, 2]));
  }
  return sums.map((v) => v128.and(v, laneMask(ty, imm)));
}
const dot =
  (ty: Fp): Pick =>
  (e, a, b) =>
    dotProducts(e, ty, [a], [b])[0];

/** INSERTPS: imm[7:6] source lane (registers only), imm[5:4] destination lane, imm[3:0] lanes to clear. */
const insertps: Semantics = (e) => {
  const a = e.read(0);
  const imm = e.imm(2);
  const b = e.ops[1].kind === "mem" ? undefined : e.read(1);
  let v: Val;
  if (!b) v = f32x4.splat(e.readLow(1, "f32"));
  else {
    const lane = i32.shr_u(i32.and(imm, i32.const(0xff)), i32.const(6));
    v = i8x16.swizzle(b, i32x4.splat(i32.add(i32.mul(lane, i32.const(0x04040404)), i32.const(0x03020100))));
  }
  const target = i32.and(i32.shr_u(imm, i32.const(4)), i32.const(3));
  const at = i32x4.eq(i32x4.splat(target), v128.const([0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]));
  e.write(0, v128.andnot(v128.bitselect(v, a, at), laneMask("f32", imm)));
};
/** EXTRACTPS r/m32, xmm, imm8. */
const extractps: Semantics = (e) => {
  const at = i32.mul(i32.and(e.imm(2), i32.const(3)), i32.const(0x04040404));
  const picked = i8x16.swizzle(e.read(1), i32x4.splat(i32.add(at, i32.const(0x03020100))));
  const v = i32x4.extract_lane(picked, 0);
  e.write(0, e.ops[0].size === 64 ? i64.extend_i32_u(v) : v);
};

export const sseFloatShuffle: SemTable = {
  SHUFPS: packed(shufps),
  SHUFPD: packed(shufpd),
  UNPCKLPS: packed((_, a, b) => i8x16.shuffle(a, b, bytesOf([0, 4, 1, 5], 4))),
  UNPCKHPS: packed((_, a, b) => i8x16.shuffle(a, b, bytesOf([2, 6, 3, 7], 4))),
  UNPCKLPD: packed((_, a, b) => i8x16.shuffle(a, b, bytesOf([0, 2], 8))),
  UNPCKHPD: packed((_, a, b) => i8x16.shuffle(a, b, bytesOf([1, 3], 8))),
  BLENDPS: packed((e, a, b) => v128.bitselect(b, a, laneMask("f32", e.imm(2)))),
  BLENDPD: packed((e, a, b) => v128.bitselect(b, a, laneMask("f64", e.imm(2)))),
  BLENDVPS: packed((e, a, b) => v128.bitselect(b, a, i32x4.shr_s(e.xmm(0), i32.const(31)))),
  BLENDVPD: packed((e, a, b) => v128.bitselect(b, a, i64x2.shr_s(e.xmm(0), i32.const(63)))),
  DPPS: packed(dot("f32")),
  DPPD: packed(dot("f64")),
  INSERTPS: insertps,
  EXTRACTPS: extractps,
};
