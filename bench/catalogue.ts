/** The benchmark programs: what is run, in which group, with how much work. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { compiled, input, type Recipe, SOURCES } from "./build.ts";
import type { InputName } from "./inputs.ts";

export const GROUPS = ["integer", "floating point", "control", "real programs", "start-up"] as const;
export type Group = (typeof GROUPS)[number];

export interface Benchmark {
  name: string;
  group: Group;
  /** The command, with absolute path; or the name of what is missing. */
  command(scale: number): readonly string[] | { missing: string };
  stdin?: InputName;
  /** Starts other programs: an emulator that leaves exec to the host's kernel would run those natively. */
  children?: boolean;
  /** Runs that make one measurement: for what is too short to be timed alone. */
  repeat?: number;
}

/** One of our own C programs with its amount of work: argv[1]. */
function own(group: Group, source: string, work: number, flags?: readonly string[]): Benchmark {
  const recipe: Recipe = flags ? { source, flags } : { source };
  const name = source.replace(/\.\w+$/, "");
  const command = (scale: number) => program(recipe, [String(Math.max(1, Math.round(work * scale)))]);
  return { name, group, command };
}

function program(recipe: Recipe, args: readonly string[]): readonly string[] | { missing: string } {
  const path = compiled(recipe);
  return path ? [path, ...args] : { missing: `compiler for ${recipe.source}` };
}

/** A program of the system; later arguments may be made from the scale. */
function system(name: string, group: Group, tool: string, args: (scale: number) => string[], more = {}): Benchmark {
  const command = (scale: number) => {
    const path = ["/usr/bin", "/bin"].map((folder) => join(folder, tool)).find(existsSync);
    return path ? [path, ...args(scale)] : { missing: tool };
  };
  return { name, group, command, ...more };
}

const script = (name: string): string => join(SOURCES, name);
const times = (work: number) => (scale: number) => String(Math.max(1, Math.round(work * scale)));

/** The compiler proper, without the driver that forks. */
function cc1(): readonly string[] | { missing: string } {
  const found = spawnSync("gcc", ["-print-prog-name=cc1"], { encoding: "utf8" });
  const path = found.stdout?.trim();
  return path && existsSync(path) ? [path, "-quiet", "-O2", input("large.c"), "-o", "-"] : { missing: "cc1" };
}

const real = "real programs";
const startUp = "start-up";

export const CATALOGUE: readonly Benchmark[] = [
  own("integer", "sieve.c", 450),
  own("integer", "sha256.c", 100),
  own("integer", "crc32.c", 380),
  own("integer", "sort.c", 55),
  own("integer", "intmatrix.c", 9000),
  own("integer", "records.c", 50000),

  own("floating point", "nbody.c", 9000),
  own("floating point", "mandelbrot.c", 3000),
  own("floating point", "mandelbrot-sse2.c", 4000),
  own("floating point", "mandelbrot-avx2.c", 4500, ["-O2", "-static", "-mavx2"]),
  own("floating point", "matmul.c", 700),
  own("floating point", "fft.c", 6000),
  own("floating point", "spectral.c", 800),

  own("control", "fib.c", 41),
  own("control", "virtual.cc", 300),
  own("control", "bytecode.c", 70),
  own("control", "search.c", 250),
  own("control", "hashmap.c", 4000),
  own("control", "churn.c", 30000),
  own("control", "qsort.c", 90),

  system("gzip", real, "gzip", () => ["-c"], { stdin: "text.txt" }),
  system("gunzip", real, "gzip", () => ["-dc"], { stdin: "texts.gz" }),
  system("xz", real, "xz", () => ["-1", "-c"], { stdin: "text.txt" }),
  system("bzip2", real, "bzip2", () => ["-c"], { stdin: "text.txt" }),
  system("sqlite3", real, "sqlite3", () => ["-batch", ":memory:"], { stdin: "script.sql" }),
  system("python objects", real, "python3", (s) => ["-I", script("objects.py"), times(400)(s)]),
  system("python text", real, "python3", () => ["-I", script("text.py"), input("text.txt"), "2000000"]),
  system("python numbers", real, "python3", (s) => ["-I", script("numbers.py"), times(40)(s)]),
  system("perl regex", real, "perl", (s) => [script("words.pl"), input("text.txt"), times(15)(s)]),
  system("lua", real, "lua5.4", (s) => [script("tables.lua"), times(150)(s)]),
  { name: "cc1 -O2", group: real, command: cc1 },
  system("bash loop", real, "bash", (s) => [script("loop.sh"), times(12000)(s)]),
  system("bash 1000 forks", real, "bash", (s) => [script("forks.sh"), times(1000)(s)], { children: true }),

  {
    name: "hello static",
    group: startUp,
    command: () => program({ source: "hello.c", compilers: ["musl-gcc", "gcc"] }, []),
    repeat: 5,
  },
  {
    name: "hello dynamic",
    group: startUp,
    command: () => program({ source: "hello.c", flags: ["-O2"] }, []),
    repeat: 5,
  },
  system("bash -c", startUp, "bash", () => ["-c", "echo hello"], { repeat: 5 }),
  system("perl -e", startUp, "perl", () => ["-e", 'print "hello\\n"'], { repeat: 5 }),
  system("python3 -c", startUp, "python3", () => ["-c", "print(1)"], { repeat: 5 }),
];
