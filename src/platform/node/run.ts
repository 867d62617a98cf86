/** Runs one program as the command does: files, streams and identity of this process, and its end. */
import fs from "node:fs";
import path from "node:path";
import { ENOENT, errnoMessage } from "../../abi/errno.ts";
import { SIGINT, SIGQUIT, SIGTSTP, SIGWINCH } from "../../abi/signal.ts";
import type { HandlerImage } from "../../engine/interp/image.ts";
import { unpackImage } from "../../engine/interp/image-file.ts";
import type { Host } from "../../host/types.ts";
import type { Process } from "../../kernel/process.ts";
import { Tracer } from "../../kernel/strace/tracer.ts";
import { type ExitStatus, Machine, type MachineOptions, type NetworkReach } from "../../machine/machine.ts";
import type { Head } from "../../record/file.ts";
import { Recording } from "../../record/recording.ts";
import type { CpuLevel } from "../../sem/cpu-features.ts";
import { endLike } from "./ending.ts";
import { NodeHost } from "./host.ts";
import { Log } from "./log.ts";
import { milliseconds } from "./milliseconds.ts";
import { startRecording } from "./record.ts";

export interface RunOptions {
  jit: boolean | "eager";
  cpu: CpuLevel | undefined;
  /** 0: off; 1: log system calls as they return; 2: also as they begin. */
  strace: number;
  statistics: boolean;
  /** Directory that compiled regions are written to. */
  regions: string | undefined;
  logToStderr: boolean;
  logPath: string | undefined;
  /** Roots of the guest's file tree, separated by colons; "" among them is the real one. */
  overlays: string | undefined;
  net: NetworkReach;
  stress: number | undefined;
  /** File to record to, and to replay. */
  record: string | undefined;
  replay: string | undefined;
  program: string;
  argv: string[];
  /** Of the command. */
  version: string;
}

/** Exit codes of shells: found but not executable, and not found. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/** Signals that a terminal makes. */
const OF_TERMINALS = [SIGINT, SIGQUIT, SIGTSTP, SIGWINCH];

/** Strings of Node (UTF-16) as byte strings, and back. */
export function bytes(s: string): string {
  return Buffer.from(s, "utf8").toString("latin1");
}
function characters(s: string): string {
  return Buffer.from(s, "latin1").toString("utf8");
}

/** The file with the handlers, and its first module, which is being compiled. */
export interface Handlers {
  /** As much of it as a start needs, and how to get all of it. */
  file: Uint8Array<ArrayBuffer>;
  whole(): Uint8Array<ArrayBuffer>;
  module: Promise<WebAssembly.Module>;
}

/** The handlers, made at build time: given, beside the bundle, or in dist/ when run from source. */
export async function loadImage(handlers: Handlers | undefined): Promise<HandlerImage> {
  if (handlers) return unpackImage(handlers.file, await handlers.module, handlers.whole);
  for (const place of ["handlers.bin", "../../../dist/handlers.bin"]) {
    const url = new URL(place, import.meta.url);
    if (fs.existsSync(url)) return unpackImage(fs.readFileSync(url));
  }
  throw new Error("handlers.bin is missing: run `npm run build`");
}

export function environment(): string[] {
  return Object.entries(process.env).map(([name, value]) => bytes(`${name}=${value ?? ""}`));
}

function overlayList(spec: string | undefined): string[] | undefined {
  return spec === undefined ? undefined : bytes(spec).split(":");
}

/** What makes a machine as the command wants it, with the files and the directory of this process. */
export function machineOptions(o: Omit<RunOptions, "version">, host: Host, image: HandlerImage): MachineOptions {
  return {
    host,
    image,
    overlays: overlayList(o.overlays),
    cwd: bytes(process.cwd()),
    timer: milliseconds,
    jit: o.jit,
    watch: o.statistics || o.regions !== undefined,
    cpu: o.cpu,
    net: o.net,
    stress: o.stress,
  };
}

/** A machine, and what it stands in: for who reads the guest's files without its doing. */
export interface Surroundings {
  machine: Machine;
  /** What the machine's host stands for. */
  live: Host;
  overlays: readonly string[] | undefined;
  /** The recording that is made of the machine, if any. */
  recording: Recording | undefined;
  log(line: string): void;
}

/** What a debugger does with the machine. */
export interface Extras {
  /** Records it in memory, for going back. */
  history?: boolean;
  /** The machine has no program yet. */
  prepare?(around: Surroundings): void;
  /** The first process has its program, and did not run yet. */
  started?(first: Process): void;
  /** Runs it, until no process is left. */
  drive?(around: Surroundings): Promise<ExitStatus>;
}

