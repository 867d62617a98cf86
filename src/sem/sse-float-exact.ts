/**
 * SSE arithmetic with everything MXCSR asks for: rounding modes, exception flags, flushing of denormals. It runs on the
 * extended arithmetic of x87, which is exact up to the one rounding. SDM volume 1, 10.2.3 and 11.5.
 */
import { MXCSR, SCRATCH } from "../cpu/layout.ts";
import type { Callee, Code } from "../wasm/code.ts";
import { f32, f64, i32, i64, select, type Val } from "../wasm/expr.ts";
import type { Shared } from "./emit.ts";
import { defaultNan, type Fp, type Op, quieten, SCALAR } from "./sse-float-nan.ts";
import { arithmetic } from "./x87-arith.ts";
import {
  BIAS,
  cell,
  clearExceptions,
  DE,
  EXC,
  EXP_MAX,
  EXPO,
  IE,
  k,
  k64,
  MEM,
  OE,
  PE,
  RAW,
  RES,
  raise,
  setCell,
  UE,
  ZE,
  ZERO64,
} from "./x87-cells.ts";
import { FROM_F32, FROM_F64 } from "./x87-convert.ts";
import { FORMAT_F32, FORMAT_F64, ROUND, UNBOUNDED } from "./x87-round.ts";

type Use = (f: Shared) => Callee;

export const DAZ = 0x40;
export const FTZ = 0x8000;
/** Unmasked exceptions of this instruction: not 0 asks for #XM. */
export const UNMASKED = SCRATCH + 0xcc;
/** The first operand in extended format. */
const FIRST = SCRATCH + 0xd0;

export const FORMAT = {
  f32: { ...FORMAT_F32, fraction: 23, expMax: 0xff, bias: 127, from: FROM_F32 },
  f64: { ...FORMAT_F64, fraction: 52, expMax: 0x7ff, bias: 1023, from: FROM_F64 },
} as const;

export function mxcsr(c: Code): Val {
  return c.ld("i32", k(0), MXCSR);
}
export function roundingOfMxcsr(v: Val): Val {
  return i32.and(i32.shr_u(v, k(13)), k(3));
}
/** A number's bits as i64, and back. */
export function bitsOf(ty: Fp, x: Val): Val {
  return ty === "f64" ? i64.reinterpret_f64(x) : i64.extend_i32_u(i32.reinterpret_f32(x));
}
export function fromBits(ty: Fp, v: Val): Val {
  return ty === "f64" ? f64.reinterpret_i64(v) : f32.reinterpret_i32(i32.wrap_i64(v));
}
function fractionMask(ty: Fp): Val {
  return k64((1n << BigInt(FORMAT[ty].fraction)) - 1n);
}
function exponentOf(ty: Fp, bits: Val): Val {
  const { fraction, expMax } = FORMAT[ty];
  return i32.and(i32.wrap_i64(i64.shr_u(bits, k64(fraction))), k(expMax));
}
export function isDenormal(ty: Fp, bits: Val): Val {
  return i32.and(i32.eqz(exponentOf(ty, bits)), i64.ne(i64.and(bits, fractionMask(ty)), ZERO64));
}
export function isSignalingBits(ty: Fp, x: Val, bits: Val): Val {
  const quiet = k64(1n << BigInt(FORMAT[ty].fraction - 1));
  return i32.and(SCALAR[ty].ne(x, x), i64.eqz(i64.and(bits, quiet)));
}
/** The operand with denormals as zeros. */
export function flushed(ty: Fp, bits: Val): Val {
  const sign = k64(1n << (ty === "f64" ? 63n : 31n));
  return select(exponentOf(ty, bits), bits, i64.and(bits, sign));
}

/** Merges EXC into MXCSR, and what is not masked into UNMASKED. */
export function commitSse(c: Code): void {
  const state = mxcsr(c);
  const open = c.tmp(i32.and(i32.xor(i32.shr_u(state, k(7)), k(0x3f)), k(0x3f)));
  const early = IE | DE | ZE;
  // What is found before computing hides what rounding would raise, if it is to fault.
  c.if(i32.and(i32.and(cell(c, EXC), open), k(early)), () => setCell(c, EXC, i32.and(cell(c, EXC), k(early))));
  const exc = c.tmp(i32.and(cell(c, EXC), k(0x3f)));
  c.st("i32", k(0), i32.or(state, exc), MXCSR);
  setCell(c, UNMASKED, i32.or(cell(c, UNMASKED), i32.and(exc, open)));
}

/** An exact number to be rounded: kept for `roundTo`. */
const KEEP: Shared = {
  name: "sse_keep",
  params: ["i32", "i32", "i64", "i64"],
  result: undefined,
  body: (c) => {
    c.st("i32", k(0), c.param(0), RAW.sign);
    c.st("i32", k(0), c.param(1), RAW.exp);
    c.st("i64", k(0), c.param(2), RAW.hi);
    c.st("i64", k(0), c.param(3), RAW.lo);
    setCell(c, RAW.kind, k(1));
    c.ret();
  },
};
const EXACT = arithmetic({ name: "sse", round: KEEP, rc: (c) => roundingOfMxcsr(mxcsr(c)) });

function pack(ty: Fp, sign: Val, exp: Val, m: Val): Val {
  const { fraction, expMax } = FORMAT[ty];
  const top = i64.extend_i32_u(i32.or(i32.mul(sign, k(expMax + 1)), exp));
  const bits = i64.or(i64.shl(top, k64(fraction)), i64.and(i64.shr_u(m, k64(63 - fraction)), fractionMask(ty)));
  return fromBits(ty, bits);
}
/**
 * Where overflow or underflow is not masked, PE tells what the fraction alone has lost (SDM volume 1, 4.9.1.5). To be called
 * before ROUND; what it answers is to be called behind it.
 */
