import { beforeEach, describe, expect, it } from "vitest";
import * as U from "../abi/ucontext.ts";
import * as L from "../cpu/layout.ts";
import { FPFRAME_SIZE, restoreFp, saveFp } from "./fpstate.ts";
import { returnTo, USER_CS, USER_SS } from "./segments.ts";
import { altStackFlags, popFrame, pushFrame } from "./sigframe.ts";
import { Testbed } from "./sys/testbed.ts";
import type { Task } from "./task.ts";

const SA_ONSTACK = 0x08000000;
const SA_RESTORER = 0x04000000;
const HANDLER = 0x401234;

let bed: Testbed;
let task: Task;
let stack: number;

beforeEach(() => {
  bed = new Testbed();
  task = bed.task;
  stack = bed.buffer(16384) + 16384;
  for (let i = 0; i < 16; i++) task.regs.setGpr(i, 0x1111111111111111n * BigInt(i));
  task.regs.setGpr(L.RSP, stack - 24);
  task.regs.rip = 0x400abcn;
  returnTo(task, USER_CS, USER_SS);
  task.regs.flags = 0x202 | 0x400 | 0x8d5;
});

const action = (flags = SA_RESTORER) => ({ handler: HANDLER, flags, restorer: 0x400500, mask: 0n });

describe("layout", () => {
  it("is that of struct rt_sigframe and struct ucontext in Linux", () => {
    expect([U.UCONTEXT_SIZE, U.FRAME_SIZE, U.FRAME_INFO]).toEqual([304, 440, 312]);
    expect([U.MC_RIP, U.MC_EFLAGS, U.MC_CS, U.MC_ERR, U.MC_CR2, U.MC_FPSTATE, U.UC_SIGMASK]).toEqual([
      168, 176, 184, 192, 216, 224, 296,
    ]);
    expect(FPFRAME_SIZE).toBe(836);
  });
});

describe("pushFrame and popFrame", () => {
  it("enters the handler as the ABI asks and restores everything", () => {
    task.mask = 0x200n;
    task.regs.setU32(L.MXCSR, 0x9fc0);
    task.regs.setU16(L.FSW, 3 << 11);
    task.regs.bytes().fill(0xab, L.YMM - L.STATE, L.YMM - L.STATE + 512);
    task.regs.bytes().fill(0xcd, L.X87 - L.STATE + 48, L.X87 - L.STATE + 58);
    const before = task.regs.bytes().slice();
    expect(pushFrame(task, { signo: 10, code: 0, pid: 77, uid: 5 }, action())).toBe(true);
    const { regs } = task;
    expect(regs.rsp % 16).toBe(8);
    expect(regs.rsp).toBeLessThan(stack - 24 - 128 - 836);
    expect(regs.rip).toBe(BigInt(HANDLER));
    expect(regs.flags & 0x400).toBe(0);
    expect(regs.gpr(L.RDI)).toBe(10n);
    expect(regs.gpr(L.RSI)).toBe(BigInt(regs.rsp + 312));
    expect(regs.gpr(L.RDX)).toBe(BigInt(regs.rsp + 8));
    expect(regs.u32(L.MXCSR)).toBe(0x1f80);
    expect(bed.user.u64(regs.rsp)).toBe(0x400500);
    expect(bed.user.u32(regs.rsp + 312 + 16)).toBe(77);
    const fp = bed.user.u64(regs.rsp + 8 + U.MC_FPSTATE);
    expect(fp % 64).toBe(0);
    expect(bed.user.u32(fp + 464)).toBe(0x46505853);
    expect(bed.user.u32(fp + 832)).toBe(0x46505845);
    expect(bed.user.u8(fp + 32)).toBe(0xcd);
    task.mask = 0n;
    regs.setGpr(L.RSP, regs.rsp + 8);
    expect(popFrame(task)).toBe(true);
    expect(task.mask).toBe(0x200n);
    const after = task.regs.bytes().slice();
    // The lazy flags may be held otherwise, with the same meaning.
    for (const s of [before, after]) s.fill(0, L.FLAG_RES - L.STATE, L.FLAG_SYS - L.STATE + 4);
    for (const s of [before, after]) s.fill(0, L.SEL - L.STATE, L.SEL - L.STATE + 12);
    expect(after).toEqual(before);
    expect(regs.flags & 0xcd5).toBe(0xcd5);
  });
  it("uses the alternate stack, says so, and refuses one that is too small", () => {
    const alt = bed.buffer(4096);
    task.altStack = { sp: alt, flags: 0, size: 4096 };
    expect(altStackFlags(task)).toBe(0);
    expect(pushFrame(task, { signo: 11, code: 1, addr: 0x123n }, action(SA_RESTORER | SA_ONSTACK))).toBe(true);
    expect(task.regs.rsp).toBeGreaterThan(alt);
    expect(task.regs.rsp).toBeLessThan(alt + 4096);
    expect(altStackFlags(task)).toBe(1);
    expect(bed.user.u64(task.regs.rsp + 312 + 16)).toBe(0x123);
    task.regs.setGpr(L.RSP, alt + 1000);
    expect(pushFrame(task, { signo: 11, code: 1 }, action())).toBe(false);
  });
  it("needs a restorer and a stack that can be written", () => {
    expect(pushFrame(task, { signo: 10, code: 0 }, action(0))).toBe(false);
    task.regs.setGpr(L.RSP, 0x1000);
    expect(pushFrame(task, { signo: 10, code: 0 }, action())).toBe(false);
  });
});

describe("restoreFp", () => {
  it("takes an FXSAVE image without the marks and refuses reserved MXCSR bits", () => {
    const image = saveFp(task.regs).slice(0, 512);
    expect(restoreFp(task.regs, image)).toBe(true);
    new DataView(image.buffer).setUint32(24, 0x10000, true);
    expect(restoreFp(task.regs, image)).toBe(false);
  });
});
