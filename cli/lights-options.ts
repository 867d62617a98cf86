/** The command line of blinkenlights(1): its own flags, and those that blink(1) has too. */
import { type Options, parse } from "./options.ts";

export interface LightsOptions {
  /** What blink has too. */
  machine: Options;
  /** -b, -w: addresses or symbols. */
  breakpoints: string[];
  watchpoints: string[];
  /** -t: no user interface. */
  plain: boolean;
  /** -N */
  naturalScroll: boolean;
  /** -H */
  highlight: boolean;
  /** -R */
  reactive: boolean;
  /** -z, -V: as often as given. */
  zoom: number;
  verbose: number;
}

export type LightsParsed =
  | { kind: "run"; options: LightsOptions }
  | { kind: "help" }
  | { kind: "version" }
  | { kind: "bad"; message: string };

export const LIGHTS_USAGE = `Usage: blinkenlights [FLAGS] PROG [ARGS...]
  -h            help
  -v            version
  -b ADDR       breakpoint at a hexadecimal address, a symbol or FILE:LINE; may be repeated
  -w ADDR       watchpoint: stops behind writes to the 8 bytes there; may be repeated
  -R            signals that usually kill don't stop the machine, but do what they do
  -H            instructions without colours
  -N            natural scrolling: the wheel moves the picture
  -z            memory panels zoomed by two; may be repeated
  -t            no user interface: the program runs as under blink
  -V            stops are written to the log
  -s            log system calls; -ss also at entry
  -L PATH       log file (default blink.log, made when something is logged; $BLINK_LOG_FILENAME)
  -C PATH       root directory, or roots separated by colons ($BLINK_OVERLAYS)
  -0            argv[0] is given separately, after PROG
  -Z            print statistics on exit
  -j, -m        accepted: the JIT is always on and steps exactly, memory is always fully virtual
  --no-jit      interpreter only
  --replay FILE a recorded run, instead of PROG: nothing can be typed or changed there
  --cpu LEVEL, --net REACH, --stress SEED   as for blink
  -r, -B PATH   real mode and a BIOS for it: not there
`;

/** Flags with a value that blink has too. */
const SHARED_VALUES = "LC";
/** Flags without one. */
const SHARED = "sZe0m";
const SHARED_LONG = /^--(?:cpu|net|stress|replay)(?:=|$)/;

export function parseLights(args: readonly string[], env: Readonly<Record<string, string | undefined>>): LightsParsed {
  const own: Omit<LightsOptions, "machine"> = {
    breakpoints: [],
    watchpoints: [],
    plain: false,
    naturalScroll: false,
    highlight: true,
    reactive: true,
    zoom: 0,
    verbose: 0,
  };
  const shared: string[] = [];
  let i = 0;
  for (; i < args.length && args[i].length > 1 && args[i].startsWith("-"); i++) {
    const arg = args[i];
    if (arg === "--") {
      i++;
      break;
    }
    if (arg === "--help" || arg === "--version") return { kind: arg === "--help" ? "help" : "version" };
    if (arg === "--no-jit") shared.push("-j");
    else if (SHARED_LONG.test(arg)) {
      shared.push(arg);
      if (!arg.includes("=")) shared.push(args[++i] ?? "");
    } else if (arg.startsWith("--")) return { kind: "bad", message: `unknown option ${arg}` };
    else {
      for (let j = 1; j < arg.length; j++) {
        const flag = arg[j];
        if ("bwBLC".includes(flag)) {
          const value = arg.slice(j + 1) || args[++i];
          if (value === undefined) return { kind: "bad", message: `option -${flag} needs a value` };
          const wrong = setValue(own, shared, flag, value);
          if (wrong) return { kind: "bad", message: wrong };
          break;
        }
        if (flag === "h" || flag === "v") return { kind: flag === "h" ? "help" : "version" };
        const wrong = setFlag(own, shared, flag);
        if (wrong) return { kind: "bad", message: wrong };
      }
    }
  }
  const parsed = parse([...shared, "--", ...args.slice(i)], env);
  return parsed.kind === "run" ? { kind: "run", options: { machine: parsed.options, ...own } } : parsed;
}

const NO_REAL_MODE = "real mode is not there: 64-bit programs only";

function setValue(
  own: Omit<LightsOptions, "machine">,
  shared: string[],
  flag: string,
  value: string,
): string | undefined {
  if (flag === "B") return `-B: ${NO_REAL_MODE}`;
  if (SHARED_VALUES.includes(flag)) shared.push(`-${flag}`, value);
  else (flag === "b" ? own.breakpoints : own.watchpoints).push(value);
  return undefined;
}

/** A flag without a value; what is wrong with it, if anything. */
function setFlag(own: Omit<LightsOptions, "machine">, shared: string[], flag: string): string | undefined {
  switch (flag) {
    case "r":
      return `-r: ${NO_REAL_MODE}`;
    case "t":
      own.plain = true;
      break;
    case "N":
      own.naturalScroll = true;
      break;
    case "H":
      own.highlight = false;
      break;
    case "R":
      own.reactive = false;
      break;
    case "z":
      own.zoom++;
      break;
    case "V":
      own.verbose++;
      break;
    case "j":
      break;
    default:
      if (!SHARED.includes(flag)) return `unknown option -${flag}`;
      shared.push(`-${flag}`);
  }
  return undefined;
}
