/**
 * Floating-point operations on values, scalar and packed: all of SSE's and AVX's arithmetic and comparison goes through
 * here. WebAssembly rounds to nearest, keeps no flags and leaves the bits of a NaN open; so what it computed counts only if the
 * result is an ordinary number and MXCSR in its usual state. The rest is done again in sse-float-slow.ts.
 *
 * One thing is not exact: DE is set only where the slow way is taken, so a denormal operand of an operation with an
 * ordinary result goes unnoticed.
 */
import { MXCSR } from "../cpu/layout.ts";
import { f32, f64, i32, i64, isConst, select, type Val } from "../wasm/expr.ts";
import { i32x4, i64x2, v128 } from "../wasm/simd.ts";
import { type Emit, VECTOR } from "./emit.ts";
import { COMPARE_FLAGS, COMPARE_FLAGS_PACKED, FLUSH, FLUSH_PACKED } from "./sse-float-compare.ts";
import { DAZ, UNMASKED } from "./sse-float-exact.ts";
import { type Fp, type Op, PACKED, SCALAR } from "./sse-float-nan.ts";
import { LIMITS, QUICK, QUICK_MASK, SLOW, SLOW_ADDSUB, SLOW_PACKED } from "./sse-float-slow.ts";
import { cell, k, setCell } from "./x87-cells.ts";

/** IE, DE, ZE. */
const EARLY = 7;
const DENORMAL_MASK = 0x100;

/** Runs the slow way; an exception that is not masked raises #XM. */
export function exactly(e: Emit, body: () => void): void {
  const before = e.field("i32", MXCSR);
  setCell(e, UNMASKED, k(0));
  body();
  raiseUnmasked(e, before, cell(e, UNMASKED));
}
/** #XM for exceptions that are not masked (i32); `before` is MXCSR as it was. */
export function raiseUnmasked(e: Emit, before: Val, open: Val): void {
  // What one lane raises before computing keeps the others from computing.
  e.if(i32.and(open, k(EARLY)), () =>
    e.setField("i32", MXCSR, i32.or(before, i32.and(e.field("i32", MXCSR), k(EARLY)))),
  );
  e.faultIf(open, VECTOR.XM);
}
/** True unless MXCSR under the mask has the value. */
export function unusual(e: Emit, mask: number, value: number): Val {
  return i32.ne(i32.and(e.field("i32", MXCSR), k(mask)), k(value));
}

/** Neither zero nor denormal, infinite or NaN: one comparison, the sign shifted out. */
function isNormal(ty: Fp, x: Val): Val {
  if (ty === "f32") {
    const twice = i32.shl(i32.reinterpret_f32(x), k(1));
    return i32.lt_u(i32.sub(twice, k(0x01000000)), k(-0x02000000));
  }
  const twice = i64.shl(i64.reinterpret_f64(x), i64.const(1));
  return i64.lt_u(i64.sub(twice, i64.const(1n << 53n)), i64.const(-(1n << 54n)));
}
/** a op b; sqrt takes its operand as b. */
export function scalarOp(e: Emit, ty: Fp, op: Op, a: Val, b: Val): Val {
  const s = SCALAR[ty];
  const r = e.var(op === "sqrt" ? s.sqrt(b) : s[op](a, b));
  const ordinary = isNormal(ty, e.get(r));
  e.if(i32.or(unusual(e, QUICK_MASK, QUICK), i32.eqz(ordinary)), () =>
    exactly(e, () => e.set(r, e.shared(SLOW[ty][op], op === "sqrt" ? b : a, b, e.get(r)))),
  );
  return e.get(r);
}

function splat(ty: Fp, v: number): Val {
  const d = new DataView(new ArrayBuffer(8));
  if (ty === "f32") d.setFloat32(0, v, true);
  else d.setFloat64(0, v, true);
  return v128.const(new Uint8Array(d.buffer, 0, ty === "f32" ? 4 : 8));
}
const BOUNDS = {
  f32: { min: splat("f32", LIMITS.f32.min), max: splat("f32", LIMITS.f32.max) },
  f64: { min: splat("f64", LIMITS.f64.min), max: splat("f64", LIMITS.f64.max) },
} as const;
/** All lanes are normal numbers, and MXCSR is as usual. */
function allOrdinary(e: Emit, ty: Fp, r: Val): Val {
  const p = PACKED[ty];
  const size = e.tmp(p.abs(r));
  const ordinary = v128.and(p.ge(size, BOUNDS[ty].min), p.le(size, BOUNDS[ty].max));
  const all = ty === "f32" ? i32x4.all_true(ordinary) : i64x2.all_true(ordinary);
  return i32.and(all, i32.eqz(unusual(e, QUICK_MASK, QUICK)));
}
/** a op b on each lane; sqrt takes its operand as b. */
export function packedOp(e: Emit, ty: Fp, op: Op, a: Val, b: Val): Val {
  const p = PACKED[ty];
  const [x, y] = [e.tmp(a), e.tmp(b)];
  const r = e.var(op === "sqrt" ? p.sqrt(y) : p[op](x, y));
  e.if(i32.eqz(allOrdinary(e, ty, e.get(r))), () =>
    exactly(e, () => e.set(r, e.shared(SLOW_PACKED[ty][op], op === "sqrt" ? y : x, y, e.get(r)))),
  );
  return e.get(r);
}

