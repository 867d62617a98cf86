/** The processor's side: builds the runner and passes batches through it. */
import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
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

export class Silicon {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private chunks: Buffer[] = [];
  private have = 0;
  private wake: (() => void) | undefined;
  private dead = false;
  private death = "";

  /** `tick`: microseconds between looks for trials that run for ever. */
  constructor(tick = 50000) {
    this.child = spawn(build(), [String(tick)], { stdio: ["pipe", "pipe", "inherit"] });
    this.child.stdout.on("data", (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.have += chunk.length;
      this.wake?.();
    });
    this.child.on("close", (code, signal) => {
      this.death = `the runner died: ${signal ?? code}`;
      this.dead = true;
      this.wake?.();
    });
    // A write after its death is noticed by the read that follows.
    this.child.stdin.on("error", () => {});
    this.child.stdin.write(basePattern());
  }
  close(): void {
    this.child.stdin.end();
  }
  private async take(n: number): Promise<Buffer> {
    while (this.have < n) {
      if (this.dead) throw new Error(this.death);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    let all = this.chunks.length === 1 ? (this.chunks[0] as Buffer) : Buffer.concat(this.chunks);
    const head = all.subarray(0, n);
    all = all.subarray(n);
    this.chunks = all.length ? [all] : [];
    this.have -= n;
    return head;
  }
  /** Runs trials; results in their order. */
  async run(trials: readonly Trial[]): Promise<Uint8Array[]> {
    let bytes = 0;
    for (const t of trials) bytes += t.bytes.length;
    const message = new Uint8Array(8 + bytes);
    const words = new Uint32Array(message.buffer, 0, 2);
    words[0] = trials.length;
    words[1] = bytes;
    let at = 8;
    for (const t of trials) {
      message.set(t.bytes, at);
      at += t.bytes.length;
    }
    this.child.stdin.write(message);
    const size = (await this.take(4)).readUInt32LE(0);
    const all = await this.take(size);
    const results: Uint8Array[] = [];
    for (let from = 0; from < size; ) {
      const end = from + RESULT_SIZE + all.readUInt32LE(from + R_CHANGES + 4);
      results.push(all.subarray(from, end));
      from = end;
    }
    return results;
  }
}
