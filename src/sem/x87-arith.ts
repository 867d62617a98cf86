/**
 * Add, subtract, multiply, divide and square root on extended numbers, as functions shared by all generated code:
 * (address, address) -> result slot, with exceptions in EXC. Correctly rounded to the control word's precision.
 */
import type { Callee, Code, Var } from "../wasm/code.ts";
import { f64, i32, i64, select, type Val } from "../wasm/expr.ts";
import type { Shared } from "./emit.ts";
import {
  BIAS,
  clearExceptions,
  controlWord,
  DE,
  EXP_MAX,
  IE,
  INTEGER_BIT,
  k,
  k64,
  raise,
  roundingOf,
  setIndefinite,
  setResult,
  sticky,
  ZE,
  ZERO64,
} from "./x87-cells.ts";
import { ROUND_RESULT, shiftRightJam } from "./x87-round.ts";

/** A number taken apart. A denormal may be normalized; zero has m = 0. */
export interface Parts {
  sign: Val;
  exp: Var;
  m: Var;
}
export function unpack(c: Code, at: Val): Parts {
  const se = c.ld("u16", at, 8);
  return {
    sign: c.tmp(i32.shr_u(se, k(15))),
    exp: c.var(i32.and(se, k(EXP_MAX))),
    m: c.var(c.ldExpr("i64", at)),
  };
}
/** True for anything but a normal number: zero, denormal, infinity, NaN, unsupported. */
export function isRare(c: Code, x: Parts): Val {
  const ordinary = i32.lt_u(i32.sub(c.get(x.exp), k(1)), k(EXP_MAX - 1));
  return i32.or(i32.eqz(ordinary), i64.ge_s(c.get(x.m), ZERO64));
}
export function isUnsupported(c: Code, x: Parts): Val {
  return i32.and(i32.ne(c.get(x.exp), k(0)), i64.ge_s(c.get(x.m), ZERO64));
}
export function isNan(c: Code, x: Parts): Val {
  return i32.and(isExpMax(c, x), i64.ne(i64.shl(c.get(x.m), k64(1)), ZERO64));
}
export const QUIET_BIT = k64(0x4000000000000000n);
export function isSignaling(c: Code, x: Parts): Val {
  return i32.and(isNan(c, x), i64.eqz(i64.and(c.get(x.m), QUIET_BIT)));
}
export function isExpMax(c: Code, x: Parts): Val {
  return i32.eq(c.get(x.exp), k(EXP_MAX));
}
export function isZero(c: Code, x: Parts): Val {
  return i64.eqz(c.get(x.m));
}
/** Raises DE and normalizes if denormal: the exponent may then be below 1. */
export function normalize(c: Code, x: Parts): void {
  c.if(i32.and(i32.eqz(c.get(x.exp)), i64.ne(c.get(x.m), ZERO64)), () => {
    raise(c, DE);
    const n = c.tmp(i64.clz(c.get(x.m)));
    c.set(x.m, i64.shl(c.get(x.m), n));
    c.set(x.exp, i32.sub(k(1), i32.wrap_i64(n)));
  });
}
function signExp(sign: Val, exp: Val): Val {
  return i32.or(i32.shl(sign, k(15)), exp);
}
export function setZero(c: Code, sign: Val): void {
  setResult(c, ZERO64, signExp(sign, k(0)));
}
export function setInfinity(c: Code, sign: Val): void {
  setResult(c, INTEGER_BIT, signExp(sign, k(EXP_MAX)));
}

