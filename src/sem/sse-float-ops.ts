/**
 * Floating-point operations on values, scalar and packed: all of SSE's and AVX's arithmetic and comparison goes through
 * here. WebAssembly rounds to nearest, keeps no flags and leaves the bits of a NaN open; so what it computed counts only if the
 * result is an ordinary number and MXCSR in its usual state. The rest is done again in sse-float-slow.ts.
 *
 * One thing is not exact: a denormal operand of a sum, difference, product or comparison with an ordinary result goes unnoticed,
 * as looking at all operands would cost what the quick test saves. Quotients and roots, which take long anyway, look.
 */
import { MXCSR } from "../cpu/layout.ts";
import { f32, f64, i32, i64, isConst, type Val } from "../wasm/expr.ts";
import { type Emit, VECTOR } from "./emit.ts";
import { COMPARE_FLAGS, FLUSH } from "./sse-float-compare.ts";
import { DAZ, UNMASKED } from "./sse-float-exact.ts";
import { type Fp, type Op, PACKED, SCALAR } from "./sse-float-nan.ts";
import { notQuick } from "./sse-float-quick.ts";
import { ALONE, LIMITS } from "./sse-float-slow.ts";
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
  unlikely(e, open, () => {
    // What one lane raises before computing keeps the others from computing.
    e.if(i32.and(open, k(EARLY)), () =>
      e.setField("i32", MXCSR, i32.or(before, i32.and(e.field("i32", MXCSR), k(EARLY)))),
    );
  });
  e.faultIf(open, VECTOR.XM);
}
/** A branch that is seldom taken. */
export function unlikely(e: Emit, cond: Val, body: () => void): void {
  e.if(cond, body, undefined, false);
}
/** True unless MXCSR under the mask has the value. */
export function unusual(e: Emit, mask: number, value: number): Val {
  return i32.ne(i32.and(e.field("i32", MXCSR), k(mask)), k(value));
}

/** 1 if x is smaller than the least normal number: denormal or zero. */
function isSmall(ty: Fp, x: Val): Val {
  const s = SCALAR[ty];
  return s.lt(s.abs(x), s.const(LIMITS[ty].min));
}
/** Zero results need nothing, as long as MXCSR is as usual, if this is true (i32): they are exact, and no operand is denormal. */
function zeroIsExact(ty: Fp, op: Op, a: Val, b: Val): Val {
  const s = SCALAR[ty];
  const isZero = (x: Val): Val => s.eq(x, s.const(0));
  const [zeroA, zeroB] = [isZero(a), isZero(b)];
  const normalB = i32.eqz(isSmall(ty, b));
  if (op === "sqrt") return k(1);
  if (op === "add" || op === "sub") return i32.or(zeroA, i32.eqz(isSmall(ty, a)));
  const byA = i32.and(zeroA, i32.or(zeroB, normalB));
  return op === "div" ? byA : i32.or(byA, i32.and(zeroB, i32.eqz(isSmall(ty, a))));
}
/** What the quick test of a result doesn't tell: an operand that may be denormal. Those that are zero fail it, too. */
function smallOperand(ty: Fp, op: Op, a: Val, b: Val): Val | undefined {
  if (op === "div") return i32.or(isSmall(ty, a), isSmall(ty, b));
  return op === "sqrt" ? isSmall(ty, b) : undefined;
}
/** a op b; sqrt takes its operand as b. */
export function scalarOp(e: Emit, ty: Fp, op: Op, a: Val, b: Val): Val {
  const s = SCALAR[ty];
  const r = e.var(op === "sqrt" ? s.sqrt(b) : s[op](a, b));
  const small = smallOperand(ty, op, a, b);
  const odd = notQuick(e, ty, e.get(r));
  unlikely(e, small ? i32.or(odd, small) : odd, () => {
    const zero = i32.and(s.eq(e.get(r), s.const(0)), zeroIsExact(ty, op, a, b));
    unlikely(e, i32.eqz(i32.and(zero, e.quickFloat())), () => {
      e.set(r, e.shared(ALONE[ty][op], op === "sqrt" ? b : a, b, e.get(r)));
      e.faultIf(cell(e, UNMASKED), VECTOR.XM);
    });
  });
  return e.get(r);
}
/** Denormals count as zeros, or raise an exception that is not masked. */
export function denormalsMatter(e: Emit): Val {
  return i32.and(i32.xor(e.field("i32", MXCSR), k(DENORMAL_MASK)), k(DAZ | DENORMAL_MASK));
}
/**
 * Operands of a comparison: raises IE for NaNs (quiet ones only if `quiet` is 0) and DE, and makes zeros of denormals
 * if MXCSR says so.
 */
export function scalarPair(e: Emit, ty: Fp, a: Val, b: Val, quiet: Val): [Val, Val] {
  const s = SCALAR[ty];
  const [x, y] = [e.var(a), e.var(b)];
  const nan = (v: Val): Val => s.ne(v, v);
  anyOf(e, [nan(a), nan(b), i32.eqz(e.quickFloat())], () =>
    // Said in another way, so that the machine need not keep what it compared above.
    e.if(i32.or(i32.eqz(i32.or(s.lt(a, b), s.ge(a, b))), denormalsMatter(e)), () => {
      exactly(e, () => e.sharedVoid(COMPARE_FLAGS[ty], a, b, quiet));
      e.set(x, e.shared(FLUSH[ty], a));
      e.set(y, e.shared(FLUSH[ty], b));
    }),
  );
  return [e.get(x), e.get(y)];
}
/** Runs the body if one of the conditions, which are unlikely, holds. */
function anyOf(e: Emit, conditions: readonly Val[], body: () => void): void {
  e.block((end) => {
    e.block((some) => {
      for (const c of conditions) e.brIf(c, some, false);
      e.br(end);
    });
    body();
  });
}
/** MIN, MAX: the second operand if either is NaN or both are zero. */
export function scalarMinMax(e: Emit, ty: Fp, op: "min" | "max", a: Val, b: Val): Val {
  const p = PACKED[ty];
  const [x, y] = scalarPair(e, ty, a, b, k(0)).map(p.splat);
  return p.extract_lane(op === "min" ? p.pmin(y, x) : p.pmax(y, x), 0);
}

/**
 * Compare predicates: bits 1:0 are EQ, LT, LE, UNORD; bit 2 negates. With VEX bit 3 makes unordered count as true where
 * it was false (before negation), and bit 4 exchanges the quiet and the signaling ones: EQ, UNORD and their negations
 * take quiet NaNs without IE, the others don't.
 */
export function predicateOf(e: Emit): Val {
  return e.tmp(i32.and(e.imm(2), k(e.vex ? 31 : 7)));
}
export function isQuiet(predicate: Val): Val {
  const low = i32.and(predicate, k(3));
  const quiet = i32.or(i32.eqz(low), i32.eq(low, k(3)));
  return i32.xor(quiet, i32.shr_u(predicate, k(4)));
}
export const bitOf = (predicate: Val, n: number): Val => i32.and(i32.shr_u(predicate, k(n)), k(1));

export const COMPARE = ["eq", "lt", "le", "unord"] as const;
export type Compare = (typeof COMPARE)[number];

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