const ODD = {
  f32: v128.const([0, 0, 0, 0, 255, 255, 255, 255]),
  f64: v128.const([0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]),
} as const;
/** ADDSUB: odd lanes are added, even lanes subtracted. */
export function addSub(e: Emit, ty: Fp, a: Val, b: Val): Val {
  const p = PACKED[ty];
  const r = e.var(v128.bitselect(p.add(a, b), p.sub(a, b), ODD[ty]));
  e.if(i32.eqz(allOrdinary(e, ty, e.get(r))), () =>
    exactly(e, () => e.set(r, e.shared(SLOW_ADDSUB[ty], a, b, e.get(r)))),
  );
  return e.get(r);
}

/** Denormals count as zeros, or raise an exception that is not masked. */
function denormalsMatter(e: Emit): Val {
  return i32.and(i32.xor(e.field("i32", MXCSR), k(DENORMAL_MASK)), k(DAZ | DENORMAL_MASK));
}
/**
 * Operands of a comparison: raises IE for NaNs (quiet ones only if `quiet` is 0) and DE, and makes zeros of denormals
 * if MXCSR says so.
 */
export function scalarPair(e: Emit, ty: Fp, a: Val, b: Val, quiet: Val): [Val, Val] {
  const s = SCALAR[ty];
  const [x, y] = [e.var(a), e.var(b)];
  const nan = i32.or(s.ne(a, a), s.ne(b, b));
  e.if(i32.or(nan, denormalsMatter(e)), () => {
    exactly(e, () => e.sharedVoid(COMPARE_FLAGS[ty], a, b, quiet));
    e.set(x, e.shared(FLUSH[ty], a));
    e.set(y, e.shared(FLUSH[ty], b));
  });
  return [e.get(x), e.get(y)];
}
export function packedPair(e: Emit, ty: Fp, a: Val, b: Val, quiet: Val): [Val, Val] {
  const p = PACKED[ty];
  const [x, y] = [e.var(a), e.var(b)];
  const nan = v128.any_true(v128.or(p.ne(a, a), p.ne(b, b)));
  e.if(i32.or(nan, denormalsMatter(e)), () => {
    exactly(e, () => e.sharedVoid(COMPARE_FLAGS_PACKED[ty], a, b, quiet));
    e.set(x, e.shared(FLUSH_PACKED[ty], a));
    e.set(y, e.shared(FLUSH_PACKED[ty], b));
  });
  return [e.get(x), e.get(y)];
}

/** MIN, MAX: the second operand if either is NaN or both are zero. */
export function scalarMinMax(e: Emit, ty: Fp, op: "min" | "max", a: Val, b: Val): Val {
  const s = SCALAR[ty];
  const [x, y] = scalarPair(e, ty, a, b, k(0));
  return select(op === "min" ? s.lt(x, y) : s.gt(x, y), x, y);
}
export function packedMinMax(e: Emit, ty: Fp, op: "min" | "max", a: Val, b: Val): Val {
  const [x, y] = packedPair(e, ty, a, b, k(0));
  return op === "min" ? PACKED[ty].pmin(y, x) : PACKED[ty].pmax(y, x);
}

/**
 * Compare predicates: bits 1:0 are EQ, LT, LE, UNORD; bit 2 negates. With VEX bit 3 makes unordered count as true where
 * it was false (before negation), and bit 4 exchanges the quiet and the signaling ones: EQ, UNORD and their negations
 * take quiet NaNs without IE, the others don't.
 */
export function predicateOf(e: Emit): Val {
  return e.tmp(i32.and(e.imm(2), k(e.vex ? 31 : 7)));
}
function isQuiet(predicate: Val): Val {
  const low = i32.and(predicate, k(3));
  const quiet = i32.or(i32.eqz(low), i32.eq(low, k(3)));
  return i32.xor(quiet, i32.shr_u(predicate, k(4)));
}
const bitOf = (predicate: Val, n: number): Val => i32.and(i32.shr_u(predicate, k(n)), k(1));

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
  if (isConst(n)) return e.tmp(values[n.imm as number]());
  const r = e.var(values[values.length - 1]());
  for (let i = values.length - 2; i >= 0; i--) e.if(i32.eq(n, k(i)), () => e.set(r, values[i]()));
  return e.get(r);
}
/** Lane masks of CMPPS and CMPPD. */
export function packedCompare(e: Emit, ty: Fp, predicate: Val, left: Val, right: Val): Val {
  const [a, b] = packedPair(e, ty, left, right, isQuiet(predicate));
  const which = e.tmp(i32.and(predicate, k(3)));
  const m = choose(
    e,
    which,
    COMPARE.map((w) => () => comparePacked(ty, w, a, b)),
  );
  const all = (n: number): Val => i32x4.splat(i32.sub(k(0), bitOf(predicate, n)));
  const r = v128.xor(m, all(2));
  return e.vex ? v128.xor(r, v128.and(comparePacked(ty, "unord", a, b), all(3))) : r;
}
/** Mask of CMPSS and CMPSD as a scalar of the type. */
export function scalarCompare(e: Emit, ty: Fp, predicate: Val, left: Val, right: Val): Val {
  const [a, b] = scalarPair(e, ty, left, right, isQuiet(predicate));
  const which = e.tmp(i32.and(predicate, k(3)));
  const m = choose(
    e,
    which,
    COMPARE.map((w) => () => compareScalar(ty, w, a, b)),
  );
  const r = i32.xor(m, bitOf(predicate, 2));
  const bit = e.vex ? i32.xor(r, i32.and(compareScalar(ty, "unord", a, b), bitOf(predicate, 3))) : r;
  const mask = i32.sub(k(0), bit);
  return ty === "f32" ? f32.reinterpret_i32(mask) : f64.reinterpret_i64(i64.extend_i32_s(mask));
}