/** Deals with NaNs and unsupported operands: 1 if the result is set. SDM volume 1, table 4-7. */
export const SPECIAL2: Shared = {
  name: "x87_special2",
  params: ["i32", "i32"],
  result: "i32",
  body: (c) => {
    const a = unpack(c, c.param(0));
    const b = unpack(c, c.param(1));
    c.if(i32.or(isUnsupported(c, a), isUnsupported(c, b)), () => {
      clearExceptions(c);
      setIndefinite(c, IE);
      c.ret(k(1));
    });
    const aNan = c.tmp(isNan(c, a));
    const bNan = c.tmp(isNan(c, b));
    c.if(i32.eqz(i32.or(aNan, bNan)), () => c.ret(k(0)));
    // A denormal in memory, of which the conversion has told, counts for nothing beside a NaN.
    clearExceptions(c);
    c.if(i32.or(isSignaling(c, a), isSignaling(c, b)), () => raise(c, IE));
    // Of two NaNs the one with the larger significand, of equal ones the positive.
    const larger = i64.gt_u(c.get(a.m), c.get(b.m));
    const equal = i64.eq(c.get(a.m), c.get(b.m));
    const aWins = i32.or(larger, i32.and(equal, i32.le_u(a.sign, b.sign)));
    const takeA = c.tmp(i32.and(aNan, i32.or(i32.eqz(bNan), aWins)));
    const m = select(takeA, c.get(a.m), c.get(b.m));
    setResult(c, i64.or(m, QUIET_BIT), signExp(select(takeA, a.sign, b.sign), k(EXP_MAX)));
    c.ret(k(1));
  },
};

/** High half of the unsigned 128-bit product; the low half is i64.mul. */
export const MUL_HIGH: Shared = {
  name: "mul_high_u64",
  params: ["i64", "i64"],
  result: "i64",
  body: (c) => {
    const low = k64(0xffffffffn);
    const half = k64(32);
    const [a, b] = [c.param(0), c.param(1)];
    const al = c.tmp(i64.and(a, low));
    const ah = c.tmp(i64.shr_u(a, half));
    const bl = c.tmp(i64.and(b, low));
    const bh = c.tmp(i64.shr_u(b, half));
    const mid = c.tmp(i64.add(i64.mul(ah, bl), i64.shr_u(i64.mul(al, bl), half)));
    const mid2 = c.tmp(i64.add(i64.mul(al, bh), i64.and(mid, low)));
    c.ret(i64.add(i64.mul(ah, bh), i64.add(i64.shr_u(mid, half), i64.shr_u(mid2, half))));
  },
};

/** Quotient of hi:lo / d for hi < d, d with its top bit set (Knuth, volume 2, 4.3.1, algorithm D with two digits). */
export const DIV_128: Shared = {
  name: "div_u128_u64",
  params: ["i64", "i64", "i64"],
  result: "i64",
  body: (c) => {
    const low = k64(0xffffffffn);
    const half = k64(32);
    const [hi, lo, d] = [c.param(0), c.param(1), c.param(2)];
    const dh = c.tmp(i64.shr_u(d, half));
    const dl = c.tmp(i64.and(d, low));
    const digit = (rem: Val, next: Val): Val => {
      const q = c.var(i64.div_u(rem, dh));
      const r = c.var(i64.sub(rem, i64.mul(c.get(q), dh)));
      c.loop((top) => {
        const tooBig = i32.or(
          i64.gt_u(c.get(q), low),
          i64.gt_u(i64.mul(c.get(q), dl), i64.or(i64.shl(c.get(r), half), next)),
        );
        c.if(tooBig, () => {
          c.set(q, i64.sub(c.get(q), k64(1)));
          c.set(r, i64.add(c.get(r), dh));
          c.brIf(i64.le_u(c.get(r), low), top);
        });
      });
      return c.get(q);
    };
    const first = c.tmp(i64.shr_u(lo, half));
    const q1 = digit(hi, first);
    const rem = c.tmp(i64.sub(i64.or(i64.shl(hi, half), first), i64.mul(q1, d)));
    const q0 = digit(rem, c.tmp(i64.and(lo, low)));
    c.ret(i64.add(i64.shl(q1, half), q0));
  },
};

