import { describe, expect, test } from "vitest";
import { digitOfEncoding, keyOfEncoding, slotKey } from "../isa/slot.ts";
import { form, ROWS } from "../isa/table.ts";
import type { Insn, Mode } from "../isa/types.ts";
import { decode } from "./decode.ts";
import { disassemble } from "./text.ts";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g) ?? [], (s) => Number.parseInt(s, 16));
}

function decoded(hex: string, mode: Mode = 64): Insn | string {
  const b = bytes(hex);
  return decode(b, 0, b.length, mode);
}

/** Text at address 0x1000, or the reason that there is none. */
function text(hex: string, mode: Mode = 64): string {
  const insn = decoded(hex, mode);
  return typeof insn === "string" ? insn : disassemble(insn, 0x1000n);
}

// What encodings mean is checked against iced-x86 by tools/decode-check.ts; here are the rules one by one.

describe("prefixes", () => {
  test("REX counts only as the last prefix", () => {
    expect(text("48 89 e5")).toBe("mov rbp, rsp");
    expect(text("48 66 89 e5")).toBe("mov bp, sp");
    expect(text("40 48 89 e5")).toBe("mov rbp, rsp");
    expect(text("48 89 e5", 32)).toBe("dec eax");
  });

  test("the last of F2, F3 wins, and over 66", () => {
    expect(text("f2 f3 0f 10 c1")).toBe("movss xmm0, xmm1");
    expect(text("f3 f2 0f 10 c1")).toBe("movsd xmm0, xmm1");
    expect(text("66 f3 0f 10 c1")).toBe("movss xmm0, xmm1");
    expect(text("66 f2 0f 38 f1 c1")).toBe("crc32 eax, cx");
  });

  test("LOCK needs a memory destination of an instruction that takes it", () => {
    expect(text("f0 01 08")).toBe("lock add dword ptr [rax], ecx");
    expect(text("f0 01 c8")).toBe("ud");
    expect(text("f0 03 08")).toBe("ud");
    expect(text("f0 8b 08")).toBe("ud");
  });

  test("REP is told where it isn't part of the opcode", () => {
    const movs = decoded("f3 48 a5");
    expect(movs).toMatchObject({ rep: 0xf3, opSize: 64 });
    expect(decoded("f3 0f b8 c1")).toMatchObject({ rep: 0, row: { mnemonic: "POPCNT" } });
    expect(text("f2 a6")).toBe("repne cmpsb");
  });

  test("segments other than FS and GS don't count in 64-bit mode", () => {
    expect(text("64 8b 00")).toBe("mov eax, dword ptr fs:[rax]");
    expect(text("64 2e 8b 00")).toBe("mov eax, dword ptr fs:[rax]");
    expect(text("2e 8b 00")).toBe("mov eax, dword ptr [rax]");
    expect(text("2e 8b 00", 32)).toBe("mov eax, dword ptr cs:[eax]");
  });

  test("fifteen bytes at most", () => {
    expect(text("66 66 66 66 66 66 66 66 66 66 66 66 66 66 90")).toBe("nop");
    // PAUSE, and with R8 in its place an exchange, as processors have it.
    expect(text("f3 90")).toBe("pause");
    expect(text("f3 45 90")).toBe("xchg r8d, eax");
    expect(text("66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90")).toBe("long");
    expect(text("48 b8 01 02 03")).toBe("short");
    expect(text("66 66 66 66 66 66 66 66 66")).toBe("short");
  });
});

