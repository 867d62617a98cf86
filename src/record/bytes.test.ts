import { expect, test } from "vitest";
import { Tape, TapeReader, Truncated } from "./bytes.ts";
import { orError, STAT, TEXT } from "./codecs.ts";

test("what is written is read", () => {
  const t = new Tape();
  const numbers = [0, 1, -1, 127, 128, -300, 2 ** 31, -(2 ** 45), 2 ** 53, 1.5, -0, Number.POSITIVE_INFINITY, 1e300];
  for (const n of numbers) t.num(n);
  for (const n of [0, 127, 128, 2 ** 40, 2 ** 53 - 1]) t.uint(n);
  t.big(-5n);
  t.text("a\u00ff\uffff");
  t.block(Uint8Array.of(1, 2, 3));
  const r = new TapeReader(t);
  for (const n of numbers) expect(r.num()).toBe(n);
  for (const n of [0, 127, 128, 2 ** 40, 2 ** 53 - 1]) expect(r.uint()).toBe(n);
  expect(r.big()).toBe(-5n);
  expect(r.text()).toBe("a\u00ff\uffff");
  expect([...r.block()]).toEqual([1, 2, 3]);
  expect(r.ended).toBe(true);
  expect(() => r.u8()).toThrow(Truncated);
});

test("a tape grows", () => {
  const t = new Tape();
  for (let i = 0; i < 100_000; i++) t.num(i * i);
  const r = new TapeReader(t);
  for (let i = 0; i < 100_000; i++) if (r.num() !== i * i) throw new Error(`${i}`);
});

test("results and errors", () => {
  const t = new Tape();
  const ids = { dev: 1, ino: 2 ** 60, mode: 3, nlink: 4, uid: 5, gid: 6, rdev: 7, size: 8, blksize: 9, blocks: 10 };
  const stat = { ...ids, atime: 11n, mtime: -12n, ctime: 1700000000000000001n };
  orError(STAT).write(t, stat);
  orError(STAT).write(t, -2);
  orError(TEXT).write(t, "x");
  const r = new TapeReader(t);
  expect(orError(STAT).read(r)).toEqual(stat);
  expect(orError(STAT).read(r)).toBe(-2);
  expect(orError(TEXT).read(r)).toBe("x");
});
