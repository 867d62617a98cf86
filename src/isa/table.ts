import { rows as arith } from "./arith.ts";
import { type Form, parseRow, type RowDef } from "./row.ts";

const FILES = [arith] as const;

/** Every mnemonic of the table, as a type: the keys that semantics must have. */
export type Mnemonic = (typeof FILES)[number][number]["mnemonic"];

/** All rows as written; a row's index is its position here. */
export const ROWS: readonly RowDef[] = FILES.flat();

const forms: (Form | undefined)[] = new Array(ROWS.length);

/** The parsed row number `index`, parsed on first use. */
export function form(index: number): Form {
  return (forms[index] ??= parseRow(ROWS[index] as RowDef, index));
}
