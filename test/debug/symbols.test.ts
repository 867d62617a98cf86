/** Symbols, lines and backtraces of programs as compilers make them. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeSymbols, type Symbols } from "../../src/debug/symbols/symbols.ts";
import type { Task } from "../../src/kernel/task.ts";
import { buildGuest } from "../harness/guest.ts";
import { missing } from "../harness/needs.ts";
import { inProcess } from "./in-process.ts";

/** Whoever built the program first, its source lay in this folder. */
const FILE = expect.stringMatching(/\/test\/debug\/frames\.c$/);
const SOURCE = fileURLToPath(new URL("frames.c", import.meta.url));

/** Runs until the crash and looks around there. */
async function crash(build: string, look: (task: Task, symbols: Symbols) => void): Promise<void> {
  const machine = inProcess(buildGuest(SOURCE, build));
  const symbols = makeSymbols();
  let looked = false;
  machine.kernel.onCrash = (task) => {
    look(task, symbols);
    looked = true;
    return false;
  };
  expect(await machine.run()).toEqual({ code: 0, signal: 11 });
  expect(looked).toBe(true);
}

const BUILDS: [string, string, boolean][] = [
  ["optimized, DWARF 5", "gcc -g -O1", true],
  ["DWARF 4, packed", "gcc -gdwarf-4 -gz=zlib -O1", true],
  ["not position-independent", "gcc -g -no-pie -O0", true],
  ["static", "gcc -g -static -O1", true],
  ["without .eh_frame of its own", "gcc -g -O0 -fno-asynchronous-unwind-tables", true],
  ["musl", "musl-gcc -g -O0 -static", true],
  ["without lines", "gcc -O1", false],
];

for (const [name, build, lines] of BUILDS) {
  const lacking = missing([build.split(" ")[0]]);
  const run = lacking ? test.skip : test;
  run(`${name}${lacking ? ` (no ${lacking})` : ""}`, async () => {
    await crash(build, (task, symbols) => {
      const frames = symbols.frames(task);
      const names = frames.map((f) => f.name);
      const own = names.filter((n) => n && ["strike", "handler", "compare", "main"].includes(n));
      // musl's own functions say nothing of their frames: their code does.
      expect(own).toEqual(["strike", "handler", "compare", "main"]);
      expect(names.some((n) => n?.includes("qsort"))).toBe(true);
      const [inner] = frames;
      const main = frames[names.indexOf("main")];
      const at = lines ? { file: FILE, line: 11 } : undefined;
      expect(symbols.lineAt(task, inner.at)).toEqual(at);
      expect(symbols.lineAt(task, main.at)).toEqual(lines ? { file: FILE, line: 27 } : undefined);
      const address = symbols.addressOf(task, "counter");
      expect(address).toBeDefined();
      expect(symbols.nameAt(task, address ?? 0)).toMatchObject({ name: "counter", offset: 0 });
      if (lines) expect(symbols.addressesOf(task, "frames.c", 11).length).toBeGreaterThan(0);
      expect(symbols.nameAt(task, 12345)).toBeUndefined();
    });
  });
}
