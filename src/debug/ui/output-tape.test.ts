import { expect, test } from "vitest";
import { OutputTape } from "./output-tape.ts";

const bytes = (s: string) => new TextEncoder().encode(s);

function tape(): OutputTape {
  const t = new OutputTape();
  for (const [at, text] of [
    [10, "a"],
    [20, "b"],
    [20, "c"],
    [30, "d"],
  ] as const)
    t.add(at, bytes(text));
  return t;
}
const text = (t: OutputTape, from: number, to: number) =>
  [...t.between(from, to)].map((b) => String.fromCharCode(...b)).join("");

test("what had been written at a position", () => {
  const t = tape();
  expect([9, 10, 19, 20, 99].map((p) => t.countAt(p))).toEqual([0, 1, 1, 3, 4]);
  expect(text(t, 0, t.countAt(20))).toBe("abc");
  expect(text(t, 1, 4)).toBe("bcd");
});

test("writing in the past makes another future", () => {
  const t = tape();
  t.add(15, bytes("x"));
  expect(text(t, 0, t.countAt(99))).toBe("ax");
});

test("it doesn't grow for ever, and counts stay right", () => {
  const t = new OutputTape();
  for (let i = 0; i < 300; i++) t.add(i, new Uint8Array(100_000));
  expect(t.countAt(299)).toBe(300);
  expect([...t.between(298, 300)].length).toBe(2);
  expect([...t.between(0, 300)].length).toBeLessThan(100);
});
