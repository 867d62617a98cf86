/**
 * Does memory stay flat over hours? Runs bench/programs/soak.c and looks at how much this process's child holds, every tenth
 * of the time. Fails if the second half needed much more than the first. Run: npm run soak [-- MINUTES]
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compiled } from "./build.ts";

const BLINK = fileURLToPath(new URL("../dist/blink.js", import.meta.url));
const minutes = Number(process.argv[2] ?? 20);
const LOOKS = 20;
/** By how much the second half may exceed the first. */
const MORE = 1.1;

const program = compiled({ source: "soak.c", flags: ["-O1", "-static", "-pthread"] });
if (!program) throw new Error("no C compiler");
if (!(minutes > 0)) throw new Error("how many minutes?");

const child = spawn(process.execPath, [BLINK, program, String(Math.round(minutes * 60))], { stdio: "inherit" });
const seen: number[] = [];
const look = (): void => {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"));
  seen.push(Number(kib?.[1] ?? 0) / 1024);
  console.log(`${((seen.length * minutes) / LOOKS).toFixed(1)} min: ${seen[seen.length - 1].toFixed(1)} MiB`);
};
const timer = setInterval(look, (minutes * 60_000) / LOOKS - 50);
child.on("exit", (code, signal) => {
  clearInterval(timer);
  // What is set up at the start is left out.
  const half = seen.length / 2;
  const [early, late] = [Math.max(...seen.slice(1, half)), Math.max(...seen.slice(half))];
  console.log(`at most ${early.toFixed(1)} MiB in the first half, ${late.toFixed(1)} MiB in the second`);
  if (code !== 0) throw new Error(`the guest ended with ${code ?? signal}`);
  if (late > early * MORE) throw new Error("memory grows");
});
