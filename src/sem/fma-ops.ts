/**
 * Fused multiply-add with its one rounding, which WebAssembly lacks: shared functions (x, y, z, signs) -> x * y + z. Bit 0
 * of `signs` negates the product, bit 1 the addend. The quick way finds the result by error-free transformations
 * and holds where that is an ordinary number and MXCSR in its usual state; the exact way is done on 128 bits.
 */
import { MXCSR } from "../cpu/layout.ts";
import type { Callee, Code } from "../wasm/code.ts";
import { f32, f64, i32, i64, select, type Val } from "../wasm/expr.ts";
import type { Shared } from "./emit.ts";
import {
  bitsOf,
  commitSse,
  DAZ,
  FORMAT,
  flushed,
  isSignalingBits,
  mxcsr,
  roundingOfMxcsr,
  roundTo,
} from "./sse-float-exact.ts";
import { defaultNan, type Fp, LANES, PACKED, quieten, SCALAR } from "./sse-float-nan.ts";
import { QUICK, QUICK_MASK } from "./sse-float-quick.ts";
import { LIMITS } from "./sse-float-slow.ts";
import { isExpMax, isZero, MUL_HIGH, type Parts, unpack } from "./x87-arith.ts";
import { BIAS, clearExceptions, IE, INTEGER_BIT, k, k64, MEM, raise, ZERO64 } from "./x87-cells.ts";
import { shiftRightJam } from "./x87-round.ts";

type Use = (f: Shared) => Callee;
const both = <T>(make: (ty: Fp) => T): Record<Fp, T> => ({ f32: make("f32"), f64: make("f64") });

/** Rounded sum and its error, which is a number, too (Knuth's two-sum). */
function twoSum(c: Code, a: Val, b: Val): [Val, Val] {
  const s = c.tmp(f64.add(a, b));
  const virtual = c.tmp(f64.sub(s, a));
  return [s, c.tmp(f64.add(f64.sub(a, f64.sub(s, virtual)), f64.sub(b, virtual)))];
}
/** a + b with the last bit set if that is not exact, so that rounding it once more rounds the true sum. */
function oddSum(c: Code, a: Val, b: Val): Val {
  const [s, error] = twoSum(c, a, b);
  const bits = c.var(i64.reinterpret_f64(s));
  const even = i64.eqz(i64.and(c.get(bits), k64(1)));
  c.if(i32.and(even, f64.ne(error, f64.const(0))), () => {
    const away = i32.eq(f64.gt(error, f64.const(0)), f64.gt(s, f64.const(0)));
    c.set(bits, i64.add(c.get(bits), select(away, k64(1), k64(-1))));
  });
  return c.tmp(f64.reinterpret_i64(c.get(bits)));
}
/** Product of doubles of moderate size and its error (Dekker). */
function twoProduct(c: Code, a: Val, b: Val): [Val, Val] {
  const split = (v: Val): [Val, Val] => {
    const scaled = c.tmp(f64.mul(v, f64.const(2 ** 27 + 1)));
    const high = c.tmp(f64.sub(scaled, f64.sub(scaled, v)));
    return [high, c.tmp(f64.sub(v, high))];
  };
  const [ah, al] = split(a);
  const [bh, bl] = split(b);
  const p = c.tmp(f64.mul(a, b));
  const middle = f64.add(f64.add(f64.sub(f64.mul(ah, bh), p), f64.mul(ah, bl)), f64.mul(al, bh));
  return [p, c.tmp(f64.add(middle, f64.mul(al, bl)))];
}
/** Between 2^-480 and 2^480, so that no part of a product over- or underflows. */
function isModerate(v: Val): Val {
  const exponent = i32.and(i32.wrap_i64(i64.shr_u(i64.reinterpret_f64(v), k64(52))), k(0x7ff));
  return i32.lt_u(i32.sub(exponent, k(1023 - 480)), k(960));
}

/** x * y + z rounded to nearest, into `done` if it is certain. */
const QUICKLY: Record<Fp, (c: Code, x: Val, y: Val, z: Val, done: (r: Val) => void) => void> = {
  f32: (c, x, y, z, done) => {
    // The product is exact in f64, and f64 has more than twice the bits of f32.
    const product = c.tmp(f64.mul(f64.promote_f32(x), f64.promote_f32(y)));
    done(c.tmp(f32.demote_f64(oddSum(c, product, c.tmp(f64.promote_f32(z))))));
  },
  f64: (c, x, y, z, done) => {
    const moderate = i32.and(i32.and(isModerate(x), isModerate(y)), i32.or(isModerate(z), f64.eq(z, f64.const(0))));
    c.if(moderate, () => {
      // Boldo and Melquiond, Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd.
      const [high, low] = twoProduct(c, x, y);
      const [th, tl] = twoSum(c, z, low);
      const [vh, vl] = twoSum(c, high, th);
      done(c.tmp(f64.add(vh, oddSum(c, tl, vl))));
    });
  },
};

