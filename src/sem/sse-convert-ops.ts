/**
 * Conversions between number formats on values, scalar and packed. Like the arithmetic in sse-float-ops.ts they take
 * the quick way if the result is ordinary and MXCSR in its usual state.
 */
import { MXCSR } from "../cpu/layout.ts";
import { f32, f64, i32, i64, isConst, select, type Val } from "../wasm/expr.ts";
import { f32x4, f64x2, i32x4, i64x2, v128 } from "../wasm/simd.ts";
import type { Emit } from "./emit.ts";
import { FROM_INTEGER, NARROW, ROUND_INTEGRAL, TO_INTEGER, WIDEN } from "./sse-convert-exact.ts";
import { type Fp, LANES, PACKED, SCALAR } from "./sse-float-nan.ts";
import { exactly, unlikely, unusual } from "./sse-float-ops.ts";
import { notQuick, notQuickLanes, QUICK } from "./sse-float-quick.ts";
import { LIMITS } from "./sse-float-slow.ts";
import { k } from "./x87-cells.ts";

/** Everything masked, PE set, denormals not zeros; RC and FTZ do not matter. */
const QUICK_INT_MASK = 0x1fe0;

/** Rounding control: 0 nearest even, 1 down, 2 up, 3 to zero (MXCSR bits 13-14). */
export function roundingControl(e: Emit): Val {
  return e.tmp(i32.and(i32.shr_u(e.field("i32", MXCSR), k(13)), k(3)));
}
/** Rounding control of conversions that truncate. */
export const TRUNCATE = k(3);
/** MXCSR's. */
export const BY_MXCSR = undefined;

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
export function toInt(e: Emit, ty: Fp, size: 32 | 64, rc: Val | undefined, x: Val): Val {
  const s = SCALAR[ty];
  const wide = size === 64;
  const limit = s.const(wide ? 2 ** 63 : 2 ** 31);
  const inside = (v: Val): Val => i32.and(s.lt(v, limit), s.ge(v, s.neg(limit)));
  const convert = (v: Val): Val => (wide ? i64 : i32)[ty === "f32" ? "trunc_sat_f32_s" : "trunc_sat_f64_s"](v);
  // To nearest, or to zero, while MXCSR is as usual.
  const quick = e.tmp(rc ? s.trunc(x) : s.nearest(x));
  const r = e.var(convert(quick));
  unlikely(e, i32.eqz(i32.and(inside(quick), e.quickFloat())), () => {
    const by = rc ?? roundingControl(e);
    const v = roundWith(e, s, by, x);
    e.set(r, convert(v));
    e.if(i32.or(unusual(e, QUICK_INT_MASK, QUICK), i32.eqz(inside(v))), () =>
      exactly(e, () => {
        const exact = e.shared(TO_INTEGER[ty], x, k(size), by);
        e.set(r, wide ? exact : i32.wrap_i64(exact));
      }),
    );
  });
  return e.get(r);
}
/** All lanes to int32: four of f32; two of f64 to the lower half, the upper half zero. x is a temporary. */
export function toInt32Packed(e: Emit, ty: Fp, rc: Val | undefined, x: Val): Val {
  const p = PACKED[ty];
  const limit = ty === "f32" ? f32.const(2 ** 31) : f64.const(2 ** 31);
  const outside = (v: Val): Val =>
    i32x4.bitmask(v128.not(v128.and(p.lt(v, p.splat(limit)), p.ge(v, p.neg(p.splat(limit))))));
  const convert = ty === "f32" ? i32x4.trunc_sat_f32x4_s : i32x4.trunc_sat_f64x2_s_zero;
  const quick = e.tmp(rc ? p.trunc(x) : p.nearest(x));
  const r = e.var(convert(quick));
  unlikely(e, i32.le_u(e.quickFloat(), i32.sub(k(0), outside(quick))), () => {
    const by = rc ?? roundingControl(e);
    const v = roundWith(e, p, by, x);
    e.set(r, convert(v));
    e.if(i32.or(unusual(e, QUICK_INT_MASK, QUICK), outside(v)), () =>
      exactly(e, () => {
        for (let i = 0; i < LANES[ty]; i++) {
          const lane = e.shared(TO_INTEGER[ty], p.extract_lane(x, i), k(32), by);
          e.set(r, i32x4.replace_lane(e.get(r), i, i32.wrap_i64(lane)));
        }
      }),
    );
  });
  return e.get(r);
}

/** From a signed integer (i32 or i64). */
export function fromInt(e: Emit, ty: Fp, v: Val): Val {
  const to = ty === "f32" ? f32 : f64;
  const wide = v.ty === "i64";
  if (!wide && ty === "f64") return f64.convert_i32_s(v);
  const r = e.var(wide ? to.convert_i64_s(v) : to.convert_i32_s(v));
  unlikely(e, i32.eqz(e.quickFloat()), () =>
    exactly(e, () => e.set(r, e.shared(FROM_INTEGER[ty], wide ? v : i64.extend_i32_s(v)))),
  );
  return e.get(r);
}
/** Four int32 lanes, or the lower two, to f32. v is a temporary. */
export function fromInt32x4(e: Emit, v: Val, lanes: 2 | 4): Val {
  const r = e.var(f32x4.convert_i32x4_s(v));
  unlikely(e, i32.eqz(e.quickFloat()), () =>
    exactly(e, () => {
      for (let i = 0; i < lanes; i++) {
        const lane = e.shared(FROM_INTEGER.f32, i64.extend_i32_s(i32x4.extract_lane(v, i)));
        e.set(r, f32x4.replace_lane(e.get(r), i, lane));
      }
    }),
  );
  return e.get(r);
}

