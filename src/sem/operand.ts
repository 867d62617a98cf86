/** Small shapes that most of the integer semantics share. */
import type { Mnemonic } from "../isa/table.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import { type Emit, type Semantics, type SemTable, type Size, VECTOR } from "./emit.ts";
import { width } from "./width.ts";

/** One file of semantics: a mnemonic that is not in the instruction table does not compile. */
export type Family = Partial<Record<Mnemonic, Semantics>>;

/** Width of operand i. */
export function sizeOf(e: Emit, i = 0): Size {
  return e.ops[i].size as Size;
}

/** Reads operand i at the given width; a shorter immediate is extended as its row says. */
export function source(e: Emit, i: number, size: Size): Val {
  const o = e.ops[i];
  if (o.kind === "imm" && o.size < 64) {
    return size === 64 ? i64.extend_i32_s(e.imm(i)) : width(size).mask(e.imm(i));
  }
  return e.read(i);
}

export const ZERO = i32.const(0);
export const ONE = i32.const(1);

/** Truncates an i64 to a narrower register's width (i32 below 64 bits). */
export function fromI64(size: Size, v: Val): Val {
  const w = width(size);
  return w.mask(w.fromI64(v));
}

/** One entry per condition code: "J" gives JO JNO JB ... */
export const CONDITIONS = [
  "O",
  "NO",
  "B",
  "AE",
  "E",
  "NE",
  "BE",
  "A",
  "S",
  "NS",
  "P",
  "NP",
  "L",
  "GE",
  "LE",
  "G",
] as const;

export function perCondition<P extends string>(
  prefix: P,
  make: (cc: number) => Semantics,
): Record<`${P}${(typeof CONDITIONS)[number]}`, Semantics> {
  return Object.fromEntries(CONDITIONS.map((name, cc) => [prefix + name, make(cc)])) as SemTable as Record<
    `${P}${(typeof CONDITIONS)[number]}`,
    Semantics
  >;
}

/** The operating system's own: #GP(0), as programs here have no privilege in any mode. */
export const privileged: Semantics = (e) => e.fault(VECTOR.GP, ZERO);
