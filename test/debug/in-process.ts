import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Debugger } from "../../src/debug/debugger.ts";
import type { OutsideFiles } from "../../src/debug/outside.ts";
import { unpackImage } from "../../src/engine/interp/image-file.ts";
import { Machine } from "../../src/machine/machine.ts";
import { MemoryHost } from "../../src/platform/memory/host.ts";
import { NodeFs } from "../../src/platform/node/fs.ts";
import { DIST } from "../harness/paths.ts";
import { BASE_ENV } from "../harness/spawn.ts";

/** A host whose files and time are this system's; what programs print is kept in memory. */
class FileHost extends MemoryHost {
  readonly fs = new NodeFs();
  constructor() {
    const now = (): bigint => process.hrtime.bigint();
    super({
      clock: { realtime: now, monotonic: now },
      after: (ms, fn) => {
        const timer = setTimeout(fn, ms);
        return () => clearTimeout(timer);
      },
    });
  }
}

const image = unpackImage(readFileSync(join(DIST, "handlers.bin")));

function started(machine: Machine, program: string, args: readonly string[]): void {
  const failed = machine.start(program, [program, ...args], [`PATH=${BASE_ENV.PATH}`]);
  if (failed < 0) throw new Error(`${program}: error ${-failed}`);
}

/** A machine in this process that is about to run a program of the host. */
export function inProcess(program: string, args: readonly string[] = []): Machine {
  const machine = new Machine({ host: new FileHost(), image, cwd: tmpdir() });
  started(machine, program, args);
  return machine;
}

/** The same under a debugger, as `blink -g` has it. */
export function debugged(program: string, args: readonly string[] = []): { debuggee: Debugger; files: OutsideFiles } {
  const live = new FileHost();
  const debuggee = Debugger.recording({ host: live, image, cwd: tmpdir() });
  const files = debuggee.outside(live, undefined);
  started(debuggee.machine, program, args);
  return { debuggee, files };
}
