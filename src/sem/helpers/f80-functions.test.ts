import { describe, expect, it } from "vitest";
import { atan, expm1, ln, ln2, ONE, P, pi, sinCos } from "./f80-functions.ts";

const fixed = (x: number): bigint => BigInt(Math.round(x * 2 ** 52)) << BigInt(P - 52);
const value = (v: bigint): number => Number(v >> BigInt(P - 62)) / 2 ** 62;
/** Rounded decimal digits, more than a double has. */
const digits = (v: bigint, n: number): string => ((v * 10n ** BigInt(n) + ONE / 2n) / ONE).toString();

describe("fixed-point functions", () => {
  it("knows pi and the logarithm of 2 to sixty digits", () => {
    expect(digits(pi(), 60)).toBe("3141592653589793238462643383279502884197169399375105820974945");
    expect(digits(ln2(), 60)).toBe("693147180559945309417232121458176568075500134360255254120680");
  });
  it("agrees with Math", () => {
    for (let x = -0.96875; x < 1; x += 0.0625) {
      const [s, c] = sinCos(fixed(x));
      expect(value(s)).toBeCloseTo(Math.sin(x), 14);
      expect(value(c)).toBeCloseTo(Math.cos(x), 14);
      expect(value(expm1(fixed(x)))).toBeCloseTo(Math.expm1(x), 14);
      if (x >= 0) expect(value(atan(fixed(x)))).toBeCloseTo(Math.atan(x), 14);
      if (x > -0.5) expect(value(ln(fixed(1 + x)))).toBeCloseTo(Math.log(1 + x), 14);
    }
  });
});
