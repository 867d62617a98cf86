/**
 * Floating-point operations on vectors: one, or the two halves of a long one, whose results are tested together. As in
 * sse-float-ops.ts, what isn't ordinary is done again the slow way.
 */
import { i32, isConst, type Val } from "../wasm/expr.ts";
import { i32x4, v128 } from "../wasm/simd.ts";
import { type Emit, type Shared, VECTOR } from "./emit.ts";
import { COMPARE_FLAGS_PACKED, FLUSH_PACKED } from "./sse-float-compare.ts";
import { UNMASKED } from "./sse-float-exact.ts";
import { type Fp, type Op, PACKED, SCALAR } from "./sse-float-nan.ts";
import { bitOf, COMPARE, type Compare, choose, denormalsMatter, exactly, isQuiet, unlikely } from "./sse-float-ops.ts";
import { anyNotQuick, notQuickLanes } from "./sse-float-quick.ts";
import { ALONE_PACKED, LIMITS, SLOW_ADDSUB, SLOW_PACKED } from "./sse-float-slow.ts";
import { cell, k } from "./x87-cells.ts";

const ZERO = v128.const([0]);

/** Lanes of denormals and zeros. */
function smallLanes(ty: Fp, x: Val): Val {
  const p = PACKED[ty];
  return p.lt(p.abs(x), p.splat(SCALAR[ty].const(LIMITS[ty].min)));
}
/** Lanes where a zero as a result is exact, and no operand denormal. */
function zeroLanesAreExact(ty: Fp, op: Op, a: Val, b: Val): Val | undefined {
  const p = PACKED[ty];
  const isZero = (x: Val): Val => p.eq(x, ZERO);
  const isPlain = (x: Val): Val => v128.or(isZero(x), v128.not(smallLanes(ty, x)));
  if (op === "sqrt") return undefined;
  if (op === "add" || op === "sub") return isPlain(a);
  const byA = v128.and(isZero(a), isPlain(b));
  return op === "div" ? byA : v128.or(byA, v128.and(isZero(b), isPlain(a)));
}
/** Lanes with an operand that may be denormal, which the quick test of the results doesn't tell. */
function smallOperands(ty: Fp, op: Op, a: Val, b: Val): Val | undefined {
  if (op === "div") return v128.or(smallLanes(ty, a), smallLanes(ty, b));
  return op === "sqrt" ? smallLanes(ty, b) : undefined;
}
/** a op b on each lane of vectors (one, or the two halves of a long one); sqrt takes its operand as b. All are temporaries. */
export function vectorOp(e: Emit, ty: Fp, op: Op, a: readonly Val[], b: readonly Val[]): Val[] {
  const p = PACKED[ty];
  const r = b.map((y, i) => e.var(op === "sqrt" ? p.sqrt(y) : p[op](a[i], y)));
  const results = r.map((v) => e.get(v));
  const small = b.flatMap((y, i) => smallOperands(ty, op, a[i], y) ?? []);
  const odd = anyNotQuick(e, ty, results);
  unlikely(e, small.length ? i32.or(odd, v128.any_true(small.reduce(v128.or))) : odd, () => {
    const nonzero = results.map((v, i) => {
      const notQuick = notQuickLanes(e, ty, v);
      const lanes = small.length ? v128.or(notQuick, small[i]) : notQuick;
      const zero = p.eq(v, ZERO);
      const exact = zeroLanesAreExact(ty, op, a[i], b[i]);
      return v128.andnot(lanes, exact ? v128.and(zero, exact) : zero);
    });
    const done = i32.and(i32.eqz(v128.any_true(nonzero.reduce(v128.or))), e.quickFloat());
    const redo = (by: Shared): void => {
      for (const [i, v] of r.entries()) e.set(v, e.shared(by, op === "sqrt" ? b[i] : a[i], b[i], e.get(v)));
    };
    unlikely(e, i32.eqz(done), () => {
      if (r.length > 1) return exactly(e, () => redo(SLOW_PACKED[ty][op]));
      redo(ALONE_PACKED[ty][op]);
      e.faultIf(cell(e, UNMASKED), VECTOR.XM);
    });
  });
  return r.map((v) => e.get(v));
}
export function packedOp(e: Emit, ty: Fp, op: Op, a: Val, b: Val): Val {
  return vectorOp(e, ty, op, [e.tmp(a)], [e.tmp(b)])[0];
}

