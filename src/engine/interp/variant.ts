/**
 * Which handler serves an instruction: the row and a variant number, a small integer that tells register from memory
 * form, the shape of the address, and for string instructions the repeat prefix. Stays cheap: it runs for each decoded
 * instruction.
 */

import { FS } from "../../cpu/layout.ts";
import { BASE_RIP, type Insn, type MemOperand, type Mode, NO_REG, type Row } from "../../isa/types.ts";

/** Variants of a row are numbered below this. */
export const VARIANTS = 8;

/** Shape of a memory operand: none (register form), base + displacement, or all parts, in 64- or 32-bit addressing. */
export type Shape = "none" | "simple" | "full" | "full32";
const SHAPES: readonly Shape[] = ["none", "simple", "full", "full32"];

export interface Variant {
  row: Row;
  mode: Mode;
  shape: Shape;
  rep: 0 | 0xf2 | 0xf3;
  addrSize: 16 | 32 | 64;
  /** Outside 64-bit mode: of rows without a size of their own; width of the stack pointer. */
  opSize?: 16 | 32;
  stackSize?: 16 | 32;
}

const REPS = [0, 0xf2, 0xf3] as const;
const BY_ADDRESS_SIZE = /^(LOOP|LOOPE|LOOPNE|JCXZ|JECXZ|JRCXZ|MASKMOVQ|V?MASKMOVDQU|MONITOR|XLAT|XLATB)$/;

/** Kind of variation of a row: by memory shape, or by repeat prefix and address size. */
export function isImplied(row: Row): boolean {
  return row.operands.some((o) => o.kind === "str") || BY_ADDRESS_SIZE.test(row.mnemonic);
}
const impliedRows = new Map<number, boolean>();
function implied(row: Row): boolean {
  let known = impliedRows.get(row.index);
  if (known === undefined) {
    known = isImplied(row);
    impliedRows.set(row.index, known);
  }
  return known;
}

/**
 * Displacements from RIP up to this are made relative to the page of code without leaving 32 bits; larger ones need
 * the index field to hold a part.
 */
export const RIP_DISP_MAX = 0x7fffe000;

function shapeOf(m: MemOperand, addrSize: number): number {
  if (addrSize !== 64) return 3;
  if (m.base === BASE_RIP && m.dispLo > RIP_DISP_MAX) return 2;
  return m.index === NO_REG && m.seg < FS ? 1 : 2;
}

/** Number of the variant that serves an instruction (64-bit mode). */
export function variantOf(insn: Insn): number {
  if (implied(insn.row)) {
    const rep = insn.rep === 0 ? 0 : insn.rep === 0xf2 ? 1 : 2;
    return rep * 2 + (insn.addrSize === 64 ? 0 : 1);
  }
  for (const o of insn.operands) if (o.kind === "mem") return shapeOf(o, insn.addrSize);
  return 0;
}

/** All variants of a row in 64-bit mode with their numbers. */
export function variantsOf(row: Row): [number, Variant][] {
  const mode = 64 as const;
  if (isImplied(row)) {
    return REPS.flatMap((rep, i) => [
      [i * 2, { row, mode, shape: "none", rep, addrSize: 64 }] as [number, Variant],
      [i * 2 + 1, { row, mode, shape: "none", rep, addrSize: 32 }] as [number, Variant],
    ]);
  }
  const only = (k: string): boolean => k === "m" || k === "moffs" || k === "vsib";
  const memory = (k: string): boolean => only(k) || k === "rm" || k.endsWith("/m");
  const kinds = row.operands.map((o) => o.kind);
  const list: [number, Variant][] = [];
  if (!kinds.some(only)) list.push([0, { row, mode, shape: "none", rep: 0, addrSize: 64 }]);
  if (kinds.some(memory)) {
    for (const n of [1, 2, 3]) {
      list.push([n, { row, mode, shape: SHAPES[n], rep: 0, addrSize: n === 3 ? 32 : 64 }]);
    }
  }
  return list;
}
