/**
 * Floating-point arithmetic on values, scalar and packed, with x86's NaN results. WebAssembly leaves the bits of a NaN
 * open, so every result is tested for NaN (cheap, rare) and computed anew if it is one. SDM volume 1, 4.8.3.5 and
 * table 4-7: the first operand's NaN made quiet, else the second's, else the default NaN (negative, quiet).
 *
 * All arithmetic of SSE and AVX goes through `scalarOp` and `packedOp`: rounding modes, flags and flushing of denormals
 * belong here and nowhere else.
 */

import { f32, f64, i32, i64, select, type Val } from "../wasm/expr.ts";
import { f32x4, f64x2, i32x4, v128 } from "../wasm/simd.ts";
import type { Emit, Shared } from "./emit.ts";

/** Element type. */
export type Fp = "f32" | "f64";
export type Op = "add" | "sub" | "mul" | "div" | "sqrt";

export const SCALAR = { f32, f64 } as const;
export const PACKED = { f32: f32x4, f64: f64x2 } as const;
export const BITS = { f32: 32, f64: 64 } as const;

const QUIET32 = i32.const(0x400000);
const QUIET64 = i64.const(0x8000000000000n);
const DEFAULT32 = f32.reinterpret_i32(i32.const(-0x400000));
const DEFAULT64 = f64.reinterpret_i64(i64.const(-0x8000000000000n));
export const QUIET = { f32: v128.const([0, 0, 0x40, 0]), f64: v128.const([0, 0, 0, 0, 0, 0, 8, 0]) } as const;
const DEFAULT = { f32: v128.const([0, 0, 0xc0, 0xff]), f64: v128.const([0, 0, 0, 0, 0, 0, 0xf8, 0xff]) } as const;

export function quieten(ty: Fp, a: Val): Val {
  return ty === "f32"
    ? f32.reinterpret_i32(i32.or(i32.reinterpret_f32(a), QUIET32))
    : f64.reinterpret_i64(i64.or(i64.reinterpret_f64(a), QUIET64));
}
function defaultNan(ty: Fp): Val {
  return ty === "f32" ? DEFAULT32 : DEFAULT64;
}

/** NaN result of a scalar operation with operands a and b. */
function nanScalar(ty: Fp): Shared {
  return {
    name: `nan_${ty}`,
    params: [ty, ty],
    result: ty,
    body: (c) => {
      const a = c.param(0);
      const b = c.param(1);
      const s = SCALAR[ty];
      c.ret(select(s.ne(a, a), quieten(ty, a), select(s.ne(b, b), quieten(ty, b), defaultNan(ty))));
    },
  };
}
/** Result r of a packed operation on a and b, its NaN lanes replaced. */
function nanPacked(ty: Fp): Shared {
  return {
    name: `nan_packed_${ty}`,
    params: ["v128", "v128", "v128"],
    result: "v128",
    body: (c) => {
      const [a, b, r] = [c.param(0), c.param(1), c.param(2)];
      const p = PACKED[ty];
      const second = v128.bitselect(v128.or(b, QUIET[ty]), DEFAULT[ty], p.ne(b, b));
      const nan = v128.bitselect(v128.or(a, QUIET[ty]), second, p.ne(a, a));
      c.ret(v128.bitselect(nan, r, p.ne(r, r)));
    },
  };
}
const NAN_SCALAR = { f32: nanScalar("f32"), f64: nanScalar("f64") };
const NAN_PACKED = { f32: nanPacked("f32"), f64: nanPacked("f64") };

/** a op b; sqrt takes its operand as b. */
export function scalarOp(e: Emit, ty: Fp, op: Op, a: Val, b: Val): Val {
  const s = SCALAR[ty];
  const r = e.var(op === "sqrt" ? s.sqrt(b) : s[op](a, b));
  const isNan = s.ne(e.get(r), e.get(r));
  e.if(isNan, () => e.set(r, e.shared(NAN_SCALAR[ty], op === "sqrt" ? b : a, b)));
  return e.get(r);
}

