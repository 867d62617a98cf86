/**
 * Elementary functions in fixed point: a number v stands for v / 2^P. Good to about P - 8 bits, far more than the 64 of
 * a result, so that rounding is right but for cases too rare to meet.
 */
export const P = 256;
const BITS = BigInt(P);
export const ONE = 1n << BITS;

export function mul(a: bigint, b: bigint): bigint {
  return (a * b) >> BITS;
}
export function div(a: bigint, b: bigint): bigint {
  return (a << BITS) / b;
}
function isqrt(v: bigint): bigint {
  if (v < 2n) return v;
  let x = 1n << BigInt((v.toString(2).length + 1) >> 1);
  for (;;) {
    const y = (x + v / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}
function sqrt(v: bigint): bigint {
  return isqrt(v << BITS);
}
/** Sum of x^n / n over odd n, signs alternating for arctangent, all plus for its hyperbolic brother. */
function oddSeries(x: bigint, alternate: boolean): bigint {
  const square = mul(x, x);
  let power = x;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    const term = power / n;
    sum += alternate && n % 4n === 3n ? -term : term;
    power = mul(power, square);
  }
  return sum;
}

function lazy(compute: () => bigint): () => bigint {
  let v: bigint | undefined;
  return () => (v ??= compute());
}
/** Machin: pi/4 = 4 atan(1/5) - atan(1/239). */
export const pi = lazy(() => 16n * oddSeries(ONE / 5n, true) - 4n * oddSeries(ONE / 239n, true));
export const ln2 = lazy(() => 2n * oddSeries(ONE / 3n, false));

/** Natural logarithm of a number between 1/2 and 2. */
export function ln(x: bigint): bigint {
  return 2n * oddSeries(div(x - ONE, x + ONE), false);
}
/** e^x - 1 for |x| < 1. */
export function expm1(x: bigint): bigint {
  let term = x;
  let sum = 0n;
  for (let n = 2n; term !== 0n && term !== -1n; n++) {
    sum += term;
    term = mul(term, x) / n;
  }
  return sum;
}
/** Sine and cosine for |x| < 1. */
export function sinCos(x: bigint): [bigint, bigint] {
  const square = mul(x, x);
  const series = (first: bigint, from: bigint): bigint => {
    let term = first;
    let sum = 0n;
    for (let n = from; term !== 0n && term !== -1n; n += 2n) {
      sum += term;
      term = -(mul(term, square) / ((n + 1n) * (n + 2n)));
    }
    return sum;
  };
  return [series(x, 1n), series(ONE, 0n)];
}
/** Arctangent for 0 <= x <= 1: the angle is halved three times, then the series. */
export function atan(x: bigint): bigint {
  let t = x;
  for (let i = 0; i < 3; i++) t = div(t, ONE + sqrt(ONE + mul(t, t)));
  return oddSeries(t, true) << 3n;
}
