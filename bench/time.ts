/** Runs a command and measures it. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import type { Readable } from "node:stream";

export interface Run {
  /** Seconds of one run by the clock on the wall. */
  wall: number;
  /** Seconds of one run that processors were busy with it (user and system, all threads). */
  cpu: number;
  /** Exit code, or the signal that ended it, or "timeout". */
  end: number | string;
  /** Digest of standard output. */
  output: string;
  stderr: string;
}

/** Runs "$@" $n times, silently but for the last time; the times of all go to descriptor 3. */
const TIMER = `
n=$1; shift; TIMEFORMAT="%3R %3U %3S"; exec 4>&2
{ time { for ((i = 1; i < n; i++)); do "$@" >/dev/null 2>&1 3>&- 4>&-; done; "$@" 2>&4 3>&- 4>&-; }; } 2>&3`;

/** What programs find, so that what the user has set changes no output. */
const ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", HOME: "/", PYTHONHASHSEED: "0" };

/** `timeout`: seconds for all repetitions. Only the first of them reads standard input. */
export async function run(
  argv: readonly string[],
  o: { stdin?: string | undefined; repeat?: number | undefined; timeout: number },
): Promise<Run> {
  const repeat = o.repeat ?? 1;
  const from = openSync(o.stdin ?? "/dev/null", "r");
  const child = spawn("bash", ["-c", TIMER, "timer", String(repeat), ...argv], {
    stdio: [from, "pipe", "pipe", "pipe"],
    env: ENVIRONMENT,
    // A group of its own, so that a timeout ends all of it.
    detached: true,
  });
  closeSync(from);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, o.timeout * 1000);
  const digest = createHash("sha256");
  child.stdout?.on("data", (chunk: Buffer) => digest.update(chunk));
  const stderr = collect(child.stderr);
  const times = collect(child.stdio[3] as Readable);
  const end = await new Promise<number | string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal ?? "?"));
  });
  clearTimeout(timer);
  const [wall = Number.NaN, user = 0, system = 0] = (times.text || "NaN").split(/\s+/).map(Number);
  return {
    wall: wall / repeat,
    cpu: (user + system) / repeat,
    end: late ? "timeout" : end,
    output: digest.digest("hex").slice(0, 16),
    stderr: stderr.text.trim(),
  };
}

function collect(stream: Readable | null): { text: string } {
  const into = { text: "" };
  stream?.setEncoding("latin1").on("data", (chunk: string) => {
    into.text += chunk;
  });
  return into;
}
