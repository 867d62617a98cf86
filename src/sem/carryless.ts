/** Carry-less multiplication (PCLMULQDQ). */
import type { Code } from "../wasm/code.ts";
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import { i64x2 } from "../wasm/simd.ts";
import type { Emit, Shared } from "./emit.ts";

/**
 * 32 by 32 bits, in i64: each factor is split into four with every fourth bit, so that the integer product's carries
 * (at most 8 terms to a column) stay within the three columns between.
 */
const product32: Shared = {
  name: "carryless32",
  params: ["i64", "i64"],
  result: "i64",
  body: (c: Code) => {
    const masks = [0, 1, 2, 3].map((n) => i64.const(0x1111111111111111n << BigInt(n)));
    const x = masks.map((m) => c.tmp(i64.and(c.param(0), m)));
    const y = masks.map((m) => c.tmp(i64.and(c.param(1), m)));
    const column = (n: number): Val =>
      i64.and([0, 1, 2, 3].map((k) => i64.mul(x[k], y[(n - k + 4) & 3])).reduce(i64.xor), masks[n]);
    c.ret([0, 1, 2, 3].map(column).reduce(i64.or));
  },
};

/** 64 by 64 bits to 128: Karatsuba on 32-bit halves. */
const product64: Shared = {
  name: "carryless64",
  params: ["i64", "i64"],
  result: "v128",
  body: (c, use) => {
    const f = use(product32);
    const bits = i64.const(32);
    const low = (v: Val): Val => i64.and(v, i64.const(0xffffffff));
    const high = (v: Val): Val => i64.shr_u(v, bits);
    const a = c.param(0);
    const b = c.param(1);
    const lo = c.call(f, low(a), low(b));
    const hi = c.call(f, high(a), high(b));
    const mixed = c.call(f, i64.xor(low(a), high(a)), i64.xor(low(b), high(b)));
    const mid = c.tmp(i64.xor(mixed, i64.xor(lo, hi)));
    const result = i64x2.splat(i64.xor(lo, i64.shl(mid, bits)));
    c.ret(i64x2.replace_lane(result, 1, i64.xor(hi, high(mid))));
  },
};

/** imm bit 0 picks a's half, bit 4 b's. */
export function carrylessMultiply(a: Val, b: Val, imm: Val, e: Emit): Val {
  const half = (v: Val, bit: number): Val =>
    select(i32.and(imm, i32.const(bit)), i64x2.extract_lane(v, 1), i64x2.extract_lane(v, 0));
  return e.shared(product64, half(a, 1), half(b, 16));
}