export function lossOfFraction(
  c: Code,
  use: Use,
  format: { drop: number; min: number; max: number },
  sign: Val,
  exp: Val,
  hi: Val,
  lo: Val,
  rc: Val,
): () => void {
  const lost = c.var(k(-1));
  const open = c.tmp(i32.and(i32.xor(i32.shr_u(mxcsr(c), k(7)), k(OE | UE)), k(OE | UE)));
  c.if(open, () => {
    const before = cell(c, EXC);
    c.call(use(ROUND), sign, exp, hi, lo, k(format.drop), k(-UNBOUNDED), k(UNBOUNDED), rc);
    const e = c.ld("i32", k(0), EXPO);
    const over = i32.and(i32.gt_s(e, k(format.max)), i32.ne(i32.and(open, k(OE)), k(0)));
    const under = i32.and(i32.lt_s(e, k(format.min)), i32.ne(i32.and(open, k(UE)), k(0)));
    c.if(i32.or(over, under), () => c.set(lost, i32.and(cell(c, EXC), k(PE))));
    setCell(c, EXC, before);
  });
  return () =>
    c.if(i32.ge_s(c.get(lost), k(0)), () => setCell(c, EXC, i32.or(i32.and(cell(c, EXC), k(~PE)), c.get(lost))));
}

/** Rounds (-1)^sign * hi:lo as for ROUND, by MXCSR, to the format. */
export function roundTo(c: Code, use: Use, ty: Fp, sign: Val, exp: Val, hi: Val, lo: Val): Val {
  const { drop, min, max, bias, expMax } = FORMAT[ty];
  const state = mxcsr(c);
  const rc = roundingOfMxcsr(state);
  const settleLoss = lossOfFraction(c, use, { drop, min, max }, sign, exp, hi, lo, rc);
  const m = c.call(use(ROUND), sign, exp, hi, lo, k(drop), k(min), k(max), rc);
  const e = c.ld("i32", k(0), EXPO);
  const normal = i64.lt_s(m, ZERO64);
  const tiny = c.tmp(i32.or(i32.eqz(normal), i32.ne(i32.and(cell(c, EXC), k(UE)), k(0))));
  const masked = i32.and(i32.shr_u(state, k(11)), k(1));
  const r = c.var(
    pack(ty, sign, select(normal, select(i32.eq(e, k(EXP_MAX)), k(expMax), i32.sub(e, k(BIAS - bias))), k(0)), m),
  );
  c.if(tiny, () => {
    // Unmasked, underflow needs no loss; flushing counts as loss.
    c.if(i32.eqz(masked), () => raise(c, UE));
    c.if(i32.and(masked, i32.ne(i32.and(state, k(FTZ)), k(0))), () => {
      raise(c, UE | PE);
      c.set(r, pack(ty, sign, k(0), ZERO64));
    });
  });
  settleLoss();
  return c.get(r);
}

/** a op b; the square root is of b. */
function exact(ty: Fp, op: Op): Shared {
  const s = SCALAR[ty];
  const { from, expMax } = FORMAT[ty];
  return {
    name: `sse_exact_${op}_${ty}`,
    params: [ty, ty],
    result: ty,
    body: (c, use) => {
      clearExceptions(c);
      const [a, b] = [c.param(0), c.param(1)];
      const x = c.var(bitsOf(ty, a));
      const y = c.var(bitsOf(ty, b));
      c.if(i32.or(s.ne(a, a), s.ne(b, b)), () => {
        const signaling = i32.or(isSignalingBits(ty, a, c.get(x)), isSignalingBits(ty, b, c.get(y)));
        c.if(signaling, () => raise(c, IE));
        commitSse(c);
        c.ret(select(s.ne(a, a), quieten(ty, a), quieten(ty, b)));
      });
      c.if(i32.and(mxcsr(c), k(DAZ)), () => {
        c.set(x, flushed(ty, c.get(x)));
        c.set(y, flushed(ty, c.get(y)));
      });
      c.callVoid(use(from), c.get(x), k(0));
      c.memoryCopy(k(FIRST), k(MEM), k(16));
      c.callVoid(use(from), c.get(y), k(0));
      setCell(c, RAW.kind, k(0));
      c.callVoid(use(EXACT[op]), k(FIRST), k(MEM));
      const r = c.var(defaultNan(ty));
      c.if(
        cell(c, RAW.kind),
        () => {
          const at = k(0);
          const [hi, lo] = [c.ld("i64", at, RAW.hi), c.ld("i64", at, RAW.lo)];
          c.set(r, roundTo(c, use, ty, c.ld("i32", at, RAW.sign), c.ld("i32", at, RAW.exp), hi, lo));
        },
        () => {
          const m = c.ld("i64", k(0), RES);
          const sign = c.tmp(i32.shr_u(c.ld("u16", k(0), RES + 8), k(15)));
          c.if(i64.eqz(i64.shl(m, k64(1))), () => {
            c.set(r, pack(ty, sign, select(i64.eqz(m), k(0), k(expMax)), ZERO64));
          });
        },
      );
      commitSse(c);
      c.ret(c.get(r));
    },
  };
}
const table = (ty: Fp): Record<Op, Shared> => ({
  add: exact(ty, "add"),
  sub: exact(ty, "sub"),
  mul: exact(ty, "mul"),
  div: exact(ty, "div"),
  sqrt: exact(ty, "sqrt"),
});
export const EXACT_OP: Record<Fp, Record<Op, Shared>> = { f32: table("f32"), f64: table("f64") };
