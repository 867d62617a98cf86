/**
 * FSIN, FCOS, FPTAN, FPATAN. As silicon does, angles are reduced by a pi of 66 bits (SDM volume 1, 8.3.8), so the sine of
 * a number close to a multiple of pi is that of the short pi.
 */
import { FSW, X87 } from "../../cpu/layout.ts";
import type { Helper, HelperHost } from "../helpers.ts";
import { magnitude, type Num, readNum, setInvalid, setNothing, setRounded, setZero } from "./f80.ts";
import { atan, div, P, pi, sinCos } from "./f80-functions.ts";

export const C2 = 0x400;
const PI_66 = 0x3243f6a8885a308d3n << BigInt(P - 64);

export function stackNum(host: HelperHost, i: number): Num {
  const top = (host.view.getUint16(FSW, true) >>> 11) & 7;
  return readNum(host, X87 + (((top + i) & 7) << 4));
}
/** Magnitude in fixed point. */
export function fixed(x: Num): bigint {
  const shift = BigInt(x.exp + P);
  return shift >= 0n ? x.m << shift : x.m >> -shift;
}
/** A fixed-point result that is not exact. */
export function setFixed(host: HelperHost, v: bigint): void {
  setRounded(host, v < 0n ? 1 : 0, v < 0n ? -v : v, -P, true);
}
/** A result a trace below x in magnitude, or above it. */
export function setNear(host: HelperHost, x: Num, above: boolean): void {
  const m = x.m << 64n;
  setRounded(host, x.sign, above ? m : m - 1n, x.exp - 64, true);
}
/** Below this, x^3 lies under the last bit that matters. */
const TINY = -50;

/** Sine and cosine of x, finite, below 2^63. */
function sinCosOf(x: Num): [bigint, bigint] {
  const half = PI_66 >> 1n;
  const v = fixed(x);
  const n = (v + (half >> 1n)) / half;
  const [s, c] = sinCos(v - n * half);
  const turned: readonly (readonly [bigint, bigint])[] = [
    [s, c],
    [c, -s],
    [-s, -c],
    [-c, s],
  ];
  const [sin, cos] = turned[Number(n & 3n)];
  return [x.sign ? -sin : sin, cos];
}
/** Common to all three: C2 if out of range, NaN for infinity. Returns undefined if there is an x to work on. */
function outside(host: HelperHost, x: Num): number | undefined {
  if (x.infinite) {
    setInvalid(host);
    return 0;
  }
  if (magnitude(x) < 63) return undefined;
  setNothing(host);
  return C2;
}
export const x87Sin: Helper = (host) => {
  const x = stackNum(host, 0);
  const out = outside(host, x);
  if (out !== undefined) return out;
  if (x.m === 0n) setZero(host, x.sign);
  else if (magnitude(x) < TINY) setNear(host, x, false);
  else setFixed(host, sinCosOf(x)[0]);
  return 0;
};
export const x87Cos: Helper = (host) => {
  const x = stackNum(host, 0);
  const out = outside(host, x);
  if (out !== undefined) return out;
  if (x.m === 0n) setRounded(host, 0, 1n, 0, false);
  else if (magnitude(x) < TINY) setNear(host, { sign: 0, m: 1n << 63n, exp: -63, infinite: false }, false);
  else setFixed(host, sinCosOf(x)[1]);
  return 0;
};
export const x87Tan: Helper = (host) => {
  const x = stackNum(host, 0);
  const out = outside(host, x);
  if (out !== undefined) return out;
  if (x.m === 0n) setZero(host, x.sign);
  else if (magnitude(x) < TINY) setNear(host, x, true);
  else {
    const [s, c] = sinCosOf(x);
    setFixed(host, div(s, c));
  }
  return 0;
};

/** The angle of the point (ST(0), ST(1)), in (-pi, pi]. */
export const x87Atan: Helper = (host) => {
  const x = stackNum(host, 0);
  const y = stackNum(host, 1);
  const angle = (v: bigint): number => {
    setFixed(host, y.sign ? -v : v);
    return 0;
  };
  if (y.infinite) return angle(!x.infinite ? pi() >> 1n : x.sign ? (pi() * 3n) >> 2n : pi() >> 2n);
  if (x.infinite || y.m === 0n) {
    if (x.sign) return angle(pi());
    setZero(host, y.sign);
    return 0;
  }
  if (x.m === 0n) return angle(pi() >> 1n);
  const steep = y.exp > x.exp || (y.exp === x.exp && y.m > x.m);
  const [small, large] = steep ? [x, y] : [y, x];
  const distance = large.exp - small.exp;
  if (!steep && !x.sign && distance > 64) {
    // So flat that the angle is a trace below the quotient.
    setRounded(host, y.sign, (y.m << 224n) / x.m - 1n, y.exp - x.exp - 224, true);
    return 0;
  }
  const ratio = distance > P ? 0n : (small.m << BigInt(P - distance)) / large.m;
  const a = atan(ratio);
  const first = steep ? (pi() >> 1n) - a : a;
  return angle(x.sign ? pi() - first : first);
};
