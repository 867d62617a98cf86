/** SSE floating point: arithmetic, comparison, logic. SDM volume 2, by mnemonic. */

import { i32, type Val } from "../wasm/expr.ts";
import { f32x4, i8x16, v128 } from "../wasm/simd.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import { reciprocal, reciprocalSqrt } from "./sse-float-approx.ts";
import type { Fp, Op } from "./sse-float-nan.ts";
import { predicateOf, scalarCompare, scalarMinMax, scalarOp, scalarPair } from "./sse-float-ops.ts";
import { addSub, packedCompare, packedMinMax, packedOp } from "./sse-float-vector.ts";
import { readAligned, ZERO } from "./vector.ts";

type Value2 = (e: Emit, ty: Fp, a: Val, b: Val) => Val;

/** xmm, xmm/m: low lane. */
function scalar2(ty: Fp, f: Value2): Semantics {
  return (e) => {
    const a = e.readLow(0, ty);
    e.writeLow(0, f(e, ty, a, e.readLow(1, ty)));
  };
}
/** xmm, xmm/m128: all lanes. */
function packed2(ty: Fp, f: Value2): Semantics {
  return (e) => {
    const a = e.read(0);
    e.write(0, f(e, ty, a, readAligned(e, 1)));
  };
}
/** The same where the destination is only written. */
function packed1(ty: Fp, f: (e: Emit, ty: Fp, v: Val) => Val): Semantics {
  return (e) => e.write(0, f(e, ty, e.tmp(readAligned(e, 1))));
}

const table: SemTable = {};
const SUFFIX = { f32: "S", f64: "D" } as const;
const TYPES: readonly Fp[] = ["f32", "f64"];

for (const ty of TYPES) {
  const s = SUFFIX[ty];
  table[`SQRTS${s}`] = scalar2(ty, (e, t, a, b) => scalarOp(e, t, "sqrt", a, b));
  table[`SQRTP${s}`] = packed1(ty, (e, t, v) => packedOp(e, t, "sqrt", v, v));
  for (const op of ["add", "sub", "mul", "div"] satisfies Op[]) {
    table[`${op.toUpperCase()}S${s}`] = scalar2(ty, (e, t, a, b) => scalarOp(e, t, op, a, b));
    table[`${op.toUpperCase()}P${s}`] = packed2(ty, (e, t, a, b) => packedOp(e, t, op, a, b));
  }
  for (const op of ["min", "max"] as const) {
    table[`${op.toUpperCase()}S${s}`] = scalar2(ty, (e, t, a, b) => scalarMinMax(e, t, op, a, b));
    table[`${op.toUpperCase()}P${s}`] = packed2(ty, (e, t, a, b) => packedMinMax(e, t, op, a, b));
  }
  table[`CMPP${s}`] = packed2(ty, (e, t, a, b) => packedCompare(e, t, predicateOf(e), a, b));
  table[`CMPS${s}`] = scalar2(ty, (e, t, a, b) => scalarCompare(e, t, predicateOf(e), a, b));
  table[`ADDSUBP${s}`] = packed2(ty, addSub);
  for (const op of ["add", "sub"] as const) {
    table[`H${op.toUpperCase()}P${s}`] = packed2(ty, (e, t, a, b) => packedOp(e, t, op, evens(t, a, b), odds(t, a, b)));
  }
  for (const quiet of [0, 1]) {
    table[`${quiet ? "U" : ""}COMIS${s}`] = (e) => {
      const a = e.readLow(0, ty);
      compareFlags(e, ty, a, e.readLow(1, ty), quiet);
    };
  }
  table[`ANDP${s}`] = packed2(ty, (_e, _t, a, b) => v128.and(a, b));
  table[`ANDNP${s}`] = packed2(ty, (_e, _t, a, b) => v128.andnot(b, a));
  table[`ORP${s}`] = packed2(ty, (_e, _t, a, b) => v128.or(a, b));
  const xor = packed2(ty, (_e, _t, a, b) => v128.xor(a, b));
  table[`XORP${s}`] = (e) => (e.same(0, 1) ? e.write(0, ZERO) : xor(e));
}

/** Lanes 0, 2 of a, then of b. */
function evens(ty: Fp, a: Val, b: Val): Val {
  return lanes(ty, a, b, ty === "f32" ? [0, 2, 4, 6] : [0, 2]);
}
function odds(ty: Fp, a: Val, b: Val): Val {
  return lanes(ty, a, b, ty === "f32" ? [1, 3, 5, 7] : [1, 3]);
}
function lanes(ty: Fp, a: Val, b: Val, pick: readonly number[]): Val {
  const bytes = ty === "f32" ? 4 : 8;
  return i8x16.shuffle(
    a,
    b,
    pick.flatMap((n) => Array.from({ length: bytes }, (_, i) => n * bytes + i)),
  );
}

/** COMISS and its kin: unordered sets ZF, PF and CF. The `quiet` ones take quiet NaNs without IE. */
export function compareFlags(e: Emit, ty: Fp, left: Val, right: Val, quiet: number): void {
  const [a, b] = scalarPair(e, ty, left, right, i32.const(quiet));
  e.flagsFloat(a, b);
}

table.RCPSS = scalar2("f32", (e, _t, _a, b) => reciprocal(e, b));
table.RSQRTSS = scalar2("f32", (e, _t, _a, b) => reciprocalSqrt(e, b));
table.RCPPS = packed1("f32", (e, _t, v) => eachLane(e, v, reciprocal));
table.RSQRTPS = packed1("f32", (e, _t, v) => eachLane(e, v, reciprocalSqrt));

function eachLane(e: Emit, v: Val, f: (e: Emit, x: Val) => Val): Val {
  let r = v;
  for (let i = 0; i < 4; i++) r = f32x4.replace_lane(r, i, f(e, e.tmp(f32x4.extract_lane(v, i))));
  return r;
}

export const sseFloat: SemTable = table;
