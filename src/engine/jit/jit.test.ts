import { beforeEach, describe, expect, it } from "vitest";
import { EXIT } from "../../cpu/exit.ts";
import { EXIT_ADDR, FLAG_SYS, GPR, RAX, RBX, RCX, RDI, RIP, RSI, RSP } from "../../cpu/layout.ts";
import { EXEC, READ, WRITE } from "../../mmu/access.ts";
import { Frames } from "../../mmu/frames.ts";
import { Ram } from "../../mmu/ram.ts";
import { AddressSpace } from "../../mmu/space.ts";
import { HELPERS } from "../../sem/helpers/index.ts";
import { SEMANTICS } from "../../sem/table.ts";
import { Engine } from "../engine.ts";
import { buildImage } from "../interp/build-image.ts";

const image = buildImage();
const CODE = 0x400000;
const STACK = 0x7fff0000;
const SYSCALL = [0x0f, 0x05];

let ram: Ram;
let frames: Frames;
let space: AddressSpace;
let engine: Engine;

function map(address: number, pages: number, permissions: number): void {
  for (let i = 0; i < pages; i++) space.map(address + i * 4096, frames.alloc(), permissions);
}
function poke(address: number, bytes: number[]): void {
  for (const [i, b] of bytes.entries()) ram.u8[space.host(address + i, READ)] = b;
}
function setReg(n: number, v: number): void {
  ram.view.setBigInt64(GPR + n * 8, BigInt(v), true);
}
const reg = (n: number): number => Number(ram.view.getBigInt64(GPR + n * 8, true));
/** Runs from CODE to an exit; a budget that is used up is given again. */
function run(): number {
  ram.view.setBigInt64(RIP, BigInt(CODE), true);
  setReg(RSP, STACK + 0x1000);
  for (let i = 0; i < 1000; i++) {
    const exit = engine.run(1000000);
    if (exit !== EXIT.BUDGET) return exit;
  }
  throw new Error("no end");
}

function makeEngine(eager: boolean): Engine {
  return new Engine({
    ram,
    image,
    helpers: HELPERS,
    tsc: () => 1,
    random: () => {},
    semantics: (mnemonic) => SEMANTICS[mnemonic],
    eager,
  });
}

beforeEach(() => {
  ram = new Ram();
  frames = new Frames(ram);
  space = new AddressSpace(ram, frames);
  engine = makeEngine(false);
  map(CODE, 4, READ | WRITE | EXEC);
  map(STACK, 2, READ | WRITE);
  ram.view.setInt32(FLAG_SYS, 0x202, true);
  engine.use(space);
});

