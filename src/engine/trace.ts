/**
 * The trap flag: instructions run one by one, and one that began with it set ends in #DB. SDM volume 3, 18.3.1.4. Loads of SS by
 * MOV and POP put the trap off to the next instruction; rounds of a repeated instruction each end in one.
 */
import { EXIT } from "../cpu/exit.ts";
import { AC, TF } from "../cpu/flags.ts";
import { EXIT_ADDR, EXIT_ERROR, EXIT_VECTOR, FLAG_SYS, SS, YMM, YMM_STRIDE } from "../cpu/layout.ts";
import type { Insn } from "../isa/types.ts";
import type { Ram } from "../mmu/ram.ts";
import { VECTOR } from "../sem/emit.ts";

export function traced(ram: Ram): boolean {
  return (ram.i32[FLAG_SYS >> 2] & TF) !== 0;
}
/** Instructions have to run one by one: they are traced, or their operands' alignment is checked. */
export function runsAlone(ram: Ram): boolean {
  return (ram.i32[FLAG_SYS >> 2] & (TF | AC)) !== 0;
}

/** An instruction that is about to run alone. */
interface Begun {
  armed: boolean;
  insn: Insn | undefined;
  /** Elements that a gather still has to get, by their signs in its mask. */
  wanted: bigint;
}

function gatherWants(ram: Ram, insn: Insn | undefined): bigint {
  const mask = insn?.operands[2];
  if (mask?.kind !== "reg" || !insn?.row.mnemonic.includes("GATHER")) return 0n;
  const signs = /PD$|[DQ]Q$/.test(insn.row.mnemonic) ? 1n << 63n : 0x8000000080000000n;
  const word = (i: number): bigint => ram.view.getBigUint64(YMM + mask.num * YMM_STRIDE + i * 8, true);
  return [0, 1, 2, 3].reduce((all, i) => (all << 64n) | (word(i) & signs), 0n);
}

export function begin(ram: Ram, insn: Insn | undefined): Begun {
  return { armed: traced(ram), insn, wanted: gatherWants(ram, insn) };
}

function loadsStack(insn: Insn | undefined): boolean {
  const to = insn?.operands[0];
  if (to?.kind !== "reg" || to.cls !== "sreg" || to.num !== SS) return false;
  return insn?.row.mnemonic === "MOV" || insn?.row.mnemonic === "POP";
}

/** What the exit of an instruction that ran alone comes to: FAULT (#DB), BUDGET to go on, or another. */
export function afterStep(ram: Ram, b: Begun, code: number): number {
  const over = code === EXIT.YIELD || code === EXIT.BUDGET;
  // The trap of elements that a gather has got comes before the fault of the next.
  const part = code === EXIT.FAULT && b.wanted !== gatherWants(ram, b.insn);
  if (!b.armed || !(over || part) || loadsStack(b.insn)) return over ? EXIT.BUDGET : code;
  ram.i32[EXIT_VECTOR >> 2] = VECTOR.DB;
  ram.i32[EXIT_ERROR >> 2] = 0;
  ram.view.setBigUint64(EXIT_ADDR, 0n, true);
  return EXIT.FAULT;
}
