/**
 * Rounding: the one place where an exact result becomes a number of a format. SDM volume 1, 4.8.4 and 4.9.1. Tininess
 * is detected after rounding.
 */
import type { Code, Var } from "../wasm/code.ts";
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import type { Shared } from "./emit.ts";
import {
  BIAS,
  C1,
  cell,
  controlWord,
  EXC,
  EXP_MAX,
  EXPO,
  INTEGER_BIT,
  k,
  k64,
  lost,
  OE,
  PE,
  raise,
  roundingOf,
  setCell,
  setResult,
  sticky,
  UE,
  ZERO64,
} from "./x87-cells.ts";

/** Formats by what rounding needs: significand bits dropped out of 64, least and greatest biased exponent of normal numbers. */
export const FORMAT_F64 = { drop: 11, min: BIAS - 1022, max: BIAS + 1023 } as const;
export const FORMAT_F32 = { drop: 40, min: BIAS - 126, max: BIAS + 127 } as const;
export const FORMAT_F80 = { drop: 0, min: 1, max: EXP_MAX - 1 } as const;

/** The 64 bits of weight below the unit, of which the lowest stands for all that follow. */
function fraction(c: Code, hi: Val, lo: Val, drop: Val): Val {
  const wide = i64.extend_i32_u(drop);
  return c.tmp(select(drop, i64.or(lost(hi, wide), sticky(lo)), lo));
}
/** 1 if the magnitude is to be rounded up. */
function roundsUp(c: Code, sign: Val, hi: Val, f: Val, drop: Val, rc: Val): Val {
  const odd = i32.and(i32.wrap_i64(i64.shr_u(hi, i64.extend_i32_u(drop))), k(1));
  const nearest = i32.or(i64.gt_u(f, INTEGER_BIT), i32.and(i64.eq(f, INTEGER_BIT), odd));
  // Down (1) rounds negative numbers up in magnitude, up (2) positive ones, to zero (3) none.
  const directed = i32.and(i64.ne(f, ZERO64), i32.eq(rc, i32.sub(k(2), sign)));
  return c.tmp(select(rc, directed, nearest));
}
/** Shifts hi:lo right by n >= 1, keeping a trace of lost bits in the lowest. */
export function shiftRightJam(c: Code, hi: Var, lo: Var, n: Val): void {
  const n64 = c.tmp(i64.extend_i32_u(n));
  const h = c.get(hi);
  const l = c.get(lo);
  c.if(
    i32.lt_u(n, k(64)),
    () => {
      c.set(lo, i64.or(i64.or(lost(h, n64), i64.shr_u(l, n64)), sticky(lost(l, n64))));
      c.set(hi, i64.shr_u(h, n64));
    },
    () => {
      // By 64 first; the rest is 0 to 63, and lost() of 0 would not shift at all.
      const rest = i64.sub(n64, k64(64));
      const out = select(i32.eq(n, k(64)), ZERO64, lost(h, rest));
      const kept = i64.or(i64.shr_u(h, rest), sticky(i64.or(out, l)));
      c.set(lo, select(i32.lt_u(n, k(128)), kept, k64(1)));
      c.set(hi, ZERO64);
    },
  );
}

/**
 * Rounds (-1)^sign * hi:lo * 2^(exp - bias - 127), hi normalized (or 0 with lo for nothing but a trace), to a format.
 * Returns the significand, left-aligned, without integer bit if denormal; EXPO has the exponent that goes with it
 * (EXP_MAX for infinity; the format's least for denormals). Raises OE, UE, PE; sets C1.
 */
export const ROUND: Shared = {
  name: "x87_round",
  params: ["i32", "i32", "i64", "i64", "i32", "i32", "i32", "i32"],
  result: "i64",
  body: (c) => {
    const [sign, exp0, hi0, lo0, drop, min, max, rc] = Array.from({ length: 8 }, (_, i) => c.param(i));
    const exp = c.var(exp0);
    const hi = c.var(hi0);
    const lo = c.var(lo0);
    const tiny = c.var(k(0));
    const unit = c.tmp(i64.shl(k64(1), i64.extend_i32_u(drop)));
    const mask = c.tmp(i64.sub(unit, k64(1)));
    c.if(i32.lt_s(exp0, min), () => {
      c.set(tiny, k(1));
      // Not tiny if it would round up to the least normal number were the exponent unbounded.
      c.if(i32.eq(exp0, i32.sub(min, k(1))), () => {
        const up = roundsUp(c, sign, hi0, fraction(c, hi0, lo0, drop), drop, rc);
        c.set(tiny, i32.eqz(i32.and(up, i64.eq(i64.or(hi0, mask), k64(-1)))));
      });
      shiftRightJam(c, hi, lo, c.tmp(i32.sub(min, exp0)));
      c.set(exp, min);
    });
    const f = fraction(c, c.get(hi), c.get(lo), drop);
    const up = roundsUp(c, sign, c.get(hi), f, drop, rc);
    c.set(hi, i64.and(c.get(hi), i64.xor(mask, k64(-1))));
    c.if(up, () => {
      c.set(hi, i64.add(c.get(hi), unit));
      c.if(i64.eqz(c.get(hi)), () => {
        c.set(hi, INTEGER_BIT);
        c.set(exp, i32.add(c.get(exp), k(1)));
      });
    });
    c.if(i64.ne(f, ZERO64), () => {
      raise(c, PE);
      c.if(c.get(tiny), () => raise(c, UE));
    });
    setCell(c, C1, up);
    c.if(i32.gt_s(c.get(exp), max), () => {
      raise(c, OE | PE);
      const infinite = c.tmp(i32.or(i32.eqz(rc), i32.eq(rc, i32.sub(k(2), sign))));
      c.set(exp, select(infinite, k(EXP_MAX), max));
      c.set(hi, select(infinite, INTEGER_BIT, i64.xor(mask, k64(-1))));
      setCell(c, C1, infinite);
    });
    setCell(c, EXPO, c.get(exp));
    c.ret(c.get(hi));
  },
};

