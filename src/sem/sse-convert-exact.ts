/** Conversions with MXCSR's rounding modes, flags and flushing: shared functions, for where the quick way will not do. */
import type { Code } from "../wasm/code.ts";
import { f32, f64, i32, i64, select, type Val } from "../wasm/expr.ts";
import type { Shared } from "./emit.ts";
import {
  bitsOf,
  commitSse,
  DAZ,
  FORMAT,
  flushed,
  fromBits,
  isSignalingBits,
  mxcsr,
  roundTo,
} from "./sse-float-exact.ts";
import { type Fp, SCALAR } from "./sse-float-nan.ts";
import { unpack } from "./x87-arith.ts";
import { clearExceptions, IE, k, k64, MEM, PE, raise, ZERO64 } from "./x87-cells.ts";
import { FROM_INT, TO_INT } from "./x87-convert.ts";

const both = (make: (ty: Fp) => Shared): Record<Fp, Shared> => ({ f32: make("f32"), f64: make("f64") });

/** Bits of x, denormals as zeros if MXCSR says so. */
function operand(c: Code, ty: Fp, x: Val): Val {
  const bits = c.var(bitsOf(ty, x));
  c.if(i32.and(mxcsr(c), k(DAZ)), () => c.set(bits, flushed(ty, c.get(bits))));
  return c.get(bits);
}

/** f64 to f32. */
export const NARROW: Shared = {
  name: "sse_narrow",
  params: ["f64"],
  result: "f32",
  body: (c, use) => {
    const x = c.param(0);
    clearExceptions(c);
    c.if(f64.ne(x, x), () => {
      const bits = c.tmp(i64.reinterpret_f64(x));
      c.if(isSignalingBits("f64", x, bits), () => raise(c, IE));
      commitSse(c);
      const high = i32.wrap_i64(i64.shr_u(bits, k64(32)));
      const payload = i32.and(i32.wrap_i64(i64.shr_u(bits, k64(29))), k(0x7fffff));
      c.ret(f32.reinterpret_i32(i32.or(i32.or(i32.and(high, k(-0x80000000)), payload), k(0x7fc00000))));
    });
    const bits = operand(c, "f64", x);
    c.callVoid(use(FORMAT.f64.from), bits, k(0));
    const r = c.var(f32.demote_f64(fromBits("f64", bits)));
    c.if(ordinary(bits), () => {
      const parts = unpack(c, k(MEM));
      c.set(r, roundTo(c, use, "f32", parts.sign, c.get(parts.exp), c.get(parts.m), ZERO64));
    });
    commitSse(c);
    c.ret(c.get(r));
  },
};
/** Neither zero nor infinite (bits of an f64 that is no NaN). */
function ordinary(bits: Val): Val {
  const magnitude = i64.shl(bits, k64(1));
  return i32.and(i64.ne(magnitude, ZERO64), i64.ne(magnitude, k64(0x7ffn << 53n)));
}

/** f32 to f64. */
export const WIDEN: Shared = {
  name: "sse_widen",
  params: ["f32"],
  result: "f64",
  body: (c, use) => {
    const x = c.param(0);
    clearExceptions(c);
    const bits = c.tmp(bitsOf("f32", x));
    c.if(f32.ne(x, x), () => {
      c.if(isSignalingBits("f32", x, bits), () => raise(c, IE));
      commitSse(c);
      const sign = i64.shl(i64.and(bits, k64(0x80000000n)), k64(32));
      const payload = i64.shl(i64.and(bits, k64(0x7fffff)), k64(29));
      c.ret(f64.reinterpret_i64(i64.or(i64.or(sign, payload), k64(0x7ff8000000000000n))));
    });
    const v = operand(c, "f32", x);
    c.callVoid(use(FORMAT.f32.from), v, k(0));
    commitSse(c);
    c.ret(f64.promote_f32(fromBits("f32", v)));
  },
};

/** Signed integer to floating point. */
export const FROM_INTEGER = both((ty) => ({
  name: `sse_from_integer_${ty}`,
  params: ["i64"],
  result: ty,
  body: (c, use) => {
    clearExceptions(c);
    const v = c.param(0);
    c.if(i64.eqz(v), () => c.ret(SCALAR[ty].const(0)));
    c.callVoid(use(FROM_INT), v);
    const parts = unpack(c, k(MEM));
    const r = c.tmp(roundTo(c, use, ty, parts.sign, c.get(parts.exp), c.get(parts.m), ZERO64));
    commitSse(c);
    c.ret(r);
  },
}));

/** (x, bits of the integer, rounding control) -> signed integer, or the integer indefinite. */
export const TO_INTEGER = both((ty) => ({
  name: `sse_to_integer_${ty}`,
  params: [ty, "i32", "i32"],
  result: "i64",
  body: (c, use) => {
    const bits = operand(c, ty, c.param(0));
    c.callVoid(use(FORMAT[ty].from), bits, k(0));
    // A denormal operand is nothing here.
    clearExceptions(c);
    const r = c.call(use(TO_INT), k(MEM), c.param(1), c.param(2));
    commitSse(c);
    c.ret(r);
  },
}));

/** (x, rounding control, suppress PE) -> integral value of the same type. */
export const ROUND_INTEGRAL = both((ty) => ({
  name: `sse_round_integral_${ty}`,
  params: [ty, "i32", "i32"],
  result: ty,
  body: (c) => {
    const s = SCALAR[ty];
    clearExceptions(c);
    const x = c.param(0);
    c.if(s.ne(x, x), () => {
      const bits = c.tmp(bitsOf(ty, x));
      c.if(isSignalingBits(ty, x, bits), () => raise(c, IE));
      commitSse(c);
      c.ret(fromBits(ty, i64.or(bits, k64(1n << BigInt(FORMAT[ty].fraction - 1)))));
    });
    const v = c.tmp(fromBits(ty, operand(c, ty, x)));
    const rc = c.param(1);
    const directed = select(i32.eq(rc, k(1)), s.floor(v), select(i32.eq(rc, k(2)), s.ceil(v), s.trunc(v)));
    const r = c.tmp(select(rc, directed, s.nearest(v)));
    c.if(i32.and(s.ne(r, v), i32.eqz(c.param(2))), () => raise(c, PE));
    commitSse(c);
    c.ret(r);
  },
}));
