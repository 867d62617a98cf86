import { beforeEach, describe, expect, it } from "vitest";
import { EXIT } from "../cpu/exit.ts";
import { EXIT_ADDR, EXIT_VECTOR, FLAG_SYS, GPR, RAX, RIP, YMM, YMM_STRIDE } from "../cpu/layout.ts";
import { EXEC, READ, WRITE } from "../mmu/access.ts";
import { Frames } from "../mmu/frames.ts";
import { Ram } from "../mmu/ram.ts";
import { AddressSpace } from "../mmu/space.ts";
import type { CpuLevel } from "../sem/cpu-features.ts";
import { VECTOR } from "../sem/emit.ts";
import { HELPERS } from "../sem/helpers/index.ts";
import { SEMANTICS } from "../sem/table.ts";
import { Engine } from "./engine.ts";
import { buildImage } from "./interp/build-image.ts";

const image = buildImage();
const CODE = 0x400000;
const DATA = 0x500000;
const SYSCALL = [0x0f, 0x05];
const COUNT = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

let ram: Ram;
let space: AddressSpace;
let engine: Engine;

function start(level?: CpuLevel): void {
  ram = new Ram();
  const frames = new Frames(ram);
  space = new AddressSpace(ram, frames);
  const semantics = (mnemonic: string) => SEMANTICS[mnemonic];
  engine = new Engine({ ram, image, helpers: HELPERS, tsc: () => 1, random: () => {}, semantics, level, eager: true });
  space.map(CODE, frames.alloc(), READ | WRITE | EXEC);
  // Two pages of data whose frames are not neighbours; nothing behind them.
  space.map(DATA, frames.alloc(), READ | WRITE);
  frames.alloc();
  space.map(DATA + 4096, frames.alloc(), READ | WRITE);
  ram.view.setInt32(FLAG_SYS, 0x202, true);
  engine.use(space);
}
function bytesAt(address: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => ram.u8[space.host(address + i, READ)]);
}
function run(compiled: boolean, code: number[], rax: number): number {
  ram.u8.set([...code, ...SYSCALL], space.host(CODE, READ));
  const once = (): number => {
    ram.view.setBigInt64(GPR + RAX * 8, BigInt(rax), true);
    ram.view.setBigInt64(RIP, BigInt(CODE), true);
    return engine.run(1000);
  };
  const exit = once();
  if (!compiled) return exit;
  engine.jit?.compile(space, [CODE]);
  return once();
}
const ymm = (n: number): Uint8Array => ram.u8.subarray(YMM + n * YMM_STRIDE, YMM + (n + 1) * YMM_STRIDE);

beforeEach(() => start());

describe.each([false, true])("256 bits, compiled: %s", (compiled) => {
  it("crosses a page", () => {
    ymm(1).set(COUNT);
    // vmovdqu [rax], ymm1; vmovdqu ymm2, [rax]; vpaddb ymm3, ymm2, [rax]
    const code = [0xc5, 0xfe, 0x7f, 0x08, 0xc5, 0xfe, 0x6f, 0x10, 0xc5, 0xed, 0xfc, 0x18];
    expect(run(compiled, code, DATA + 4096 - 9)).toBe(EXIT.SYSCALL);
    expect(bytesAt(DATA + 4096 - 9, 32)).toEqual([...COUNT]);
    expect([...ymm(3)]).toEqual([...COUNT].map((n) => 2 * n));
  });
  it("changes nothing when the second page is missing", () => {
    ymm(1).set(COUNT);
    expect(run(compiled, [0xc5, 0xfe, 0x7f, 0x08], DATA + 8192 - 16)).toBe(EXIT.FAULT);
    expect(ram.i32[EXIT_VECTOR >> 2]).toBe(VECTOR.PF);
    expect(Number(ram.view.getBigUint64(EXIT_ADDR, true))).toBe(DATA + 8192);
    expect(bytesAt(DATA + 8192 - 16, 16)).toEqual(new Array(16).fill(0));
  });
  it("clears upper halves with VEX.128 and keeps them with SSE", () => {
    ymm(0).set(COUNT);
    ymm(1).set(COUNT);
    // vpaddb xmm0, xmm0, xmm0; paddb xmm1, xmm1
    expect(run(compiled, [0xc5, 0xf9, 0xfc, 0xc0, 0x66, 0x0f, 0xfc, 0xc9], 0)).toBe(EXIT.SYSCALL);
    expect([...ymm(0).subarray(16)]).toEqual(new Array(16).fill(0));
    expect([...ymm(1).subarray(16)]).toEqual([...COUNT].slice(16));
  });
  it("moves under a mask without touching what is not under it", () => {
    ymm(1).set(COUNT);
    // Mask: only the first of eight lanes; the others would lie in the missing page.
    ymm(2).fill(0).set([0, 0, 0, 0x80]);
    // vpmaskmovd [rax], ymm2, ymm1; vpmaskmovd ymm3, ymm2, [rax]
    const code = [0xc4, 0xe2, 0x6d, 0x8e, 0x08, 0xc4, 0xe2, 0x6d, 0x8c, 0x18];
    expect(run(compiled, code, DATA + 8192 - 4)).toBe(EXIT.SYSCALL);
    expect(bytesAt(DATA + 8192 - 4, 4)).toEqual([1, 2, 3, 4]);
    expect([...ymm(3)]).toEqual([1, 2, 3, 4, ...new Array(28).fill(0)]);
  });
});

describe("levels", () => {
  it("VEX instructions are undefined below v3", () => {
    start("v2");
    expect(run(false, [0xc5, 0xf9, 0xfc, 0xc0], 0)).toBe(EXIT.FAULT);
    expect(ram.i32[EXIT_VECTOR >> 2]).toBe(VECTOR.UD);
    start("v2");
    expect(run(false, [0x66, 0x0f, 0xfc, 0xc9], 0)).toBe(EXIT.SYSCALL);
  });
});
