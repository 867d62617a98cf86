/** Between extended numbers and other formats, and comparison: shared functions. SDM volume 1, 4.8 and 8.1.7. */
import type { Code } from "../wasm/code.ts";
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import type { Shared } from "./emit.ts";
import {
  isExpMax,
  isNan,
  isSignaling,
  isUnsupported,
  normalize,
  type Parts,
  QUIET_BIT,
  SPECIAL2,
  setZero,
  unpack,
} from "./x87-arith.ts";
import {
  BIAS,
  C1,
  clearExceptions,
  controlWord,
  DE,
  EXC,
  EXP_MAX,
  EXPO,
  FSW_C0,
  FSW_C1,
  FSW_C2,
  FSW_C3,
  IE,
  INDEFINITE,
  INTEGER_BIT,
  k,
  k64,
  MEM,
  PE,
  physical,
  raise,
  roundingOf,
  setCell,
  setResult,
  setSlot,
  setStatusWord,
  setTags,
  slotOf,
  statusWord,
  tags,
  UE,
  ZERO64,
} from "./x87-cells.ts";
import { FORMAT_F32, FORMAT_F64, ROUND, shiftRightJam } from "./x87-round.ts";

/** A memory format: fraction bits, exponent's greatest field value, exponent bias. */
interface Layout {
  name: string;
  fraction: number;
  expMax: number;
  bias: number;
  round: { drop: number; min: number; max: number };
}
const F64: Layout = { name: "f64", fraction: 52, expMax: 0x7ff, bias: 1023, round: FORMAT_F64 };
const F32: Layout = { name: "f32", fraction: 23, expMax: 0xff, bias: 127, round: FORMAT_F32 };

/**
 * Bits of a number (i64) into the memory operand's slot. A denormal raises DE. With `quiet` not 0, as for FLD, a
 * signaling NaN raises IE and is made quiet; otherwise it stays, for the arithmetic to find.
 */
function fromFloat(f: Layout): Shared {
  return {
    name: `x87_from_${f.name}`,
    params: ["i64", "i32"],
    result: undefined,
    body: (c) => {
      const bits = c.param(0);
      const field = i64.and(i64.shr_u(bits, k64(f.fraction)), k64(f.expMax));
      const exp = c.tmp(i32.wrap_i64(field));
      const fraction = c.tmp(i64.and(bits, k64((1n << BigInt(f.fraction)) - 1n)));
      const sign = c.tmp(
        i32.shl(i32.and(i32.wrap_i64(i64.shr_u(bits, k64(f.fraction === 52 ? 63 : 31))), k(1)), k(15)),
      );
      const m = c.var(i64.or(i64.shl(fraction, k64(63 - f.fraction)), INTEGER_BIT));
      const e = c.var(i32.add(exp, k(BIAS - f.bias)));
      c.if(i32.eqz(exp), () => {
        const n = c.tmp(i64.clz(fraction));
        c.if(
          i64.eqz(fraction),
          () => {
            c.set(m, ZERO64);
            c.set(e, k(0));
          },
          () => {
            raise(c, DE);
            c.set(m, i64.shl(fraction, n));
            c.set(e, i32.sub(k(BIAS + 64 - f.bias - f.fraction), i32.wrap_i64(n)));
          },
        );
      });
      c.if(i32.eq(exp, k(f.expMax)), () => {
        c.set(e, k(EXP_MAX));
        const signaling = i32.and(i64.ne(fraction, ZERO64), i64.eqz(i64.and(c.get(m), QUIET_BIT)));
        c.if(i32.and(signaling, c.param(1)), () => {
          raise(c, IE);
          c.set(m, i64.or(c.get(m), QUIET_BIT));
        });
      });
      setSlot(c, k(MEM), c.get(m), i32.or(sign, c.get(e)));
      c.ret();
    },
  };
}
/**
 * (bits) -> 1 if the number is zero or normal and the stack has room: then it has been pushed. Otherwise nothing is
 * changed, and the load goes its long way.
 */
