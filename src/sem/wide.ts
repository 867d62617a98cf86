/** Arithmetic of 128 bits, shared by all generated code. */
import type { Code } from "../wasm/code.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import type { Shared } from "./emit.ts";

const LOW = i64.const(0xffffffffn);
const C32 = i64.const(32);
const high = (v: Val): Val => i64.shr_u(v, C32);
const low = (v: Val): Val => i64.and(v, LOW);

/** Upper 64 bits of an unsigned product, out of four products of 32-bit halves. */
function highProduct(c: Code, a: Val, b: Val): Val {
  const al = c.tmp(low(a));
  const ah = c.tmp(high(a));
  const bl = c.tmp(low(b));
  const bh = c.tmp(high(b));
  const mid = c.tmp(i64.add(i64.mul(ah, bl), high(i64.mul(al, bl))));
  const mid2 = c.tmp(i64.add(i64.mul(al, bh), low(mid)));
  return c.tmp(i64.add(i64.add(i64.mul(ah, bh), high(mid)), high(mid2)));
}

export const mulHighU: Shared = {
  name: "mulHighU",
  params: ["i64", "i64"],
  result: "i64",
  body: (c) => c.ret(highProduct(c, c.param(0), c.param(1))),
};
export const mulHighS: Shared = {
  name: "mulHighS",
  params: ["i64", "i64"],
  result: "i64",
  body: (c) => {
    const a = c.param(0);
    const b = c.param(1);
    const ifNegative = (x: Val, y: Val): Val => i64.and(i64.shr_s(x, i64.const(63)), y);
    c.ret(i64.sub(i64.sub(highProduct(c, a, b), ifNegative(a, b)), ifNegative(b, a)));
  },
};

/**
 * Quotient of (hi:lo) / d, for hi < d. Knuth's algorithm D (TAOCP 4.3.1) with digits of 32 bits: two steps, each estimating a digit
 * from the divisor's upper half and correcting it at most twice.
 */
export const udiv128: Shared = {
  name: "udiv128",
  params: ["i64", "i64", "i64"],
  result: "i64",
  body: (c) => {
    const s = c.tmp(i64.clz(c.param(2)));
    const d = c.tmp(i64.shl(c.param(2), s));
    const dh = c.tmp(high(d));
    const dl = c.tmp(low(d));
    const lo = c.tmp(i64.shl(c.param(1), s));
    // Shifts are modulo 64, so the bits that come over from the low half need two steps.
    const over = i64.shr_u(i64.shr_u(c.param(1), i64.const(1)), i64.sub(i64.const(63), s));
    const hi = c.tmp(i64.or(i64.shl(c.param(0), s), over));
    const digit = (rest: Val, next: Val): Val => {
      const q = c.var(i64.div_u(rest, dh));
      const r = c.var(i64.sub(rest, i64.mul(c.get(q), dh)));
      c.block((done) =>
        c.loop((again) => {
          const tooBig = i32.or(
            i64.ne(high(c.get(q)), i64.const(0)),
            i64.gt_u(i64.mul(c.get(q), dl), i64.or(i64.shl(c.get(r), C32), next)),
          );
          c.brIf(i32.eqz(tooBig), done);
          c.set(q, i64.sub(c.get(q), i64.const(1)));
          c.set(r, i64.add(c.get(r), dh));
          c.brIf(i64.eqz(high(c.get(r))), again);
        }),
      );
      return c.tmp(c.get(q));
    };
    const q1 = digit(hi, c.tmp(high(lo)));
    const middle = c.tmp(i64.sub(i64.or(i64.shl(hi, C32), high(lo)), i64.mul(q1, d)));
    const q0 = digit(middle, c.tmp(low(lo)));
    c.ret(i64.or(i64.shl(q1, C32), low(q0)));
  },
};
