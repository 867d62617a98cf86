/** The machines that blinkenlights shows: of programs that run now, and of recordings. */
import fs from "node:fs";
import { Debugger } from "../src/debug/debugger.ts";
import { makeSourceText } from "../src/debug/symbols/source-text.ts";
import { makeSymbols } from "../src/debug/symbols/symbols.ts";
import type { Launched, Launcher } from "../src/debug/ui/app.ts";
import { GuestHost } from "../src/debug/ui/guest-terminal.ts";
import type { HandlerImage } from "../src/engine/interp/image.ts";
import type { Host } from "../src/host/types.ts";
import { Tracer } from "../src/kernel/strace/tracer.ts";
import { Machine } from "../src/machine/machine.ts";
import { NodeHost } from "../src/platform/node/host.ts";
import type { Log } from "../src/platform/node/log.ts";
import { recordedOptions } from "../src/platform/node/replay.ts";
import { bytes, environment, machineOptions, refusal } from "../src/platform/node/run.ts";
import { BadRecording, type ReadRecording, readRecording } from "../src/record/file.ts";
import { Recording } from "../src/record/recording.ts";
import { SliceEnds } from "../src/record/slice-ends.ts";
import type { Options } from "./options.ts";

/** EX_DATAERR of sysexits.h. */
const EXIT_DATA = 65;

/** The program can't be run: message and exit code. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly code: number,
  ) {
    super(message);
  }
}

/** The embedded terminal is one of these, whatever the outer one is. */
const GUEST_TERM = "TERM=xterm-256color";
/** Variables that describe the outer terminal. */
const OUTER = /^(?:TERM|COLUMNS|LINES|TERM_PROGRAM|TMUX|STY)=/;

function guestEnvironment(): string[] {
  return [...environment().filter((e) => !OUTER.test(e)), GUEST_TERM];
}

function panelsOf(debuggee: Debugger, live: Host, overlays: readonly string[] | undefined): Omit<Launched, "host"> {
  const { source } = debuggee.outside(live, overlays);
  return { debuggee, symbols: makeSymbols(source), source: makeSourceText(source) };
}

export function launcher(o: Options, image: HandlerImage, log: Log): Launcher {
  const write = (line: string): void => log.write(line);
  const trace = ({ kernel }: Machine): void => {
    if (o.strace > 0) kernel.trace = new Tracer(kernel, write, o.strace > 1);
  };
  if (o.replay !== undefined) return replayer(o, readFile(o.replay), image, trace);
  return (size, show) => {
    const host = new GuestHost(new NodeHost(write), size, show);
    const setUp = machineOptions(o, host, image);
    const debuggee = Debugger.recording(setUp);
    const { machine } = debuggee;
    trace(machine);
    const failed = machine.start(bytes(o.program), o.argv.map(bytes), guestEnvironment());
    if (failed < 0) {
      const { message, code } = refusal(o.program, -failed, machine.programFound);
      throw new Refused(message, code);
    }
    return { ...panelsOf(debuggee, host, setUp.overlays), host };
  };
}

function readFile(path: string): ReadRecording {
  try {
    return readRecording(fs.readFileSync(path));
  } catch (error) {
    if (error instanceof BadRecording || (error instanceof Error && "syscall" in error))
      throw new Refused(`${path}: ${error.message}`, EXIT_DATA);
    throw error;
  }
}

/** As a terminal does with line feeds, which for the recorded program the host did. */
function withReturns(text: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(text).toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");
}

/** Nothing can be typed there, and files are looked at where they are now. */
function replayer(o: Options, read: ReadRecording, image: HandlerImage, trace: (machine: Machine) => void): Launcher {
  const { head, tape, ends } = read;
  return (_size, show) => {
    const recording = new Recording(undefined, tape, new SliceEnds(ends.positions));
    recording.tap.onOutput = (stream, bytes) => {
      if (stream === 1 || stream === 2) show(withReturns(bytes));
    };
    const machine = new Machine(recordedOptions(head, recording, o, image));
    trace(machine);
    if (machine.start(head.program, head.argv, head.env) < 0)
      throw new Refused(`${o.replay}: its program cannot be started`, EXIT_DATA);
    const debuggee = new Debugger(machine, recording);
    return { ...panelsOf(debuggee, new NodeHost(), head.overlays), host: undefined };
  };
}
