/** F2XM1, FYL2X, FYL2XP1. Where the manual leaves the result open, it is what silicon was seen to give. */
import type { Helper, HelperHost } from "../helpers.ts";
import {
  bitLength,
  magnitude,
  type Num,
  raiseFlags,
  raiseOnly,
  setFinal,
  setInfinity,
  setInvalid,
  setRounded,
  setZero,
} from "./f80.ts";
import { div, expm1, ln, ln2, mul, ONE, P } from "./f80-functions.ts";
import { fixed, setFixed, stackNum } from "./x87-trig.ts";

const ZE = 4;
const PE = 32;
const BIAS = 16383;
/** Below this the second term of a series lies under the last bit that matters. */
const TINY = -70;

/** x as it came, with the precision exception. */
function setUnchanged(host: HelperHost, x: Num): void {
  raiseFlags(host, PE);
  setFinal(host, x.m, (x.sign << 15) | (x.exp + 63 + BIAS));
}
/** x * factor (fixed point), then moved away from or towards zero by a trace. */
function setScaled(host: HelperHost, x: Num, sign: number, factor: bigint, grows: boolean): void {
  const v = (x.m * factor) << 64n;
  setRounded(host, sign, grows ? v + 1n : v - 1n, x.exp - P - 64, true);
}

export const x87Exp2m1: Helper = (host) => {
  const x = stackNum(host, 0);
  if (x.infinite) {
    if (x.sign) setRounded(host, 1, 1n, 0, false);
    else setInfinity(host, 0);
  } else if (x.m === 0n) setZero(host, x.sign);
  else if (magnitude(x) >= 0) {
    if (x.m !== 1n << 63n || magnitude(x) > 0) setUnchanged(host, x);
    else setRounded(host, x.sign, 1n, x.sign ? -1 : 0, true);
  } else if (magnitude(x) < TINY) setScaled(host, x, x.sign, ln2(), x.sign === 0);
  else {
    const v = mul(fixed(x), ln2());
    setFixed(host, expm1(x.sign ? -v : v));
  }
  return 0;
};

/** Binary logarithm of v / 2^P, v > 0. */
function log2(v: bigint): bigint {
  let exp = bitLength(v) - 1 - P;
  let f = exp >= 0 ? v >> BigInt(exp) : v << BigInt(-exp);
  // Nearer to 1 the series is shorter, and just below 1 nothing cancels.
  if (f * f > ONE << BigInt(P + 1)) {
    f = f >> 1n;
    exp++;
  }
  return div(ln(f), ln2()) + BigInt(exp) * ONE;
}
/** y times a logarithm that is not zero. */
function setProduct(host: HelperHost, y: Num, log: bigint): void {
  const negative = log < 0n;
  setRounded(host, negative ? 1 - y.sign : y.sign, y.m * (negative ? -log : log), y.exp - P, true);
}

/** ST(1) * log2(ST(0)) */
export const x87Log2: Helper = (host) => {
  const x = stackNum(host, 0);
  const y = stackNum(host, 1);
  const isZero = x.m === 0n;
  const isOne = !x.infinite && x.m === 1n << 63n && magnitude(x) === 0;
  const below1 = !x.infinite && (isZero || magnitude(x) < 0);
  if (x.sign && !isZero) setInvalid(host);
  else if (isZero || x.infinite) {
    if (!y.infinite && y.m === 0n) setInvalid(host);
    else {
      if (isZero && !y.infinite) raiseOnly(host, ZE);
      setInfinity(host, isZero ? 1 - y.sign : y.sign);
    }
  } else if (y.infinite) {
    if (isOne) setInvalid(host);
    else setInfinity(host, below1 ? 1 - y.sign : y.sign);
  } else if (isOne) setZero(host, y.sign);
  else if (y.m === 0n) setZero(host, below1 ? 1 - y.sign : y.sign);
  else {
    const exp = magnitude(x);
    const unit = fixed({ ...x, exp: -63 });
    // The integer part apart, unless x is just below 1.
    setProduct(host, y, exp === -1 ? log2(unit >> 1n) : log2(unit) + BigInt(exp) * ONE);
  }
  return 0;
};

/** ST(1) * log2(ST(0) + 1) */
export const x87Log2p1: Helper = (host) => {
  const x = stackNum(host, 0);
  const y = stackNum(host, 1);
  const sign = x.sign ^ y.sign;
  const yZero = !y.infinite && y.m === 0n;
  const xZero = !x.infinite && x.m === 0n;
  if (x.infinite) {
    if (x.sign || yZero) setInvalid(host);
    else setInfinity(host, y.sign);
  } else if (xZero) {
    if (y.infinite) setInvalid(host);
    else setZero(host, sign);
  } else if (y.infinite) setInfinity(host, sign);
  else if (yZero) setZero(host, sign);
  else if (x.sign && magnitude(x) >= 0) setUnchanged(host, x);
  else if (magnitude(x) < TINY) {
    const product: Num = { sign: 0, m: x.m * y.m, exp: x.exp + y.exp, infinite: false };
    setScaled(host, product, sign, div(ONE, ln2()), x.sign === 1);
  } else {
    const v = fixed(x);
    setProduct(host, y, log2(x.sign ? ONE - v : ONE + v));
  }
  return 0;
};
