import { expect, test } from "vitest";
import { type Callee, Code } from "../wasm/code.ts";
import { ModuleBuilder } from "../wasm/module.ts";
import type { Shared } from "./emit.ts";
import { mulHighS, mulHighU, udiv128 } from "./wide.ts";

/** The shared function alone in a module. */
function instantiate(f: Shared): (...args: bigint[]) => bigint {
  const m = new ModuleBuilder();
  const c = new Code(f.params);
  const use = (): Callee => {
    throw new Error("calls nothing");
  };
  f.body(c, use);
  c.unreachable();
  m.exportFunc("f", m.func({ params: f.params, results: ["i64"] }, c.finish()));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(m.build())));
  return instance.exports.f as (...args: bigint[]) => bigint;
}

const U = (v: bigint): bigint => BigInt.asUintN(64, v);
const S = (v: bigint): bigint => BigInt.asIntN(64, v);

/** Reproducible values of all magnitudes, with many at the edges. */
function* values(n: number): Generator<bigint> {
  const edges = [0n, 1n, 2n, 0xffffffffn, 0x100000000n, 0x7fffffffffffffffn, 0x8000000000000000n, 0xffffffffffffffffn];
  yield* edges;
  let x = 88172645463325252n;
  for (let i = 0; i < n; i++) {
    x ^= U(x << 13n);
    x ^= x >> 7n;
    x ^= U(x << 17n);
    yield i % 3 ? x >> (x & 63n) : x;
  }
}

test("upper half of products", () => {
  const unsigned = instantiate(mulHighU);
  const signed = instantiate(mulHighS);
  for (const a of values(30)) {
    for (const b of values(30)) {
      expect(U(unsigned(a, b))).toBe((a * b) >> 64n);
      expect(signed(a, b)).toBe(S((S(a) * S(b)) >> 64n));
    }
  }
});

test("128 by 64 bits", () => {
  const divide = instantiate(udiv128);
  for (const d of values(30)) {
    for (const hi of values(15)) {
      for (const lo of values(8)) {
        if (hi >= d) continue;
        const n = (hi << 64n) | lo;
        expect(U(divide(hi, lo, d)), `${n} / ${d}`).toBe(n / d);
      }
    }
  }
});
