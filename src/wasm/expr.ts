/**
 * Expressions: pure trees over temporaries and constants, named as in the WebAssembly text format
 * (`i32.add`, `i64.extend_i32_u`, `i8x16.swizzle` ...). Building one emits nothing; code.ts writes it where it is
 * used. A tree used twice is evaluated twice, so what is used twice should be a temporary (`Code.tmp`).
 */
export type Ty = "i32" | "i64" | "f32" | "f64" | "v128";

export interface Val {
  readonly ty: Ty;
  /** Encoded opcode: 0xNN, or 0xfd00000 + n for vector opcodes, 0xfc0000 + n for saturating conversions; negative: see Special. */
  readonly op: number;
  readonly args: readonly Val[];
  /** Constant's value, local's index, lane number, function's index or load's offset. */
  readonly imm: number | bigint | Uint8Array;
}

export const LOCAL = -1;
export const CONST = -2;
export const SELECT = -3;
export const CALL = -4;
/** A load of host memory: imm is the offset; `op` then is LOAD - opcode. */
export const LOAD = -1000;
export const SIMD = 0xfd0000;
export const SAT = 0xfc0000;

const NONE: readonly Val[] = [];
export function local(ty: Ty, index: number): Val {
  return { ty, op: LOCAL, args: NONE, imm: index };
}
function node(ty: Ty, op: number, args: readonly Val[], imm: number | Uint8Array = 0): Val {
  for (const a of args) if (!a) throw new Error("missing operand");
  return { ty, op, args, imm };
}
function want(v: Val, ty: Ty): void {
  if (v.ty !== ty) throw new Error(`expected ${ty}, got ${v.ty}`);
}
export function isConst(v: Val): boolean {
  return v.op === CONST;
}
/** True for values that cost nothing to use again: locals and constants. */
export function isCheap(v: Val): boolean {
  return v.op === LOCAL || v.op === CONST;
}

type Bin = (a: Val, b: Val) => Val;
type Un = (a: Val) => Val;
type Fold32 = (a: number, b: number) => number;
type Fold64 = (a: bigint, b: bigint) => bigint;

const S64 = (v: bigint): bigint => BigInt.asIntN(64, v);
const U64 = (v: bigint): bigint => BigInt.asUintN(64, v);

function const32(v: number): Val {
  return { ty: "i32", op: CONST, args: NONE, imm: v | 0 };
}
function const64(v: bigint | number): Val {
  return { ty: "i64", op: CONST, args: NONE, imm: S64(BigInt(v)) };
}
function bin32(op: number, fold?: Fold32, zero?: "left"): Bin {
  return (a, b) => {
    want(a, "i32");
    want(b, "i32");
    if (fold && isConst(a) && isConst(b)) return const32(fold(a.imm as number, b.imm as number));
    if (zero && isConst(b) && b.imm === 0) return a;
    return node("i32", op, [a, b]);
  };
}
function bin64(op: number, fold?: Fold64, zero?: "left"): Bin {
  return (a, b) => {
    want(a, "i64");
    want(b, "i64");
    if (fold && isConst(a) && isConst(b)) return const64(fold(a.imm as bigint, b.imm as bigint));
    if (zero && isConst(b) && b.imm === 0n) return a;
    return node("i64", op, [a, b]);
  };
}
function cmp64(op: number, fold: (a: bigint, b: bigint) => boolean): Bin {
  return (a, b) => {
    want(a, "i64");
    want(b, "i64");
    if (isConst(a) && isConst(b)) return const32(fold(a.imm as bigint, b.imm as bigint) ? 1 : 0);
    return node("i32", op, [a, b]);
  };
}
function un(res: Ty, arg: Ty, op: number, fold?: (v: number & bigint) => number | bigint): Un {
  return (a) => {
    want(a, arg);
    if (fold && isConst(a)) {
      const v = fold(a.imm as number & bigint);
      return res === "i32" ? const32(Number(v)) : const64(v);
    }
    return node(res, op, [a]);
  };
}
function bin(res: Ty, arg: Ty, op: number): Bin {
  return (a, b) => {
    want(a, arg);
    want(b, arg);
    return node(res, op, [a, b]);
  };
}

