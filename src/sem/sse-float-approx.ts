/**
 * RCP and RSQRT: the manuals only bound the relative error (1.5 * 2^-12). Here they are the true value rounded to
 * twelve bits after the binary point. Denormal operands count as zeros and denormal results become zeros.
 */
import { f32, f64, i32, select, type Val } from "../wasm/expr.ts";
import type { Emit, Shared } from "./emit.ts";
import { quieten } from "./sse-float-nan.ts";

const SIGN = i32.const(-0x80000000);
const MIN_NORMAL = i32.const(0x00800000);
const INFINITY = i32.const(0x7f800000);

function approximation(name: string, exact: (x: Val) => Val, rejectNegative: boolean): Shared {
  return {
    name,
    params: ["f32"],
    result: "f32",
    body: (c) => {
      const x = c.param(0);
      const bits = c.tmp(i32.reinterpret_f32(x));
      const sign = i32.and(bits, SIGN);
      const magnitude = c.tmp(i32.xor(bits, sign));
      c.if(f32.ne(x, x), () => c.ret(quieten("f32", x)));
      c.if(i32.lt_u(magnitude, MIN_NORMAL), () => c.ret(f32.reinterpret_i32(i32.or(sign, INFINITY))));
      if (rejectNegative) c.if(sign, () => c.ret(f32.reinterpret_i32(i32.const(-0x400000))));
      const near = i32.reinterpret_f32(f32.demote_f64(exact(f64.promote_f32(x))));
      const rounded = c.tmp(i32.and(i32.add(near, i32.const(0x400)), i32.const(-0x800)));
      const tiny = i32.lt_u(i32.and(rounded, i32.const(0x7fffffff)), MIN_NORMAL);
      c.ret(f32.reinterpret_i32(select(tiny, sign, rounded)));
    },
  };
}
const ONE = f64.const(1);
const RCP = approximation("rcp", (x) => f64.div(ONE, x), false);
const RSQRT = approximation("rsqrt", (x) => f64.div(ONE, f64.sqrt(x)), true);

export function reciprocal(e: Emit, x: Val): Val {
  return e.shared(RCP, x);
}
export function reciprocalSqrt(e: Emit, x: Val): Val {
  return e.shared(RSQRT, x);
}
