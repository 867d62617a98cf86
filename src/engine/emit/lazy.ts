/** Lazy flags as expressions over the pair (RES, AUX) of cpu/flags.ts. Serves both back ends. */
import { AF, AUX_AF, AUX_CF, AUX_PO, CF, OF, PF, SF, ZF } from "../../cpu/flags.ts";
import type { Cond, Flag, Size } from "../../sem/emit.ts";
import { width } from "../../sem/width.ts";
import type { Code } from "../../wasm/code.ts";
import { f32, f64, i32, i64, type Val } from "../../wasm/expr.ts";

const ONE = i32.const(1);
const c32 = i32.const;

/** The result as RES holds it: sign-extended to 64 bits. */
export function resOf(size: Size, r: Val): Val {
  return size === 64 ? r : i64.extend_i32_s(width(size).sext(r));
}

/** AUX from a carry-out vector of the operand's width: its two top bits and bit 3. */
export function auxOf(c: Code, size: Size, carries: Val): Val {
  const v = c.tmp(carries);
  if (size === 64) {
    const top = i32.and(i32.wrap_i64(i64.shr_u(v, i64.const(32))), c32(AUX_CF | AUX_PO));
    return i32.or(top, i32.and(i32.wrap_i64(v), c32(AUX_AF)));
  }
  if (size === 32) return i32.and(v, c32(AUX_CF | AUX_PO | AUX_AF));
  return i32.or(i32.and(i32.shl(v, c32(32 - size)), c32(AUX_CF | AUX_PO)), i32.and(v, c32(AUX_AF)));
}

/** Carry-outs of a + b (+ carry) = r. */
export function addCarries(size: Size, a: Val, b: Val, r: Val): Val {
  const w = width(size);
  return w.or(w.and(a, b), w.and(w.or(a, b), w.not(r)));
}

/** Borrow-outs of a - b (- borrow) = r. */
export function subBorrows(size: Size, a: Val, b: Val, r: Val): Val {
  const w = width(size);
  const na = w.not(a);
  return w.or(w.and(na, b), w.and(w.or(na, b), r));
}

/** AUX with given CF, OF, AF (i32, 0 or 1) and nothing else. */
export function auxFrom(cf: Val, of: Val, af: Val): Val {
  const po = i32.shl(i32.xor(cf, of), c32(30));
  return i32.or(i32.or(i32.shl(cf, c32(31)), po), i32.shl(af, c32(3)));
}

/** Even parity of the low byte, as 0 or 1. */
export function evenParity(v: Val): Val {
  return i32.and(i32.xor(i32.popcnt(i32.and(v, c32(0xff))), ONE), ONE);
}

export function flagOf(f: Flag, res: Val, aux: Val): Val {
  switch (f) {
    case "cf":
      return i32.shr_u(aux, c32(31));
    case "of":
      return i32.shr_u(i32.xor(aux, i32.shl(aux, ONE)), c32(31));
    case "af":
      return i32.and(i32.shr_u(aux, c32(3)), ONE);
    case "zf":
      return i64.eqz(res);
    case "sf":
      return i32.xor(i64.lt_s(res, i64.const(0)), i32.and(aux, ONE));
    case "pf":
      return evenParity(i32.xor(i32.wrap_i64(res), i32.shr_u(aux, c32(8))));
  }
}

/** Condition code cc (0..15) as 0 or 1. */
export function condOf(cc: Cond, res: Val, aux: Val): Val {
  const f = (name: Flag): Val => flagOf(name, res, aux);
  const positive = (): Val => {
    switch (cc >> 1) {
      case 0:
        return f("of");
      case 1:
        return f("cf");
      case 2:
        return f("zf");
      case 3:
        return i32.or(f("cf"), f("zf"));
      case 4:
        return f("sf");
      case 5:
        return f("pf");
      case 6:
        return i32.xor(f("sf"), f("of"));
      default:
        return i32.or(i32.xor(f("sf"), f("of")), f("zf"));
    }
  };
  return cc & 1 ? i32.eqz(positive()) : positive();
}

/** The six arithmetic bits at their RFLAGS positions. */
export function packed(res: Val, aux: Val): Val {
  const at = (f: Flag, bit: number): Val => i32.shl(flagOf(f, res, aux), c32(Math.log2(bit)));
  return [at("pf", PF), at("af", AF), at("zf", ZF), at("sf", SF), at("of", OF)].reduce(i32.or, at("cf", CF));
}

/** (RES, AUX) for flags given one by one (i32, 0 or 1). */
export function unpacked(f: Record<Flag, Val>): { res: Val; aux: Val } {
  const nz = i32.xor(f.zf, ONE);
  const res = i64.extend_i32_u(nz);
  const parity = i32.shl(i32.xor(nz, i32.xor(f.pf, ONE)), c32(8));
  return { res, aux: i32.or(i32.or(auxFrom(f.cf, f.of, f.af), parity), f.sf) };
}

/** One arithmetic flag out of a word at RFLAGS positions, as 0 or 1. */
export function bitOf(flags: Val, bit: number): Val {
  return i32.and(i32.shr_u(flags, c32(Math.log2(bit))), ONE);
}

/** The flags that a comparison of floating-point numbers sets. */
export function floatFlags(a: Val, b: Val): Record<"cf" | "zf" | "pf", Val> {
  const s = a.ty === "f32" ? f32 : f64;
  return {
    cf: i32.eqz(s.ge(a, b)),
    zf: i32.eqz(i32.or(s.lt(a, b), s.gt(a, b))),
    pf: i32.or(s.ne(a, a), s.ne(b, b)),
  };
}
