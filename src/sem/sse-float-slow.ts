/**
 * What happens when the quick test after an SSE operation fails: either the result is not an ordinary number (zero,
 * denormal, infinity, NaN), or MXCSR is not in its usual state (everything masked, nearest, PE already set). Most such
 * results are still right as they are; that is found out here, or else the operation is done again exactly.
 */

import { MXCSR } from "../cpu/layout.ts";
import type { Code } from "../wasm/code.ts";
import { f64, i32, i64, type Val } from "../wasm/expr.ts";
import type { Shared } from "./emit.ts";
import { EXACT_OP, FORMAT, mxcsr, UNMASKED } from "./sse-float-exact.ts";
import { type Fp, LANES, type Op, PACKED, SCALAR } from "./sse-float-nan.ts";
import { cell, k, k64, PE, setCell } from "./x87-cells.ts";

/** Least normal and greatest finite number. */
export const LIMITS = {
  f32: { min: 2 ** -126, max: (2 - 2 ** -23) * 2 ** 127, low: 2 ** -90, high: 2 ** 120 },
  f64: { min: 2 ** -1022, max: Number.MAX_VALUE, low: 2 ** -900, high: 2 ** 900 },
} as const;

/** Zero or normal: what needs no flag on its own. */
function isPlain(ty: Fp, x: Val): Val {
  const s = SCALAR[ty];
  const normal = i32.and(s.ge(s.abs(x), s.const(LIMITS[ty].min)), s.le(s.abs(x), s.const(LIMITS[ty].max)));
  return i32.or(normal, s.eq(x, s.const(0)));
}
/** Zero as a result is exact. (A denormal product may round to zero, too.) */
function zeroIsExact(ty: Fp, op: Op, a: Val, b: Val): Val {
  const s = SCALAR[ty];
  const zero = s.const(0);
  if (op === "mul") return i32.or(s.eq(a, zero), s.eq(b, zero));
  if (op === "div") return s.eq(a, zero);
  return k(1);
}
function exponent(ty: Fp, bits: Val): Val {
  return i64.and(i64.shr_u(bits, k64(FORMAT[ty].fraction)), k64(FORMAT[ty].expMax));
}
/** 1 if the rounded product p of a and b, all normal and of moderate size, is not exact. */
function productInexact(c: Code, a: Val, b: Val, p: Val): Val {
  // A product of significands with their trailing zeros has 105 or 106 bits; 53 of them fit.
  const [x, y] = [c.tmp(i64.reinterpret_f64(a)), c.tmp(i64.reinterpret_f64(b))];
  const trailing = (bits: Val): Val => i64.ctz(i64.or(bits, k64(1n << 52n)));
  const zeros = i64.add(trailing(x), trailing(y));
  const sum = i64.sub(i64.add(exponent("f64", x), exponent("f64", y)), k64(1023));
  const carry = i64.sub(exponent("f64", i64.reinterpret_f64(p)), sum);
  return i64.lt_u(zeros, i64.add(k64(52), carry));
}
/** 1 if r, which rounds a op b to nearest, is not exact; all are zero or normal and of moderate size. */
function inexact(c: Code, ty: Fp, op: Op, a: Val, b: Val, r: Val): Val {
  const s = SCALAR[ty];
  if (op === "add" || op === "sub") {
    // Knuth's two-sum: the error of a floating-point sum is itself a number.
    const y = c.tmp(op === "add" ? b : s.neg(b));
    const virtual = c.tmp(s.sub(r, a));
    const error = s.add(s.sub(a, s.sub(r, virtual)), s.sub(y, virtual));
    return s.ne(error, s.const(0));
  }
  if (ty === "f32") {
    const wide = f64.promote_f32;
    if (op === "mul") return f64.ne(wide(r), f64.mul(wide(a), wide(b)));
    return op === "div" ? f64.ne(wide(a), f64.mul(wide(r), wide(b))) : f64.ne(wide(b), f64.mul(wide(r), wide(r)));
  }
  if (op === "mul") return productInexact(c, a, b, r);
  const [target, factor] = op === "div" ? [a, b] : [b, r];
  const back = c.tmp(f64.mul(r, factor));
  return i32.or(f64.ne(back, target), productInexact(c, r, factor, back));
}
function moderate(ty: Fp, x: Val): Val {
  const s = SCALAR[ty];
  return i32.and(s.ge(s.abs(x), s.const(LIMITS[ty].low)), s.le(s.abs(x), s.const(LIMITS[ty].high)));
}

