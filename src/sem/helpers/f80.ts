/** Extended numbers for the TypeScript helpers of x87: reading them, and handing an exact result to the shared rounding. */

import type { HelperHost } from "../helpers.ts";
import { C1, EXC, RAW, RES } from "../x87-cells.ts";

/** (-1)^sign * m * 2^exp. Zero has m = 0; infinity has `infinite`. NaNs never come here. */
export interface Num {
  sign: 0 | 1;
  /** Normalized: bit 63 set. */
  m: bigint;
  exp: number;
  infinite: boolean;
}

const BIAS = 16383;

export function bitLength(v: bigint): number {
  if (v === 0n) return 0;
  const hex = v.toString(16);
  return hex.length * 4 - (Math.clz32(Number.parseInt(hex[0], 16)) - 28);
}
export function readNum(host: HelperHost, at: number): Num {
  const se = host.view.getUint16(at + 8, true);
  const sign = (se >>> 15) as 0 | 1;
  const field = se & 0x7fff;
  let m = host.view.getBigUint64(at, true);
  if (field === 0x7fff) return { sign, m, exp: 0, infinite: true };
  const up = 64 - bitLength(m);
  m <<= BigInt(up);
  return { sign, m, exp: Math.max(field, 1) - BIAS - 63 - up, infinite: false };
}
/** Exponent of the leading bit: the number lies in [2^n, 2^(n+1)). */
export function magnitude(x: Num): number {
  return x.exp + 63;
}

export function raiseFlags(host: HelperHost, flags: number): void {
  host.view.setUint32(EXC, host.view.getUint32(EXC, true) | flags, true);
}
/** Invalid operation and division by zero hide a denormal operand. */
export function raiseOnly(host: HelperHost, flags: number): void {
  host.view.setUint32(EXC, flags, true);
}
export function setC1(host: HelperHost, v: boolean): void {
  host.view.setUint32(C1, v ? 1 : 0, true);
}
/** The result as it stands, without rounding. */
export function setFinal(host: HelperHost, m: bigint, se: number): void {
  host.view.setBigUint64(RES, m, true);
  host.view.setUint16(RES + 8, se, true);
  host.view.setUint32(RAW.kind, 0, true);
}
/** ST(0) is not to be replaced: nothing to round. */
export function setNothing(host: HelperHost): void {
  host.view.setUint32(RAW.kind, 0, true);
}
export function setZero(host: HelperHost, sign: number): void {
  setFinal(host, 0n, sign << 15);
}
export function setInfinity(host: HelperHost, sign: number): void {
  setFinal(host, 1n << 63n, (sign << 15) | 0x7fff);
}
export function setInvalid(host: HelperHost): void {
  raiseOnly(host, 1);
  setFinal(host, 3n << 62n, 0xffff);
}
/** (-1)^sign * m * 2^exp, m > 0, to be rounded; `inexact` if a trace lies below m's last bit. */
export function setRounded(host: HelperHost, sign: number, m: bigint, exp: number, inexact: boolean): void {
  const length = bitLength(m);
  const drop = length - 128;
  let bits = drop > 0 ? m >> BigInt(drop) : m << BigInt(-drop);
  if (inexact || (drop > 0 && bits << BigInt(drop) !== m)) bits |= 1n;
  host.view.setBigUint64(RAW.hi, bits >> 64n, true);
  host.view.setBigUint64(RAW.lo, bits & 0xffffffffffffffffn, true);
  host.view.setUint32(RAW.sign, sign, true);
  host.view.setInt32(RAW.exp, exp + length - 1 + BIAS, true);
  host.view.setUint32(RAW.kind, 1, true);
}
