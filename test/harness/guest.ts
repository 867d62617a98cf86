import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { which } from "./needs.ts";
import { BUILD_CACHE } from "./paths.ts";

/**
 * A program in test/guest says at its head how it is built and run, one directive a line after "//" or "#":
 *
 *   build: COMPILER FLAGS    as often as wanted; default "gcc -O1"
 *   run: A B => EXIT         arguments, split at blanks, and how it ends on Linux: a number or SIGNAME, default 0;
 *                            as often as wanted, every build does every run; default one run without arguments
 *   stdin: TEXT              with \n
 *   env: NAME=VALUE          as often as needed
 *   tree                     the files it leaves behind are compared too
 *   timeout: SECONDS
 */
export interface Guest {
  source: string;
  builds: string[];
  runs: { args: string[]; exit: { code?: number; signal?: string } }[];
  stdin: string;
  env: Record<string, string>;
  tree: boolean;
  timeout: number | undefined;
}

export function readGuest(source: string): Guest {
  const guest: Guest = { source, builds: [], runs: [], stdin: "", env: {}, tree: false, timeout: undefined };
  for (const line of readFileSync(source, "utf8").split("\n")) {
    const match = /^(?:\/\/|#) ?([a-z]+)(?:: *(.*))?$/.exec(line.trimEnd());
    if (match === null) break;
    setDirective(guest, match[1], match[2] ?? "");
  }
  if (guest.builds.length === 0) guest.builds.push("gcc -O1");
  if (guest.runs.length === 0) guest.runs.push({ args: [], exit: { code: 0 } });
  return guest;
}

function setDirective(guest: Guest, name: string, value: string): void {
  if (name === "build") guest.builds.push(value);
  else if (name === "run") guest.runs.push(readRun(value));
  else if (name === "stdin") guest.stdin = value.replaceAll("\\n", "\n");
  else if (name === "env") guest.env[value.slice(0, value.indexOf("="))] = value.slice(value.indexOf("=") + 1);
  else if (name === "tree") guest.tree = true;
  else if (name === "timeout") guest.timeout = Number(value) * 1000;
  else throw new Error(`${guest.source}: no directive "${name}"`);
}

function readRun(value: string): Guest["runs"][number] {
  const [args, exit = "0"] = value.split("=>").map((part) => part.trim());
  return {
    args: args.split(/\s+/).filter((word) => word !== ""),
    exit: /^\d+$/.test(exit) ? { code: Number(exit) } : { signal: exit },
  };
}

/** What the C programs share; part of every program's content. */
const COMMON_HEADER = fileURLToPath(new URL("../guest/check.h", import.meta.url));

/**
 * Path of the program built from this source; built at most once for one path, content and command line. (The path, because
 * debug information names it: another clone's program would show lines of a file that may be gone.)
 */
export function buildGuest(source: string, build: string): string {
  const [compiler, ...flags] = build.split(" ");
  const content = createHash("sha256").update(source).update(readFileSync(source)).update(readFileSync(COMMON_HEADER));
  const key = content.update(build).digest("hex").slice(0, 16);
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
