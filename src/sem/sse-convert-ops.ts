/** Conversions between number formats on values: x86's NaNs, rounding by MXCSR, the integer indefinite. */
import { MXCSR } from "../cpu/layout.ts";
import { f32, f64, i32, i64, select, type Val } from "../wasm/expr.ts";
import { f32x4, f64x2, i32x4, v128 } from "../wasm/simd.ts";
import type { Emit, Shared } from "./emit.ts";
import { type Fp, PACKED, QUIET, SCALAR } from "./sse-float-ops.ts";

/** Rounding control: 0 nearest even, 1 down, 2 up, 3 to zero (MXCSR bits 13-14). */
export function roundingControl(e: Emit): Val {
  return i32.and(i32.shr_u(e.field("i32", MXCSR), i32.const(13)), i32.const(3));
}

interface Rounding {
  nearest(a: Val): Val;
  floor(a: Val): Val;
  ceil(a: Val): Val;
  trunc(a: Val): Val;
}
function roundWith(e: Emit, ops: Rounding, rc: Val, x: Val): Val {
  const mode = e.tmp(rc);
  const r = e.var(ops.nearest(x));
  e.if(mode, () => {
    e.set(
      r,
      select(i32.eq(mode, i32.const(1)), ops.floor(x), select(i32.eq(mode, i32.const(2)), ops.ceil(x), ops.trunc(x))),
    );
  });
  return e.get(r);
}
/** Rounds to an integral value of the same type. NaNs come out as they may: see roundScalarNan for ROUNDSS. */
export function roundScalar(e: Emit, ty: Fp, rc: Val, x: Val): Val {
  return roundWith(e, SCALAR[ty], rc, x);
}
export function roundPacked(e: Emit, ty: Fp, rc: Val, x: Val): Val {
  return roundWith(e, PACKED[ty], rc, x);
}

/** To a signed integer, x already integral or to be truncated; NaN and out of range give the integer indefinite. */
export function toInt(ty: Fp, size: 32 | 64, x: Val): Val {
  const s = SCALAR[ty];
  if (size === 32) {
    const v = ty === "f32" ? i32.trunc_sat_f32_s(x) : i32.trunc_sat_f64_s(x);
    return select(s.lt(x, s.const(2 ** 31)), v, i32.const(-0x80000000));
  }
  const v = ty === "f32" ? i64.trunc_sat_f32_s(x) : i64.trunc_sat_f64_s(x);
  return select(s.lt(x, s.const(2 ** 63)), v, i64.const(-0x8000000000000000n));
}

/** Four f32 lanes to int32, integral already or to be truncated. */
export function toInt32x4(x: Val): Val {
  const big = f32x4.ge(x, f32x4.splat(f32.const(2 ** 31)));
  const v = v128.xor(i32x4.trunc_sat_f32x4_s(x), big);
  // Saturation gave 0x7fffffff where too big, which the mask has inverted; NaN lanes gave 0.
  return v128.bitselect(v128.const([0, 0, 0, 0x80]), v, f32x4.ne(x, x));
}
/** Two f64 lanes to int32 in the lower half, upper half zero. */
export function toInt32x2(x: Val): Val {
  const low = (f: (lane: number) => Val): Val =>
    i32x4.replace_lane(i32x4.replace_lane(v128.const([0]), 0, f(0)), 1, f(1));
  return low((lane) => toInt("f64", 32, f64x2.extract_lane(x, lane)));
}

/** A NaN's bits in the wider format: payload left-aligned, made quiet. */
const WIDEN_NAN: Shared = {
  name: "widen_nan",
  params: ["f32"],
  result: "f64",
  body: (c) => {
    const x = i64.extend_i32_u(i32.reinterpret_f32(c.param(0)));
    const sign = i64.shl(i64.and(x, i64.const(0x80000000n)), i64.const(32));
    const payload = i64.shl(i64.and(x, i64.const(0x7fffff)), i64.const(29));
    c.ret(f64.reinterpret_i64(i64.or(i64.or(sign, payload), i64.const(0x7ff8000000000000n))));
  },
};
const NARROW_NAN: Shared = {
  name: "narrow_nan",
  params: ["f64"],
  result: "f32",
  body: (c) => {
    const x = c.tmp(i64.reinterpret_f64(c.param(0)));
    const sign = i32.and(i32.wrap_i64(i64.shr_u(x, i64.const(32))), i32.const(-0x80000000));
    const payload = i32.and(i32.wrap_i64(i64.shr_u(x, i64.const(29))), i32.const(0x7fffff));
    c.ret(f32.reinterpret_i32(i32.or(i32.or(sign, payload), i32.const(0x7fc00000))));
  },
};
/** f32 to f64. */
export function widen(e: Emit, x: Val): Val {
  const r = e.var(f64.promote_f32(x));
  e.if(f32.ne(x, x), () => e.set(r, e.shared(WIDEN_NAN, x)));
  return e.get(r);
}
/** f64 to f32. */
export function narrow(e: Emit, x: Val): Val {
  const r = e.var(f32.demote_f64(x));
  e.if(f64.ne(x, x), () => e.set(r, e.shared(NARROW_NAN, x)));
  return e.get(r);
}
/** The lower two f32 lanes to f64. */
export function widenPacked(e: Emit, x: Val): Val {
  const r = e.var(f64x2.promote_low_f32x4(x));
  e.if(v128.any_true(f64x2.ne(e.get(r), e.get(r))), () => {
    const lane = (i: number): Val => widen(e, e.tmp(f32x4.extract_lane(x, i)));
    const low = e.tmp(lane(0));
    e.set(r, f64x2.replace_lane(f64x2.splat(low), 1, lane(1)));
  });
  return e.get(r);
}
/** Two f64 lanes to f32 in the lower half, upper half zero. */
export function narrowPacked(e: Emit, x: Val): Val {
  const r = e.var(f32x4.demote_f64x2_zero(x));
  e.if(v128.any_true(f64x2.ne(x, x)), () => {
    const lane = (i: number): Val => narrow(e, e.tmp(f64x2.extract_lane(x, i)));
    const low = e.tmp(lane(0));
    e.set(r, f32x4.replace_lane(f32x4.replace_lane(v128.const([0]), 0, low), 1, lane(1)));
  });
  return e.get(r);
}

/** ROUNDPS and its kin: imm[1:0] is the mode unless imm[2] asks for MXCSR's. NaN lanes keep their bits, made quiet. */
export function roundImmediate(e: Emit, ty: Fp, imm: Val, x: Val): Val {
  const control = e.var(i32.and(imm, i32.const(3)));
  e.if(i32.and(imm, i32.const(4)), () => e.set(control, roundingControl(e)));
  const r = roundPacked(e, ty, e.get(control), x);
  return v128.bitselect(v128.or(x, QUIET[ty]), r, PACKED[ty].ne(x, x));
}
export function lowLane(ty: Fp, v: Val): Val {
  return PACKED[ty].extract_lane(v, 0);
}
export function asVector(ty: Fp, x: Val): Val {
  return PACKED[ty].splat(x);
}
