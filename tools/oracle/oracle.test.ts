import { describe, expect, it } from "vitest";
import { buildImage } from "../../src/engine/interp/build-image.ts";
import { onlyLastDigits } from "./compare.ts";
import { Generator, usableRows } from "./generate.ts";
import type { Trial } from "./layout.ts";
import { instructions, parseTrial, trialText } from "./line.ts";
import { Oracle } from "./oracle.ts";
import { Random } from "./random.ts";
import { whyNotNative } from "./silicon.ts";

const why = whyNotNative();
const OPTIONS = { mxcsr: false, pointers: false, stackFault: false };
const PER_ROW = 6;
const SEQUENCES = 4000;

describe.skipIf(why !== undefined)(`engine and processor${why ? ` (left out: ${why})` : ""}`, () => {
  it("agree on instructions and sequences", { timeout: 120_000 }, async () => {
    const image = buildImage();
    const oracle = new Oracle(image, OPTIONS);
    // x87: corners of unmasked exceptions are open still.
    const rows = usableRows(image.index).filter((f) => f.feature !== "X87" && f.mnemonic !== "MASKMOVQ");
    const generator = new Generator(new Random(20), rows, OPTIONS);
    const trials: Trial[] = [];
    for (let i = 0; i < rows.length * PER_ROW; i++) {
      const trial = generator.single(rows[i % rows.length] as (typeof rows)[number]);
      if (trial) trials.push(trial);
    }
    for (let i = 0; i < SEQUENCES; i++) {
      const trial = generator.sequence();
      if (trial) trials.push(trial);
    }
    expect(trials.length).toBeGreaterThan(rows.length * PER_ROW);
    const failures: string[] = [];
    for (let i = 0; i < trials.length; i += 1000) {
      await oracle.batch(trials.slice(i, i + 1000), (t, differences) => {
        if (differences.length === 0 || onlyLastDigits(t, differences)) return;
        const text = instructions(t).map((x) => x.text);
        failures.push(`${text.join("; ")}  ${differences.map((d) => d.field).join()}  ${trialText(t)}`);
      });
    }
    oracle.close();
    expect(failures).toEqual([]);
  });

  it("reads back the line that it prints of a trial", () => {
    const line = "code=0158f8@400 rax=10000020 flags=203 xmm3=5 [18]=0102 undefined=10";
    expect(trialText(parseTrial(line))).toBe(line);
  });
});
