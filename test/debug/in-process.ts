import { tmpdir } from "node:os";
import { Debugger } from "../../src/debug/debugger.ts";
import type { OutsideFiles } from "../../src/debug/outside.ts";
import { Machine } from "../../src/machine/machine.ts";
import { fileHost, image } from "../harness/in-process.ts";
import { BASE_ENV } from "../harness/spawn.ts";

function started(machine: Machine, program: string, args: readonly string[]): void {
  const failed = machine.start(program, [program, ...args], [`PATH=${BASE_ENV.PATH}`]);
  if (failed < 0) throw new Error(`${program}: error ${-failed}`);
}

/** A machine in this process that is about to run a program of the host. */
export function inProcess(program: string, args: readonly string[] = []): Machine {
  const machine = new Machine({ host: fileHost(), image, cwd: tmpdir() });
  started(machine, program, args);
  return machine;
}

/** The same under a debugger, as `blink -g` has it. */
export function debugged(program: string, args: readonly string[] = []): { debuggee: Debugger; files: OutsideFiles } {
  const live = fileHost();
  const debuggee = Debugger.recording({ host: live, image, cwd: tmpdir() });
  const files = debuggee.outside(live, undefined);
  started(debuggee.machine, program, args);
  return { debuggee, files };
}
