/**
 * Conversions between number formats on values, scalar and packed. Like the arithmetic in sse-float-ops.ts they take
 * the quick way if the result is ordinary and MXCSR in its usual state.
 */
import { MXCSR } from "../cpu/layout.ts";
import { f32, f64, i32, i64, select, type Val } from "../wasm/expr.ts";
import { f32x4, f64x2, i32x4, i64x2, v128 } from "../wasm/simd.ts";
import type { Emit } from "./emit.ts";
import { FROM_INTEGER, NARROW, ROUND_INTEGRAL, TO_INTEGER, WIDEN } from "./sse-convert-exact.ts";
import { type Fp, LANES, PACKED, SCALAR } from "./sse-float-nan.ts";
import { exactly, unusual } from "./sse-float-ops.ts";
import { LIMITS, QUICK, QUICK_MASK } from "./sse-float-slow.ts";
import { k } from "./x87-cells.ts";

/** Everything masked, PE set, denormals not zeros; RC and FTZ do not matter. */
const QUICK_INT_MASK = 0x1fe0;

/** Rounding control: 0 nearest even, 1 down, 2 up, 3 to zero (MXCSR bits 13-14). */
export function roundingControl(e: Emit): Val {
  return e.tmp(i32.and(i32.shr_u(e.field("i32", MXCSR), k(13)), k(3)));
}
/** Rounding control of conversions that truncate. */
export const TRUNCATE = k(3);

interface Rounding {
  nearest(a: Val): Val;
  floor(a: Val): Val;
  ceil(a: Val): Val;
  trunc(a: Val): Val;
}
function roundWith(e: Emit, ops: Rounding, rc: Val, x: Val): Val {
  if (rc === TRUNCATE) return e.tmp(ops.trunc(x));
  const r = e.var(ops.nearest(x));
  e.if(rc, () => {
    const directed = select(i32.eq(rc, k(2)), ops.ceil(x), ops.trunc(x));
    e.set(r, select(i32.eq(rc, k(1)), ops.floor(x), directed));
  });
  return e.get(r);
}

/** To a signed integer; NaN and out of range give the integer indefinite. x is a temporary. */
export function toInt(e: Emit, ty: Fp, size: 32 | 64, rc: Val, x: Val): Val {
  const v = roundWith(e, SCALAR[ty], rc, x);
  const wide = size === 64;
  const saturated = wide
    ? ty === "f32"
      ? i64.trunc_sat_f32_s(v)
      : i64.trunc_sat_f64_s(v)
    : ty === "f32"
      ? i32.trunc_sat_f32_s(v)
      : i32.trunc_sat_f64_s(v);
  const r = e.var(saturated);
  const s = SCALAR[ty];
  const limit = s.const(wide ? 2 ** 63 : 2 ** 31);
  const inside = i32.and(s.lt(v, limit), s.ge(v, s.neg(limit)));
  e.if(i32.or(unusual(e, QUICK_INT_MASK, QUICK), i32.eqz(inside)), () =>
    exactly(e, () => {
      const exact = e.shared(TO_INTEGER[ty], x, k(size), rc);
      e.set(r, wide ? exact : i32.wrap_i64(exact));
    }),
  );
  return e.get(r);
}
/** All lanes to int32: four of f32; two of f64 to the lower half, the upper half zero. x is a temporary. */
export function toInt32Packed(e: Emit, ty: Fp, rc: Val, x: Val): Val {
  const p = PACKED[ty];
  const v = roundWith(e, p, rc, x);
  const r = e.var(ty === "f32" ? i32x4.trunc_sat_f32x4_s(v) : i32x4.trunc_sat_f64x2_s_zero(v));
  const limit = ty === "f32" ? f32.const(2 ** 31) : f64.const(2 ** 31);
  const inside = v128.and(p.lt(v, p.splat(limit)), p.ge(v, p.neg(p.splat(limit))));
  const outside = v128.any_true(v128.not(inside));
  e.if(i32.or(unusual(e, QUICK_INT_MASK, QUICK), outside), () =>
    exactly(e, () => {
      for (let i = 0; i < LANES[ty]; i++) {
        const lane = e.shared(TO_INTEGER[ty], p.extract_lane(x, i), k(32), rc);
        e.set(r, i32x4.replace_lane(e.get(r), i, i32.wrap_i64(lane)));
      }
    }),
  );
  return e.get(r);
}

/** From a signed integer (i32 or i64). */
export function fromInt(e: Emit, ty: Fp, v: Val): Val {
  const to = ty === "f32" ? f32 : f64;
  const wide = v.ty === "i64";
  if (!wide && ty === "f64") return f64.convert_i32_s(v);
  const r = e.var(wide ? to.convert_i64_s(v) : to.convert_i32_s(v));
  e.if(unusual(e, QUICK_MASK, QUICK), () =>
    exactly(e, () => e.set(r, e.shared(FROM_INTEGER[ty], wide ? v : i64.extend_i32_s(v)))),
  );
  return e.get(r);
}
/** Four int32 lanes, or the lower two, to f32. v is a temporary. */
export function fromInt32x4(e: Emit, v: Val, lanes: 2 | 4): Val {
  const r = e.var(f32x4.convert_i32x4_s(v));
  e.if(unusual(e, QUICK_MASK, QUICK), () =>
    exactly(e, () => {
      for (let i = 0; i < lanes; i++) {
        const lane = e.shared(FROM_INTEGER.f32, i64.extend_i32_s(i32x4.extract_lane(v, i)));
        e.set(r, f32x4.replace_lane(e.get(r), i, lane));
      }
    }),
  );
  return e.get(r);
}

