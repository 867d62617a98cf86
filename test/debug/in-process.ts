import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpackImage } from "../../src/engine/interp/image-file.ts";
import { Machine, type MachineOptions } from "../../src/machine/machine.ts";
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

/** A machine in this process that is about to run a program of the host. */
export function inProcess(program: string, args: readonly string[] = [], more: Partial<MachineOptions> = {}): Machine {
  const host = new FileHost();
  const image = unpackImage(readFileSync(join(DIST, "handlers.bin")));
  const machine = new Machine({ host, image, cwd: tmpdir(), ...more });
  const failed = machine.start(program, [program, ...args], [`PATH=${BASE_ENV.PATH}`]);
  if (failed < 0) throw new Error(`${program}: error ${-failed}`);
  return machine;
}
