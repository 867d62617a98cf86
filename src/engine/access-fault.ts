/**
 * Which exception an access beyond the canonical addresses raises: #SS through the stack segment (an address with RSP or RBP as
 * its base, or a push or pop), else #GP. The generated code tells just the address, so the instruction is looked at again.
 * SDM volume 3, 6.15; AMD's manual volume 2, 8.2.13.
 */
import { EXIT_ADDR, EXIT_ERROR, EXIT_VECTOR, GPR, RIP, RSP, SEG_BASE, SS } from "../cpu/layout.ts";
import { decode } from "../decode/decode.ts";
import { BASE_RIP, type Insn, type MemOperand, NO_REG } from "../isa/types.ts";
import type { Ram } from "../mmu/ram.ts";
import { VECTOR } from "../sem/emit.ts";
import { PF_FETCH } from "./emit/access-codes.ts";

const LIMIT = 1n << 47n;
const PAGE = 4096n;
const STACK = /^(PUSH|POP|CALL|RET|ENTER|LEAVE|IRET)/;

export const canonical = (a: bigint): boolean => BigInt.asUintN(64, BigInt.asIntN(48, a)) === a;
const beyond = (a: bigint, bytes: number): boolean => !canonical(a) || (a < LIMIT && a + BigInt(bytes) > LIMIT);

export function addressOf(m: MemOperand, insn: Insn, view: DataView): bigint {
  const reg = (n: number): bigint => view.getBigUint64(GPR + n * 8, true);
  let a = (BigInt(m.dispHi) << 32n) + BigInt(m.dispLo >>> 0);
  if (m.base === BASE_RIP) a += view.getBigUint64(RIP, true) + BigInt(insn.length);
  else if (m.base !== NO_REG) a += reg(m.base);
  if (m.index !== NO_REG && !m.vsib) a += reg(m.index) << BigInt(m.scale);
  a = BigInt.asUintN(insn.addrSize, a);
  return BigInt.asUintN(64, m.seg >= 4 ? a + view.getBigUint64(SEG_BASE + m.seg * 8, true) : a);
}

/** True if the stack is what the access went through. */
function throughStack(insn: Insn, view: DataView): boolean {
  const { mnemonic } = insn.row;
  const memory = insn.operands.find((o) => o.kind === "mem");
  if (!STACK.test(mnemonic)) return memory?.kind === "mem" && memory.seg === SS;
  if (memory?.kind !== "mem") return true;
  const rsp = view.getBigUint64(GPR + RSP * 8, true);
  // PUSH and CALL read their operand first, POP writes it last.
  const own = mnemonic === "POP" ? !beyond(rsp, 8) : beyond(addressOf(memory, insn, view), memory.size / 8);
  return own ? memory.seg === SS : true;
}

/** How many bytes an access that failed at an address had, at most; masked elements are accessed each for itself. */
function widest(insn: Insn): number {
  const { mnemonic } = insn.row;
  if (/^VP?MASKMOV(P[SD]|D|Q)$/.test(mnemonic)) return /PD$|Q$/.test(mnemonic) ? 8 : 4;
  if (/MASKMOV/.test(mnemonic)) return 8; // the 16 bytes of MASKMOVDQU are looked at as two halves: seen on an AMD processor
  if (mnemonic === "FBSTP" || mnemonic === "FBLD") return 8;
  const operands = insn.operands.map((o) => (o.kind === "mem" ? o.size / 8 : 0));
  return Math.max(STACK.test(mnemonic) ? insn.opSize / 8 : 0, ...operands);
}

/** Corrects the exit fields of a data access's fault. `code`: bytes at RIP. */
export function refineFault(ram: Ram, code: () => Uint8Array): void {
  const { view } = ram;
  const vector = ram.i32[EXIT_VECTOR >> 2];
  const at = view.getBigUint64(EXIT_ADDR, true);
  if (vector === VECTOR.PF) {
    // The first page of an access whose second one is beyond.
    if (at >= LIMIT || at < LIMIT - PAGE || ram.i32[EXIT_ERROR >> 2] & PF_FETCH) return;
  } else if (vector !== VECTOR.GP || canonical(at)) return;
  const bytes = code();
  const insn = decode(bytes, 0, bytes.length, 64);
  // These are stored part by part.
  if (typeof insn === "string" || (vector === VECTOR.PF && /^(FNSTENV|FNSAVE)/.test(insn.row.mnemonic))) return;
  if (vector === VECTOR.PF && at + BigInt(widest(insn)) <= LIMIT) return;
  ram.i32[EXIT_VECTOR >> 2] = throughStack(insn, view) ? VECTOR.SS : VECTOR.GP;
  ram.i32[EXIT_ERROR >> 2] = 0;
}