/** a op b on each lane; sqrt takes its operand as b. */
export function packedOp(e: Emit, ty: Fp, op: Op, a: Val, b: Val): Val {
  const p = PACKED[ty];
  const r = e.var(op === "sqrt" ? p.sqrt(b) : p[op](a, b));
  fixNan(e, ty, r, op === "sqrt" ? b : a, b);
  return e.get(r);
}
function fixNan(e: Emit, ty: Fp, r: ReturnType<Emit["var"]>, a: Val, b: Val): void {
  const p = PACKED[ty];
  e.if(v128.any_true(p.ne(e.get(r), e.get(r))), () => e.set(r, e.shared(NAN_PACKED[ty], a, b, e.get(r))));
}

/** MIN, MAX: the second operand if either is NaN or both are zero. */
export function scalarMinMax(ty: Fp, op: "min" | "max", a: Val, b: Val): Val {
  const s = SCALAR[ty];
  return select(op === "min" ? s.lt(a, b) : s.gt(a, b), a, b);
}
export function packedMinMax(ty: Fp, op: "min" | "max", a: Val, b: Val): Val {
  return op === "min" ? PACKED[ty].pmin(b, a) : PACKED[ty].pmax(b, a);
}

const ODD = {
  f32: v128.const([0, 0, 0, 0, 255, 255, 255, 255]),
  f64: v128.const([0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]),
} as const;
/** ADDSUB: odd lanes are added, even lanes subtracted. */
export function addSub(e: Emit, ty: Fp, a: Val, b: Val): Val {
  const p = PACKED[ty];
  const r = e.var(v128.bitselect(p.add(a, b), p.sub(a, b), ODD[ty]));
  fixNan(e, ty, r, a, b);
  return e.get(r);
}

/** The eight compare predicates of legacy SSE: EQ LT LE UNORD, and their negations. */
const COMPARE = ["eq", "lt", "le", "unord"] as const;
export type Compare = (typeof COMPARE)[number];

function comparePacked(ty: Fp, which: Compare, a: Val, b: Val): Val {
  const p = PACKED[ty];
  return which === "unord" ? v128.or(p.ne(a, a), p.ne(b, b)) : p[which](a, b);
}
function compareScalar(ty: Fp, which: Compare, a: Val, b: Val): Val {
  const s = SCALAR[ty];
  return which === "unord" ? i32.or(s.ne(a, a), s.ne(b, b)) : s[which](a, b);
}
/** Evaluates the one of `values` that the run-time number says; a constant number chooses now. */
export function choose(e: Emit, n: Val, values: readonly (() => Val)[]): Val {
  const r = e.var(values[values.length - 1]());
  for (let i = values.length - 2; i >= 0; i--) e.if(i32.eq(n, i32.const(i)), () => e.set(r, values[i]()));
  return e.get(r);
}
/** Lane masks of CMPPS and CMPPD. */
export function packedCompare(e: Emit, ty: Fp, predicate: Val, a: Val, b: Val): Val {
  const which = e.tmp(i32.and(predicate, i32.const(3)));
  const m = choose(
    e,
    which,
    COMPARE.map((w) => () => comparePacked(ty, w, a, b)),
  );
  const negate = i32.sub(i32.const(0), i32.and(i32.shr_u(predicate, i32.const(2)), i32.const(1)));
  return v128.xor(m, i32x4.splat(negate));
}
/** Mask of CMPSS and CMPSD as a scalar of the type. */
export function scalarCompare(e: Emit, ty: Fp, predicate: Val, a: Val, b: Val): Val {
  const which = e.tmp(i32.and(predicate, i32.const(3)));
  const m = choose(
    e,
    which,
    COMPARE.map((w) => () => compareScalar(ty, w, a, b)),
  );
  const bit = i32.xor(m, i32.and(i32.shr_u(predicate, i32.const(2)), i32.const(1)));
  const mask = i32.sub(i32.const(0), bit);
  return ty === "f32" ? f32.reinterpret_i32(mask) : f64.reinterpret_i64(i64.extend_i32_s(mask));
}
