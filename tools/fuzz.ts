/**
 * Calls everything with hostile arguments under blink, for a while: no crash of the host, no hang, no growing memory.
 *
 *   npm run fuzz -- --seconds 300 --seed 1
 *
 * The guest's files are a scratch folder that serves as its root, with the programs of a busybox-like kind left out: the
 * fuzzer is linked statically and needs none but /bin/sh, which is copied with its libraries.
 */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BLINK, BLINK_FLAGS } from "../test/harness/paths.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    bursts: { type: "string", default: "40" },
  },
});

/** A run that takes longer hangs, seconds for each burst. */
const PATIENCE = 8;
/** Most resident memory of the host process, MiB: RAM of the guest and what Node needs. */
const MOST_MEMORY = 3000;

/** The smallest root: the fuzzer, sh, rm and mkdir with their libraries. */
function makeRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "blink-fuzz-"));
  for (const folder of ["tmp", "work", "bin", "proc", "dev"]) mkdirSync(join(root, folder));
  for (const program of ["/bin/sh", "/bin/rm", "/bin/mkdir"]) {
    cpSync(program, join(root, program), { dereference: true });
    const text = spawnSync("ldd", [program], { encoding: "utf8" }).stdout;
    for (const [library] of text.matchAll(/\/\S+/g)) {
      mkdirSync(join(root, dirname(library)), { recursive: true });
      if (!existsSync(join(root, library))) cpSync(library, join(root, library), { dereference: true });
    }
  }
  const source = fileURLToPath(new URL("fuzz/calls.c", import.meta.url));
  const made = spawnSync("gcc", ["-O1", "-static", "-w", "-o", join(root, "bin/calls"), source], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(made.stderr);
  return root;
}

interface Run {
  how: string;
  megabytes: number;
}

function run(root: string, seed: number, bursts: number): Promise<Run> {
  return new Promise((resolve) => {
    const command = `cd /work && exec /bin/calls ${seed} ${bursts}`;
    const args = [BLINK, ...BLINK_FLAGS, "-C", root, "-L", "/dev/null", "/bin/sh", "-c", command];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    let megabytes = 0;
    child.stdout.on("data", (piece: Buffer) => {
      text += piece;
    });
    child.stderr.on("data", (piece: Buffer) => {
      text = (text + piece).slice(-4000);
    });
    const watch = setInterval(() => {
      const status = existsSync(`/proc/${child.pid}/status`) ? readFileSync(`/proc/${child.pid}/status`, "utf8") : "";
      megabytes = Math.max(megabytes, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    }, 500);
    let late = false;
    const timer = setTimeout(
      () => {
        late = true;
        child.kill("SIGKILL");
      },
      bursts * PATIENCE * 1000,
    );
    child.on("close", (code, signal) => {
      clearInterval(watch);
      clearTimeout(timer);
      const good = code === 0 && text.includes(`${bursts} bursts`) && !text.includes("internal error");
      resolve({ how: late ? "hangs" : good ? "good" : `${signal ?? code}: ${text}`, megabytes });
    });
  });
}

const root = makeRoot();
const until = Date.now() + Number(values.seconds) * 1000;
const bursts = Number(values.bursts);
let seed = Number(values.seed);
let bad = 0;
let most = 0;
let runs = 0;
while (Date.now() < until) {
  const { how, megabytes } = await run(root, seed, bursts);
  runs++;
  most = Math.max(most, megabytes);
  if (how !== "good") {
    bad++;
    console.log(`seed ${seed}: ${how}`);
  }
  seed += bursts;
}
rmSync(root, { recursive: true, force: true });
console.log(`${runs} runs of ${bursts} bursts, ${bad} bad, at most ${Math.round(most)} MiB`);
process.exitCode = bad > 0 || most > MOST_MEMORY ? 1 : 0;