/** x * y + z on 128 bits, with all that MXCSR asks for. */
const EXACT = both<Shared>((ty) => ({
  name: `fma_exact_${ty}`,
  params: [ty, ty, ty, "i32"],
  result: ty,
  body: (c, use) => {
    const s = SCALAR[ty];
    clearExceptions(c);
    const given = [0, 1, 2].map((i) => c.param(i));
    const [x, y, z] = given;
    const finish = (r: Val): void => {
      const t = c.tmp(r);
      commitSse(c);
      c.ret(t);
    };
    c.if(
      given.map((v) => s.ne(v, v)).reduce((a, b) => i32.or(a, b)),
      () => {
        const signaling = given.map((v) => isSignalingBits(ty, v, c.tmp(bitsOf(ty, v))));
        c.if(
          signaling.reduce((a, b) => i32.or(a, b)),
          () => raise(c, IE),
        );
        const first = select(s.ne(x, x), x, select(s.ne(y, y), y, z));
        finish(quieten(ty, c.tmp(first)));
      },
    );
    const [a, b, addend] = given.map((v) => operand(c, use, ty, v));
    const sign = c.tmp(i32.xor(i32.xor(a.sign, b.sign), i32.and(c.param(3), k(1))));
    const signZ = c.tmp(i32.xor(addend.sign, i32.shr_u(c.param(3), k(1))));
    const invalid = (): void => {
      clearExceptions(c);
      raise(c, IE);
      finish(defaultNan(ty));
    };
    const signed = (v: number, negative: Val): Val => select(negative, s.const(-v), s.const(v));
    const zeroProduct = c.tmp(i32.or(isZero(c, a), isZero(c, b)));
    c.if(i32.or(isExpMax(c, a), isExpMax(c, b)), () => {
      c.if(i32.or(zeroProduct, i32.and(isExpMax(c, addend), i32.ne(sign, signZ))), invalid);
      finish(signed(Infinity, sign));
    });
    c.if(isExpMax(c, addend), () => finish(signed(Infinity, signZ)));
    const cancelled = (): void => finish(signed(0, i32.eq(roundingOfMxcsr(mxcsr(c)), k(1))));
    const round = (negative: Val, exp: Val, hi: Val, lo: Val): void =>
      finish(roundTo(c, use, ty, negative, exp, hi, lo));
    c.if(zeroProduct, () => {
      c.if(isZero(c, addend), () => {
        c.if(i32.ne(sign, signZ), cancelled);
        finish(signed(0, sign));
      });
      round(signZ, c.get(addend.exp), c.get(addend.m), ZERO64);
    });
    const hi = c.var(c.call(use(MUL_HIGH), c.get(a.m), c.get(b.m)));
    const lo = c.var(i64.mul(c.get(a.m), c.get(b.m)));
    const exp = c.var(i32.sub(i32.add(c.get(a.exp), c.get(b.exp)), k(BIAS - 1)));
    c.if(i64.ge_s(c.get(hi), ZERO64), () => {
      c.set(hi, i64.or(i64.shl(c.get(hi), k64(1)), i64.shr_u(c.get(lo), k64(63))));
      c.set(lo, i64.shl(c.get(lo), k64(1)));
      c.set(exp, i32.sub(c.get(exp), k(1)));
    });
    c.if(isZero(c, addend), () => round(sign, c.get(exp), c.get(hi), c.get(lo)));
    sum(c, { sign, exp, hi, lo }, { sign: signZ, exp: addend.exp, hi: addend.m, lo: c.var(ZERO64) }, round, cancelled);
  },
}));

/** An operand taken apart, normalized if denormal (DE), or zero then if MXCSR says so. */
function operand(c: Code, use: Use, ty: Fp, v: Val): Parts {
  const bits = c.var(bitsOf(ty, v));
  c.if(i32.and(mxcsr(c), k(DAZ)), () => c.set(bits, flushed(ty, c.get(bits))));
  c.callVoid(use(FORMAT[ty].from), c.get(bits), k(0));
  return unpack(c, k(MEM));
}

