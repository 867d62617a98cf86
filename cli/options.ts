/** The command line of blink(1). */
import type { NetworkReach } from "../src/machine/machine.ts";
import { type CpuLevel, LEVELS } from "../src/sem/cpu-features.ts";

const REACHES: readonly NetworkReach[] = ["none", "loopback", "host"];

export interface Options {
  /** -j: no JIT. --eager: compile as much as possible. */
  jit: boolean | "eager";
  /** --cpu: the processor's features. */
  cpu: CpuLevel | undefined;
  /** -s, as often as given: log system calls; twice: at entry too. */
  strace: number;
  /** -Z: statistics at exit. */
  statistics: boolean;
  /** --regions: a directory to write the JIT's regions to. */
  regions: string | undefined;
  /** -e: log to standard error too. */
  logToStderr: boolean;
  /** -L or $BLINK_LOG_FILENAME. */
  logPath: string | undefined;
  /** -C or $BLINK_OVERLAYS: roots of the guest's file tree, separated by colons. */
  overlays: string | undefined;
  /** --net or $BLINK_NET: how far sockets reach. */
  net: NetworkReach;
  /** --stress or $BLINK_STRESS: seed of random slices. */
  stress: number | undefined;
  /** --record, --replay: the file. */
  record: string | undefined;
  replay: string | undefined;
  /** -g: where GDB may connect, a port or unix:PATH. */
  gdb: string | undefined;
  /** --core: where core files go. */
  core: string | undefined;
  program: string;
  /** Arguments with argv[0]. */
  argv: string[];
}

export type Parsed =
  | { kind: "run"; options: Options }
  | { kind: "help" }
  | { kind: "version" }
  | { kind: "bad"; message: string };

export const USAGE = `Usage: blink [-hvejmsZ0] [-L PATH] [-C PATH] [-g PORT] PROG [ARGS...]
  -h                   help
  -v                   version
  -e                   also log to stderr
  -j                   disable jit
  -m                   full memory virtualization (always on, accepted for compatibility)
  -s                   log system calls; -ss also at entry
  -Z                   print statistics on exit
  -0                   argv[0] is given separately, after PROG
  -L PATH              log filename (default blink.log, made when something is logged)
  -g PORT, -g unix:PATH   wait for gdb's "target remote" on a port of this machine, or on a socket
  --core FILE          write a core file when a program crashes; %p in it is the process, %e its name
  --cpu LEVEL          features of the processor: x86-64, v2 or v3 (default), as in the psABI
  --eager              compile code at once, not only where it is hot: for tests of the jit
  --regions DIR        write what the jit compiled to a directory, with how often and why it was left
  --net REACH          sockets: none, loopback (default: within the machine), or host (TCP and UDP of the host)
  --stress SEED        slices of random length, for exploring the interleavings of threads
  --record FILE        record the run, so that it can be had again
  --replay FILE        run again as recorded: no program is given, nothing outside is touched (with -g: in gdb)
  -C PATH              root directory, or roots separated by colons (empty: the real one)
  $BLINK_OVERLAYS      same as -C
  $BLINK_LOG_FILENAME  same as -L
  $BLINK_NET, $BLINK_STRESS   same as --net, --stress
`;

/** Like getopt(3) with "+": options end at the first argument that is none. */
export function parse(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Parsed {
  const options: Options = {
    jit: true,
    cpu: undefined,
    strace: 0,
    statistics: false,
    regions: undefined,
    logToStderr: false,
    logPath: env.BLINK_LOG_FILENAME,
    overlays: env.BLINK_OVERLAYS,
    net: "loopback",
    stress: undefined,
    record: undefined,
    replay: undefined,
    gdb: undefined,
    core: undefined,
    program: "",
    argv: [],
  };
  for (const [name, value] of [
    ["net", env.BLINK_NET],
    ["stress", env.BLINK_STRESS],
  ]) {
    const wrong = value ? setLong(options, name ?? "", value) : undefined;
    if (wrong) return { kind: "bad", message: wrong };
  }
  let zero = false;
  let i = 0;
  for (; i < args.length && args[i].length > 1 && args[i].startsWith("-"); i++) {
    if (args[i] === "--") {
      i++;
      break;
    }
    if (args[i] === "--help") return { kind: "help" };
    if (args[i] === "--version") return { kind: "version" };
    if (args[i] === "--eager") {
      options.jit = "eager";
      continue;
    }
    const long = /^--(cpu|net|stress|regions|record|replay|core)(?:=(.*))?$/.exec(args[i]);
    if (long) {
      const wrong = setLong(options, long[1], long[2] ?? args[++i] ?? "");
      if (wrong) return { kind: "bad", message: wrong };
      continue;
    }
    for (let j = 1; j < args[i].length; j++) {
      const flag = args[i][j];
      if (flag === "L" || flag === "C" || flag === "g") {
        const value = args[i].slice(j + 1) || args[++i];
        if (value === undefined)
          return { kind: "bad", message: `option -${flag} needs a ${flag === "g" ? "port" : "path"}` };
        if (flag === "L") options.logPath = value;
        else if (flag === "C") options.overlays = value;
        else if (isPlace(value)) options.gdb = value;
        else return { kind: "bad", message: "-g takes a port or unix:PATH" };
        break;
      }
      if (flag === "h") return { kind: "help" };
      if (flag === "v") return { kind: "version" };
      if (flag === "0") zero = true;
      else if (!setFlag(options, flag)) return { kind: "bad", message: `unknown option -${flag}` };
    }
  }
  if (options.replay !== undefined) {
    const more = i < args.length || options.record !== undefined;
    return more ? { kind: "bad", message: "--replay knows the program itself" } : { kind: "run", options };
  }
  if (i >= args.length) return { kind: "bad", message: "no program given" };
  options.program = args[i];
  options.argv = args.slice(zero ? i + 1 : i);
  return { kind: "run", options };
}

/** Where a debugger may connect. */
function isPlace(text: string): boolean {
  return /^unix:./.test(text) || (/^\d{1,5}$/.test(text) && Number(text) < 65536);
}

/** An option with a value; what is wrong with it, if anything. */
function setLong(options: Options, name: string, value: string): string | undefined {
  if (name === "record" || name === "replay") {
    options[name] = value;
    return value ? undefined : `--${name} needs a file`;
  }
  if (name === "cpu") {
    options.cpu = LEVELS.find((level) => level === value);
    return options.cpu ? undefined : `--cpu takes one of ${LEVELS.join(", ")}`;
  }
  if (name === "regions") {
    options.regions = value;
    return value ? undefined : "--regions takes a directory";
  }
  if (name === "core") {
    options.core = value;
    return value ? undefined : "--core takes a file";
  }
  if (name === "stress") {
    options.stress = Number(value);
    return /^\d+$/.test(value) ? undefined : "--stress takes a number";
  }
  const reach = REACHES.find((r) => r === value);
  if (!reach) return `--net takes one of ${REACHES.join(", ")}`;
  options.net = reach;
  return undefined;
}

function setFlag(options: Options, flag: string): boolean {
  if (flag === "j") options.jit = false;
  else if (flag === "s") options.strace++;
  else if (flag === "Z") options.statistics = true;
  else if (flag === "e") options.logToStderr = true;
  else return flag === "m";
  return true;
}
