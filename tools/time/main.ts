/**
 * Time, at length: what test/time does shortly, and how fast the debugger is.
 *
 *   npm run time -- rewind --steps 10000       there and back again, at several moments of several programs
 *   npm run time -- replays --times 100        one recording with threads, signals and network input, many times
 *   npm run time -- leap --length 100000000    how long going back so many instructions takes
 *   npm run time -- frames --steps 600         steps with a picture each, and running with the panels alive
 */
import { parseArgs } from "node:util";
import { frames } from "./frames.ts";
import { leap, rewind } from "./past.ts";
import { replays } from "./replays.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string" },
    times: { type: "string", default: "100" },
    length: { type: "string", default: "100000000" },
  },
});

const COMMANDS: Readonly<Record<string, (() => Promise<void>) | undefined>> = {
  rewind: () => rewind(Number(values.steps ?? 10_000)),
  replays: () => replays(Number(values.times)),
  leap: () => leap(Number(values.length)),
  frames: () => frames(Number(values.steps ?? 600)),
};
const command = COMMANDS[positionals[0] ?? ""];
if (command) await command();
else {
  console.error(`npm run time -- ${Object.keys(COMMANDS).join(" | ")}`);
  process.exitCode = 2;
}