/** f32 to f64: always exact. */
export function widen(e: Emit, x: Val): Val {
  const r = e.var(f64.promote_f32(x));
  unlikely(e, notQuick(e, "f32", x), () => {
    const twice = i32.shl(i32.reinterpret_f32(x), k(1));
    const denormal = i32.lt_u(i32.sub(twice, k(1)), k(0xffffff));
    const special = i32.or(denormal, f32.ne(x, x));
    e.if(i32.or(unusual(e, 0x1fc0, 0x1f80), special), () => exactly(e, () => e.set(r, e.shared(WIDEN, x))));
  });
  return e.get(r);
}
/** f64 to f32. */
export function narrow(e: Emit, x: Val): Val {
  const r = e.var(f32.demote_f64(x));
  unlikely(e, notQuick(e, "f32", e.get(r)), () => {
    const zero = i32.and(f64.eq(x, f64.const(0)), e.quickFloat());
    e.if(i32.eqz(zero), () => exactly(e, () => e.set(r, e.shared(NARROW, x))));
  });
  return e.get(r);
}
/** The lower two f32 lanes to f64. x is a temporary. */
export function widenPacked(e: Emit, x: Val): Val {
  const r = e.var(f64x2.promote_low_f32x4(x));
  const v = e.get(r);
  const small = v128.and(f64x2.lt(f64x2.abs(v), f64x2.splat(f64.const(LIMITS.f32.min))), f64x2.ne(v, v128.const([0])));
  const special = v128.or(f64x2.ne(v, v), small);
  const lanes = i32.sub(k(0), i32x4.bitmask(special));
  unlikely(e, i32.le_u(e.quickFloat(), lanes), () =>
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
  // The upper lanes are zeros.
  const bad = v128.and(notQuickLanes(e, "f32", e.get(r)), LOWER);
  unlikely(e, i32x4.bitmask(bad), () => {
    const zeros = i64x2.all_true(f64x2.eq(x, v128.const([0])));
    e.if(i32.eqz(i32.and(zeros, e.quickFloat())), () =>
      exactly(e, () => {
        for (const i of [0, 1]) {
          e.set(r, f32x4.replace_lane(e.get(r), i, e.shared(NARROW, f64x2.extract_lane(x, i))));
        }
      }),
    );
  });
  return e.get(r);
}
const LOWER = v128.const([255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]);

/** ROUNDPS and its kin: imm[1:0] is the mode unless imm[2] asks for MXCSR's; imm[3] keeps PE out. */
function roundingOfImmediate(e: Emit, imm: Val): Val {
  const rc = e.var(i32.and(imm, k(3)));
  e.if(i32.and(imm, k(4)), () => e.set(rc, roundingControl(e)));
  return e.get(rc);
}
function rounded(e: Emit, ops: Rounding, imm: Val, x: Val): [Val, Val] {
  if (!isConst(imm) || (imm.imm as number) & 4) {
    const rc = roundingOfImmediate(e, imm);
    return [rc, roundWith(e, ops, rc, x)];
  }
  const mode = (imm.imm as number) & 3;
  const op = [ops.nearest, ops.floor, ops.ceil, ops.trunc][mode];
  return [k(mode), op(x)];
}
export function roundScalar(e: Emit, ty: Fp, imm: Val, x: Val): Val {
  const s = SCALAR[ty];
  const [rc, v] = rounded(e, s, imm, x);
  const r = e.var(v);
  const quiet = i32.and(i32.shr_u(imm, k(3)), k(1));
  unlikely(e, i32.eqz(i32.and(s.eq(x, x), e.quickFloat())), () =>
    e.if(i32.or(unusual(e, QUICK_INT_MASK, QUICK), s.ne(x, x)), () =>
      exactly(e, () => e.set(r, e.shared(ROUND_INTEGRAL[ty], x, rc, quiet))),
    ),
  );
  return e.get(r);
}
export function roundPacked(e: Emit, ty: Fp, imm: Val, x: Val): Val {
  const p = PACKED[ty];
  const [rc, v] = rounded(e, p, imm, x);
  const r = e.var(v);
  const quiet = i32.and(i32.shr_u(imm, k(3)), k(1));
  const nan = e.tmp(i32x4.bitmask(p.ne(x, x)));
  unlikely(e, i32.le_u(e.quickFloat(), i32.sub(k(0), nan)), () =>
    e.if(i32.or(unusual(e, QUICK_INT_MASK, QUICK), nan), () =>
      exactly(e, () => {
        for (let i = 0; i < LANES[ty]; i++) {
          const lane = e.shared(ROUND_INTEGRAL[ty], p.extract_lane(x, i), rc, quiet);
          e.set(r, p.replace_lane(e.get(r), i, lane));
        }
      }),
    ),
  );
  return e.get(r);
}
