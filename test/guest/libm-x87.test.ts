import { fileURLToPath } from "node:url";
import { describe, expect } from "vitest";
import { declare } from "../harness/declare.ts";
import { Workplace } from "../harness/folder.ts";
import { buildGuest } from "../harness/guest.ts";
import { missing } from "../harness/needs.ts";
import { runNatively, runUnderBlink } from "../harness/spawn.ts";

/**
 * The long double functions that are x87's own (logarithms, exponentials, arctangent). Processors round them to the last digit or
 * next to it, each in its own way, where ours are the nearest number; so results may differ by a few units there, and
 * nowhere else.
 */
const UNITS = 8n;
const SOURCE = fileURLToPath(new URL("libm.c", import.meta.url));
const BUILD = "gcc -O1 -lm";

/** Number of a long double, given in hexadecimal digits, among its neighbours. */
function ordinal(text: string): bigint {
  const bits = BigInt(`0x${text}`);
  const mantissa = bits & ((1n << 63n) - 1n);
  const magnitude = (((bits >> 64n) & 0x7fffn) << 63n) | mantissa;
  return bits >> 79n ? -magnitude : magnitude;
}
/** "name point: result exceptions"; other lines are checksums. */
const results = (text: string): string[][] =>
  text
    .split("\n")
    .filter((line) => line.includes(": "))
    .map((line) => line.split(" "));

describe("libm.c", () => {
  declare("libm.c", "x87 functions, but for the last digits", missing(["gcc"]), async () => {
    const place = new Workplace();
    try {
      place.reset({});
      const argv = [buildGuest(SOURCE, BUILD), "x87", "all"];
      const [native, ours] = [
        await runNatively(argv, { cwd: place.path }),
        await runUnderBlink(argv, { cwd: place.path }),
      ].map((run) => results(run.stdout.toString("latin1")));
      expect(ours.length).toBe(native.length);
      expect(native.length).toBeGreaterThan(5000);
      const far = native.filter(([name, point, value, exceptions], i) => {
        const [ourName, ourPoint, ourValue, ourExceptions] = ours[i];
        const units = ordinal(value) - ordinal(ourValue);
        const same = name === ourName && point === ourPoint && exceptions === ourExceptions;
        return !same || units > UNITS || units < -UNITS;
      });
      expect(far).toEqual([]);
    } finally {
      place.remove();
    }
  });
});
