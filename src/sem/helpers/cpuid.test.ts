import { expect, test } from "vitest";
import { GPR, RAX, RBX, RCX, RDX, STATE_END } from "../../cpu/layout.ts";
import type { CpuLevel } from "../cpu-features.ts";
import type { HelperHost } from "../helpers.ts";
import { cpuid } from "./cpuid.ts";

function run(leaf: number, index = 0, level?: CpuLevel) {
  const buffer = new ArrayBuffer(STATE_END);
  const view = new DataView(buffer);
  const host: HelperHost = {
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    i32: new Int32Array(buffer),
    f64: new Float64Array(buffer),
    view,
    level,
    tsc: () => 0,
    random: () => {},
  };
  for (const n of [RAX, RBX, RCX, RDX]) view.setBigUint64(GPR + 8 * n, ~0n, true);
  view.setUint32(GPR + 8 * RAX, leaf, true);
  view.setUint32(GPR + 8 * RCX, index, true);
  cpuid(host);
  const get = (n: number): number => {
    expect(view.getUint32(GPR + 8 * n + 4, true), "upper half").toBe(0);
    return view.getUint32(GPR + 8 * n, true);
  };
  return { eax: get(RAX), ebx: get(RBX), ecx: get(RCX), edx: get(RDX) };
}
function text(...words: number[]): string {
  return String.fromCharCode(...words.flatMap((w) => [w & 255, (w >> 8) & 255, (w >> 16) & 255, w >>> 24]));
}

test("vendor and hypervisor", () => {
  const v = run(0);
  expect(text(v.ebx, v.edx, v.ecx)).toBe("GenuineIntel");
  const h = run(0x40000000);
  expect(text(h.ebx, h.ecx, h.edx)).toBe("GenuineBlink");
});

test("levels", () => {
  const sse42 = 1 << 20;
  const avx = 1 << 28;
  expect(run(1, 0, "x86-64").ecx & (sse42 | avx)).toBe(0);
  expect(run(1, 0, "v2").ecx & (sse42 | avx)).toBe(sse42);
  expect(run(1, 0, "v3").ecx & (sse42 | avx)).toBe(sse42 | avx);
  expect(run(7, 0, "v2").ebx & (1 << 5)).toBe(0);
  expect(run(7, 0, "v3").ebx & (1 << 5)).toBe(1 << 5);
});

test("cache sizes of leaf 4", () => {
  const sizes: number[] = [];
  for (let i = 0; run(4, i).eax & 31; i++) {
    const { ebx, ecx } = run(4, i);
    sizes.push(((ebx >>> 22) + 1) * (((ebx >>> 12) & 0x3ff) + 1) * ((ebx & 0xfff) + 1) * (ecx + 1));
  }
  expect(sizes).toEqual([32, 32, 256, 8192].map((k) => k * 1024));
});
