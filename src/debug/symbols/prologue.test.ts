import { expect, test } from "vitest";
import { establishedAt } from "./prologue.ts";

const START = 0x401000;

/** The frame at an offset of a function with this code: below the CFA, and what was saved where. */
function frameAt(code: string, offset: number) {
  const bytes = Uint8Array.from(code.replace(/\s+/g, "").match(/../g) ?? [], (b) => Number.parseInt(b, 16));
  const frame = establishedAt((at, length) => bytes.subarray(at - START, at - START + length), START, START + offset);
  return frame && { rsp: frame.rsp, rbp: frame.rbp, saved: [...frame.saved] };
}

// push rbx; sub rsp, 16; test edi, edi; je +7; add rsp, 16; pop rbx; ret; nop; nop; ret
const EARLY_RETURN = "53 4883ec10 85ff 7408 4883c410 5b c3 6690 c3";

test("pushes and room count from the return address down", () => {
  expect(frameAt(EARLY_RETURN, 0)).toEqual({ rsp: 8, rbp: undefined, saved: [] });
  expect(frameAt(EARLY_RETURN, 1)).toEqual({ rsp: 16, rbp: undefined, saved: [[3, 16]] });
  expect(frameAt(EARLY_RETURN, 5)).toEqual({ rsp: 32, rbp: undefined, saved: [[3, 16]] });
});

test("behind a return the frame is what the branch there had", () => {
  expect(frameAt(EARLY_RETURN, 14)).toEqual({ rsp: 8, rbp: undefined, saved: [] });
  expect(frameAt(EARLY_RETURN, 17)).toEqual({ rsp: 32, rbp: undefined, saved: [[3, 16]] });
});

test("a frame pointer says more than an aligned stack pointer", () => {
  // push rbp; mov rbp, rsp; push r12; and rsp, -16; call +0; leave; ret
  const code = "55 4889e5 4154 4883e4f0 e800000000 c9 c3";
  expect(frameAt(code, 10)).toEqual({
    rsp: undefined,
    rbp: 16,
    saved: [
      [5, 16],
      [12, 24],
    ],
  });
  // Inside of the call, as the address before a return address is.
  expect(frameAt(code, 14)).toEqual({
    rsp: undefined,
    rbp: 16,
    saved: [
      [5, 16],
      [12, 24],
    ],
  });
  expect(frameAt(code, 16)).toMatchObject({ rsp: 8, rbp: undefined });
});

test("code behind a computed jump is taken to go on with its frame", () => {
  // sub rsp, 24; jmp rax; nop
  expect(frameAt("4883ec18 ffe0 90", 6)).toEqual({ rsp: 32, rbp: undefined, saved: [] });
});

test("what no way leads to is not known", () => {
  expect(frameAt("c3 90 90", 2)).toBeUndefined();
  expect(frameAt("90", -5)).toBeUndefined();
  // jmp to itself; nop
  expect(frameAt("ebfe 90", 2)).toBeUndefined();
});