function pushFloat(f: Layout): Shared {
  return {
    name: `x87_push_${f.name}`,
    params: ["i64"],
    result: "i32",
    body: (c) => {
      const bits = c.param(0);
      const width = f.fraction === 52 ? 63 : 31;
      const exp = c.tmp(i32.and(i32.wrap_i64(i64.shr_u(bits, k64(f.fraction))), k(f.expMax)));
      const sign = i32.shl(i32.and(i32.wrap_i64(i64.shr_u(bits, k64(width))), k(1)), k(15));
      const fraction = i64.shl(i64.and(bits, k64((1n << BigInt(f.fraction)) - 1n)), k64(63 - f.fraction));
      const zero = c.tmp(i64.eqz(i64.shl(bits, k64(64 - width))));
      const normal = i32.lt_u(i32.sub(exp, k(1)), k(f.expMax - 1));
      const p = physical(c, k(-1));
      const room = i32.eqz(i32.and(i32.shr_u(tags(c), p), k(1)));
      c.if(i32.eqz(i32.and(i32.or(zero, normal), room)), () => c.ret(k(0)));
      const m = select(zero, ZERO64, i64.or(fraction, INTEGER_BIT));
      setSlot(c, slotOf(p), m, i32.or(sign, select(zero, k(0), i32.add(exp, k(BIAS - f.bias)))));
      setTags(c, i32.or(tags(c), i32.shl(k(1), p)));
      const kept = i32.and(statusWord(c), k(~(0x3800 | FSW_C1)));
      setStatusWord(c, i32.or(kept, i32.shl(p, k(11))));
      c.ret(k(1));
    },
  };
}
export const PUSH_F64 = pushFloat(F64);
export const PUSH_F32 = pushFloat(F32);
export const FROM_F64 = fromFloat(F64);
export const FROM_F32 = fromFloat(F32);

/** A signed integer into the memory operand's slot. */
export const FROM_INT: Shared = {
  name: "x87_from_int",
  params: ["i64"],
  result: undefined,
  body: (c) => {
    const v = c.param(0);
    const negative = c.tmp(i64.lt_s(v, ZERO64));
    const magnitude = c.tmp(select(negative, i64.sub(ZERO64, v), v));
    const n = c.tmp(i64.clz(magnitude));
    const exp = i32.sub(k(BIAS + 63), i32.wrap_i64(n));
    const se = i32.or(exp, i32.shl(negative, k(15)));
    setSlot(c, k(MEM), i64.shl(magnitude, n), select(i64.eqz(v), k(0), se));
    c.ret();
  },
};

