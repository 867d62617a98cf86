import { rows as arith } from "./arith.ts";
import { rows as avx } from "./avx.ts";
import { rows as avxInt } from "./avx-int.ts";
import { rows as avx2 } from "./avx2.ts";
import { rows as bits } from "./bits.ts";
import { rows as bmi } from "./bmi.ts";
import { rows as control } from "./control.ts";
import { rows as crypto } from "./crypto.ts";
import { rows as f16c } from "./f16c.ts";
import { rows as fma } from "./fma.ts";
import { rows as mmx } from "./mmx.ts";
import { rows as move } from "./move.ts";
import { rows as nop } from "./nop.ts";
import { parseRow } from "./parse.ts";
import type { Form, RowDef } from "./row.ts";
import { rows as segment } from "./segment.ts";
import { rows as shift } from "./shift.ts";
import { rowsBySlot } from "./slot.ts";
import { rows as sse } from "./sse.ts";
import { rows as sse2 } from "./sse2.ts";
import { rows as sse3 } from "./sse3.ts";
import { rows as sse41 } from "./sse41.ts";
import { rows as sse42 } from "./sse42.ts";
import { rows as ssse3 } from "./ssse3.ts";
import { rows as string } from "./string.ts";
import { rows as system } from "./system.ts";
import { rows as unsupported } from "./unsupported.ts";
import { rows as x87 } from "./x87.ts";

const FILES = [
  arith,
  avx,
  avx2,
  avxInt,
  bits,
  bmi,
  control,
  crypto,
  f16c,
  fma,
  mmx,
  move,
  nop,
  segment,
  shift,
  sse,
  sse2,
  sse3,
  sse41,
  sse42,
  ssse3,
  string,
  system,
  x87,
] as const;

/** Every mnemonic of the table, as a type: the keys that semantics must have. */
export type Mnemonic = (typeof FILES)[number][number]["mnemonic"];

/** All rows as written; a row's index is its position here. */
export const ROWS: readonly RowDef[] = [...FILES.flat(), ...unsupported];

const forms: (Form | undefined)[] = new Array(ROWS.length);

/** The parsed row number `index`, parsed on first use. */
export function form(index: number): Form {
  return (forms[index] ??= parseRow(ROWS[index] as RowDef, index));
}

/** The row of every EVEX-encoded instruction. */
export const EVEX_ROW = ROWS.length - 1;

let slots: (number[] | undefined)[] | undefined;

/** Numbers of the rows in a slot (slot.ts). */
export function rowsOf(slot: number): readonly number[] {
  slots ??= rowsBySlot(ROWS.map((r) => r.encoding));
  return slots[slot] ?? [];
}

/** A row's encoding as written. */
export function encodingOf(index: number): string {
  return (ROWS[index] as RowDef).encoding;
}
