import { CS, SEG_LIMIT, SEG_LONG } from "../../cpu/layout.ts";
import type { Ram } from "../../mmu/ram.ts";

/** True if CS is a segment of 16 or 32 bits. */
export function inCompat(ram: Ram): boolean {
  const kind = ram.i32[(SEG_LIMIT + 8 * CS + 4) >> 2];
  return kind !== 0 && (kind & SEG_LONG) === 0;
}
