import type { ImmOperand, RegClass, RegOperand } from "../isa/types.ts";

/** Register operands are immutable and shared: one object a register. */
function bank(cls: RegClass, size: number, count: number): readonly RegOperand[] {
  return Array.from({ length: count }, (_, num) => ({ kind: "reg", cls, num, size }));
}

/** CR0, CR2, CR3, CR4 and CR8; the others don't exist. */
const CONTROL = [0, 2, 3, 4, 8].reduce<RegOperand[]>((bank, num) => {
  bank[num] = { kind: "reg", cls: "creg", num, size: 64 };
  return bank;
}, []);

export const BANKS: Readonly<Record<RegClass, readonly RegOperand[]>> = {
  gp8: bank("gp8", 8, 16),
  gp8h: bank("gp8h", 8, 4),
  gp16: bank("gp16", 16, 16),
  gp32: bank("gp32", 32, 16),
  gp64: bank("gp64", 64, 16),
  sreg: bank("sreg", 16, 6),
  creg: CONTROL,
  dreg: bank("dreg", 64, 8),
  st: bank("st", 80, 8),
  mm: bank("mm", 64, 8),
  xmm: bank("xmm", 128, 32),
  ymm: bank("ymm", 256, 32),
  zmm: bank("zmm", 512, 32),
  k: bank("k", 64, 8),
};

const ONE: ImmOperand = { kind: "imm", lo: 1, hi: 0, size: 8 };

/** Operands that a form always has, by their text in the manual. */
export const FIXED: Readonly<Record<string, RegOperand | ImmOperand | undefined>> = {
  AL: BANKS.gp8[0],
  CL: BANKS.gp8[1],
  AX: BANKS.gp16[0],
  DX: BANKS.gp16[2],
  EAX: BANKS.gp32[0],
  ECX: BANKS.gp32[1],
  RAX: BANKS.gp64[0],
  RCX: BANKS.gp64[1],
  ES: BANKS.sreg[0],
  CS: BANKS.sreg[1],
  SS: BANKS.sreg[2],
  DS: BANKS.sreg[3],
  FS: BANKS.sreg[4],
  GS: BANKS.sreg[5],
  "ST(0)": BANKS.st[0],
  XMM0: BANKS.xmm[0],
  "1": ONE,
};
