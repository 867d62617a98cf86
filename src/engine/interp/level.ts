/** The handlers' index for a processor with fewer features: rows that it lacks have no handler, so they are undefined. */
import { form } from "../../isa/table.ts";
import { allows, type CpuLevel, LEVELS } from "../../sem/cpu-features.ts";
import { VARIANTS } from "./variant.ts";

/** Where these are missing, their F3 prefix means nothing and the older instruction runs. */
const OLDER: Readonly<Record<string, string>> = { TZCNT: "BSF", LZCNT: "BSR" };

/** What runs in place of a mnemonic. */
export function mnemonicAt(level: CpuLevel, mnemonic: string): string {
  const older = OLDER[mnemonic];
  return older && !allows(level, mnemonic === "TZCNT" ? "BMI1" : "LZCNT") ? older : mnemonic;
}

export function restrict(index: Uint16Array, level: CpuLevel): Uint16Array {
  // Whatever is implemented, the highest level has.
  if (level === LEVELS[LEVELS.length - 1]) return index;
  const out = index.slice();
  const rows = index.length / VARIANTS;
  const entries = (row: number): Uint16Array => index.subarray(row * VARIANTS, (row + 1) * VARIANTS);
  const older = new Map<string, number>();
  for (let row = 0; row < rows; row++) {
    const { mnemonic, text } = form(row);
    if (mnemonic === "BSF" || mnemonic === "BSR") older.set(text, row);
  }
  for (let row = 0; row < rows; row++) {
    const { feature, mnemonic, text } = form(row);
    if (allows(level, feature)) continue;
    const stand = older.get(text.replace(mnemonic, OLDER[mnemonic] ?? ""));
    if (stand === undefined) out.fill(0, row * VARIANTS, (row + 1) * VARIANTS);
    else out.set(entries(stand), row * VARIANTS);
  }
  return out;
}
