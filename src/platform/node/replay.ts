/** `blink --replay`: a recorded run once more, from the recording alone. */
import fs from "node:fs";
import type { HandlerImage } from "../../engine/interp/image.ts";
import { Tracer } from "../../kernel/strace/tracer.ts";
import { type ExitStatus, Machine, type MachineOptions, type NetworkReach } from "../../machine/machine.ts";
import { Truncated } from "../../record/bytes.ts";
import { BadRecording, type Head, type ReadRecording, readRecording } from "../../record/file.ts";
import { Recording } from "../../record/recording.ts";
import { Diverged } from "../../record/tap.ts";
import type { CpuLevel } from "../../sem/cpu-features.ts";
import { endLike } from "./ending.ts";
import { NodeHost } from "./host.ts";
import { Log } from "./log.ts";
import { milliseconds } from "./milliseconds.ts";
import { type Extras, forwardSignals, type Handlers, loadImage, type RunOptions, type Surroundings } from "./run.ts";

/** EX_DATAERR of sysexits.h: the recording is of no use, or the run went another way. */
const EXIT_DATA = 65;

/** Replays a file and ends this process as the program ended. */
export async function replayProgram(
  path: string,
  o: RunOptions,
  handlers?: Handlers,
  extras: Extras = {},
): Promise<void> {
  try {
    const read = readRecording(fs.readFileSync(path));
    endLike(await replay(read, o, handlers, extras));
  } catch (error) {
    if (!(error instanceof BadRecording || error instanceof Diverged || isMissing(error))) throw error;
    process.stderr.write(`blink: ${path}: ${error.message}\n`);
    process.exit(EXIT_DATA);
  }
}

function isMissing(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error;
}

async function replay(
  read: ReadRecording,
  o: RunOptions,
  handlers: Handlers | undefined,
  extras: Extras,
): Promise<ExitStatus> {
  let position = (): number => 0;
  try {
    const recording = new Recording(undefined, read.tape, read.ends);
    const machine = await machineOf(read.head, recording, o, handlers);
    position = () => machine.engine.instructions;
    return await run(machine, recording, read, o, extras);
  } catch (error) {
    if (!(error instanceof Truncated)) throw error;
    throw new BadRecording(`the recording ends at instruction ${position()}, before the program did`);
  }
}

/** Runs the machine to its end, which must be the recorded one. */
async function run(
  machine: Machine,
  recording: Recording,
  { head, tail }: ReadRecording,
  o: RunOptions,
  extras: Extras,
): Promise<ExitStatus> {
  const { tap } = recording;
  tap.onOutput = (stream, bytes) => {
    if (stream === 1 || stream === 2) fs.writeSync(stream, bytes);
  };
  tap.position = () => machine.engine.instructions;
  const failed = machine.start(head.program, head.argv, head.env);
  if (failed < 0) throw new Diverged(`the program cannot be started: error ${-failed}`);
  forwardSignals(recording.host, machine);
  const status = await (extras.drive?.(around(machine, recording, head, o)) ?? machine.run());
  // Who debugs may leave before.
  if (machine.kernel.tasks.size > 0) return status;
  const position = machine.engine.instructions;
  if (tail && tail.position !== position)
    throw new Diverged(`ended at instruction ${position}, recorded is ${tail.position}`);
  return status;
}

/** What a debugger needs: the program's files are looked for where they are now. */
function around(machine: Machine, recording: Recording, head: Head, o: RunOptions): Surroundings {
  const log = new Log(o.logPath, o.logToStderr);
  const write = (line: string): void => log.write(line);
  return { machine, live: new NodeHost(write), overlays: head.overlays, recording, log: write };
}

async function machineOf(head: Head, recording: Recording, o: RunOptions, handlers?: Handlers): Promise<Machine> {
  const machine = new Machine(recordedOptions(head, recording, o, await loadImage(handlers)));
  if (o.strace > 0) {
    const log = new Log(o.logPath, o.logToStderr);
    machine.kernel.trace = new Tracer(machine.kernel, (line) => log.write(line), o.strace > 1);
  }
  return machine;
}

/** What makes a machine that repeats a recording. */
export function recordedOptions(
  head: Head,
  recording: Recording,
  o: Pick<RunOptions, "jit">,
  image: HandlerImage,
): MachineOptions {
  return {
    host: recording.host,
    image,
    overlays: head.overlays,
    cwd: head.cwd,
    jit: o.jit,
    // Written by `blink --record`, whose options are checked.
    cpu: head.cpu as CpuLevel | undefined,
    net: head.net as NetworkReach,
    stress: head.stress,
    pace: recording.ends,
    timer: milliseconds,
  };
}