/** The number at an address, rounded by the control word, as the bits of the format (i64). */
function toFloat(f: Layout): Shared {
  const shift = 63 - f.fraction;
  const fractionMask = k64((1n << BigInt(f.fraction)) - 1n);
  return {
    name: `x87_to_${f.name}`,
    params: ["i32"],
    result: "i64",
    body: (c, use) => {
      const x = unpack(c, c.param(0));
      const pack = (sign: Val, exp: Val, m: Val): Val => {
        const top = i64.extend_i32_u(i32.or(i32.mul(sign, k(f.expMax + 1)), exp));
        return i64.or(i64.shl(top, k64(f.fraction)), i64.and(i64.shr_u(m, k64(shift)), fractionMask));
      };
      c.if(isUnsupported(c, x), () => {
        raise(c, IE);
        c.ret(pack(k(1), k(f.expMax), INDEFINITE));
      });
      c.if(isExpMax(c, x), () => {
        c.if(isSignaling(c, x), () => raise(c, IE));
        const m = select(isNan(c, x), i64.or(c.get(x.m), QUIET_BIT), c.get(x.m));
        c.ret(pack(x.sign, k(f.expMax), m));
      });
      c.if(i64.eqz(c.get(x.m)), () => c.ret(pack(x.sign, k(0), ZERO64)));
      normalizeQuietly(c, x);
      const { drop, min, max } = f.round;
      const rc = c.tmp(roundingOf(controlWord(c)));
      // Nearly always: to nearest, well inside the exponent's range. A carry runs into the exponent, as it should.
      const inside = i32.lt_u(i32.sub(c.get(x.exp), k(min)), k(max - min));
      c.if(i32.and(inside, i32.eqz(rc)), () => {
        const below = c.tmp(i64.shl(c.get(x.m), k64(64 - drop)));
        const kept = i64.shr_u(c.get(x.m), k64(drop));
        const odd = i32.wrap_i64(i64.and(kept, k64(1)));
        const up = c.tmp(i32.or(i64.gt_u(below, INTEGER_BIT), i32.and(i64.eq(below, INTEGER_BIT), odd)));
        c.if(i64.ne(below, ZERO64), () => raise(c, PE));
        setCell(c, C1, up);
        const near = pack(x.sign, i32.sub(c.get(x.exp), k(BIAS - f.bias)), c.get(x.m));
        c.ret(i64.add(near, i64.extend_i32_u(up)));
      });
      const m = c.call(use(ROUND), x.sign, c.get(x.exp), c.get(x.m), ZERO64, k(drop), k(min), k(max), rc);
      // A denormal is an underflow even if exact, where that is not masked (SDM volume 1, 4.9.1.5).
      const unmasked = i32.eqz(i32.and(controlWord(c), k(UE)));
      c.if(i32.and(i64.gt_s(m, ZERO64), unmasked), () => raise(c, UE));
      const e = c.ld("i32", k(0), EXPO);
      const field = select(i32.eq(e, k(EXP_MAX)), k(f.expMax), i32.sub(e, k(BIAS - f.bias)));
      c.ret(pack(x.sign, select(i64.lt_s(m, ZERO64), field, k(0)), m));
    },
  };
}
export const TO_F64 = toFloat(F64);
export const TO_F32 = toFloat(F32);

/** Stores and roundings to integer do not raise DE. */
function normalizeQuietly(c: Code, x: Parts): void {
  const n = c.tmp(i64.clz(c.get(x.m)));
  c.if(i32.eqz(c.get(x.exp)), () => {
    c.set(x.m, i64.shl(c.get(x.m), n));
    c.set(x.exp, i32.sub(k(1), i32.wrap_i64(n)));
  });
}

/** Magnitude rounded to an integer, exponent at most BIAS + 63; raises PE, sets C1. */
const ROUND_INT: Shared = {
  name: "x87_round_int",
  params: ["i32", "i32", "i64", "i32"],
  result: "i64",
  body: (c) => {
    const [sign, exp, m, rc] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    const shift = c.tmp(i32.sub(k(BIAS + 63), exp));
    c.if(i32.eqz(shift), () => c.ret(m));
    const hi = c.var(m);
    const f = c.var(ZERO64);
    shiftRightJam(c, hi, f, shift);
    c.if(i64.eqz(c.get(f)), () => c.ret(c.get(hi)));
    raise(c, PE);
    const odd = i32.wrap_i64(i64.and(c.get(hi), k64(1)));
    const nearest = i32.or(i64.gt_u(c.get(f), INTEGER_BIT), i32.and(i64.eq(c.get(f), INTEGER_BIT), odd));
    const up = c.tmp(select(rc, i32.eq(rc, i32.sub(k(2), sign)), nearest));
    setCell(c, C1, up);
    c.ret(i64.add(c.get(hi), i64.extend_i32_u(up)));
  },
};

