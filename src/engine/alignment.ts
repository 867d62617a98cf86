/**
 * The alignment check, which Linux lets programs turn on by RFLAGS.AC: #AC(0) for an operand whose address isn't a multiple of
 * what its kind asks for. SDM volume 3, 6.15 (table 6-7); AMD's manual volume 2, 8.2.18. It comes before page faults, as on
 * AMD's processors, and after #GP for addresses that aren't canonical. While the flag is set, instructions run one by one.
 */
import { AC } from "../cpu/flags.ts";
import {
  EXIT_ADDR,
  EXIT_ERROR,
  EXIT_VECTOR,
  FLAG_SYS,
  FS,
  GPR,
  GS,
  RBP,
  RCX,
  RDI,
  RSP,
  SEG_BASE,
} from "../cpu/layout.ts";
import type { Insn, MemOperand } from "../isa/types.ts";
import type { Ram } from "../mmu/ram.ts";
import { VECTOR } from "../sem/emit.ts";
import { addressOf, canonical } from "./access-fault.ts";

export function checksAlignment(ram: Ram): boolean {
  return (ram.i32[FLAG_SYS >> 2] & AC) !== 0;
}

interface Access {
  at: bigint;
  bytes: number;
  align: number;
}

/** No operand in memory, though there is an address. */
const NO_ACCESS = /^(LEA|NOP|PREFETCH\w*|CLFLUSH\w*|CLWB|CLDEMOTE|INVLPG)$/;
/** 16 bytes and more at any address; others raise #GP themselves. */
const UNALIGNED = /^V?(MOVU|MOVDQU|LDDQU|PCMP[EI]STR)/;
/** Bytes that an operand's address has to be a multiple of. */
function alignOf(insn: Insn, m: MemOperand): number {
  const { mnemonic } = insn.row;
  // Multiples of 4 that are none of 16 are #GP.
  if (/^(FXSAVE|FXRSTOR)/.test(mnemonic)) return 4;
  if (/^(FNSTENV|FLDENV|FNSAVE|FRSTOR)$/.test(mnemonic)) return insn.opSize === 16 ? 2 : 4;
  const bytes = m.size / 8;
  const aligned = insn.row.encoding.startsWith("VEX") ? /^V?MOV(A|DQA|NT)/.test(mnemonic) : !UNALIGNED.test(mnemonic);
  if (bytes >= 16 && aligned) return 1;
  if (/^VP?MASKMOV(P[SD]|[DQ])$/.test(mnemonic)) return 1;
  if (bytes === 10) return 8;
  // Of 32 bytes only the halves.
  if (bytes > 16) return 16;
  return 2 ** Math.floor(Math.log2(Math.max(1, bytes)));
}

/** Where the instruction accesses memory by its operands, in their order. */
function explicit(insn: Insn, ram: Ram): Access[] {
  const { row } = insn;
  if (row.privileged || NO_ACCESS.test(row.mnemonic)) return [];
  const out: Access[] = [];
  for (const [i, o] of insn.operands.entries()) {
    if (o.kind !== "mem" || o.vsib || row.operands[i].access === "n") continue;
    if (row.operands[i].kind === "str") {
      const count = BigInt.asUintN(insn.addrSize, ram.view.getBigUint64(GPR + RCX * 8, true));
      if (insn.rep && count === 0n) continue;
    }
    out.push({ at: bitString(insn, addressOf(o, insn, ram.view), ram), bytes: o.size / 8, align: alignOf(insn, o) });
  }
  return out;
}
/** BT and its kin with a register: the operand lies where the bit is. */
function bitString(insn: Insn, at: bigint, ram: Ram): bigint {
  const bit = insn.operands[1];
  if (!/^BT[SRC]?$/.test(insn.row.mnemonic) || bit?.kind !== "reg") return at;
  const number = BigInt.asIntN(bit.size, ram.view.getBigUint64(GPR + bit.num * 8, true));
  const shift = BigInt(Math.log2(bit.size));
  return BigInt.asUintN(64, at + (number >> shift) * BigInt(bit.size / 8));
}
/** Where it accesses the stack. */
function implied(insn: Insn, ram: Ram): Access[] {
  const reg = (n: number): bigint => ram.view.getBigUint64(GPR + n * 8, true);
  const bytes = insn.opSize === 16 ? 2 : 8;
  switch (insn.row.mnemonic) {
    case "PUSH":
    case "PUSHF":
    case "PUSHFQ":
    case "CALL":
    case "ENTER": // what it copies of outer frames comes later: sem/stack.ts
      return [{ at: BigInt.asUintN(64, reg(RSP) - BigInt(bytes)), bytes, align: bytes }];
    case "POP":
    case "POPF":
    case "POPFQ":
    case "RET":
      return [{ at: reg(RSP), bytes, align: bytes }];
    case "LEAVE":
      return [{ at: reg(RBP), bytes, align: bytes }];
    // Whatever the mask says, and the same for 16 bytes: seen on an AMD processor.
    case "MASKMOVQ":
    case "MASKMOVDQU":
    case "VMASKMOVDQU":
      return [{ at: maskedAddress(insn, ram), bytes: 8, align: 8 }];
    default:
      return [];
  }
}

/** DS:rDI, or another segment's. */
function maskedAddress(insn: Insn, ram: Ram): bigint {
  const offset = BigInt.asUintN(insn.addrSize, ram.view.getBigUint64(GPR + RDI * 8, true));
  const base = insn.seg === FS || insn.seg === GS ? ram.view.getBigUint64(SEG_BASE + insn.seg * 8, true) : 0n;
  return BigInt.asUintN(64, base + offset);
}

/** What is read comes first. */
function inOrder(mnemonic: string, operands: readonly Access[], stack: readonly Access[]): Access[] {
  if (mnemonic.startsWith("MOVS")) return operands.toReversed();
  return mnemonic === "POP" ? [...stack, ...operands] : [...operands, ...stack];
}

/**
 * True, with the exit fields set, if the instruction is to raise #AC. `readable`: whether a page may be read; where one may not,
 * that is found out before the alignment of what comes behind.
 */
export function raisesAlignment(ram: Ram, insn: Insn | undefined, readable: (page: number) => boolean): boolean {
  if (!insn) return false;
  const order = inOrder(insn.row.mnemonic, explicit(insn, ram), implied(insn, ram));
  for (const a of order) {
    const ends = [a.at, BigInt.asUintN(64, a.at + BigInt(Math.max(a.bytes, 1) - 1))];
    if (a.at % BigInt(a.align) !== 0n && ends.every(canonical)) break;
    if (a === order.at(-1) || !ends.every((at) => readable(Number(at)))) return false;
  }
  if (order.length === 0) return false;
  ram.i32[EXIT_VECTOR >> 2] = VECTOR.AC;
  ram.i32[EXIT_ERROR >> 2] = 0;
  ram.view.setBigUint64(EXIT_ADDR, 0n, true);
  return true;
}
