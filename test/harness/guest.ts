import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { missing, which } from "./needs.ts";
import { BUILD_CACHE } from "./paths.ts";

/**
 * A program in test/guest says at its head how it is built and run, one directive a line after "//" or "#":
 *
 *   build: COMPILER FLAGS    one test for each such line; default "gcc -O1"
 *   args: A B                arguments, split at blanks
 *   stdin: TEXT              with \n
 *   env: NAME=VALUE          as often as needed
 *   exit: N | SIGNAME        how it ends on Linux; default 0
 *   tree                     the files it leaves behind are compared too
 *   timeout: SECONDS
 */
export interface Guest {
  source: string;
  builds: string[];
  args: string[];
  stdin: string;
  env: Record<string, string>;
  exit: { code?: number; signal?: string };
  tree: boolean;
  timeout: number | undefined;
}

export function readGuest(source: string): Guest {
  const guest: Guest = {
    source,
    builds: [],
    args: [],
    stdin: "",
    env: {},
    exit: { code: 0 },
    tree: false,
    timeout: undefined,
  };
  for (const line of readFileSync(source, "utf8").split("\n")) {
    const match = /^(?:\/\/|#) ?([a-z]+)(?:: *(.*))?$/.exec(line.trimEnd());
    if (match === null) break;
    setDirective(guest, match[1], match[2] ?? "");
  }
  if (guest.builds.length === 0) guest.builds.push("gcc -O1");
  return guest;
}

function setDirective(guest: Guest, name: string, value: string): void {
  if (name === "build") guest.builds.push(value);
  else if (name === "args") guest.args = value.split(/\s+/);
  else if (name === "stdin") guest.stdin = value.replaceAll("\\n", "\n");
  else if (name === "env") guest.env[value.slice(0, value.indexOf("="))] = value.slice(value.indexOf("=") + 1);
  else if (name === "exit") guest.exit = /^\d+$/.test(value) ? { code: Number(value) } : { signal: value };
  else if (name === "tree") guest.tree = true;
  else if (name === "timeout") guest.timeout = Number(value) * 1000;
  else throw new Error(`${guest.source}: no directive "${name}"`);
}

/** The reason why this build cannot be made here, if any. */
export function unavailable(build: string): string | undefined {
  const compiler = missing([build.split(" ")[0]]);
  return compiler === undefined ? undefined : `${compiler} is not installed`;
}

/** Path of the program built from this source; built at most once for one content and command line. */
export function buildGuest(source: string, build: string): string {
  const [compiler, ...flags] = build.split(" ");
  const key = createHash("sha256").update(readFileSync(source)).update(build).digest("hex").slice(0, 16);
  const folder = join(BUILD_CACHE, key);
  const program = join(folder, basename(source).replace(/\.\w+$/, ""));
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  // -l flags go behind the source: the linker reads from left to right.
  const libraries = flags.filter((flag) => flag.startsWith("-l"));
  const others = flags.filter((flag) => !flag.startsWith("-l"));
  const made = spawnSync(which(compiler) ?? compiler, [...others, "-o", unfinished, source, ...libraries], {
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`${build} ${source}:\n${made.stderr}`);
  renameSync(unfinished, program);
  return program;
}
