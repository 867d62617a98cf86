/**
 * The quick test after floating-point operations. While MXCSR is in its usual state (everything masked, to nearest,
 * denormals as they are, PE already set), what WebAssembly computed is right and raises no new flag if it is a normal number:
 * neither zero nor denormal, infinite or NaN. The least exponent doesn't count as normal: what was rounded up to the least
 * normal number is an underflow. `Emit.quickFloat` is a mask that makes the test fail in any other state.
 */
import { MXCSR } from "../cpu/layout.ts";
import type { Code } from "../wasm/code.ts";
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import { i32x4, v128 } from "../wasm/simd.ts";
import type { Emit } from "./emit.ts";
import type { Fp } from "./sse-float-nan.ts";

const k = i32.const;

/** MXCSR but for the flags other than PE, and its value when quick results are right. */
export const QUICK_MASK = 0xffe0;
export const QUICK = 0x1fa0;

/** What `Emit.quickFloat` gives, out of MXCSR. */
export function quickFromMxcsr(c: Code): Val {
  const usual = i32.eq(i32.and(c.ldExpr("i32", k(0), MXCSR), k(QUICK_MASK)), k(QUICK));
  return select(usual, k(0x7ff), k(0));
}

/** 1 unless x is normal and MXCSR as usual. One is added to the exponent, so that what isn't normal has 0, 1 or 2. */
export function notQuick(e: Emit, ty: Fp, x: Val): Val {
  if (ty === "f32") {
    const exponent = i32.add(i32.shr_u(i32.reinterpret_f32(x), k(20)), k(8));
    return i32.lt_u(i32.and(exponent, e.quickFloat()), k(24));
  }
  const exponent = i32.add(i32.wrap_i64(i64.shr_u(i64.reinterpret_f64(x), i64.const(52))), k(1));
  return i32.lt_u(i32.and(exponent, e.quickFloat()), k(3));
}

/** The mask for vectors, out of the other. */
export function quickLanes(quick: Val): Val {
  return i32x4.splat(i32.shl(quick, k(20)));
}

/** One in the last place of the exponent, where it lies in 32 bits. */
const STEP = { f32: 0x00800000, f64: 0x00100000 } as const;
const bytes = (v: number): number[] => [v & 255, (v >> 8) & 255, (v >> 16) & 255, (v >> 24) & 255];
/** The same of vectors. Lower halves of doubles always pass. */
const VECTORS = {
  f32: { step: v128.const(bytes(STEP.f32)), least: v128.const(bytes(3 * STEP.f32)) },
  f64: {
    step: v128.const([0, 0, 0, 0, ...bytes(STEP.f64)]),
    least: v128.const([...bytes(-0x80000000), ...bytes(3 * STEP.f64)]),
  },
} as const;
function exponents(e: Emit, ty: Fp, x: Val): Val {
  return v128.and(i32x4.add(x, VECTORS[ty].step), e.quickFloats());
}
/** All ones in the lanes (of doubles: in their upper halves) that are not normal; in all if MXCSR isn't as usual. */
export function notQuickLanes(e: Emit, ty: Fp, x: Val): Val {
  return i32x4.lt_s(exponents(e, ty, x), VECTORS[ty].least);
}
/** Not 0 (i32) unless that is so in no lane of any of the vectors. */
export function anyNotQuick(e: Emit, ty: Fp, list: readonly Val[]): Val {
  const least = list.map((x) => exponents(e, ty, x)).reduce(i32x4.min_s);
  return i32x4.bitmask(i32x4.lt_s(least, VECTORS[ty].least));
}
