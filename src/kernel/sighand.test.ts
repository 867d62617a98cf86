import { describe, expect, it } from "vitest";
import { Pending, sigBit } from "./sighand.ts";

const all = ~0n;

describe("Pending", () => {
  it("keeps one of each standard signal and every real-time one", () => {
    const p = new Pending();
    for (const value of [1n, 2n]) {
      p.add({ signo: 10, code: 0, value });
      p.add({ signo: 40, code: -1, value });
    }
    expect(p.length).toBe(3);
    expect(p.take(all)?.signo).toBe(10);
    expect(p.take(all)?.value).toBe(1n);
    expect(p.set).toBe(sigBit(40));
    expect(p.take(all)?.value).toBe(2n);
    expect(p.set).toBe(0n);
  });
  it("takes faults first, then the lowest number, and only what is allowed", () => {
    const p = new Pending();
    for (const signo of [15, 1, 11, 34]) p.add({ signo, code: 0 });
    expect(p.take(all & ~sigBit(1))?.signo).toBe(11);
    expect(p.take(all & ~sigBit(1))?.signo).toBe(15);
    expect(p.take(sigBit(2))).toBeUndefined();
    expect(p.take(all)?.signo).toBe(1);
    p.discard(sigBit(34));
    expect(p.take(all)).toBeUndefined();
  });
});
