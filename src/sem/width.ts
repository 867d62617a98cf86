import { i32, i64, type Val } from "../wasm/expr.ts";
import type { Size } from "./emit.ts";

type Bin = (a: Val, b: Val) => Val;

/** Arithmetic of one operand width: i32 operations below 64 bits (results may have stray upper bits: see `mask`), i64 at 64. */
export interface Width {
  size: Size;
  const(v: number | bigint): Val;
  add: Bin;
  sub: Bin;
  mul: Bin;
  and: Bin;
  or: Bin;
  xor: Bin;
  /** Shift amounts have the width's own type. */
  shl: Bin;
  shr_u: Bin;
  shr_s: Bin;
  eq: Bin;
  ne: Bin;
  lt_u: Bin;
  lt_s: Bin;
  eqz(a: Val): Val;
  not(a: Val): Val;
  neg(a: Val): Val;
  /** Clears the bits above the width. */
  mask(a: Val): Val;
  /** Sign-extends from the width to the full i32 or i64. */
  sext(a: Val): Val;
  /** The sign bit as i32 0 or 1. */
  sign(a: Val): Val;
  /** From and to i64 (zero-extended). */
  toI64(a: Val): Val;
  fromI64(a: Val): Val;
  /** From and to i32 (low 32 bits). */
  toI32(a: Val): Val;
  fromI32(a: Val): Val;
}

function narrow(size: 8 | 16 | 32): Width {
  const mask = (a: Val): Val => (size === 32 ? a : i32.and(a, i32.const(size === 8 ? 0xff : 0xffff)));
  return {
    size,
    const: (v) => i32.const(Number(BigInt.asIntN(32, BigInt(v)))),
    add: i32.add,
    sub: i32.sub,
    mul: i32.mul,
    and: i32.and,
    or: i32.or,
    xor: i32.xor,
    shl: i32.shl,
    shr_u: i32.shr_u,
    shr_s: i32.shr_s,
    eq: i32.eq,
    ne: i32.ne,
    lt_u: i32.lt_u,
    lt_s: i32.lt_s,
    eqz: i32.eqz,
    not: (a) => i32.xor(a, i32.const(-1)),
    neg: (a) => i32.sub(i32.const(0), a),
    mask,
    sext: (a) => (size === 8 ? i32.extend8_s(a) : size === 16 ? i32.extend16_s(a) : a),
    sign: (a) => i32.and(i32.shr_u(a, i32.const(size - 1)), i32.const(1)),
    toI64: (a) => i64.extend_i32_u(a),
    fromI64: (a) => i32.wrap_i64(a),
    toI32: (a) => a,
    fromI32: (a) => a,
  };
}

const W64: Width = {
  size: 64,
  const: i64.const,
  add: i64.add,
  sub: i64.sub,
  mul: i64.mul,
  and: i64.and,
  or: i64.or,
  xor: i64.xor,
  shl: i64.shl,
  shr_u: i64.shr_u,
  shr_s: i64.shr_s,
  eq: i64.eq,
  ne: i64.ne,
  lt_u: i64.lt_u,
  lt_s: i64.lt_s,
  eqz: i64.eqz,
  not: (a) => i64.xor(a, i64.const(-1)),
  neg: (a) => i64.sub(i64.const(0), a),
  mask: (a) => a,
  sext: (a) => a,
  sign: (a) => i32.wrap_i64(i64.shr_u(a, i64.const(63))),
  toI64: (a) => a,
  fromI64: (a) => a,
  toI32: (a) => i32.wrap_i64(a),
  fromI32: (a) => i64.extend_i32_u(a),
};

const WIDTHS = { 8: narrow(8), 16: narrow(16), 32: narrow(32), 64: W64 } as const;

export function width(size: Size): Width {
  return WIDTHS[size];
}
