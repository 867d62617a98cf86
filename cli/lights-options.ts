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

/** Flags with a value. */
const OWN_VALUES = "bwB";
/** Those that blink has too. */
const SHARED_VALUES = "LC";
/** Flags without one. */
const SHARED = "sZe0m";
const SHARED_LONG = /^--(?:cpu|net|stress|replay)(?:=|$)/;

type Own = Omit<LightsOptions, "machine">;

export function parseLights(args: readonly string[], env: Readonly<Record<string, string | undefined>>): LightsParsed {
  const own: Own = {
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
  const rest = [...args];
  for (let arg = rest[0]; arg?.length > 1 && arg.startsWith("-"); arg = rest[0]) {
    rest.shift();
    if (arg === "--") break;
    const over = arg.startsWith("--") ? long(arg, rest, shared) : letters(arg, rest, own, shared);
    if (over) return over;
  }
  const parsed = parse([...shared, "--", ...rest], env);
  return parsed.kind === "run" ? { kind: "run", options: { machine: parsed.options, ...own } } : parsed;
}

/** One option of a word; takes its value off `rest`. Undefined: there may be more. */
function long(arg: string, rest: string[], shared: string[]): LightsParsed | undefined {
  if (arg === "--help") return { kind: "help" };
  if (arg === "--version") return { kind: "version" };
  if (arg === "--no-jit") shared.push("-j");
  else if (SHARED_LONG.test(arg)) shared.push(arg, ...(arg.includes("=") ? [] : [rest.shift() ?? ""]));
  else return { kind: "bad", message: `unknown option ${arg}` };
  return undefined;
}

/** Options of a letter each, the last of which may have a value. */
function letters(arg: string, rest: string[], own: Own, shared: string[]): LightsParsed | undefined {
  for (let i = 1; i < arg.length; i++) {
    const flag = arg[i];
    if (flag === "h") return { kind: "help" };
    if (flag === "v") return { kind: "version" };
    const valued = OWN_VALUES.includes(flag) || SHARED_VALUES.includes(flag);
    const value = valued ? arg.slice(i + 1) || rest.shift() : undefined;
    if (valued && value === undefined) return { kind: "bad", message: `option -${flag} needs a value` };
    const wrong = value === undefined ? setFlag(own, shared, flag) : setValue(own, shared, flag, value);
    if (wrong) return { kind: "bad", message: wrong };
    if (valued) break;
  }
  return undefined;
}

const NO_REAL_MODE = "real mode is not there: 64-bit programs only";

function setValue(own: Own, shared: string[], flag: string, value: string): string | undefined {
  if (flag === "B") return `-B: ${NO_REAL_MODE}`;
  if (SHARED_VALUES.includes(flag)) shared.push(`-${flag}`, value);
  else (flag === "b" ? own.breakpoints : own.watchpoints).push(value);
  return undefined;
}

/** A flag without a value; what is wrong with it, if anything. */
function setFlag(own: Own, shared: string[], flag: string): string | undefined {
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