const ODD = {
  f32: v128.const([0, 0, 0, 0, 255, 255, 255, 255]),
  f64: v128.const([0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]),
} as const;
/** ADDSUB: odd lanes are added, even lanes subtracted. */
export function addSub(e: Emit, ty: Fp, a: Val, b: Val): Val {
  const p = PACKED[ty];
  const r = e.var(v128.bitselect(p.add(a, b), p.sub(a, b), ODD[ty]));
  unlikely(e, anyNotQuick(e, ty, [e.get(r)]), () =>
    exactly(e, () => e.set(r, e.shared(SLOW_ADDSUB[ty], a, b, e.get(r)))),
  );
  return e.get(r);
}

/**
 * Operands of a comparison: raises IE for NaNs (quiet ones only if `quiet` is 0) and DE, and makes zeros of denormals
 * if MXCSR says so.
 */
function vectorPair(e: Emit, ty: Fp, a: readonly Val[], b: readonly Val[], quiet: Val): [Val, Val][] {
  const p = PACKED[ty];
  const pairs = a.map((v, i) => [e.var(v), e.var(b[i])]);
  const nans = a.map((v, i) => v128.or(p.ne(v, v), p.ne(b[i], b[i])));
  const nan = e.tmp(i32x4.bitmask(nans.reduce(v128.or)));
  // A mask that is not zero becomes, negated, larger than any other number here.
  unlikely(e, i32.le_u(e.quickFloat(), i32.sub(k(0), nan)), () =>
    e.if(i32.or(nan, denormalsMatter(e)), () => {
      exactly(e, () => {
        for (const [i, v] of a.entries()) e.sharedVoid(COMPARE_FLAGS_PACKED[ty], v, b[i], quiet);
      });
      for (const [i, [x, y]] of pairs.entries()) {
        e.set(x, e.shared(FLUSH_PACKED[ty], a[i]));
        e.set(y, e.shared(FLUSH_PACKED[ty], b[i]));
      }
    }),
  );
  return pairs.map(([x, y]) => [e.get(x), e.get(y)]);
}
/** MIN, MAX: the second operand if either is NaN or both are zero. */
export function vectorMinMax(e: Emit, ty: Fp, op: "min" | "max", a: readonly Val[], b: readonly Val[]): Val[] {
  const p = PACKED[ty];
  return vectorPair(e, ty, a, b, k(0)).map(([x, y]) => (op === "min" ? p.pmin(y, x) : p.pmax(y, x)));
}
export function packedMinMax(e: Emit, ty: Fp, op: "min" | "max", a: Val, b: Val): Val {
  return vectorMinMax(e, ty, op, [a], [b])[0];
}

function comparePacked(ty: Fp, which: Compare, a: Val, b: Val): Val {
  const p = PACKED[ty];
  return which === "unord" ? v128.or(p.ne(a, a), p.ne(b, b)) : p[which](a, b);
}
/** Lane masks of CMPPS and CMPPD. */
export function vectorCompare(e: Emit, ty: Fp, predicate: Val, left: readonly Val[], right: readonly Val[]): Val[] {
  const which = e.tmp(i32.and(predicate, k(3)));
  const all = (n: number): Val => i32x4.splat(i32.sub(k(0), bitOf(predicate, n)));
  return vectorPair(e, ty, left, right, isQuiet(predicate)).map(([a, b]) => {
    const m = choose(
      e,
      which,
      COMPARE.map((w) => () => comparePacked(ty, w, a, b)),
    );
    const plain = isConst(predicate) && ((predicate.imm as number) & 0b1100) === 0;
    if (plain) return m;
    const r = v128.xor(m, all(2));
    return e.vex ? v128.xor(r, v128.and(comparePacked(ty, "unord", a, b), all(3))) : r;
  });
}
export function packedCompare(e: Emit, ty: Fp, predicate: Val, left: Val, right: Val): Val {
  return vectorCompare(e, ty, predicate, [left], [right])[0];
}
