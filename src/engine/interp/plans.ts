/**
 * How to make records of instruction bytes, as numbers: for the forms that programs consist of in 64-bit mode. Made ahead
 * with the handlers, so that a start neither parses rows nor sorts them. What has no plan goes through decode/.
 *
 * The table, in 32-bit words:
 *   4096 heads, by slot (isa/slot.ts; legacy and VEX): 0, or the address of a list, HAS_MODRM and MOD_IGNORED
 *   lists: one, or with ModRM eight (by ModRM.reg), of addresses of chains
 *   chains: plans in the order in which they are to be tried, each PLAN words; a word of 0 ends them
 */

import { GPR, X87, YMM } from "../../cpu/layout.ts";
import { type Entry, entriesOf, type Plan, slotFor } from "../../decode/lookup.ts";
import { LEGACY, VEX } from "../../isa/slot.ts";
import type { RegClass } from "../../isa/types.ts";
import { isImplied, VARIANTS } from "./variant.ts";

export const HEADS = 2 << 11;
/** In a head; the address is shifted left by two. */
export const HAS_MODRM = 1;
export const MOD_IGNORED = 2;

/** Words of a plan: what it is, its row's place in the index, accepted contexts, and four operands. */
export const PLAN = 8;
export const P_WHAT = 0;
export const P_INDEX = 1;
/** Bit c: accepted in context c (decode/lookup.ts) with a register in rm (or without ModRM), and with memory. */
export const P_REG = 2;
export const P_MEM = 3;
export const P_OPERANDS = 4;

/** Bits of P_WHAT. */
export const IS_PLAN = 1;
/** The form is not made here. */
export const ELSEWHERE = 2;
/** Only if ModRM.rm is the number in bits 8 to 10. */
export const NEEDS_RM = 4;
export const NEEDS_B0 = 8;
export const LOCKABLE = 0x10;
/** Variants by repeat prefix and address size, not by memory shape. */
export const IMPLIED = 0x20;
/** F2 or F3 is part of the opcode. */
export const OWN_REP = 0x40;
/** VEX.vvvv is an operand. */
export const USES_V = 0x80;
/** Not with addresses of 64 bits. */
export const NEVER = 0x800;
export const RM_SHIFT = 8;

/** Kinds of operands, in the low four bits of their words; 0: no more. */
export const OF_REG = 1;
export const OF_RM = 2;
export const OF_V = 3;
export const OF_OPCODE = 4;
export const OF_IS4 = 5;
export const IMM8 = 6;
export const IMM8U = 7;
export const IMM16 = 8;
export const IMM16U = 9;
export const IMM32 = 10;
export const IMM32U = 11;
export const IMM64 = 12;
export const REL8 = 13;
export const REL32 = 14;
/** Registers: AH to BH exist, no more than eight; then the log of their distance and where the first one lies. */
export const BYTE_REG = 0x10;
export const ONLY_EIGHT = 0x20;
export const STRIDE_SHIFT = 8;
export const FIRST_SHIFT = 12;

const REGISTERS: Partial<Record<RegClass, number>> = {
  gp8: BYTE_REG | (3 << STRIDE_SHIFT) | (GPR << FIRST_SHIFT),
  gp16: (3 << STRIDE_SHIFT) | (GPR << FIRST_SHIFT),
  gp32: (3 << STRIDE_SHIFT) | (GPR << FIRST_SHIFT),
  gp64: (3 << STRIDE_SHIFT) | (GPR << FIRST_SHIFT),
  st: ONLY_EIGHT,
  mm: ONLY_EIGHT | (4 << STRIDE_SHIFT) | (X87 << FIRST_SHIFT),
  xmm: (5 << STRIDE_SHIFT) | (YMM << FIRST_SHIFT),
  ymm: (5 << STRIDE_SHIFT) | (YMM << FIRST_SHIFT),
};
const FIELDS = { R: OF_REG, M: OF_RM, V: OF_V, O: OF_OPCODE, S: OF_IS4 } as const;
const IMMEDIATES: Readonly<Record<string, readonly [unsigned: number, signed: number]>> = {
  ib: [IMM8U, IMM8],
  iw: [IMM16U, IMM16],
  id: [IMM32U, IMM32],
  io: [IMM64, IMM64],
  cb: [REL8, REL8],
  cd: [REL32, REL32],
};

/** The operand's word; 0 if a record doesn't hold it; undefined if it is not made here. */
function operandWord(p: Plan): number | undefined {
  const { kind } = p.spec;
  if (p.field === "X") return kind === "fixed" || kind === "str" ? 0 : undefined;
  if (kind === "fixed" || kind === "str" || p.spec.vsib !== undefined) return undefined;
  if (p.field === "I") return IMMEDIATES[p.immediate]?.[p.spec.signed ? 1 : 0];
  const registers = REGISTERS[p.cls];
  return registers === undefined ? undefined : FIELDS[p.field] | registers;
}

function planOf(e: Entry): number[] {
  const f = e.form;
  let what = IS_PLAN;
  if (f.rm >= 0) what |= NEEDS_RM | (f.rm << RM_SHIFT);
  if (f.rexB0) what |= NEEDS_B0;
  if (f.asize !== 0 && f.asize !== 64) what |= NEVER;
  if (f.lockable) what |= LOCKABLE;
  if (isImplied(f)) what |= IMPLIED;
  if (f.prefix === "F2" || f.prefix === "F3") what |= OWN_REP;
  if (f.usesV) what |= USES_V;
  const words = e.plans.map(operandWord);
  const plain = words.filter((w) => w !== undefined && w !== 0);
  const immediates = e.plans.filter((p) => p.field === "I").length;
  const made = !words.includes(undefined) && plain.length <= PLAN - P_OPERANDS && immediates <= 1 && !f.gather;
  if (!made) what |= ELSEWHERE;
  const out: number[] = new Array(PLAN).fill(0);
  out[P_WHAT] = what;
  out[P_INDEX] = f.index * VARIANTS;
  out[P_REG] = e.reg;
  out[P_MEM] = e.mem;
  if (made) for (const [i, w] of plain.entries()) out[P_OPERANDS + i] = w ?? 0;
  return out;
}

/** Makes the whole table. */
export function buildPlans(): Int32Array {
  const words: number[] = new Array(HEADS).fill(0);
  const known = new Map<string, number>();
  const place = (list: number[]): number => {
    const key = list.join();
    let at = known.get(key);
    if (at === undefined) {
      at = words.length;
      for (const w of list) words.push(w);
      known.set(key, at);
    }
    return at;
  };
  for (const space of [LEGACY, VEX]) {
    for (let code = 0; code < 0x800; code++) {
      const slot = slotFor(64, space, code >> 8, code & 0xff);
      if (!slot) continue;
      const chain = (reg: number): number => place([...entriesOf(slot, reg).flatMap(planOf), 0]);
      const lists = slot.modrm ? [0, 1, 2, 3, 4, 5, 6, 7].map(chain) : [chain(0)];
      const bits = (slot.modrm ? HAS_MODRM : 0) | (slot.modIgnored ? MOD_IGNORED : 0);
      words[(space << 11) | code] = (place(lists) << 2) | bits;
    }
  }
  return Int32Array.from(words);
}
