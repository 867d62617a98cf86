/**
 * Runs the programs with threads of test/guest over many seeds of random slices (blink --stress) and compares with what
 * they print natively. A seed that fails fails again.
 *
 *   npm run threads -- --seeds 1000
 *   npm run threads -- --from 17 --seeds 1 --program sync
 *   BLINK_TEST_FLAGS=-j npm run threads -- --seeds 1000      without the JIT
 */
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildGuest, readGuest } from "../test/harness/guest.ts";
import { runNatively, runUnderBlink } from "../test/harness/spawn.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    program: { type: "string", multiple: true, default: ["sync", "notes", "futex-pi", "rseq"] },
  },
});

let runs = 0;
let failures = 0;
const first = Number(values.from);
for (const name of values.program) {
  const guest = readGuest(fileURLToPath(new URL(`../test/guest/${name}.c`, import.meta.url)));
  const program = buildGuest(guest.source, guest.builds[0]);
  const native = await runNatively([program], { cwd: tmpdir() });
  const want = native.stdout.toString();
  const times: number[] = [];
  for (let seed = first; seed < first + Number(values.seeds); seed++) {
    const got = await runUnderBlink([program], { cwd: tmpdir(), env: { BLINK_STRESS: `${seed}` } });
    runs++;
    times.push(got.milliseconds);
    if (got.code === native.code && got.stdout.toString() === want) continue;
    failures++;
    console.log(`${name}, seed ${seed}: ${got.timedOut ? "time is up" : (got.signal ?? got.code)}`);
    console.log(got.stdout.toString().slice(-2000), got.stderr.toString().slice(-500));
  }
  times.sort((a, b) => a - b);
  console.log(`${name}: median ${Math.round(times[times.length >> 1] ?? 0)} ms`);
}
console.log(`${runs} runs, ${failures} failures`);
process.exitCode = failures > 0 ? 1 : 0;