export const i32 = {
  const: const32,
  eqz: un("i32", "i32", 0x45, (v) => (v === 0 ? 1 : 0)),
  eq: bin32(0x46, (a, b) => (a === b ? 1 : 0)),
  ne: bin32(0x47, (a, b) => (a !== b ? 1 : 0)),
  lt_s: bin32(0x48, (a, b) => (a < b ? 1 : 0)),
  lt_u: bin32(0x49, (a, b) => (a >>> 0 < b >>> 0 ? 1 : 0)),
  gt_s: bin32(0x4a, (a, b) => (a > b ? 1 : 0)),
  gt_u: bin32(0x4b, (a, b) => (a >>> 0 > b >>> 0 ? 1 : 0)),
  le_s: bin32(0x4c, (a, b) => (a <= b ? 1 : 0)),
  le_u: bin32(0x4d, (a, b) => (a >>> 0 <= b >>> 0 ? 1 : 0)),
  ge_s: bin32(0x4e, (a, b) => (a >= b ? 1 : 0)),
  ge_u: bin32(0x4f, (a, b) => (a >>> 0 >= b >>> 0 ? 1 : 0)),
  clz: un("i32", "i32", 0x67),
  ctz: un("i32", "i32", 0x68),
  popcnt: un("i32", "i32", 0x69),
  add: bin32(0x6a, (a, b) => a + b, "left"),
  sub: bin32(0x6b, (a, b) => a - b, "left"),
  mul: bin32(0x6c, Math.imul),
  div_s: bin32(0x6d),
  div_u: bin32(0x6e),
  rem_s: bin32(0x6f),
  rem_u: bin32(0x70),
  and: bin32(0x71, (a, b) => a & b),
  or: bin32(0x72, (a, b) => a | b, "left"),
  xor: bin32(0x73, (a, b) => a ^ b, "left"),
  shl: bin32(0x74, (a, b) => a << b, "left"),
  shr_s: bin32(0x75, (a, b) => a >> b, "left"),
  shr_u: bin32(0x76, (a, b) => a >>> b, "left"),
  rotl: bin32(0x77, (a, b) => (a << b) | (a >>> (32 - (b & 31))), "left"),
  rotr: bin32(0x78, (a, b) => (a >>> b) | (a << (32 - (b & 31))), "left"),
  wrap_i64: un("i32", "i64", 0xa7, (v) => Number(BigInt.asIntN(32, v))),
  reinterpret_f32: un("i32", "f32", 0xbc),
  extend8_s: un("i32", "i32", 0xc0, (v) => (v << 24) >> 24),
  extend16_s: un("i32", "i32", 0xc1, (v) => (v << 16) >> 16),
  trunc_sat_f32_s: un("i32", "f32", SAT + 0),
  trunc_sat_f32_u: un("i32", "f32", SAT + 1),
  trunc_sat_f64_s: un("i32", "f64", SAT + 2),
  trunc_sat_f64_u: un("i32", "f64", SAT + 3),
};