describe("operand and address sizes", () => {
  test("64-bit defaults", () => {
    expect(decoded("50")).toMatchObject({ opSize: 64 });
    expect(decoded("66 50")).toMatchObject({ opSize: 16 });
    expect(decoded("66 e8 00 00 00 00")).toMatchObject({ opSize: 64, length: 6 });
    expect(decoded("66 e8 00 00", 32)).toMatchObject({ opSize: 16, length: 4 });
  });

  test("extended immediates", () => {
    expect(text("48 83 c0 ff")).toBe("add rax, 0xffffffffffffffff");
    expect(text("83 c0 ff")).toBe("add eax, 0xffffffff");
    expect(text("6a ff")).toBe("push 0xffffffffffffffff");
    expect(decoded("48 c7 c0 ff ff ff ff")).toMatchObject({ operands: [{}, { lo: -1, hi: -1 }] });
    expect(decoded("b8 ff ff ff ff")).toMatchObject({ operands: [{}, { lo: -1, hi: 0 }] });
  });

  test("memory", () => {
    expect(text("48 8b 44 8d f0")).toBe("mov rax, qword ptr [rbp+rcx*4-0x10]");
    expect(text("8b 05 10 00 00 00")).toBe("mov eax, dword ptr [rel 0x1016]");
    expect(text("8b 04 25 00 00 00 80")).toBe("mov eax, dword ptr [0xffffffff80000000]");
    expect(text("8b 42 7f", 16)).toBe("mov ax, word ptr [bp+si+0x7f]");
    expect(text("67 8b 02")).toBe("mov eax, dword ptr [edx]");
    expect(decoded("8b 42 7f", 16)).toMatchObject({ operands: [{}, { seg: 2, base: 5, index: 6 }] });
    expect(decoded("42 8b 04 24")).toMatchObject({ operands: [{}, { base: 4, index: 12, seg: 2 }] });
  });

  test("8-bit registers with and without REX", () => {
    expect(text("88 e0")).toBe("mov al, ah");
    expect(text("40 88 e0")).toBe("mov al, spl");
  });
});

describe("VEX and EVEX", () => {
  test("fields", () => {
    expect(text("c5 f8 58 c1")).toBe("vaddps xmm0, xmm0, xmm1");
    expect(text("c4 41 3c 58 c1")).toBe("vaddps ymm8, ymm8, ymm9");
  });

  test("unused vvvv must be 1111, and legacy prefixes absent", () => {
    expect(text("c5 f8 28 c1")).toBe("vmovaps xmm0, xmm1");
    expect(text("c5 f0 28 c1")).toBe("ud");
    expect(text("66 c5 f8 28 c1")).toBe("ud");
    expect(text("48 c5 f8 28 c1")).toBe("ud");
  });

  test("a gather's registers differ", () => {
    expect(text("c4 e2 69 90 04 08")).toBe("vpgatherdd xmm0, dword ptr [rax+xmm1], xmm2");
    expect(text("c4 e2 79 90 04 08")).toBe("ud");
  });

  test("EVEX is recognized with its length", () => {
    expect(decoded("62 f1 7c 48 58 44 11 01")).toMatchObject({ length: 8, row: { unsupported: true } });
  });

  test("outside 64-bit mode C4, C5, 62 may be LES, LDS, BOUND", () => {
    expect(text("c5 00", 32)).toBe("lds eax, fword ptr [eax]");
    expect(text("c5 f8 28 c1", 32)).toBe("vmovaps xmm0, xmm1");
    expect(text("62 00", 32)).toBe("bound eax, qword ptr [eax]");
  });
});

describe("the table", () => {
  test("an opcode has ModRM in all its forms or in none", () => {
    const bySlot = new Map<number, boolean>();
    for (let i = 0; i < ROWS.length; i++) {
      const f = form(i);
      const key = keyOfEncoding(f.encoding);
      expect([f.encoding, bySlot.get(key) ?? f.modrm]).toEqual([f.encoding, f.modrm]);
      bySlot.set(key, f.modrm);
    }
  });

  test("sorts every row under its opcode", () => {
    for (let i = 0; i < ROWS.length; i++) {
      const f = form(i);
      const space = f.space === "legacy" ? 0 : f.space === "vex" ? 1 : 2;
      const expected = slotKey(space, f.map, f.opcode) | (f.plusR ? 0x10000 : 0);
      expect([f.encoding, keyOfEncoding(f.encoding)]).toEqual([f.encoding, expected]);
      if (f.modrm) expect([f.encoding, digitOfEncoding(f.encoding)]).toEqual([f.encoding, f.digit]);
    }
  });
});
