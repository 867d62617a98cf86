/** Compiles the programs of bench/programs and writes the inputs, into a cache folder keyed by what they are made from. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { INPUTS, type InputName } from "./inputs.ts";

export const SOURCES = fileURLToPath(new URL("programs/", import.meta.url));
const cache = join(tmpdir(), `blink-bench-${userInfo().uid}`);

export interface Recipe {
  source: string;
  flags?: readonly string[];
  /** Compilers to try, the first that is installed counts. */
  compilers?: readonly string[];
}

const STATIC = ["-O2", "-static"];

/** Path of the program, or undefined if no compiler for it is installed. */
export function compiled(recipe: Recipe): string | undefined {
  const source = join(SOURCES, recipe.source);
  const flags = recipe.flags ?? STATIC;
  const compilers = recipe.compilers ?? (source.endsWith(".cc") ? ["g++"] : ["gcc"]);
  const digest = createHash("sha256").update(JSON.stringify([compilers, flags]));
  digest.update(readFileSync(source)).update(readFileSync(join(SOURCES, "bench.h")));
  const path = join(cache, `${recipe.source.replace(/\.\w+$/, "")}-${digest.digest("hex").slice(0, 12)}`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  for (const compiler of compilers) {
    const made = spawnSync(compiler, [...flags, source, "-o", `${path}.new`, "-lm"], { encoding: "utf8" });
    if (made.error) continue;
    if (made.status !== 0) throw new Error(`${compiler} ${recipe.source}: ${made.stderr}`);
    renameSync(`${path}.new`, path);
    return path;
  }
  return undefined;
}

const written = new Map<InputName, string>();

/** Path of an input file. */
export function input(name: InputName): string {
  const known = written.get(name);
  if (known) return known;
  const path = join(cache, name);
  mkdirSync(cache, { recursive: true });
  writeFileSync(path, INPUTS[name]());
  written.set(name, path);
  return path;
}
