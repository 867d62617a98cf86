import { beforeEach, describe, expect, it } from "vitest";
import { MXCSR } from "../cpu/layout.ts";
import { sharedModule } from "./shared-module.ts";
import { SLOW } from "./sse-float-slow.ts";

const { add, sub, mul, div, sqrt } = SLOW.f64;
const m = sharedModule([add, sub, mul, div, sqrt, SLOW.f32.mul]);
const IE = 1;
const DE = 2;
const ZE = 4;
const OE = 8;
const UE = 16;
const PE = 32;
const DAZ = 0x40;
const FTZ = 0x8000;
const TINY = 2 ** -1074;

let control = 0x1f80;
beforeEach(() => {
  control = 0x1f80;
});
/** The result, and flags raised. */
function run(op: typeof add, a: number, b: number, quick: number): [number, number] {
  m.view.setUint32(MXCSR, control, true);
  const r = m.call(op, a, b, quick) as number;
  return [r, m.view.getUint32(MXCSR, true) ^ control];
}

describe("SSE flags", () => {
  it("finds exact results exact", () => {
    expect(run(add, 1, 2 ** -52, 1 + 2 ** -52)).toEqual([1 + 2 ** -52, 0]);
    expect(run(sub, 3, 3, 0)).toEqual([0, 0]);
    expect(run(mul, 3, 0.1, 3 * 0.1)).toEqual([3 * 0.1, PE]);
    expect(run(mul, 1.5, 0.1, 1.5 * 0.1)).toEqual([1.5 * 0.1, PE]);
    expect(run(mul, 0.25, 0.1, 0.025)).toEqual([0.025, 0]);
    expect(run(div, 1, 3, 1 / 3)).toEqual([1 / 3, PE]);
    expect(run(div, 12, 3, 4)).toEqual([4, 0]);
    expect(run(sqrt, 9, 9, 3)).toEqual([3, 0]);
    expect(run(sqrt, 2, 2, Math.SQRT2)).toEqual([Math.SQRT2, PE]);
    expect(run(add, 1, 2 ** -53, 1)).toEqual([1, PE]);
  });
  it("raises overflow, underflow, division by zero, invalid", () => {
    expect(run(mul, 1e308, 10, Infinity)).toEqual([Infinity, OE | PE]);
    expect(run(mul, 1e-300, 1e-18, 1e-318)).toEqual([1e-318, UE | PE]);
    expect(run(div, -1, 0, -Infinity)).toEqual([-Infinity, ZE]);
    expect(run(div, 0, 0, Number.NaN)).toEqual([Number.NaN, IE]);
    expect(run(sub, Infinity, Infinity, Number.NaN)).toEqual([Number.NaN, IE]);
    expect(run(add, Number.NaN, 1, Number.NaN)).toEqual([Number.NaN, 0]);
    expect(run(add, TINY, 1, 1)).toEqual([1, DE | PE]);
  });
  it("rounds as MXCSR says", () => {
    const third = [1 / 3, 0.3333333333333333, 0.33333333333333337, 0.3333333333333333];
    for (let rc = 0; rc < 4; rc++) {
      control = 0x1f80 | (rc << 13);
      expect(run(div, 1, 3, 1 / 3)[0]).toBe(third[rc]);
      expect(run(mul, 1e308, 10, Infinity)[0]).toBe(rc & 1 ? Number.MAX_VALUE : Infinity);
      expect(run(sub, 1, 1, 0)[0]).toBe(rc === 1 ? -0 : 0);
    }
  });
  it("flushes denormal results and operands", () => {
    control = 0x1f80 | FTZ;
    expect(run(mul, -(2 ** -1022), 0.5, -(2 ** -1023))).toEqual([-0, UE | PE]);
    control = 0x1f80 | DAZ;
    expect(run(mul, TINY, 2 ** 60, TINY * 2 ** 60)).toEqual([0, 0]);
  });
  it("works on single precision", () => {
    const f = Math.fround;
    const [a, b] = [f(1.1), f(1.3)];
    expect(run(SLOW.f32.mul, a, b, f(a * b))).toEqual([f(a * b), PE]);
    expect(run(SLOW.f32.mul, f(2 ** -100), f(2 ** -49), f(2 ** -149))).toEqual([2 ** -149, 0]);
  });
});
