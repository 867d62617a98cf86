import { beforeEach, describe, expect, it } from "vitest";
import { EXIT } from "../cpu/exit.ts";
import { EXIT_ADDR, EXIT_ERROR, EXIT_VECTOR, FLAG_SYS, GPR, RAX, RBX, RCX, RDX, RIP, RSP } from "../cpu/layout.ts";
import { EXEC, READ, WRITE } from "../mmu/access.ts";
import { Frames } from "../mmu/frames.ts";
import { Ram } from "../mmu/ram.ts";
import { AddressSpace } from "../mmu/space.ts";
import { HELPERS } from "../sem/helpers/index.ts";
import { Engine } from "./engine.ts";
import { buildImage } from "./interp/build-image.ts";

const image = buildImage();
const CODE = 0x400000;
const STACK = 0x7fff0000;

let ram: Ram;
let frames: Frames;
let space: AddressSpace;
let engine: Engine;

function map(address: number, pages: number, permissions: number): void {
  for (let i = 0; i < pages; i++) space.map(address + i * 4096, frames.alloc(), permissions);
}
function poke(address: number, bytes: number[]): void {
  bytes.forEach((b, i) => {
    const host = space.host(address + i, READ);
    engine.cache.invalidate(host, 1);
    ram.u8[host] = b;
  });
}
function run(at = CODE, budget = 1000): number {
  ram.view.setBigInt64(RIP, BigInt(at), true);
  return engine.run(budget);
}
const reg = (n: number): bigint => ram.view.getBigUint64(GPR + n * 8, true);
const rip = (): number => Number(ram.view.getBigUint64(RIP, true));
const SYSCALL = [0x0f, 0x05];

beforeEach(() => {
  ram = new Ram();
  frames = new Frames(ram);
  space = new AddressSpace(ram, frames);
  engine = new Engine({ ram, image, helpers: HELPERS, tsc: () => 1, random: () => {} });
  map(CODE, 4, READ | WRITE | EXEC);
  map(STACK, 2, READ | WRITE);
  ram.view.setBigInt64(GPR + RSP * 8, BigInt(STACK + 0x1000), true);
  ram.view.setInt32(FLAG_SYS, 0x202, true);
  engine.use(space);
});

describe("running", () => {
  it("executes a loop and leaves at SYSCALL with RIP behind it", () => {
    // mov ecx, 10; xor eax, eax; 1: add eax, ecx; dec ecx; jnz 1b; syscall
    poke(CODE, [0xb9, 10, 0, 0, 0, 0x31, 0xc0, 0x01, 0xc8, 0xff, 0xc9, 0x75, 0xfa, ...SYSCALL]);
    expect(run()).toBe(EXIT.SYSCALL);
    expect(reg(RAX)).toBe(55n);
    expect(rip()).toBe(CODE + 15);
    expect(engine.instructions).toBe(2 + 30 + 1);
  });
  it("stops when the budget is used up and can go on", () => {
    poke(CODE, [0xff, 0xc0, 0xeb, 0xfc]); // 1: inc eax; jmp 1b
    expect(run(CODE, 100)).toBe(EXIT.BUDGET);
    const first = reg(RAX);
    expect(first).toBeGreaterThanOrEqual(50n);
    expect(engine.run(100)).toBe(EXIT.BUDGET);
    expect(reg(RAX)).toBeGreaterThan(first);
  });
  it("runs an instruction that crosses into another page, and sees the second page change", () => {
    poke(CODE + 4093, [0xb8, 1, 2, 3, 4, ...SYSCALL]); // mov eax, 0x04030201
    expect(run(CODE + 4093)).toBe(EXIT.SYSCALL);
    expect(reg(RAX)).toBe(0x04030201n);
    poke(CODE + 4097, [9]);
    expect(run(CODE + 4093)).toBe(EXIT.SYSCALL);
    expect(reg(RAX)).toBe(0x09030201n);
    const other = frames.alloc();
    ram.u8.set([7, 7, ...SYSCALL], other);
    space.map(CODE + 4096, other, READ | EXEC);
    expect(run(CODE + 4093)).toBe(EXIT.SYSCALL);
    expect(reg(RAX)).toBe(0x07070201n);
  });
});

