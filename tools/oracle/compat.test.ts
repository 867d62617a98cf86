/**
 * Code of 16 and 32 bits without a processor to compare with, as kernels may not run it: results that the manuals give.
 * Segments are those of segments.ts.
 */
import { expect, test } from "vitest";
import { buildImage } from "../../src/engine/interp/build-image.ts";
import { EngineSide } from "./engine-side.ts";
import * as T from "./layout.ts";
import { parseTrial } from "./line.ts";

const engine = new EngineSide(buildImage());
const [SIGTRAP, SIGSEGV, SIGBUS] = [5, 11, 7];

/** What became of the code (hex) at 200h of the code pages. */
function run(world: number, code: string, state = "") {
  const bytes = engine.run(parseTrial(`code=${code}@200 world=${world} ${state}`));
  const v = T.view(bytes);
  const changes = new Map<number, bigint>();
  for (let n = v.getUint32(T.R_CHANGES, true), at = T.RESULT_SIZE; n > 0; n--, at += T.CHANGE_SIZE)
    changes.set(v.getUint32(at, true), v.getBigUint64(at + 8, true));
  return {
    gpr: (n: number) => v.getBigUint64(T.S_GPR + n * 8, true),
    flags: v.getUint32(T.S_RFLAGS, true) & 0x8d5,
    rip: v.getBigUint64(T.S_RIP, true),
    signal: v.getUint32(T.R_SIGNO, true),
    trap: v.getUint32(T.R_TRAPNO, true),
    error: v.getUint32(T.R_ERR, true),
    address: v.getBigUint64(T.R_ADDR, true),
    cs: v.getUint16(T.S_SEL + 16, true),
    changes,
  };
}
const [RAX, RCX, RBX, RSP] = [0, 1, 3, 4];

test("decimal adjustments of the SDM's examples", () => {
  // ADD AL, BL; DAA, then SUB AL, BL; DAS
  const sum = run(1, "00d827", "rax=79 rbx=35");
  expect([sum.gpr(RAX), sum.flags & 0x15]).toEqual([0x14n, 0x15]);
  const difference = run(1, "28d82f", "rax=35 rbx=47");
  expect([difference.gpr(RAX), difference.flags & 0xd5]).toEqual([0x88n, 0x95]);
  // AAA after 8 + 5, AAM and AAD with ten
  expect(run(1, "00d837", "rax=8 rbx=5").gpr(RAX)).toBe(0x103n);
  expect(run(1, "d40a", "rax=3f").gpr(RAX)).toBe(0x603n);
  expect(run(1, "d50a", "rax=603").gpr(RAX)).toBe(0x3fn);
  expect(run(1, "d400", "rax=1").trap).toBe(0);
  // SALC
  expect(run(1, "d6", "rax=100 flags=203").gpr(RAX)).toBe(0x1ffn);
});

test("results of 32 bits clear upper halves, those of 16 keep them", () => {
  const high = "rax=1111111122222222 rcx=3333333344444444";
  expect(run(1, "40", high).gpr(RAX)).toBe(0x22222223n);
  expect(run(1, "6640", high).gpr(RAX)).toBe(0x1111111122222223n);
  expect(run(2, "40", high).gpr(RAX)).toBe(0x1111111122222223n);
  expect(run(2, "6640", high).gpr(RAX)).toBe(0x22222223n);
});

test("addresses of 16 bits", () => {
  // MOV AX, [BX+SI-1] by DS; MOV AX, [BP] by SS
  const r = run(2, "8b40ff", "rbx=ffff0800 rsi=ffff0101 [900]=3412");
  expect(r.gpr(RAX) & 0xffffn).toBe(0x1234n);
  // The offset wraps: BX + SI = 10010h
  expect(run(2, "8b00", "rbx=ff10 rsi=100 [10]=7856").gpr(RAX) & 0xffffn).toBe(0x5678n);
});

test("limits, rights and kinds of segments", () => {
  const fault = (world: number, code: string, state = "") => {
    const { trap, signal, error } = run(world, code, state);
    return [trap, signal, error];
  };
  // MOV AX, [BX]: the last byte of a segment's 3000h, and the one behind it
  expect(fault(2, "8a07", "rbx=2fff")).toEqual([3, SIGTRAP, 0]);
  expect(fault(2, "8b07", "rbx=2fff")).toEqual([13, SIGSEGV, 0]);
  // MOV AL, ES:[BX]: a segment that grows down from FFFFh to above 0FFFh
  expect(fault(2, "268a07", "rbx=1000")).toEqual([3, SIGTRAP, 0]);
  expect(fault(2, "268a07", "rbx=fff")).toEqual([13, SIGSEGV, 0]);
  // MOV AX, [BP] beyond the stack segment
  expect(fault(2, "8b4600", "rbp=3fff")).toEqual([12, SIGBUS, 0]);
  // MOV GS:[EBX], AL: read-only in world 3; reading works
  expect(fault(3, "65678803", "rbx=10")).toEqual([13, SIGSEGV, 0]);
  expect(fault(3, "658a03", "rbx=10")).toEqual([3, SIGTRAP, 0]);
  // MOV AL, CS:[EBX] works, to it doesn't
  expect(fault(3, "2e8a03", "rbx=10")).toEqual([3, SIGTRAP, 0]);
  expect(fault(3, "2e8803", "rbx=10")).toEqual([13, SIGSEGV, 0]);
});

