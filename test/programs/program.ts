import { describe } from "vitest";
import { compare } from "../harness/compare.ts";
import { declare } from "../harness/declare.ts";
import type { Files } from "../harness/folder.ts";
import { missing } from "../harness/needs.ts";

/** A real program with a typical use of it. */
export interface Program {
  /** A line for /bin/sh, unless `argv` is given. Also the name of the test, unless there is one. */
  sh?: string;
  argv?: readonly string[];
  name?: string;
  /** Commands without which the test is skipped, besides the first word of the line. */
  needs?: readonly string[];
  files?: Files;
  /** A line for the native /bin/sh that makes what is run, in the folder. */
  prepare?: string;
  stdin?: string | Uint8Array;
  env?: Readonly<Record<string, string>>;
  tree?: boolean;
  /** Exit status on Linux. */
  code?: number;
  signal?: string;
  stdout?: string | RegExp;
  timeout?: number;
  normalize?: (text: string) => string;
}

/** One test for each program. */
export function programs(file: string, common: Partial<Program>, list: readonly Program[]): void {
  describe(file, () => {
    for (const entry of list) {
      const program = { ...common, ...entry };
      const { sh, prepare, stdin, env, tree, timeout, normalize, stdout, code, signal } = program;
      const argv = program.argv ?? ["/bin/sh", "-c", sh ?? ""];
      const name = program.name ?? sh ?? argv.join(" ");
      const needed = [...(program.needs ?? []), program.argv?.[0] ?? (sh ?? "").split(" ")[0]];
      const absent = missing(needed.filter((word) => /^[\w./+-]+$/.test(word) && !SHELL_WORDS.has(word)));
      const files = { ...common.files, ...entry.files };
      const run = () =>
        compare({ argv, files, prepare, stdin, env, tree, timeout, normalize, expect: { code, signal, stdout } });
      // Once natively, once in here.
      declare(file, name, absent, run, timeout !== undefined && timeout > LONG ? 2 * timeout : undefined);
    }
  });
}

/** Milliseconds up to which vitest's own limit will do. */
const LONG = 180_000;
const SHELL_WORDS = new Set([
  "cd",
  "for",
  "while",
  "if",
  "umask",
  "set",
  "export",
  "type",
  ":",
  "trap",
  "exec",
  "test",
]);
