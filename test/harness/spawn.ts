import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BLINK, BLINK_FLAGS } from "./paths.ts";

/** What a process left behind: all that is compared between Linux and blink. */
export interface Outcome {
  /** Exit status, or undefined if a signal ended it. */
  code: number | undefined;
  signal: string | undefined;
  stdout: Buffer;
  stderr: Buffer;
  timedOut: boolean;
  milliseconds: number;
}

export interface SpawnOptions {
  cwd: string;
  /** `none`: /dev/null; else a pipe with this content. */
  stdin?: string | Uint8Array | { none: true };
  env?: Readonly<Record<string, string>>;
  timeout?: number;
  /** Most bytes of output; who writes more is stopped as if its time were up. */
  limit?: number;
}

/** The whole environment of a test program: nothing of the tester's own gets in. */
export const BASE_ENV = {
  PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
  LC_ALL: "C",
  TZ: "UTC",
  TERM: "dumb",
  USER: "root",
  // Without it, blink.log would stand among the files that a program sees.
  BLINK_LOG_FILENAME: join(tmpdir(), "blink-test.log"),
};

export function runNatively(argv: readonly string[], options: SpawnOptions): Promise<Outcome> {
  return run(argv[0], argv.slice(1), { timeout: 60_000, ...options });
}

export function runUnderBlink(argv: readonly string[], options: SpawnOptions): Promise<Outcome> {
  return run(process.execPath, [BLINK, ...BLINK_FLAGS, ...argv], { timeout: 120_000, ...options });
}

/** Runs a command in a process group of its own and kills the group if it outlives its time. */
function run(file: string, args: readonly string[], options: SpawnOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const { stdin = "" } = options;
    const nothing = typeof stdin === "object" && "none" in stdin;
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...BASE_ENV, HOME: options.cwd, ...options.env },
      stdio: [nothing ? "ignore" : "pipe", "pipe", "pipe"],
      detached: true,
    });
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error("no pipes");
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let timedOut = false;
    const stop = (): void => {
      timedOut = true;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It ended just now.
      }
    };
    const timer = setTimeout(stop, options.timeout);
    let bytes = 0;
    const collect = (into: Buffer[], piece: Buffer): void => {
      if (timedOut && bytes > (options.limit ?? Infinity)) return;
      into.push(piece);
      bytes += piece.length;
      if (bytes > (options.limit ?? Infinity)) stop();
    };
    stdout.on("data", (piece: Buffer) => collect(out, piece));
    stderr.on("data", (piece: Buffer) => collect(err, piece));
    // A program that never reads its input closes the pipe early; that is its right.
    child.stdin?.on("error", () => {});
    if (!nothing) child.stdin?.end(stdin);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({
        code: code ?? undefined,
        signal: signal ?? undefined,
        stdout: Buffer.concat(out),
        stderr: Buffer.concat(err),
        timedOut,
        milliseconds: performance.now() - start,
      });
    });
  });
}