test("loads of segment registers", () => {
  const ax = (selector: number) => run(1, "8ed8", `rax=${selector.toString(16)}`);
  expect(ax(0x2b).signal).toBe(SIGTRAP);
  // Not present; none such; the system's own; SS with the wrong level
  expect([ax(8 * 8 + 7).trap, ax(8 * 8 + 7).error]).toEqual([11, 8 * 8 + 4]);
  expect([ax(20 * 8 + 7).trap, ax(20 * 8 + 7).error]).toEqual([13, 20 * 8 + 4]);
  expect([ax(0x10).trap, ax(0x10).error]).toEqual([13, 0x10]);
  const ss = run(1, "8ed0", "rax=28");
  expect([ss.trap, ss.error]).toEqual([13, 0x28]);
  // A null DS may be loaded, and not be used
  expect(run(1, "8ed8a000000010", "rax=0").trap).toBe(13);
});

test("near transfers", () => {
  // CALL and RET with the stack in its segment: SP wraps within 16 bits
  const call = run(2, "e80000", "rsp=30000002");
  expect([call.gpr(RSP), call.changes.get(0)]).toEqual([0x30000000n, expect.anything()]);
  // JMP beyond the code segment's 2000h bytes; the instruction faults, not its target
  const far = run(2, "e9fd7f");
  expect([far.trap, far.rip]).toEqual([13, 0x200n]);
  // LOOP leaves CX alone when it faults
  expect(run(3, "e2fe6690", "rcx=5").gpr(RCX)).toBe(0n);
});

test("far transfers between modes", () => {
  // JMP 33h:20000000h, where INT3 is, and back to 32 bits by RETF
  const to64 = run(1, "ea000000203300");
  expect([to64.cs, to64.rip, to64.signal]).toEqual([0x33, 0x20000001n, SIGTRAP]);
  const to32 = run(0, "ff2b", "rbx=10000000 [0]=000000202300");
  expect([to32.cs, to32.rip]).toEqual([0x23, 0x20000001n]);
  // To 16 bits, with CALL: return address and selector of 32 bits each
  const call = run(1, "9a000100000700", "rsp=10000808");
  expect([call.cs, call.rip, call.gpr(RSP)]).toEqual([7, 0x101n, 0x10000800n]);
  expect(call.changes.get(0x800)).toBe(0x23_20000207n);
  // Not present, no code, beyond the limit
  expect([run(1, "ea000000004f00").trap, run(1, "ea000000004f00").error]).toEqual([11, 0x4c]);
  expect([run(1, "ea000000002b00").trap, run(1, "ea000000002b00").error]).toEqual([13, 0x28]);
  expect([run(1, "ea002000000700").trap, run(1, "ea002000000700").error]).toEqual([13, 0]);
});

test("an instruction that runs over the segment's end, and one at the stack's width", () => {
  // At the last byte of world 3's code: MOV EAX, imm32 can't be fetched
  const v = T.view(engine.run(parseTrial("code=b8@1fff world=3")));
  expect(v.getUint32(T.R_TRAPNO, true)).toBe(13);
  // PUSHA and POPA
  const r = run(3, "6061", "rsp=800 rbx=7");
  expect([r.gpr(RBX), r.gpr(RSP)]).toEqual([7n, 0x800n]);
});

test("alignment checks", () => {
  const check = (code: string, state: string) => {
    const { trap, signal, rip } = run(0, code, `${state} flags=40202`);
    return [trap, signal, rip];
  };
  const at = BigInt(T.CODE_AT + 0x200);
  expect(check("8b03", "rbx=10000002")).toEqual([17, SIGBUS, at]);
  expect(check("8b03", "rbx=10000004")).toEqual([3, SIGTRAP, at + 3n]);
  // PUSH; a string's second round; aligned to nothing; the flag cleared by POPF
  expect(check("50", "rsp=10000804")).toEqual([17, SIGBUS, at]);
  expect(check("f3a5", "rsi=10000000 rdi=10000104 rcx=3")).toEqual([3, SIGTRAP, at + 3n]);
  expect(check("8a03", "rbx=10000003")).toEqual([3, SIGTRAP, at + 3n]);
  expect(check("9d8b03", "rbx=10000002 rsp=10000800 [800]=0202000000000000")).toEqual([3, SIGTRAP, at + 4n]);
});