/** What the exponent is moved by when overflow or underflow is not masked (SDM volume 1, 8.5.4 and 8.5.5). */
const WRAP = 24576;
export const UNBOUNDED = 0x100000;

/** (sign, exp, hi, lo, drop): rounds into the result slot, exponent of the extended format. Arguments as for ROUND. */
export const ROUND_F80: Shared = {
  name: "x87_round_f80",
  params: ["i32", "i32", "i64", "i64", "i32"],
  result: undefined,
  body: (c, use) => {
    const [sign, exp, hi, lo, drop] = [c.param(0), c.param(1), c.param(2), c.param(3), c.param(4)];
    const { min, max } = FORMAT_F80;
    const fcw = controlWord(c);
    const store = (m: Val, e: Val): void => setResult(c, m, i32.or(i32.shl(sign, k(15)), e));
    // Nearly always: full precision, to nearest, well inside the exponent's range.
    const inside = i32.lt_u(i32.sub(exp, k(min)), k(max - min));
    c.if(i32.and(inside, i32.eqz(i32.or(drop, roundingOf(fcw)))), () => {
      const odd = i32.wrap_i64(i64.and(hi, k64(1)));
      const up = c.tmp(i32.or(i64.gt_u(lo, INTEGER_BIT), i32.and(i64.eq(lo, INTEGER_BIT), odd)));
      c.if(i64.ne(lo, ZERO64), () => raise(c, PE));
      setCell(c, C1, up);
      const m = c.tmp(i64.add(hi, i64.extend_i32_u(up)));
      const carry = i64.eqz(m);
      store(i64.or(m, INTEGER_BIT), i32.add(exp, carry));
      c.ret();
    });
    const unmasked = c.tmp(i32.xor(fcw, k(OE | UE)));
    const critical = i32.or(i32.lt_s(exp, k(min)), i32.ge_s(exp, k(max)));
    c.if(i32.and(i32.ne(i32.and(unmasked, k(OE | UE)), k(0)), critical), () => {
      const before = cell(c, EXC);
      const m = c.call(use(ROUND), sign, exp, hi, lo, drop, k(-UNBOUNDED), k(UNBOUNDED), roundingOf(fcw));
      const e = c.ld("i32", k(0), EXPO);
      c.if(i32.and(i32.gt_s(e, k(max)), i32.ne(i32.and(unmasked, k(OE)), k(0))), () => {
        raise(c, OE);
        const far = c.tmp(i32.gt_s(i32.sub(e, k(WRAP)), k(max)));
        c.if(far, () => {
          raise(c, PE);
          setCell(c, C1, k(1));
        });
        store(select(far, INTEGER_BIT, m), select(far, k(EXP_MAX), i32.sub(e, k(WRAP))));
        c.ret();
      });
      c.if(i32.and(i32.lt_s(e, k(min)), i32.ne(i32.and(unmasked, k(UE)), k(0))), () => {
        raise(c, UE);
        const far = c.tmp(i32.lt_s(i32.add(e, k(WRAP)), k(min)));
        c.if(far, () => {
          raise(c, PE);
          setCell(c, C1, k(0));
        });
        store(select(far, ZERO64, m), select(far, k(0), i32.add(e, k(WRAP))));
        c.ret();
      });
      setCell(c, EXC, before);
    });
    const m = c.call(use(ROUND), sign, exp, hi, lo, drop, k(min), k(max), roundingOf(fcw));
    store(m, select(i64.lt_s(m, ZERO64), c.ld("i32", k(0), EXPO), k(0)));
    c.ret();
  },
};
/** ROUND_F80 at the control word's precision. */
export const ROUND_RESULT: Shared = {
  name: "x87_round_result",
  params: ["i32", "i32", "i64", "i64"],
  result: undefined,
  body: (c, use) => {
    const pc = c.tmp(i32.and(i32.shr_u(controlWord(c), k(8)), k(3)));
    const drop = select(i32.eqz(pc), k(40), select(i32.eq(pc, k(2)), k(11), k(0)));
    c.callVoid(use(ROUND_F80), c.param(0), c.param(1), c.param(2), c.param(3), drop);
    c.ret();
  },
};