type Use = (f: Shared) => Callee;
type Specials = (a: Parts, b: Parts) => void;
/** The two operands; where one is rare, NaNs are done, denormals normalized, and `specials` deals with infinities and zeros. */
function operands(c: Code, use: Use, flipB: Val | undefined, specials: Specials): [Parts, Parts] {
  const a = unpack(c, c.param(0));
  const b = unpack(c, c.param(1));
  if (flipB) b.sign = c.tmp(i32.xor(b.sign, flipB));
  c.if(i32.or(isRare(c, a), isRare(c, b)), () => {
    const special = i32.or(i32.or(isExpMax(c, a), isExpMax(c, b)), i32.or(isUnsupported(c, a), isUnsupported(c, b)));
    c.if(special, () => c.if(c.call(use(SPECIAL2), c.param(0), c.param(1)), () => c.ret()));
    normalize(c, a);
    normalize(c, b);
    specials(a, b);
  });
  return [a, b];
}

/** Where exact results go: the shared rounding (sign, exp, hi, lo), and the rounding control that goes with it. */
export interface Target {
  name: string;
  round: Shared;
  rc: (c: Code) => Val;
}

function addition(to: Target, subtract: boolean): Shared {
  return {
    name: `${to.name}_${subtract ? "sub" : "add"}`,
    params: ["i32", "i32"],
    result: undefined,
    body: (c, use) => {
      const round = (sign: Val, exp: Val, hi: Val, lo: Val): void => {
        c.callVoid(use(to.round), sign, exp, hi, lo);
        c.ret();
      };
      /** The zero that comes of x - x: negative only when rounding down. */
      const cancelled = (): void => setZero(c, i32.eq(to.rc(c), k(1)));
      const [a, b] = operands(c, use, subtract ? k(1) : undefined, (x, y) => {
        const differ = i32.ne(x.sign, y.sign);
        c.if(isExpMax(c, x), () => {
          c.if(
            i32.and(isExpMax(c, y), differ),
            () => setIndefinite(c, IE),
            () => setInfinity(c, x.sign),
          );
          c.ret();
        });
        c.if(isExpMax(c, y), () => {
          setInfinity(c, y.sign);
          c.ret();
        });
        c.if(isZero(c, x), () => {
          c.if(isZero(c, y), () => {
            c.if(differ, cancelled, () => setZero(c, x.sign));
            c.ret();
          });
          round(y.sign, c.get(y.exp), c.get(y.m), ZERO64);
        });
        c.if(isZero(c, y), () => round(x.sign, c.get(x.exp), c.get(x.m), ZERO64));
      });
      // Larger magnitude in x.
      const bLarger = c.tmp(
        i32.or(
          i32.gt_s(c.get(b.exp), c.get(a.exp)),
          i32.and(i32.eq(c.get(b.exp), c.get(a.exp)), i64.gt_u(c.get(b.m), c.get(a.m))),
        ),
      );
      const sign = c.tmp(select(bLarger, b.sign, a.sign));
      const exp = c.var(select(bLarger, c.get(b.exp), c.get(a.exp)));
      const h = c.var(select(bLarger, c.get(b.m), c.get(a.m)));
      const l = c.var(ZERO64);
      const yh = c.var(select(bLarger, c.get(a.m), c.get(b.m)));
      const yl = c.var(ZERO64);
      const distance = c.tmp(i32.sub(c.get(exp), select(bLarger, c.get(a.exp), c.get(b.exp))));
      c.if(distance, () => shiftRightJam(c, yh, yl, distance));
      c.if(
        i32.eq(a.sign, b.sign),
        () => {
          const sum = c.tmp(i64.add(c.get(h), c.get(yh)));
          c.if(
            i64.lt_u(sum, c.get(h)),
            () => {
              c.set(l, i64.or(i64.or(i64.shl(sum, k64(63)), i64.shr_u(c.get(yl), k64(1))), i64.and(c.get(yl), k64(1))));
              c.set(h, i64.or(i64.shr_u(sum, k64(1)), INTEGER_BIT));
              c.set(exp, i32.add(c.get(exp), k(1)));
            },
            () => {
              c.set(h, sum);
              c.set(l, c.get(yl));
            },
          );
        },
        () => {
          c.set(h, i64.sub(i64.sub(c.get(h), c.get(yh)), sticky(c.get(yl))));
          c.set(l, i64.sub(ZERO64, c.get(yl)));
          c.if(i64.eqz(c.get(h)), () => {
            c.if(i64.eqz(c.get(l)), () => {
              cancelled();
              c.ret();
            });
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
    },
  };
}

const multiplication = (to: Target): Shared => ({
  name: `${to.name}_mul`,
  params: ["i32", "i32"],
  result: undefined,
  body: (c, use) => {
    const [a, b] = operands(c, use, undefined, (x, y) => {
      const sign = c.tmp(i32.xor(x.sign, y.sign));
      const zero = c.tmp(i32.or(isZero(c, x), isZero(c, y)));
      c.if(i32.or(isExpMax(c, x), isExpMax(c, y)), () => {
        c.if(
          zero,
          () => setIndefinite(c, IE),
          () => setInfinity(c, sign),
        );
        c.ret();
      });
      c.if(zero, () => {
        setZero(c, sign);
        c.ret();
      });
    });
    const hi = c.var(c.call(use(MUL_HIGH), c.get(a.m), c.get(b.m)));
    const lo = c.var(i64.mul(c.get(a.m), c.get(b.m)));
    const exp = c.var(i32.sub(i32.add(c.get(a.exp), c.get(b.exp)), k(BIAS - 1)));
    c.if(i64.ge_s(c.get(hi), ZERO64), () => {
      c.set(hi, i64.or(i64.shl(c.get(hi), k64(1)), i64.shr_u(c.get(lo), k64(63))));
      c.set(lo, i64.shl(c.get(lo), k64(1)));
      c.set(exp, i32.sub(c.get(exp), k(1)));
    });
    c.callVoid(use(to.round), i32.xor(a.sign, b.sign), c.get(exp), c.get(hi), c.get(lo));
    c.ret();
  },
});

/** a / b */
const division = (to: Target): Shared => ({
  name: `${to.name}_div`,
  params: ["i32", "i32"],
  result: undefined,
  body: (c, use) => {
    const [a, b] = operands(c, use, undefined, (x, y) => {
      const sign = c.tmp(i32.xor(x.sign, y.sign));
      const infinite = (then: () => void): void => {
        then();
        c.ret();
      };
      c.if(isExpMax(c, x), () => {
        c.if(
          isExpMax(c, y),
          () => setIndefinite(c, IE),
          () => setInfinity(c, sign),
        );
        c.ret();
      });
      c.if(isExpMax(c, y), () => infinite(() => setZero(c, sign)));
      c.if(isZero(c, y), () => {
        c.if(
          isZero(c, x),
          () => setIndefinite(c, IE),
          () => {
            // Takes precedence over a denormal dividend.
            clearExceptions(c);
            raise(c, ZE);
            setInfinity(c, sign);
          },
        );
        c.ret();
      });
      c.if(isZero(c, x), () => infinite(() => setZero(c, sign)));
    });
    const [n, d] = [c.get(a.m), c.get(b.m)];
    const less = c.tmp(i64.lt_u(n, d));
    const hi = c.tmp(select(less, n, i64.shr_u(n, k64(1))));
    const lo = c.tmp(select(less, ZERO64, i64.shl(n, k64(63))));
    const q = c.call(use(DIV_128), hi, lo, d);
    const r = c.tmp(i64.sub(lo, i64.mul(q, d)));
    // The rest against half of the divisor, as the fraction's top bit and a trace.
    const other = c.tmp(i64.sub(d, r));
    const above = select(i64.gt_u(r, other), k64(-1), k64(1));
    const f = select(i64.eq(r, other), INTEGER_BIT, above);
    const exp = i32.add(i32.sub(c.get(a.exp), c.get(b.exp)), select(less, k(BIAS - 1), k(BIAS)));
    c.callVoid(use(to.round), i32.xor(a.sign, b.sign), exp, q, select(i64.eqz(r), ZERO64, f));
    c.ret();
  },
});

const squareRoot = (to: Target): Shared => ({
  name: `${to.name}_sqrt`,
  params: ["i32", "i32"],
  result: undefined,
  body: (c, use) => {
    const [a] = operands(c, use, undefined, (x) => {
      c.if(isZero(c, x), () => {
        setZero(c, x.sign);
        c.ret();
      });
      c.if(i32.and(isExpMax(c, x), i32.eqz(x.sign)), () => {
        setInfinity(c, k(0));
        c.ret();
      });
    });
    c.if(a.sign, () => {
      clearExceptions(c);
      setIndefinite(c, IE);
      c.ret();
    });
    // Radicand hi:lo in [2^126, 2^128), the exponent's parity taken in.
    const even = c.tmp(i32.and(c.get(a.exp), k(1)));
    const hi = c.tmp(select(even, i64.shr_u(c.get(a.m), k64(1)), c.get(a.m)));
    const lo = c.tmp(select(even, i64.shl(c.get(a.m), k64(63)), ZERO64));
    // An estimate not below the root, one step of Newton's, then down to the floor.
    const estimate = f64.mul(f64.sqrt(f64.convert_i64_u(hi)), f64.const(4294967296));
    const guess = c.tmp(i64.trunc_sat_f64_u(f64.mul(estimate, f64.const(1 + 2 ** -50))));
    const q = c.var(k64(-1));
    c.if(i64.lt_u(hi, guess), () => c.set(q, c.call(use(DIV_128), hi, lo, guess)));
    const both = i64.and(i64.and(guess, c.get(q)), k64(1));
    const root = c.var(i64.add(i64.add(i64.shr_u(guess, k64(1)), i64.shr_u(c.get(q), k64(1))), both));
    const restHigh = c.var(ZERO64);
    const restLow = c.var(ZERO64);
    c.loop((again) => {
      const square = c.tmp(i64.mul(c.get(root), c.get(root)));
      const squareHigh = c.call(use(MUL_HIGH), c.get(root), c.get(root));
      c.set(restLow, i64.sub(lo, square));
      c.set(restHigh, i64.sub(i64.sub(hi, squareHigh), i64.extend_i32_u(i64.lt_u(lo, square))));
      c.if(i64.lt_s(c.get(restHigh), ZERO64), () => {
        c.set(root, i64.sub(c.get(root), k64(1)));
        c.br(again);
      });
    });
    const rest = i64.or(c.get(restHigh), c.get(restLow));
    const aboveHalf = i32.or(i64.ne(c.get(restHigh), ZERO64), i64.gt_u(c.get(restLow), c.get(root)));
    const f = select(i64.eqz(rest), ZERO64, select(aboveHalf, k64(-1), k64(1)));
    const exp = i32.add(i32.shr_s(i32.sub(c.get(a.exp), k(BIAS)), k(1)), k(BIAS));
    c.callVoid(use(to.round), k(0), exp, c.get(root), f);
    c.ret();
  },
});

/** The five operations for a target: (address, address) -> result slot, or an exact result to its rounding. */
export function arithmetic(to: Target): Record<"add" | "sub" | "mul" | "div" | "sqrt", Shared> {
  return {
    add: addition(to, false),
    sub: addition(to, true),
    mul: multiplication(to),
    div: division(to),
    sqrt: squareRoot(to),
  };
}
const x87 = arithmetic({ name: "x87", round: ROUND_RESULT, rc: (c) => roundingOf(controlWord(c)) });
export const { add: ADD, sub: SUB, mul: MUL, div: DIV, sqrt: SQRT } = x87;
