import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { buildImage } from "../../src/engine/interp/build-image.ts";
import { compare, onlyLastDigits } from "./compare.ts";
import { EngineSide, type Way } from "./engine-side.ts";
import { parseVector, vectorText } from "./vectors.ts";

const OPTIONS = { mxcsr: false, pointers: false };
const image = buildImage();
const lines = readFileSync(new URL("vectors.txt", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");

it.each<Way>(["interpreter", "compiled"])("does what a processor did: %s", (way) => {
  const engine = new EngineSide(image, way);
  const failures: string[] = [];
  for (const line of lines) {
    const { trial, result } = parseVector(line);
    const differences = compare(trial, engine.run(trial), result, OPTIONS);
    if (onlyLastDigits(trial, differences)) continue;
    for (const d of differences) failures.push(`${d.field}: ${d.ours}, not ${d.silicon}  ${line}`);
  }
  expect(failures).toEqual([]);
});

it("reads what it writes", () => {
  for (const line of lines.slice(0, 200)) {
    const { trial, result } = parseVector(line);
    expect(vectorText(trial, result)).toBe(line);
  }
});
