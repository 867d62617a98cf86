/** The command line of the benchmark runner. */
import { parseArgs } from "node:util";

export const USAGE = `Usage: npm run bench -- [options]
  --rounds N         measurements of each program and column, interleaved (default 3)
  --group NAME       only programs of groups whose names contain NAME
  --only REGEX       only programs whose names match
  --list             list the programs, run nothing
  --scale X          multiply the amount of work where it can be chosen (default 1)
  --timeout SECONDS  of one measurement (default 120)
  --by CLOCK         compare by "wall" (default) or "cpu": all processors' time, which a busy machine disturbs less
  --dist DIR         what to measure (default dist)
  --no-qemu          leave out qemu-x86_64
  --blink PATH       a column for another emulator that is called as PATH PROG ARGS
  -j                 a column without the JIT
  --node PATH        a column on another Node binary
  --vs DIR           a column for another dist folder, and how the two compare
  --json FILE        write all figures
  --write            write docs/performance.md
  --save             write bench/baseline.json
  --check            compare with bench/baseline.json; exit code 1 if a group became slower than it allows
`;

/** Time on the wall, or time that processors were busy. */
export type Clock = "wall" | "cpu";

export interface Options {
  rounds: number;
  group: string | undefined;
  only: RegExp | undefined;
  list: boolean;
  scale: number;
  timeout: number;
  by: Clock;
  dist: string;
  qemu: boolean;
  blink: string | undefined;
  interpreter: boolean;
  node: string | undefined;
  vs: string | undefined;
  json: string | undefined;
  write: boolean;
  save: boolean;
  check: boolean;
}

/** The options, or undefined if help is asked for; throws what is wrong with them. */
export function options(args: string[]): Options | undefined {
  const { values: v } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "3" },
      group: { type: "string" },
      only: { type: "string" },
      list: { type: "boolean", default: false },
      scale: { type: "string", default: "1" },
      timeout: { type: "string", default: "120" },
      by: { type: "string", default: "wall" },
      dist: { type: "string", default: "dist" },
      "no-qemu": { type: "boolean", default: false },
      blink: { type: "string" },
      interpreter: { type: "boolean", short: "j", default: false },
      node: { type: "string" },
      vs: { type: "string" },
      json: { type: "string" },
      write: { type: "boolean", default: false },
      save: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (v.help) return undefined;
  return {
    rounds: positive("rounds", v.rounds),
    group: v.group,
    only: v.only === undefined ? undefined : new RegExp(v.only),
    list: v.list,
    scale: positive("scale", v.scale),
    timeout: positive("timeout", v.timeout),
    by: clock(v.by),
    dist: v.dist,
    qemu: !v["no-qemu"],
    blink: v.blink,
    interpreter: v.interpreter,
    node: v.node,
    vs: v.vs,
    json: v.json,
    write: v.write,
    save: v.save,
    check: v.check,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} ${text}: a number above 0 is wanted`);
  return value;
}

function clock(text: string): Clock {
  if (text !== "wall" && text !== "cpu") throw new Error(`--by ${text}: wall or cpu is wanted`);
  return text;
}