/** Runs the program and ends this process as the program ended. */
export async function runProgram(o: RunOptions, handlers?: Handlers, extras: Extras = {}): Promise<void> {
  const image = await loadImage(handlers);
  const log = new Log(o.logPath, o.logToStderr);
  const node = new NodeHost((line) => log.write(line));
  const record = o.record === undefined ? undefined : startRecording(o.record, node, headOf(o));
  const recording = record?.recording ?? (extras.history ? new Recording(node) : undefined);
  const host: Host = recording?.host ?? node;
  const machine = new Machine({ ...machineOptions(o, host, image), pace: record?.pace ?? recording?.ends });
  const overlays = overlayList(o.overlays);
  const around: Surroundings = { machine, live: node, overlays, recording, log: (line) => log.write(line) };
  if (o.strace > 0) {
    machine.kernel.trace = new Tracer(machine.kernel, (line) => log.write(line), o.strace > 1);
  }
  extras.prepare?.(around);
  const failed = machine.start(bytes(o.program), o.argv.map(bytes), environment());
  if (failed < 0) {
    node.restore();
    const { message, code } = refusal(o.program, -failed, machine.programFound);
    process.stderr.write(`blink: ${message}\n`);
    process.exit(code);
  }
  for (const process of machine.kernel.processes.values()) extras.started?.(process);
  forwardSignals(host, machine);
  const started = milliseconds();
  const status = await (extras.drive?.(around) ?? machine.run());
  await node.net.drain();
  record?.finish({ position: machine.engine.instructions, ...status });
  node.restore();
  if (o.regions !== undefined) writeRegions(machine, o.regions);
  if (o.statistics) printStatistics(machine, milliseconds() - started);
  endLike(status);
}

/** What a recording has to say about how the program was started. */
function headOf(o: RunOptions): Head {
  const { version, cpu, net, stress } = o;
  const common = { version, cpu, net, stress, overlays: overlayList(o.overlays), cwd: bytes(process.cwd()) };
  return { ...common, program: bytes(o.program), argv: o.argv.map(bytes), env: environment() };
}

/** What others send to this process is meant for the guest. What a terminal sends, the terminal passes on. */
export function forwardSignals(host: Host, machine: Machine): void {
  const terminal = host.onSignal;
  host.onSignal = (signo) => {
    if (terminal && OF_TERMINALS.includes(signo)) terminal(signo);
    else machine.signal(signo);
  };
}

/** Why the program does not run, and the exit code that says so. */
export function refusal(program: string, errno: number, found: boolean): { message: string; code: number } {
  let message = `${program}: ${errnoMessage(errno) ?? errno}`;
  if (errno === ENOENT) message = found ? `${program}: its interpreter is missing` : `command not found: ${program}`;
  return { message, code: errno === ENOENT ? NOT_FOUND : NOT_EXECUTABLE };
}

/** All regions as text in `regions.txt`, and the modules that hold them, as WebAssembly. */
function writeRegions(machine: Machine, directory: string): void {
  const { jit } = machine.engine;
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, "regions.txt"), jit?.listings() ?? "");
  for (const [n, bytes] of (jit?.watch?.modules ?? []).entries())
    fs.writeFileSync(path.join(directory, `${n}.wasm`), bytes);
}

/** `elapsed`: milliseconds from the program's start to its end. */
export function printStatistics(machine: Machine, elapsed: number): void {
  const { jit, ...plain } = machine.engine.stats;
  const line = (name: string, value: number): string => `${name.padEnd(24)} ${Number(value.toFixed(2))}`;
  const lines = Object.entries(plain).map(([name, value]) => line(name, value));
  for (const [name, value] of Object.entries(jit ?? {})) lines.push(line(`jit ${name}`, value));
  for (const [cause, n] of machine.engine.exits()) lines.push(line(`region exits: ${cause}`, n));
  lines.push(line("page faults", machine.kernel.pageFaults), line("frames in use", machine.frames.used));
  lines.push(line("host MiB at most", process.resourceUsage().maxRSS / 1024));
  lines.push(line("milliseconds", elapsed), line("million instructions/s", plain.instructions / elapsed / 1000));
  const calls = [...machine.kernel.callCounts].sort((a, b) => b[1] - a[1]);
  for (const [nr, count] of calls) {
    const name = machine.kernel.table.get(nr)?.row.name ?? `${nr}`;
    lines.push(`${`syscall ${name}`.padEnd(24)} ${count}`);
  }
  process.stderr.write(`${characters(lines.join("\n"))}\n`);
}
