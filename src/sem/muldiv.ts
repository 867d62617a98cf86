/** Multiplication and division. SDM volume 2; the flags that the manual leaves open are set from the low half. */
import { RAX, RDX } from "../cpu/layout.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import { type Emit, type Semantics, type Size, VECTOR } from "./emit.ts";
import { type Family, sizeOf, source } from "./operand.ts";
import { mulHighS, mulHighU, udiv128 } from "./wide.ts";
import { width } from "./width.ts";

function setCarryOverflow(e: Emit, size: Size, low: Val, v: Val): void {
  const f = e.tmp(v);
  e.flagsResult(size, low, f, f);
}

/** One operand: rDX:rAX = rAX * operand. */
function multiply(signed: boolean): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const a = e.reg(RAX, size);
    const b = e.read(0);
    if (size === 64) {
      const lo = e.tmp(i64.mul(a, b));
      const hi = e.shared(signed ? mulHighS : mulHighU, a, b);
      const fill = signed ? i64.shr_s(lo, i64.const(63)) : i64.const(0);
      e.setReg(RAX, 64, lo);
      e.setReg(RDX, 64, hi);
      setCarryOverflow(e, 64, lo, i64.ne(hi, fill));
      return;
    }
    const wide = (v: Val): Val => (signed ? i64.extend_i32_s(w.sext(v)) : i64.extend_i32_u(v));
    const p = e.tmp(i64.mul(wide(a), wide(b)));
    const lo = e.tmp(i32.wrap_i64(p));
    if (size === 8) e.setReg(RAX, 16, lo);
    else {
      e.setReg(RAX, size, lo);
      e.setReg(RDX, size, i32.wrap_i64(i64.shr_u(p, i64.const(size))));
    }
    setCarryOverflow(e, size, e.tmp(w.mask(lo)), i64.ne(p, wide(w.mask(lo))));
  };
}

/** Two or three operands: the low half only; CF = OF = the product does not fit. */
function multiplyLow(e: Emit): void {
  const size = sizeOf(e);
  const w = width(size);
  const three = e.ops.length === 3;
  const a = e.read(three ? 1 : 0);
  const b = e.tmp(source(e, three ? 2 : 1, size));
  if (size === 64) {
    const r = e.tmp(i64.mul(a, b));
    e.write(0, r);
    e.flagsProduct(a, b, r);
    return;
  }
  const wide = (v: Val): Val => i64.extend_i32_s(w.sext(v));
  const p = e.tmp(i64.mul(wide(a), wide(b)));
  const r = e.tmp(w.mask(i32.wrap_i64(p)));
  e.write(0, r);
  setCarryOverflow(e, size, r, i64.ne(p, wide(r)));
}

/** rDX:rAX as one i64, for widths to 32 bits; AX at 8 bits. Sign- or zero-extended. */
function dividend(e: Emit, size: 8 | 16 | 32, signed: boolean): Val {
  if (size === 8) {
    const ax = e.reg(RAX, 16);
    return signed ? i64.extend_i32_s(i32.extend16_s(ax)) : i64.extend_i32_u(ax);
  }
  const high = e.reg(RDX, size);
  const upper = signed ? i64.extend_i32_s(width(size).sext(high)) : i64.extend_i32_u(high);
  return i64.or(i64.shl(upper, i64.const(size)), i64.extend_i32_u(e.reg(RAX, size)));
}
function setQuotient(e: Emit, size: 8 | 16 | 32, q: Val, r: Val): void {
  const quotient = e.tmp(i32.wrap_i64(q));
  const remainder = e.tmp(i32.wrap_i64(r));
  if (size === 8) {
    const low = i32.and(quotient, i32.const(0xff));
    e.setReg(RAX, 16, i32.or(low, i32.shl(i32.and(remainder, i32.const(0xff)), i32.const(8))));
  } else {
    e.setReg(RAX, size, quotient);
    e.setReg(RDX, size, remainder);
  }
}

