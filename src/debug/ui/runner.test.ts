import { expect, test } from "vitest";
import type { Until } from "../types.ts";
import { Pending } from "./pending.ts";
import { type Runnable, Runner } from "./runner.ts";

/** Time that passes as it is told to; each run takes so long, and each sleep takes longer than asked. */
function setUp(cost: number, late: number) {
  const time = { now: 0, position: 0 };
  const debuggee: Runnable = {
    breakpoints: new Set<number>(),
    get position() {
      return time.position;
    },
    task: undefined,
    run: async ({ position = 0 }: Until = {}) => {
      time.position = position;
      time.now += cost;
      return { kind: "done" };
    },
    step: () => debuggee.run({ position: time.position + 1 }),
    interrupt: () => {},
  };
  const pace = {
    now: () => time.now,
    sleep: async (ms: number) => {
      time.now += ms + late;
    },
  };
  const pending = new Pending(
    new Set(),
    () => undefined,
    () => {},
  );
  return { time, runner: new Runner(debuggee, pace, pending, () => false) };
}

test("one instruction a frame is sixty a second, though sleeping takes longer than it should", async () => {
  for (const [speed, count] of [
    [1, 60],
    [1 / 4, 15],
    [16, 960],
  ]) {
    const { time, runner } = setUp(5, 3);
    const stop = await runner.animate(
      () => speed,
      () => time.now >= 1000 && runner.interrupt(),
    );
    expect(stop).toEqual({ kind: "interrupted" });
    expect(Math.abs(time.position - count)).toBeLessThanOrEqual(Math.max(1, 2 * speed));
  }
});

test("what was late for long is not made up for", async () => {
  const { time, runner } = setUp(0, 0);
  await runner.animate(
    () => 1,
    () => {
      if (time.position === 10) time.now += 5000;
      if (time.position === 40) runner.interrupt();
    },
  );
  expect(time.now).toBeGreaterThan(5000 + 450);
});
