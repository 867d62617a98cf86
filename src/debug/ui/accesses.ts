/** Which memory an instruction is going to touch: for the panels that follow reads and writes. */
import * as L from "../../cpu/layout.ts";
import { BASE_RIP, type Insn, type MemOperand, NO_REG } from "../../isa/types.ts";
import type { Registers } from "../../kernel/registers.ts";

export interface MemoryAccess {
  address: number;
  /** Bytes. */
  length: number;
  write: boolean;
}

const GPR_BITS = 64;

/** Address that an operand means; `next`: the address of the instruction behind. */
export function effectiveAddress(m: MemOperand, insn: Insn, regs: Registers, next: number): number {
  let sum = (BigInt(m.dispHi) << 32n) | BigInt(m.dispLo >>> 0);
  if (m.base === BASE_RIP) sum += BigInt(next);
  else if (m.base !== NO_REG) sum += regs.gpr(m.base);
  if (m.index !== NO_REG && !m.vsib) sum += regs.gpr(m.index) << BigInt(m.scale);
  sum = BigInt.asUintN(insn.addrSize, sum);
  if (m.seg === L.FS || m.seg === L.GS) sum += m.seg === L.FS ? regs.fsBase : regs.gsBase;
  return Number(BigInt.asUintN(GPR_BITS, sum));
}

/** What the stack gets or gives without an operand: negative for a push of so many bytes, positive for a pop. */
function stackUse(insn: Insn): number {
  const bytes = insn.opSize / 8;
  switch (insn.row.mnemonic) {
    case "PUSH":
    case "CALL":
    case "PUSHF":
    case "PUSHFQ":
    case "ENTER":
      return -bytes;
    case "POP":
    case "RET":
    case "POPF":
    case "POPFQ":
      return bytes;
  }
  return 0;
}

/** Accesses in the order of the operands. Registers are as before the instruction. */
export function accessesOf(insn: Insn, regs: Registers, address: number): MemoryAccess[] {
  const found: MemoryAccess[] = [];
  const next = address + insn.length;
  insn.operands.forEach((o, i) => {
    const access = insn.row.operands[i]?.access ?? "n";
    if (o.kind !== "mem" || access === "n" || o.size === 0) return;
    const at = { address: effectiveAddress(o, insn, regs, next), length: o.size / 8 };
    if (access.includes("r")) found.push({ ...at, write: false });
    if (access.includes("w")) found.push({ ...at, write: true });
  });
  const stack = stackUse(insn);
  if (stack > 0) found.push({ address: regs.rsp, length: stack, write: false });
  if (stack < 0) found.push({ address: regs.rsp + stack, length: -stack, write: true });
  return found;
}
