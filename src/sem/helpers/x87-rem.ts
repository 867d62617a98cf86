/** FPREM, FPREM1, FSCALE, FXTRACT and decimal loads and stores: exact, but for FBSTP's rounding. */
import { FCW, FSW, X87 } from "../../cpu/layout.ts";
import type { Helper, HelperHost } from "../helpers.ts";
import { EXC, MEM, RES } from "../x87-cells.ts";
import { magnitude, raiseFlags, setC1, setFinal, setInfinity, setInvalid, setRounded, setZero } from "./f80.ts";
import { C2, stackNum } from "./x87-trig.ts";

const IE = 1;
const ZE = 4;
const PE = 32;
const C0 = 0x100;
const C3 = 0x4000;

/**
 * Remainder of ST(0) / ST(1), the quotient truncated or, with `nearest`, rounded to nearest even. Exponents 64 or more
 * apart give a partial remainder and C2: then, as on silicon, 32 to 63 bits of the quotient are done at once.
 */
export const x87Remainder: Helper = (host, nearest) => {
  const x = stackNum(host, 0);
  const y = stackNum(host, 1);
  if (x.infinite || (!y.infinite && y.m === 0n)) {
    setInvalid(host);
    return 0;
  }
  if (x.m === 0n) {
    setZero(host, x.sign);
    return 0;
  }
  const distance = x.exp - y.exp;
  if (y.infinite || distance < -1) {
    setRounded(host, x.sign, x.m, x.exp, false);
    return 0;
  }
  const partial = distance >= 64;
  const skip = partial ? 32 * (Math.floor(distance / 32) - 1) : 0;
  // Both in units of the smaller exponent.
  const unit = Math.min(x.exp, y.exp + skip);
  const a = x.m << BigInt(x.exp - unit);
  const b = y.m << BigInt(y.exp + skip - unit);
  let q = a / b;
  let r = a % b;
  let sign: number = x.sign;
  if (nearest && !partial && (2n * r > b || (2n * r === b && q & 1n))) {
    q++;
    r = b - r;
    sign ^= 1;
  }
  if (r === 0n) setZero(host, x.sign);
  else setRounded(host, sign, r, unit, false);
  if (partial) return C2;
  const low = Number(q & 7n);
  return (low & 4 ? C0 : 0) | (low & 2 ? C3 : 0) | (low & 1 ? C1_MARK : 0);
};
/** In a helper's result: C1 is to be set. (ROUND has C1 for the rounding.) */
export const C1_MARK = 0x200;

/** ST(0) * 2^trunc(ST(1)) */
export const x87Scale: Helper = (host) => {
  const x = stackNum(host, 0);
  const y = stackNum(host, 1);
  const xZero = !x.infinite && x.m === 0n;
  if (y.infinite) {
    if (y.sign ? x.infinite : xZero) setInvalid(host);
    else if (y.sign) setZero(host, x.sign);
    else setInfinity(host, x.sign);
  } else if (x.infinite) setInfinity(host, x.sign);
  else if (xZero) setZero(host, x.sign);
  else {
    // Beyond 2^17 everything overflows or vanishes anyway.
    const size = magnitude(y) > 17 ? 1 << 18 : Number(y.m >> BigInt(Math.min(-y.exp, 64)));
    const n = y.m === 0n ? 0 : size;
    setRounded(host, x.sign, x.m, x.exp + (y.sign ? -n : n), false);
  }
  return 0;
};

/** First the exponent (part 0), then the significand (part 1). */
export const x87Extract: Helper = (host, part) => {
  const x = stackNum(host, 0);
  if (x.infinite) setInfinity(host, part ? x.sign : 0);
  else if (x.m === 0n) {
    if (part) setZero(host, x.sign);
    else {
      raiseFlags(host, ZE);
      setInfinity(host, 1);
    }
  } else if (part) setRounded(host, x.sign, x.m, -63, false);
  else {
    const e = magnitude(x);
    if (e === 0) setZero(host, 0);
    else setRounded(host, e < 0 ? 1 : 0, BigInt(Math.abs(e)), 0, false);
  }
  return 0;
};

/** Packed decimal in the memory operand's slot: 18 digits, then the sign. */
export const x87FromDecimal: Helper = (host) => {
  let v = 0n;
  for (let i = 8; i >= 0; i--) {
    const b = host.u8[MEM + i];
    v = v * 100n + BigInt((b >> 4) * 10 + (b & 15));
  }
  const sign = host.u8[MEM + 9] >> 7;
  if (v === 0n) setZero(host, sign);
  else setRounded(host, sign, v, 0, false);
  return 0;
};
/** ST(0), not empty, as packed decimal in the result slot. */
export const x87ToDecimal: Helper = (host) => {
  const top = (host.view.getUint16(FSW, true) >>> 11) & 7;
  const field = host.view.getUint16(X87 + top * 16 + 8, true) & 0x7fff;
  const significand = host.view.getBigUint64(X87 + top * 16, true);
  const unsupported = field !== 0 && significand >> 63n === 0n;
  const x = stackNum(host, 0);
  const rounded = x.infinite || unsupported || magnitude(x) > 60 ? undefined : toInteger(host, x.m, x.exp, x.sign);
  if (rounded === undefined || rounded >= 10n ** 18n) {
    host.view.setUint32(EXC, IE, true);
    setC1(host, false);
    setFinal(host, 3n << 62n, 0xffff);
    return 0;
  }
  let v = rounded;
  for (let i = 0; i < 9; i++) {
    const two = Number(v % 100n);
    host.u8[RES + i] = (Math.floor(two / 10) << 4) | (two % 10);
    v /= 100n;
  }
  host.u8[RES + 9] = x.sign << 7;
  return 0;
};
/** Magnitude rounded to an integer by the control word. */
function toInteger(host: HelperHost, m: bigint, exp: number, sign: number): bigint {
  if (exp >= 0) return m << BigInt(exp);
  const shift = BigInt(-exp);
  const floor = m >> shift;
  const rest = m - (floor << shift);
  if (rest === 0n) return floor;
  raiseFlags(host, PE);
  const rc = (host.view.getUint16(FCW, true) >>> 10) & 3;
  const half = 1n << (shift - 1n);
  const nearest = rest > half || (rest === half && (floor & 1n) === 1n);
  const up = rc === 0 ? nearest : rc === 2 - sign;
  setC1(host, up);
  return up ? floor + 1n : floor;
}
