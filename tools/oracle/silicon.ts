/** The processor's side: builds the runner and passes batches through it. */
import { type ChildProcess, execFileSync, type StdioOptions, spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostFlags } from "./features.ts";
import { basePattern, R_CHANGES, RESULT_SIZE, type Trial } from "./layout.ts";

/** Why this machine can't serve as an oracle, or undefined if it can. */
export function whyNotNative(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return "the host is not x86-64 Linux";
  try {
    execFileSync("gcc", ["--version"], { stdio: "ignore" });
  } catch {
    return "gcc is not installed";
  }
  for (const need of ["avx", "xsave"]) if (!hostFlags.has(need)) return `the processor lacks ${need}`;
  return undefined;
}

/** Whether the kernel lets programs run code in these segments: see segments.ts. */
export function hasWorld(world: number): boolean {
  return spawnSync(build(), ["world", String(world)]).status === 0;
}

const OPTIONS = "-O2 -Wall -Wextra -mfsgsbase -fno-stack-protector -fcf-protection=none -Wl,-z,now".split(" ");

/** Compiles the runner unless it was compiled before; returns its path. */
function build(): string {
  const source = new URL("runner.c", import.meta.url).pathname;
  const key = createHash("sha256").update(readFileSync(source)).update(OPTIONS.join()).digest("hex").slice(0, 16);
  const dir = join(tmpdir(), `blink-oracle-${process.getuid?.() ?? 0}`);
  const program = join(dir, `runner-${key}`);
  if (existsSync(program)) return program;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const fresh = `${program}.${process.pid}`;
  execFileSync("gcc", [...OPTIONS, source, "-o", fresh], { stdio: ["ignore", "inherit", "inherit"] });
  renameSync(fresh, program);
  return program;
}

/** Room for trials and for results in the file that both sides share. */
const IN_SIZE = 16 << 20;
const OUT_SIZE = 64 << 20;

/** A file that has no name any more, in memory if there is such a place. */
function sharedFile(): number {
  const dir = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const path = join(dir, `blink-oracle-${process.pid}-${randomBytes(6).toString("hex")}`);
  const fd = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  ftruncateSync(fd, IN_SIZE + OUT_SIZE);
  return fd;
}

export class Silicon {
  private readonly child: ChildProcess;
  private readonly file = sharedFile();
  private readonly input = Buffer.allocUnsafe(IN_SIZE);
  private output = Buffer.allocUnsafe(8 << 20);
  private answer = Buffer.alloc(0);
  private wake: (() => void) | undefined;
  private death = "";

  /** `tick`: microseconds of the processor's time between looks for trials that run for ever. */
  constructor(tick = 20000) {
    const stdio: StdioOptions = ["pipe", "pipe", "inherit", this.file];
    this.child = spawn(build(), [tick, IN_SIZE, OUT_SIZE].map(String), { stdio });
    this.child.stdout?.on("data", (chunk: Buffer) => {
      this.answer = Buffer.concat([this.answer, chunk]);
      this.wake?.();
    });
    this.child.on("close", (code, signal) => {
      this.death = `the runner died: ${signal ?? code}`;
      this.wake?.();
    });
    // A write after its death is noticed by the read that follows.
    this.child.stdin?.on("error", () => {});
    this.child.stdin?.write(basePattern());
  }
  close(): void {
    this.child.stdin?.end();
    closeSync(this.file);
  }
  private async take(n: number): Promise<Buffer> {
    while (this.answer.length < n) {
      if (this.death) throw new Error(this.death);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const head = this.answer.subarray(0, n);
    this.answer = this.answer.subarray(n);
    return head;
  }
  /** Runs trials; results in their order, which stay as they are only until the next call. */
  async run(trials: readonly Trial[]): Promise<Uint8Array[]> {
    const results: Uint8Array[] = [];
    while (results.length < trials.length) {
      // What found no room comes in further parts, which must not overwrite the first.
      for (let i = 0; i < results.length; i++) results[i] = results[i].slice();
      await this.some(trials, results);
    }
    return results;
  }
  /** Runs those whose results are missing, as many as fit. */
  private async some(trials: readonly Trial[], results: Uint8Array[]): Promise<void> {
    const from = results.length;
    let end = from;
    let at = 0;
    for (; end < trials.length && at + trials[end].bytes.length <= IN_SIZE; end++) {
      this.input.set(trials[end].bytes, at);
      at += trials[end].bytes.length;
    }
    writeSync(this.file, this.input, 0, at, 0);
    const count = Buffer.alloc(4);
    count.writeUInt32LE(end - from);
    this.child.stdin?.write(count);
    const size = (await this.take(4)).readUInt32LE(0);
    if (size > this.output.length) this.output = Buffer.allocUnsafe(size * 2);
    readSync(this.file, this.output, 0, size, IN_SIZE);
    for (let start = 0; start < size; ) {
      const next = start + RESULT_SIZE + this.output.readUInt32LE(start + R_CHANGES + 4);
      results.push(this.output.subarray(start, next));
      start = next;
    }
  }
}
