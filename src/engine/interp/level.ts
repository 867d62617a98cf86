/** The handlers' index for a processor with fewer features: rows that it lacks have no handler, so they are undefined. */
import { form } from "../../isa/table.ts";
import { allows, type CpuLevel, LEVELS } from "../../sem/cpu-features.ts";
import { VARIANTS } from "./variant.ts";

export function restrict(index: Uint16Array, level: CpuLevel): Uint16Array {
  // Whatever is implemented, the highest level has.
  if (level === LEVELS[LEVELS.length - 1]) return index;
  const out = index.slice();
  for (let row = 0; row < index.length / VARIANTS; row++) {
    if (!allows(level, form(row).feature)) out.fill(0, row * VARIANTS, (row + 1) * VARIANTS);
  }
  return out;
}
