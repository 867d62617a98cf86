/**
 * Time, at length: what test/time does shortly.
 *
 *   npm run time -- rewind --steps 10000       there and back again, at several moments of several programs
 *   npm run time -- replays --times 100        one recording with threads, signals and network input, many times
 *   npm run time -- leap --length 100000000    how long going back so many instructions takes
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildGuest } from "../test/harness/guest.ts";
import { session } from "../test/time/debuggee.ts";
import { record, replay } from "../test/time/replays.ts";
import { thereAndBack } from "../test/time/there-and-back.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string", default: "10000" },
    times: { type: "string", default: "100" },
    length: { type: "string", default: "100000000" },
  },
});

const LOOP = "x = 0\nfor i in range(10**9): x = (x * 5 + i) & 0xffff";
const PROGRAMS: readonly (readonly [string, () => string[], readonly number[]])[] = [
  [
    "bash",
    () => ["/bin/bash", "-c", 'for i in 1 2 3 4; do x="$x$(echo $i | cat)"; done; echo $x'],
    [1000, 400_000, 900_000],
  ],
  ["python3", () => ["/usr/bin/python3", "-S", "-c", LOOP], [100_000, 3_000_000, 30_000_000]],
  [
    "threads",
    () => [buildGuest(fileURLToPath(new URL("../test/time/busy.c", import.meta.url)), "gcc -O1 -pthread -static")],
    [20_000, 600_000, 1_500_000],
  ],
];

async function rewind(steps: number): Promise<void> {
  for (const [name, argv, positions] of PROGRAMS) {
    const { debuggee } = session(argv(), "line\n");
    for (const position of positions) {
      const stop = await debuggee.run({ position });
      if (stop.kind !== "done") throw new Error(`${name} ended before ${position}`);
      const { forward, back } = await thereAndBack(debuggee, steps, Math.ceil(steps / 100));
      const each = `${forward.toFixed(2)} ms a step forward, ${back.toFixed(2)} back`;
      console.log(`${name} @${position}: ${steps} steps there and back, the same registers and memory; ${each}`);
    }
  }
}

async function replays(times: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "blink-replays-"));
  try {
    const path = join(folder, "recording");
    const printed = await record(path, folder);
    const first = await replay(path);
    for (let i = 1; i < times; i++) {
      const again = await replay(path);
      if (again.hash !== first.hash) throw new Error(`replay ${i} ended with ${again.hash}, not with ${first.hash}`);
    }
    if (first.printed !== printed) throw new Error(`it printed ${first.printed}, not ${printed}`);
    console.log(
      `${printed.trim().split("\n").at(-1)}\n${times} replays of ${first.length} instructions: ${first.hash}`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function leap(length: number): Promise<void> {
  const { debuggee } = session(["/usr/bin/python3", "-S", "-c", LOOP]);
  const far = 4 * length;
  let begun = performance.now();
  await debuggee.run({ position: far });
  console.log(`${far} instructions of python3: ${Math.round(performance.now() - begun)} ms`);
  for (let to = far - length; to > 0; to -= length) {
    begun = performance.now();
    await debuggee.goTo(to);
    console.log(`back to ${to}: ${Math.round(performance.now() - begun)} ms`);
  }
  begun = performance.now();
  for (let i = 0; i < 100; i++) await debuggee.stepBack();
  console.log(`a step back: ${((performance.now() - begun) / 100).toFixed(1)} ms`);
}

const COMMANDS: Readonly<Record<string, (() => Promise<void>) | undefined>> = {
  rewind: () => rewind(Number(values.steps)),
  replays: () => replays(Number(values.times)),
  leap: () => leap(Number(values.length)),
};
const command = COMMANDS[positionals[0] ?? ""];
if (command) await command();
else {
  console.error("npm run time -- rewind | replays | leap");
  process.exitCode = 2;
}
