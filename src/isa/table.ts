import { rows as arith } from "./arith.ts";
import { rows as bits } from "./bits.ts";
import { rows as control } from "./control.ts";
import { rows as move } from "./move.ts";
import { rows as nop } from "./nop.ts";
import { type Form, parseRow, type RowDef } from "./row.ts";
import { rows as segment } from "./segment.ts";
import { rows as shift } from "./shift.ts";
import { rows as string } from "./string.ts";
import { rows as system } from "./system.ts";
import { rows as x87 } from "./x87.ts";

const FILES = [arith, bits, control, move, nop, segment, shift, string, system, x87] as const;

/** Every mnemonic of the table, as a type: the keys that semantics must have. */
export type Mnemonic = (typeof FILES)[number][number]["mnemonic"];

/** All rows as written; a row's index is its position here. */
export const ROWS: readonly RowDef[] = FILES.flat();

const forms: (Form | undefined)[] = new Array(ROWS.length);

/** The parsed row number `index`, parsed on first use. */
export function form(index: number): Form {
  return (forms[index] ??= parseRow(ROWS[index] as RowDef, index));
}
