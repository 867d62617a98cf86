/** Names of the C++ library of this system, compared with c++filt(1). */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { demangle } from "../../src/debug/symbols/demangle.ts";
import { missing } from "../harness/needs.ts";

const lacking = missing(["g++", "nm", "c++filt"]);
const MOST = 1 << 28;

/** c++filt takes the space of ">>" for superfluous behind an empty pack, and leaves the comma of one in the middle. */
const alike = (text: string): string => text.replace(/>(?=>)/g, "> ").replaceAll(", , ", ", ");

(lacking ? test.skip : test)(`all names of libstdc++${lacking ? ` (no ${lacking})` : ""}`, () => {
  const library = execFileSync("g++", ["-print-file-name=libstdc++.so.6"], { encoding: "utf8" }).trim();
  const listed = execFileSync("nm", ["-D", "--defined-only", library], { encoding: "latin1", maxBuffer: MOST });
  const symbols = listed.split("\n").map((l) => l.split(" ")[2]?.split("@")[0] ?? "");
  const names = [...new Set(symbols)].filter((n) => n.startsWith("_Z"));
  expect(names.length).toBeGreaterThan(3000);
  for (const [flags, types] of [
    [["-i"], true],
    [["-i", "-p"], false],
  ] as const) {
    const want = execFileSync("c++filt", flags, { input: names.join("\n"), encoding: "latin1", maxBuffer: MOST });
    const got = names.map((n) => alike(demangle(n, types) ?? n));
    expect(got).toEqual(want.trimEnd().split("\n").map(alike));
  }
});
