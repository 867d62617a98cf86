import { expect, test } from "vitest";
import { form, ROWS } from "../isa/table.ts";
import { M64 } from "../isa/types.ts";
import { hasFeature, LEVELS } from "./cpu-features.ts";
import { SEMANTICS, UNIMPLEMENTED_FEATURES } from "./table.ts";

test("every mnemonic has semantics or a feature that is declared missing", () => {
  const missing = new Set<string>();
  ROWS.forEach((r, i) => {
    const f = form(i);
    if (SEMANTICS[r.mnemonic] || f.unsupported || f.space === "evex") return;
    if (f.modes & M64 && !UNIMPLEMENTED_FEATURES.includes(f.feature)) missing.add(r.mnemonic);
  });
  expect([...missing]).toEqual([]);
});

test("CPUID claims nothing that is missing", () => {
  for (const level of LEVELS) {
    expect(UNIMPLEMENTED_FEATURES.filter((name) => hasFeature(level, name))).toEqual([]);
  }
});

test("no semantics without a row", () => {
  const known = new Set(ROWS.map((r) => r.mnemonic));
  expect(Object.keys(SEMANTICS).filter((m) => !known.has(m))).toEqual([]);
});