describe("self-modifying code", () => {
  it("sees a store to the next instruction of the same block", () => {
    // lea rdi, [rip+4]; mov byte [rdi], 9 (the immediate of the following mov); mov eax, 5; syscall
    poke(CODE, [0x48, 0x8d, 0x3d, 4, 0, 0, 0, 0xc6, 0x07, 9, 0xb8, 5, 0, 0, 0, ...SYSCALL]);
    expect(run()).toBe(EXIT.SYSCALL);
    expect(reg(RAX)).toBe(9n);
  });
  it("sees code patched between two calls of it, through links", () => {
    // call f; mov byte [f+1], 3; call f; syscall; f: mov al, 1; add bl, al; ret
    const f = CODE + 0x40;
    poke(CODE, [0xe8, 0x3b, 0, 0, 0, 0xc6, 0x05, 0x35, 0, 0, 0, 3, 0xe8, 0x2f, 0, 0, 0, ...SYSCALL]);
    poke(f, [0xb0, 1, 0x00, 0xc3, 0xc3]);
    expect(run()).toBe(EXIT.SYSCALL);
    expect(reg(RBX)).toBe(4n);
  });
});

describe("faults", () => {
  it("reports a load from nowhere with the instruction's RIP and no change", () => {
    poke(CODE, [0x48, 0x8b, 0x0c, 0x25, 0x34, 0x12, 0, 0]); // mov rcx, [0x1234]
    expect(run()).toBe(EXIT.FAULT);
    expect(ram.i32[EXIT_VECTOR >> 2]).toBe(14);
    expect(ram.i32[EXIT_ERROR >> 2]).toBe(4);
    expect(ram.view.getBigUint64(EXIT_ADDR, true)).toBe(0x1234n);
    expect(rip()).toBe(CODE);
  });
  it("gives the second page's address when only that is missing, and stores nothing", () => {
    const at = STACK + 0x2000 - 3;
    ram.view.setBigInt64(GPR + RBX * 8, BigInt(at), true);
    ram.view.setBigInt64(GPR + RAX * 8, -1n, true);
    poke(CODE, [0x48, 0x89, 0x03]); // mov [rbx], rax
    expect(run()).toBe(EXIT.FAULT);
    expect(ram.view.getBigUint64(EXIT_ADDR, true)).toBe(BigInt(STACK + 0x2000));
    expect(ram.u8[space.host(at, READ)]).toBe(0);
  });
  it("raises #GP for a non-canonical address and #UD for an undefined opcode", () => {
    ram.view.setBigUint64(GPR + RBX * 8, 0x800000000000n, true);
    poke(CODE, [0x48, 0x8b, 0x03]); // mov rax, [rbx]
    expect(run()).toBe(EXIT.FAULT);
    expect(ram.i32[EXIT_VECTOR >> 2]).toBe(13);
    poke(CODE, [0x0f, 0x0b]);
    expect(run()).toBe(EXIT.FAULT);
    expect(ram.i32[EXIT_VECTOR >> 2]).toBe(6);
    expect(rip()).toBe(CODE);
  });
  it("faults on fetching from a page without execute permission", () => {
    expect(run(STACK)).toBe(EXIT.FAULT);
    expect(ram.i32[EXIT_ERROR >> 2]).toBe(1 | 4 | 16);
    expect(rip()).toBe(STACK);
  });
});

describe("copy on write", () => {
  it("leaves the write to the space's fault handler and keeps the parent's page", () => {
    poke(CODE, [0x48, 0x89, 0x13, ...SYSCALL]); // mov [rbx], rdx
    ram.view.setBigInt64(GPR + RBX * 8, BigInt(STACK), true);
    ram.view.setBigInt64(GPR + RDX * 8, 42n, true);
    const child = space.fork();
    if (!child) throw new Error("fork failed");
    engine.use(child);
    expect(run()).toBe(EXIT.FAULT);
    expect(child.fault(STACK, WRITE)).toBe(0);
    expect(run()).toBe(EXIT.SYSCALL);
    expect(ram.view.getBigInt64(child.host(STACK, READ), true)).toBe(42n);
    expect(ram.view.getBigInt64(space.host(STACK, READ), true)).toBe(0n);
    expect(reg(RCX)).toBe(BigInt(CODE + 5));
  });
});
