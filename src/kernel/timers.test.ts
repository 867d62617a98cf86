import { expect, it } from "vitest";
import { type Timer, Timers } from "./timers.ts";

it("fires in order of time, then of creation", () => {
  const timers = new Timers();
  const fired: number[] = [];
  for (const [i, at] of [5, 3, 9, 3, 1, 7].entries()) timers.add(BigInt(at), () => fired.push(i));
  expect(timers.next).toBe(1n);
  timers.run(6n);
  expect(fired).toEqual([4, 1, 3, 0]);
  timers.run(100n);
  expect(fired).toEqual([4, 1, 3, 0, 5, 2]);
  expect(timers.next).toBeUndefined();
});

it("cancels any of many", () => {
  const timers = new Timers();
  const fired: number[] = [];
  const made: Timer[] = [];
  for (let i = 0; i < 200; i++) made.push(timers.add(BigInt((i * 7919) % 211), () => fired.push((i * 7919) % 211)));
  for (let i = 0; i < 200; i += 3) timers.cancel(made[i]);
  for (let i = 0; i < 200; i += 3) timers.cancel(made[i]);
  timers.run(1000n);
  expect(fired).toHaveLength(133);
  expect(fired).toEqual([...fired].sort((a, b) => a - b));
});

it("lets a timer start another", () => {
  const timers = new Timers();
  const fired: string[] = [];
  timers.add(1n, () => {
    fired.push("first");
    timers.add(2n, () => fired.push("second"));
  });
  timers.run(2n);
  expect(fired).toEqual(["first", "second"]);
});