const divide: Semantics = (e) => {
  const size = sizeOf(e);
  const divisor = e.read(0);
  if (size === 64) return divide64(e, divisor);
  const d = e.tmp(i64.extend_i32_u(divisor));
  e.faultIf(i64.eqz(d), VECTOR.DE);
  const n = e.tmp(dividend(e, size, false));
  const q = e.tmp(i64.div_u(n, d));
  e.faultIf(i64.ne(i64.shr_u(q, i64.const(size)), i64.const(0)), VECTOR.DE);
  setQuotient(e, size, q, i64.sub(n, i64.mul(q, d)));
};
function divide64(e: Emit, d: Val): void {
  const lo = e.reg(RAX, 64);
  const hi = e.reg(RDX, 64);
  // hi >= d covers a zero divisor as well.
  e.faultIf(i64.ge_u(hi, d), VECTOR.DE);
  const q = e.var(i64.const(0));
  e.if(
    i64.eqz(hi),
    () => e.set(q, i64.div_u(lo, d)),
    () => e.set(q, e.shared(udiv128, hi, lo, d)),
  );
  e.setReg(RAX, 64, e.get(q));
  e.setReg(RDX, 64, i64.sub(lo, i64.mul(e.get(q), d)));
}

const MIN64 = i64.const(-(1n << 63n));

const divideSigned: Semantics = (e) => {
  const size = sizeOf(e);
  const w = width(size);
  const divisor = e.read(0);
  if (size === 64) return divideSigned64(e, divisor);
  const d = e.tmp(i64.extend_i32_s(w.sext(divisor)));
  e.faultIf(i64.eqz(d), VECTOR.DE);
  const n = e.tmp(dividend(e, size, true));
  if (size === 32) e.faultIf(i32.and(i64.eq(n, MIN64), i64.eq(d, i64.const(-1))), VECTOR.DE);
  const q = e.tmp(i64.div_s(n, d));
  const fits = i64.eq(q, i64.extend_i32_s(w.sext(i32.wrap_i64(q))));
  e.faultIf(i32.eqz(fits), VECTOR.DE);
  setQuotient(e, size, q, i64.sub(n, i64.mul(q, d)));
};

/** Magnitudes are divided, then signs put back: the quotient's is the product of both, the remainder's the dividend's. */
function divideSigned64(e: Emit, d: Val): void {
  const lo = e.reg(RAX, 64);
  const hi = e.reg(RDX, 64);
  e.faultIf(i64.eqz(d), VECTOR.DE);
  const q = e.var(i64.const(0));
  const short = i64.eq(hi, i64.shr_s(lo, i64.const(63)));
  const overflows = i32.and(i64.eq(lo, MIN64), i64.eq(d, i64.const(-1)));
  e.if(
    i32.and(short, i32.eqz(overflows)),
    () => e.set(q, i64.div_s(lo, d)),
    () => {
      const negN = e.tmp(i64.shr_s(hi, i64.const(63)));
      const negD = e.tmp(i64.shr_s(d, i64.const(63)));
      const absLo = e.tmp(i64.sub(i64.xor(lo, negN), negN));
      // Negating the low half carries into the high one only where it is 0.
      const carry = i64.and(i64.extend_i32_u(i64.eqz(lo)), negN);
      const absHi = e.tmp(i64.add(i64.xor(hi, negN), carry));
      const absD = e.tmp(i64.sub(i64.xor(d, negD), negD));
      e.faultIf(i64.ge_u(absHi, absD), VECTOR.DE);
      const magnitude = e.shared(udiv128, absHi, absLo, absD);
      const sign = e.tmp(i64.xor(negN, negD));
      // At most 2^63 - 1, or 2^63 for a negative quotient.
      e.faultIf(i64.gt_u(magnitude, i64.sub(i64.const((1n << 63n) - 1n), sign)), VECTOR.DE);
      e.set(q, i64.sub(i64.xor(magnitude, sign), sign));
    },
  );
  e.setReg(RAX, 64, e.get(q));
  e.setReg(RDX, 64, i64.sub(lo, i64.mul(e.get(q), d)));
}

/** MULX: rDX * operand 2; the high half goes to operand 0, the low half to operand 1, which loses if they are the same. */
const mulx: Semantics = (e) => {
  const size = sizeOf(e);
  const a = e.reg(RDX, size);
  const b = e.read(2);
  if (size === 64) {
    const lo = e.tmp(i64.mul(a, b));
    const hi = e.shared(mulHighU, a, b);
    e.write(1, lo);
    e.write(0, hi);
  } else {
    const p = e.tmp(i64.mul(i64.extend_i32_u(a), i64.extend_i32_u(b)));
    e.write(1, i32.wrap_i64(p));
    e.write(0, i32.wrap_i64(i64.shr_u(p, i64.const(32))));
  }
};

export const MULDIV = {
  MUL: multiply(false),
  IMUL: (e) => (e.ops.length === 1 ? multiply(true)(e) : multiplyLow(e)),
  DIV: divide,
  IDIV: divideSigned,
  MULX: mulx,
} satisfies Family;