/** f32 to f64. */
export function widen(e: Emit, x: Val): Val {
  const r = e.var(f64.promote_f32(x));
  const twice = i32.shl(i32.reinterpret_f32(x), k(1));
  const denormal = i32.lt_u(i32.sub(twice, k(1)), k(0xffffff));
  const special = i32.or(denormal, f32.ne(x, x));
  e.if(i32.or(unusual(e, 0x1fc0, 0x1f80), special), () => exactly(e, () => e.set(r, e.shared(WIDEN, x))));
  return e.get(r);
}
/** f64 to f32. */
export function narrow(e: Emit, x: Val): Val {
  const r = e.var(f32.demote_f64(x));
  const size = f32.abs(e.get(r));
  const ordinary = i32.and(f32.ge(size, f32.const(LIMITS.f32.min)), f32.le(size, f32.const(LIMITS.f32.max)));
  const quick = i32.or(ordinary, f64.eq(x, f64.const(0)));
  e.if(i32.or(unusual(e, QUICK_MASK, QUICK), i32.eqz(quick)), () => exactly(e, () => e.set(r, e.shared(NARROW, x))));
  return e.get(r);
}
/** The lower two f32 lanes to f64. x is a temporary. */
export function widenPacked(e: Emit, x: Val): Val {
  const r = e.var(f64x2.promote_low_f32x4(x));
  const v = e.get(r);
  const small = v128.and(f64x2.lt(f64x2.abs(v), f64x2.splat(f64.const(LIMITS.f32.min))), f64x2.ne(v, v128.const([0])));
  const special = v128.any_true(v128.or(f64x2.ne(v, v), small));
  e.if(i32.or(unusual(e, 0x1fc0, 0x1f80), special), () =>
    exactly(e, () => {
      for (const i of [0, 1]) {
        e.set(r, f64x2.replace_lane(e.get(r), i, e.shared(WIDEN, f32x4.extract_lane(x, i))));
      }
    }),
  );
  return e.get(r);
}
/** Two f64 lanes to f32 in the lower half, upper half zero. x is a temporary. */
export function narrowPacked(e: Emit, x: Val): Val {
  const r = e.var(f32x4.demote_f64x2_zero(x));
  const size = e.tmp(f64x2.abs(x));
  const { min, max } = LIMITS.f32;
  const ordinary = v128.and(f64x2.ge(size, f64x2.splat(f64.const(min))), f64x2.le(size, f64x2.splat(f64.const(max))));
  const quick = i64x2.all_true(v128.or(ordinary, f64x2.eq(x, v128.const([0]))));
  e.if(i32.or(unusual(e, QUICK_MASK, QUICK), i32.eqz(quick)), () =>
    exactly(e, () => {
      for (const i of [0, 1]) {
        e.set(r, f32x4.replace_lane(e.get(r), i, e.shared(NARROW, f64x2.extract_lane(x, i))));
      }
    }),
  );
  return e.get(r);
}

/** ROUNDPS and its kin: imm[1:0] is the mode unless imm[2] asks for MXCSR's; imm[3] keeps PE out. */
function roundingOfImmediate(e: Emit, imm: Val): Val {
  const rc = e.var(i32.and(imm, k(3)));
  e.if(i32.and(imm, k(4)), () => e.set(rc, roundingControl(e)));
  return e.get(rc);
}
export function roundScalar(e: Emit, ty: Fp, imm: Val, x: Val): Val {
  const s = SCALAR[ty];
  const rc = roundingOfImmediate(e, imm);
  const r = e.var(roundWith(e, s, rc, x));
  const quiet = i32.and(i32.shr_u(imm, k(3)), k(1));
  e.if(i32.or(unusual(e, QUICK_INT_MASK, QUICK), s.ne(x, x)), () =>
    exactly(e, () => e.set(r, e.shared(ROUND_INTEGRAL[ty], x, rc, quiet))),
  );
  return e.get(r);
}
export function roundPacked(e: Emit, ty: Fp, imm: Val, x: Val): Val {
  const p = PACKED[ty];
  const rc = roundingOfImmediate(e, imm);
  const r = e.var(roundWith(e, p, rc, x));
  const quiet = i32.and(i32.shr_u(imm, k(3)), k(1));
  e.if(i32.or(unusual(e, QUICK_INT_MASK, QUICK), v128.any_true(p.ne(x, x))), () =>
    exactly(e, () => {
      for (let i = 0; i < LANES[ty]; i++) {
        const lane = e.shared(ROUND_INTEGRAL[ty], p.extract_lane(x, i), rc, quiet);
        e.set(r, p.replace_lane(e.get(r), i, lane));
      }
    }),
  );
  return e.get(r);
}