/** (a, b, r): r was computed to nearest; gives the result that is right, with flags set. */
function slow(ty: Fp, op: Op): Shared {
  const s = SCALAR[ty];
  return {
    name: `sse_slow_${op}_${ty}`,
    params: [ty, ty, ty],
    result: ty,
    body: (c, use) => {
      const [a, b, r] = [c.param(0), c.param(1), c.param(2)];
      // Nearest and all masked; what FTZ and DAZ do shows only where something is denormal.
      const usual = i32.eq(i32.and(mxcsr(c), k(0x7f80)), k(0x1f80));
      const plain = op === "sqrt" ? isPlain(ty, b) : i32.and(isPlain(ty, a), isPlain(ty, b));
      c.if(i32.and(usual, plain), () => {
        c.if(s.eq(r, s.const(0)), () => c.if(zeroIsExact(ty, op, a, b), () => c.ret(r)));
        const done = op === "add" || op === "sub" ? moderate(ty, r) : bothModerate(ty, op, a, b, r);
        c.if(done, () => {
          c.if(inexact(c, ty, op, a, b, r), () => c.st("i32", k(0), i32.or(mxcsr(c), k(PE)), MXCSR));
          c.ret(r);
        });
      });
      c.ret(c.call(use(EXACT_OP[ty][op]), a, b));
    },
  };
}
function bothModerate(ty: Fp, op: Op, a: Val, b: Val, r: Val): Val {
  const first = op === "sqrt" ? b : a;
  return i32.and(moderate(ty, r), i32.and(moderate(ty, first), moderate(ty, b)));
}
const table = (ty: Fp): Record<Op, Shared> => ({
  add: slow(ty, "add"),
  sub: slow(ty, "sub"),
  mul: slow(ty, "mul"),
  div: slow(ty, "div"),
  sqrt: slow(ty, "sqrt"),
});
export const SLOW: Record<Fp, Record<Op, Shared>> = { f32: table("f32"), f64: table("f64") };

type Lane = (i: number) => Op;
/** The same on vectors, lane by lane. */
function slowPacked(ty: Fp, name: string, op: Lane): Shared {
  const p = PACKED[ty];
  return {
    name,
    params: ["v128", "v128", "v128"],
    result: "v128",
    body: (c, use) => {
      const [a, b] = [c.param(0), c.param(1)];
      const r = c.var(c.param(2));
      for (let i = 0; i < LANES[ty]; i++) {
        const lane = (v: Val): Val => c.tmp(p.extract_lane(v, i));
        const x = c.call(use(SLOW[ty][op(i)]), lane(a), lane(b), lane(c.param(2)));
        c.set(r, p.replace_lane(c.get(r), i, x));
      }
      c.ret(c.get(r));
    },
  };
}
const packedTable = (ty: Fp): Record<Op, Shared> => {
  const of = (op: Op): Shared => slowPacked(ty, `sse_slow_packed_${op}_${ty}`, () => op);
  return { add: of("add"), sub: of("sub"), mul: of("mul"), div: of("div"), sqrt: of("sqrt") };
};
export const SLOW_PACKED: Record<Fp, Record<Op, Shared>> = { f32: packedTable("f32"), f64: packedTable("f64") };
const addSub = (ty: Fp): Shared => slowPacked(ty, `sse_slow_addsub_${ty}`, (i) => (i & 1 ? "add" : "sub"));
export const SLOW_ADDSUB: Record<Fp, Shared> = { f32: addSub("f32"), f64: addSub("f64") };

/** IE, DE, ZE. */
const EARLY = 7;
/**
 * A slow way as the only one of its instruction: clears UNMASKED first, and undoes what one lane raised before computing
 * if it keeps the others from computing.
 */
function alone(f: Shared): Shared {
  return {
    ...f,
    name: `${f.name}_alone`,
    body: (c, use) => {
      const before = c.tmp(mxcsr(c));
      setCell(c, UNMASKED, k(0));
      const r = c.call(use(f), ...f.params.map((_, i) => c.param(i)));
      c.if(i32.and(cell(c, UNMASKED), k(EARLY)), () =>
        c.st("i32", k(0), i32.or(before, i32.and(mxcsr(c), k(EARLY))), MXCSR),
      );
      c.ret(r);
    },
  };
}
const allAlone = (all: Record<Op, Shared>): Record<Op, Shared> => ({
  add: alone(all.add),
  sub: alone(all.sub),
  mul: alone(all.mul),
  div: alone(all.div),
  sqrt: alone(all.sqrt),
});
export const ALONE: Record<Fp, Record<Op, Shared>> = { f32: allAlone(SLOW.f32), f64: allAlone(SLOW.f64) };
export const ALONE_PACKED: Record<Fp, Record<Op, Shared>> = {
  f32: allAlone(SLOW_PACKED.f32),
  f64: allAlone(SLOW_PACKED.f64),
};