interface Wide {
  sign: Val;
  exp: ReturnType<Code["var"]>;
  hi: ReturnType<Code["var"]>;
  lo: ReturnType<Code["var"]>;
}
/** Sum of two normalized numbers of 128 bits; ends in `round` or, if nothing is left, in `cancelled`. */
function sum(
  c: Code,
  a: Wide,
  b: Wide,
  round: (sign: Val, exp: Val, hi: Val, lo: Val) => void,
  cancelled: () => void,
): void {
  const less = i64.lt_u(c.get(a.hi), c.get(b.hi));
  const lessLow = i32.and(i64.eq(c.get(a.hi), c.get(b.hi)), i64.lt_u(c.get(a.lo), c.get(b.lo)));
  const sameExp = i32.and(i32.eq(c.get(a.exp), c.get(b.exp)), i32.or(less, lessLow));
  const swap = c.tmp(i32.or(i32.lt_s(c.get(a.exp), c.get(b.exp)), sameExp));
  const larger = (f: "exp" | "hi" | "lo"): Val => select(swap, c.get(b[f]), c.get(a[f]));
  const smaller = (f: "exp" | "hi" | "lo"): Val => select(swap, c.get(a[f]), c.get(b[f]));
  const sign = c.tmp(select(swap, b.sign, a.sign));
  const exp = c.var(larger("exp"));
  const [h, l] = [c.var(larger("hi")), c.var(larger("lo"))];
  const [yh, yl] = [c.var(smaller("hi")), c.var(smaller("lo"))];
  const distance = c.tmp(i32.sub(c.get(exp), smaller("exp")));
  c.if(distance, () => shiftRightJam(c, yh, yl, distance));
  c.if(
    i32.eq(a.sign, b.sign),
    () => {
      const low = c.tmp(i64.add(c.get(l), c.get(yl)));
      const carry = c.tmp(i64.extend_i32_u(i64.lt_u(low, c.get(l))));
      const high = c.tmp(i64.add(c.get(h), c.get(yh)));
      const total = c.tmp(i64.add(high, carry));
      const over = c.tmp(i32.or(i64.lt_u(high, c.get(h)), i64.lt_u(total, high)));
      c.set(h, total);
      c.set(l, low);
      c.if(over, () => {
        c.set(l, i64.or(i64.or(i64.shl(total, k64(63)), i64.shr_u(low, k64(1))), i64.and(low, k64(1))));
        c.set(h, i64.or(i64.shr_u(total, k64(1)), INTEGER_BIT));
        c.set(exp, i32.add(c.get(exp), k(1)));
      });
    },
    () => {
      const borrow = i64.extend_i32_u(i64.lt_u(c.get(l), c.get(yl)));
      c.set(h, i64.sub(i64.sub(c.get(h), c.get(yh)), borrow));
      c.set(l, i64.sub(c.get(l), c.get(yl)));
      c.if(i64.eqz(c.get(h)), () => {
        c.if(i64.eqz(c.get(l)), cancelled);
        c.set(h, c.get(l));
        c.set(l, ZERO64);
        c.set(exp, i32.sub(c.get(exp), k(64)));
      });
      const n = c.tmp(i64.clz(c.get(h)));
      c.if(i32.wrap_i64(n), () => {
        c.set(h, i64.or(i64.shl(c.get(h), n), i64.shr_u(c.get(l), i64.sub(k64(64), n))));
        c.set(l, i64.shl(c.get(l), n));
        c.set(exp, i32.sub(c.get(exp), i32.wrap_i64(n)));
      });
    },
  );
  round(sign, c.get(exp), c.get(h), c.get(l));
}

/** (x, y, z, signs) of scalars. */
export const FMA = both<Shared>((ty) => ({
  name: `fma_${ty}`,
  params: [ty, ty, ty, "i32"],
  result: ty,
  body: (c, use) => {
    const s = SCALAR[ty];
    const [x, y, z, signs] = [0, 1, 2, 3].map((i) => c.param(i));
    const usual = i32.eq(i32.and(c.ldExpr("i32", k(0), MXCSR), k(QUICK_MASK)), k(QUICK));
    c.if(usual, () => {
      const a = c.tmp(select(i32.and(signs, k(1)), s.neg(x), x));
      const b = c.tmp(select(i32.and(signs, k(2)), s.neg(z), z));
      const normal = (v: Val): Val =>
        i32.and(s.ge(s.abs(v), s.const(LIMITS[ty].min)), s.le(s.abs(v), s.const(LIMITS[ty].max)));
      const plain = (v: Val): Val => i32.or(normal(v), s.eq(v, s.const(0)));
      const allPlain = c.tmp(i32.and(i32.and(plain(x), plain(y)), plain(z)));
      // Denormal operands have a flag. Of doubles they are not of moderate size.
      const known = ty === "f32" ? allPlain : k(1);
      // What is rounded up to the least normal number is an underflow.
      const above = (r: Val): Val => s.gt(s.abs(r), s.const(LIMITS[ty].min));
      QUICKLY[ty](c, a, y, b, (r) => c.if(i32.and(i32.and(normal(r), above(r)), known), () => c.ret(r)));
      // A zero factor leaves the addend.
      const product = c.tmp(s.mul(a, y));
      const zero = i32.or(s.eq(x, s.const(0)), s.eq(y, s.const(0)));
      c.if(i32.and(zero, allPlain), () => c.ret(s.add(product, b)));
    });
    c.ret(c.call(use(EXACT[ty]), x, y, z, signs));
  },
}));

/** Of vectors; the signs of odd lanes are in bits 3:2. */
export const FMA_PACKED = both<Shared>((ty) => ({
  name: `fma_packed_${ty}`,
  params: ["v128", "v128", "v128", "i32"],
  result: "v128",
  body: (c, use) => {
    const p = PACKED[ty];
    const odd = c.tmp(i32.shr_u(c.param(3), k(2)));
    const even = c.tmp(i32.and(c.param(3), k(3)));
    const r = c.var(c.param(0));
    for (let i = 0; i < LANES[ty]; i++) {
      const [x, y, z] = [0, 1, 2].map((n) => p.extract_lane(c.param(n), i));
      c.set(r, p.replace_lane(c.get(r), i, c.call(use(FMA[ty]), x, y, z, i % 2 ? odd : even)));
    }
    c.ret(c.get(r));
  },
}));