describe("regions", () => {
  it("compile a loop that runs for long", () => {
    // mov ecx, 1000000; xor eax, eax; 1: add rax, rcx; dec ecx; jnz 1b; syscall
    poke(CODE, [0xb9, 0x40, 0x42, 0x0f, 0, 0x31, 0xc0, 0x48, 0x01, 0xc8, 0xff, 0xc9, 0x75, 0xf9, ...SYSCALL]);
    expect(run()).toBe(EXIT.SYSCALL);
    expect(reg(RAX)).toBe(500000500000);
    expect(engine.instructions).toBe(2 + 3000000 + 1);
    expect(engine.jit?.stats.regions).toBeGreaterThan(0);
  });
  it("recurse as nested calls", () => {
    // mov edi, 24; call fib; syscall
    poke(CODE, [0xbf, 24, 0, 0, 0, 0xe8, 0x16, 0, 0, 0, ...SYSCALL]);
    // fib: cmp edi, 2; jl 1f; push rbx; push rdi; dec edi; call fib; mov ebx, eax; pop rdi; sub edi, 2; call fib
    //      add eax, ebx; pop rbx; ret; 1: mov eax, edi; ret
    poke(
      CODE + 0x20,
      [0x83, 0xff, 2, 0x7c, 0x18, 0x53, 0x57, 0xff, 0xcf, 0xe8, 0xf2, 0xff, 0xff, 0xff, 0x89, 0xc3, 0x5f],
    );
    poke(CODE + 0x31, [0x83, 0xef, 2, 0xe8, 0xe7, 0xff, 0xff, 0xff, 0x01, 0xd8, 0x5b, 0xc3, 0x89, 0xf8, 0xc3]);
    expect(run()).toBe(EXIT.SYSCALL);
    expect(reg(RAX)).toBe(46368);
    expect(reg(RSP)).toBe(STACK + 0x1000);
  });
  it("see code that the interpreter changes under them", () => {
    // mov ecx, 300000; 1: call f; cmp ecx, 150000; jne 2f; mov byte [f+2], 3; 2: dec ecx; jnz 1b; syscall
    poke(CODE, [0xb9, 0xe0, 0x93, 4, 0, 0xe8, 0xf6, 0x0f, 0, 0, 0x81, 0xf9, 0xf0, 0x49, 2, 0, 0x75, 7]);
    poke(CODE + 18, [0xc6, 0x05, 0xe9, 0x0f, 0, 0, 3, 0xff, 0xc9, 0x75, 0xe8, ...SYSCALL]);
    poke(CODE + 0x1000, [0x83, 0xc3, 1, 0xc3]); // f: add ebx, 1; ret
    expect(run()).toBe(EXIT.SYSCALL);
    expect(reg(RBX)).toBe(150001 + 3 * 149999);
  });
  it.each([
    0x200, 0x1000,
  ])("see code change that was never executed: at %i, where a call has not yet returned to", (at) => {
    engine = makeEngine(true);
    engine.use(space);
    // call f; syscall
    poke(CODE, [0xe8, (at - 12) & 0xff, (at - 12) >> 8, 0, 0, ...SYSCALL]);
    // f: dec edi; call g; h: mov eax, 1; ret
    poke(CODE + at - 7, [0xff, 0xcf, 0xe8, 6, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0xc3]);
    // g: test edi, edi; jz 1f; add rsp, 8; jmp f; 1: test esi, esi; jnz 2f; add rsp, 8; xor eax, eax; 2: ret
    poke(CODE + at + 6, [0x85, 0xff, 0x74, 6, 0x48, 0x83, 0xc4, 8, 0xeb, 0xe9]);
    poke(CODE + at + 16, [0x85, 0xf6, 0x75, 6, 0x48, 0x83, 0xc4, 8, 0x31, 0xc0, 0xc3]);
    setReg(RDI, 100000);
    setReg(RSI, 0);
    expect(run()).toBe(EXIT.SYSCALL);
    expect(reg(RAX)).toBe(0);
    // As a store of the program does.
    poke(CODE + at, [0xb8, 2]);
    engine.cache.invalidate(space.host(CODE + at, READ), 2);
    setReg(RDI, 100);
    setReg(RSI, 1);
    expect(run()).toBe(EXIT.SYSCALL);
    expect(reg(RAX)).toBe(2);
  });
  it("fault at their first instruction after calls into another page", () => {
    // mov ecx, 100000; mov rbx, STACK; 1: mov rax, [rbx]; call f; dec ecx; jnz 1b; mov rbx, 0x1234; jmp 1b
    poke(CODE, [0xb9, 0xa0, 0x86, 1, 0, 0x48, 0xc7, 0xc3, 0, 0, 0xff, 0x7f, 0x48, 0x8b, 0x03]);
    poke(CODE + 15, [0xe8, 0xec, 0x0f, 0, 0, 0xff, 0xc9, 0x75, 0xf4, 0x48, 0xc7, 0xc3, 0x34, 0x12, 0, 0, 0xeb, 0xeb]);
    poke(CODE + 0x1000, [0xc3]);
    expect(run()).toBe(EXIT.FAULT);
    expect(Number(ram.view.getBigUint64(EXIT_ADDR, true))).toBe(0x1234);
    expect(Number(ram.view.getBigUint64(RIP, true))).toBe(CODE + 12);
    expect(reg(RCX)).toBe(0);
  });
});