/** (address, bits of the integer, rounding control) -> signed integer, or the integer indefinite with IE. */
export const TO_INT: Shared = {
  name: "x87_to_int",
  params: ["i32", "i32", "i32"],
  result: "i64",
  body: (c, use) => {
    const x = unpack(c, c.param(0));
    const limit = c.tmp(i64.shl(k64(1), i64.extend_i32_u(i32.sub(c.param(1), k(1)))));
    const indefinite = (): void => {
      raise(c, IE);
      c.ret(i64.sub(ZERO64, limit));
    };
    c.if(i32.or(isUnsupported(c, x), i32.gt_u(c.get(x.exp), k(BIAS + 63))), indefinite);
    c.if(i64.eqz(c.get(x.m)), () => c.ret(ZERO64));
    const v = c.call(use(ROUND_INT), x.sign, c.get(x.exp), c.get(x.m), c.param(2));
    c.if(i64.gt_u(v, i64.sub(limit, i64.extend_i32_u(i32.eqz(x.sign)))), () => {
      // Out of range is invalid, not inexact.
      clearExceptions(c);
      raise(c, IE);
      c.ret(i64.sub(ZERO64, limit));
    });
    c.ret(select(x.sign, i64.sub(ZERO64, v), v));
  },
};

/** FRNDINT of the number at an address, into the result slot. */
export const ROUND_TO_INTEGRAL: Shared = {
  name: "x87_round_to_integral",
  params: ["i32"],
  result: undefined,
  body: (c, use) => {
    const at = c.param(0);
    const x = unpack(c, at);
    c.if(i32.or(isExpMax(c, x), isUnsupported(c, x)), () => c.if(c.call(use(SPECIAL2), at, at), () => c.ret()));
    normalize(c, x);
    const se = c.ld("u16", at, 8);
    c.if(i32.or(i64.eqz(c.get(x.m)), i32.gt_s(c.get(x.exp), k(BIAS + 62))), () => {
      setResult(c, c.get(x.m), se);
      c.ret();
    });
    const v = c.call(use(ROUND_INT), x.sign, c.get(x.exp), c.get(x.m), roundingOf(controlWord(c)));
    c.if(i64.eqz(v), () => {
      setZero(c, x.sign);
      c.ret();
    });
    const n = c.tmp(i64.clz(v));
    const exp = i32.sub(k(BIAS + 63), i32.wrap_i64(n));
    setResult(c, i64.shl(v, n), i32.or(i32.shl(x.sign, k(15)), exp));
    c.ret();
  },
};

/** (address, address, quiet) -> C0, C2, C3 at their FSW positions. Without `quiet` any NaN raises IE. */
export const COMPARE: Shared = {
  name: "x87_compare",
  params: ["i32", "i32", "i32"],
  result: "i32",
  body: (c) => {
    const a = unpack(c, c.param(0));
    const b = unpack(c, c.param(1));
    const unordered = k(FSW_C0 | FSW_C2 | FSW_C3);
    c.if(i32.or(isUnsupported(c, a), isUnsupported(c, b)), () => {
      setCell(c, EXC, k(IE));
      c.ret(unordered);
    });
    c.if(i32.or(isNan(c, a), isNan(c, b)), () => {
      setCell(c, EXC, k(0));
      const signaling = i32.or(isSignaling(c, a), isSignaling(c, b));
      c.if(i32.or(i32.eqz(c.param(2)), signaling), () => raise(c, IE));
      c.ret(unordered);
    });
    normalize(c, a);
    normalize(c, b);
    c.if(i64.eqz(i64.or(c.get(a.m), c.get(b.m))), () => c.ret(k(FSW_C3)));
    // Zero is below every other magnitude: its exponent counts as less than any normalized one.
    for (const x of [a, b]) c.if(i64.eqz(c.get(x.m)), () => c.set(x.exp, k(-0x10000)));
    const expLess = i32.lt_s(c.get(a.exp), c.get(b.exp));
    const expEqual = i32.eq(c.get(a.exp), c.get(b.exp));
    const less = i32.or(expLess, i32.and(expEqual, i64.lt_u(c.get(a.m), c.get(b.m))));
    const equal = i32.and(i32.and(expEqual, i64.eq(c.get(a.m), c.get(b.m))), i32.eq(a.sign, b.sign));
    c.if(equal, () => c.ret(k(FSW_C3)));
    const below = c.tmp(select(i32.ne(a.sign, b.sign), a.sign, i32.xor(less, a.sign)));
    c.ret(select(below, k(FSW_C0), k(0)));
  },
};
