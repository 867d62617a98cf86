import { describe, expect, it } from "vitest";
import { buildImage } from "../../src/engine/interp/build-image.ts";
import { onlyLastDigits } from "./compare.ts";
import type { Way } from "./engine-side.ts";
import { Generator, usableRows } from "./generate.ts";
import type { Trial } from "./layout.ts";
import { instructions, parseTrial, trialText } from "./line.ts";
import { Oracle } from "./oracle.ts";
import { Random } from "./random.ts";
import { whyNotNative } from "./silicon.ts";

const why = whyNotNative();
const OPTIONS = { mxcsr: false, pointers: false };
const PER_ROW = 3;
const SEQUENCES = 2000;
const PROGRAMS = 400;

describe.skipIf(why !== undefined)(`engine and processor${why ? ` (left out: ${why})` : ""}`, () => {
  const image = buildImage();
  // x87: corners of unmasked exceptions differ between makers, and the last ones are open still.
  const rows = usableRows(image.index).filter((f) => f.feature !== "X87");
  const some = (count: number, make: (i: number) => Trial | undefined): Trial[] =>
    Array.from({ length: count }, (_, i) => make(i)).filter((t) => t !== undefined);

  async function failures(way: Way, trials: readonly Trial[], options = OPTIONS): Promise<string[]> {
    const oracle = new Oracle(image, options, way);
    const out: string[] = [];
    for (let i = 0; i < trials.length; i += 1000) {
      await oracle.batch(trials.slice(i, i + 1000), (t, differences) => {
        if (differences.length === 0 || onlyLastDigits(t, differences)) return;
        const text = instructions(t).map((x) => x.text);
        out.push(`${text.join("; ")}  ${differences.map((d) => d.field).join()}  ${trialText(t)}`);
      });
    }
    oracle.close();
    return out;
  }

  it("agree on instructions", { timeout: 120_000 }, async () => {
    const generator = new Generator(new Random(20), rows, OPTIONS);
    const trials = some(rows.length * PER_ROW, (i) => generator.single(rows[i % rows.length] as (typeof rows)[number]));
    expect(trials.length).toBeGreaterThan(rows.length * (PER_ROW - 1));
    expect(await failures("interpreter", trials)).toEqual([]);
  });
  it("agree on alignment checks", { timeout: 120_000 }, async () => {
    const generator = new Generator(new Random(23), rows, { ...OPTIONS, align: true });
    const trials = some(rows.length, (i) => generator.single(rows[i] as (typeof rows)[number]));
    expect(await failures("interpreter", trials)).toEqual([]);
  });
  it("agree on what once differed", async () => {
    const lines = [
      // REPNE CMPSD that faults: the flags of the round before, which SUB would overwrite
      "code=f2a728e0@d7e rcx=10001374 rsi=1000162a rdi=1000116a",
      // Loads of segment registers from memory
      "code=668e6193@c35 rcx=10000355 [2e8]=0100",
      // FST of a number that is denormal in memory, and exact: an underflow all the same, if that is not masked
      "code=dd53f4@1268 rbx=700010002739 fcw=640 st0=bc008000010000000000",
    ];
    for (const way of ["interpreter", "compiled"] as const) {
      expect(await failures(way, lines.map(parseTrial))).toEqual([]);
    }
  });
  it("agree on flags of SSE that once differed", async () => {
    const lines = [
      // Rounded up to the least normal number: an underflow
      "code=f20f59c1@400 mxcsr=1fa0 xmm0=3fefffffffffffff xmm1=10000000000000",
      "code=f30f59c1@400 mxcsr=1fa0 xmm0=3f7fffff xmm1=800000",
      "code=660f59c1@400 mxcsr=1fa0 xmm0=3fefffffffffffff3fefffffffffffff xmm1=00100000000000000010000000000000",
      "code=f20f5ec1@400 mxcsr=1fa0 xmm0=001fffffffffffff xmm1=4000000000000000",
      "code=c4e279b9ca@400 mxcsr=1fa0 xmm0=3f7fffff xmm2=800000 xmm1=0",
    ];
    for (const way of ["interpreter", "compiled"] as const) {
      expect(await failures(way, lines.map(parseTrial), { ...OPTIONS, mxcsr: true })).toEqual([]);
    }
  });
  it("agree on sequences", { timeout: 120_000 }, async () => {
    const generator = new Generator(new Random(21), rows, OPTIONS);
    expect(
      await failures(
        "interpreter",
        some(SEQUENCES, () => generator.sequence()),
      ),
    ).toEqual([]);
  });
  it.each<Way>(["interpreter", "compiled", "sliced", "paged"])("agree on small programs: %s", {
    timeout: 120_000,
  }, async (way) => {
    const generator = new Generator(new Random(22), rows, OPTIONS);
    expect(
      await failures(
        way,
        some(PROGRAMS, () => generator.program()),
      ),
    ).toEqual([]);
  });

  it("reads back the line that it prints of a trial", () => {
    const line = "code=0158f8@400 rax=10000020 flags=203 xmm3=5 [18]=0102 undefined=10:10";
    expect(trialText(parseTrial(line))).toBe(line);
  });
});