export const i64 = {
  const: const64,
  eqz: un("i32", "i64", 0x50, (v) => (v === 0n ? 1 : 0)),
  eq: cmp64(0x51, (a, b) => a === b),
  ne: cmp64(0x52, (a, b) => a !== b),
  lt_s: cmp64(0x53, (a, b) => a < b),
  lt_u: cmp64(0x54, (a, b) => U64(a) < U64(b)),
  gt_s: cmp64(0x55, (a, b) => a > b),
  gt_u: cmp64(0x56, (a, b) => U64(a) > U64(b)),
  le_s: cmp64(0x57, (a, b) => a <= b),
  le_u: cmp64(0x58, (a, b) => U64(a) <= U64(b)),
  ge_s: cmp64(0x59, (a, b) => a >= b),
  ge_u: cmp64(0x5a, (a, b) => U64(a) >= U64(b)),
  clz: un("i64", "i64", 0x79),
  ctz: un("i64", "i64", 0x7a),
  popcnt: un("i64", "i64", 0x7b),
  add: bin64(0x7c, (a, b) => a + b, "left"),
  sub: bin64(0x7d, (a, b) => a - b, "left"),
  mul: bin64(0x7e, (a, b) => a * b),
  div_s: bin64(0x7f),
  div_u: bin64(0x80),
  rem_s: bin64(0x81),
  rem_u: bin64(0x82),
  and: bin64(0x83, (a, b) => a & b),
  or: bin64(0x84, (a, b) => a | b, "left"),
  xor: bin64(0x85, (a, b) => a ^ b, "left"),
  shl: bin64(0x86, (a, b) => a << (b & 63n), "left"),
  shr_s: bin64(0x87, (a, b) => a >> (b & 63n), "left"),
  shr_u: bin64(0x88, (a, b) => U64(a) >> (b & 63n), "left"),
  rotl: bin64(0x89, undefined, "left"),
  rotr: bin64(0x8a, undefined, "left"),
  extend_i32_s: un("i64", "i32", 0xac, (v) => BigInt(v)),
  extend_i32_u: un("i64", "i32", 0xad, (v) => BigInt((v as number) >>> 0)),
  reinterpret_f64: un("i64", "f64", 0xbd),
  extend8_s: un("i64", "i64", 0xc2, (v) => BigInt.asIntN(8, v)),
  extend16_s: un("i64", "i64", 0xc3, (v) => BigInt.asIntN(16, v)),
  extend32_s: un("i64", "i64", 0xc4, (v) => BigInt.asIntN(32, v)),
  trunc_sat_f32_s: un("i64", "f32", SAT + 4),
  trunc_sat_f32_u: un("i64", "f32", SAT + 5),
  trunc_sat_f64_s: un("i64", "f64", SAT + 6),
  trunc_sat_f64_u: un("i64", "f64", SAT + 7),
};

function float<T extends "f32" | "f64">(ty: T, cmp: number, arith: number) {
  return {
    const: (v: number): Val => ({ ty, op: CONST, args: NONE, imm: v }),
    eq: bin("i32", ty, cmp),
    ne: bin("i32", ty, cmp + 1),
    lt: bin("i32", ty, cmp + 2),
    gt: bin("i32", ty, cmp + 3),
    le: bin("i32", ty, cmp + 4),
    ge: bin("i32", ty, cmp + 5),
    abs: un(ty, ty, arith),
    neg: un(ty, ty, arith + 1),
    ceil: un(ty, ty, arith + 2),
    floor: un(ty, ty, arith + 3),
    trunc: un(ty, ty, arith + 4),
    nearest: un(ty, ty, arith + 5),
    sqrt: un(ty, ty, arith + 6),
    add: bin(ty, ty, arith + 7),
    sub: bin(ty, ty, arith + 8),
    mul: bin(ty, ty, arith + 9),
    div: bin(ty, ty, arith + 10),
    min: bin(ty, ty, arith + 11),
    max: bin(ty, ty, arith + 12),
    copysign: bin(ty, ty, arith + 13),
  };
}
export const f32 = {
  ...float("f32", 0x5b, 0x8b),
  convert_i32_s: un("f32", "i32", 0xb2),
  convert_i32_u: un("f32", "i32", 0xb3),
  convert_i64_s: un("f32", "i64", 0xb4),
  convert_i64_u: un("f32", "i64", 0xb5),
  demote_f64: un("f32", "f64", 0xb6),
  reinterpret_i32: un("f32", "i32", 0xbe),
};
export const f64 = {
  ...float("f64", 0x61, 0x99),
  convert_i32_s: un("f64", "i32", 0xb7),
  convert_i32_u: un("f64", "i32", 0xb8),
  convert_i64_s: un("f64", "i64", 0xb9),
  convert_i64_u: un("f64", "i64", 0xba),
  promote_f32: un("f64", "f32", 0xbb),
  reinterpret_i64: un("f64", "i64", 0xbf),
};

/** `cond ? a : b`; both sides are evaluated. */
export function select(cond: Val, a: Val, b: Val): Val {
  want(cond, "i32");
  if (a.ty !== b.ty) throw new Error("select of different types");
  if (isConst(cond)) return cond.imm !== 0 ? a : b;
  return node(a.ty, SELECT, [a, b, cond]);
}
