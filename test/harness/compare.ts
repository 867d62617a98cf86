import { execFileSync } from "node:child_process";
import { expect } from "vitest";
import { describeTree, type Files, Workplace } from "./folder.ts";
import { type Outcome, runNatively, runUnderBlink } from "./spawn.ts";

/** A command whose run under blink must equal its run on Linux itself. */
export interface Comparison {
  argv: readonly string[];
  files?: Files;
  /** A line for the native /bin/sh, run in the folder before each of the two runs. */
  prepare?: string;
  stdin?: string | Uint8Array;
  env?: Readonly<Record<string, string>>;
  timeout?: number;
  /** Compare the files left behind as well. */
  tree?: boolean;
  /** What Linux must give, where the test knows: guards against two equal failures. Default: exit status 0. */
  expect?: { code?: number; signal?: string; stdout?: string | RegExp };
  /** Takes out of the output what may differ (times, process ids). */
  normalize?: (text: string) => string;
}

export interface Run extends Outcome {
  tree?: string[];
}

/** Runs natively, checks the expectation, runs under blink in an equal folder, compares. */
export async function compare(test: Comparison): Promise<void> {
  const place = new Workplace();
  try {
    const native = await runIn(place, test, runNatively);
    checkNative(native, test);
    if (process.env.BLINK_TEST_NATIVE_ONLY === "1") return;
    const blink = await runIn(place, test, runUnderBlink);
    expect(report(blink, test), `under blink: ${test.argv.join(" ").slice(0, 300)}`).toEqual(report(native, test));
  } finally {
    place.remove();
  }
}

async function runIn(place: Workplace, test: Comparison, how: typeof runNatively): Promise<Run> {
  place.reset(test.files ?? {});
  const { stdin, env, timeout, prepare } = test;
  if (prepare !== undefined) execFileSync("/bin/sh", ["-c", prepare], { cwd: place.path, stdio: "pipe" });
  const outcome = await how(test.argv, { cwd: place.path, stdin, env, ...(timeout === undefined ? {} : { timeout }) });
  return test.tree ? { ...outcome, tree: describeTree(place.path) } : outcome;
}

function checkNative(native: Run, test: Comparison): void {
  const { code = test.expect?.signal === undefined ? 0 : undefined, signal, stdout } = test.expect ?? {};
  const text = native.stdout.toString("latin1");
  const context = `natively, stderr: ${native.stderr.toString("latin1").slice(0, 1000)}\nstdout: ${text.slice(0, 1000)}`;
  expect({ code: native.code, signal: native.signal, timedOut: native.timedOut }, context).toEqual({
    code,
    signal,
    timedOut: false,
  });
  if (stdout !== undefined) expect(text).toMatch(stdout);
}

/** What is compared, in the form that fails most readably. */
function report(run: Run, test: Comparison): object {
  const normalize = test.normalize ?? ((text: string) => text);
  const { code, signal, timedOut, tree } = run;
  const stdout = readable(run.stdout, normalize);
  const stderr = readable(run.stderr, normalize);
  return { code, signal, timedOut, stdout, stderr, ...(tree === undefined ? {} : { tree }) };
}

function readable(bytes: Buffer, normalize: (text: string) => string): string[] {
  return normalize(bytes.toString("latin1")).split("\n");
}
