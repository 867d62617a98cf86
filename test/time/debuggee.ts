/** A machine under the debugger, in the test's own process: the host's files and clock, standard streams in memory. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Debugger } from "../../src/debug/debugger.ts";
import { unpackImage } from "../../src/engine/interp/image-file.ts";
import type { Host } from "../../src/host/types.ts";
import type { MachineOptions } from "../../src/machine/machine.ts";
import { MemoryHost } from "../../src/platform/memory/host.ts";
import { MemoryStream } from "../../src/platform/memory/stream.ts";
import { NodeFs } from "../../src/platform/node/fs.ts";
import { DIST } from "../harness/paths.ts";
import { BASE_ENV } from "../harness/spawn.ts";

const image = unpackImage(readFileSync(join(DIST, "handlers.bin")));

export interface Session {
  debuggee: Debugger;
  /** Standard output so far. */
  output(): string;
}

/** A started program that can be gone back in. */
export function session(argv: readonly string[], input = "", options: Partial<MachineOptions> = {}): Session {
  const output = new MemoryStream();
  const stdin = new MemoryStream();
  stdin.feed(new TextEncoder().encode(input));
  stdin.end();
  const base = new MemoryHost({
    stdio: [stdin, output, output],
    clock: { realtime: () => BigInt(Date.now()) * 1000000n, monotonic: () => process.hrtime.bigint() },
    after: (ms, fn) => {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
  });
  const host: Host = Object.assign(base, { fs: new NodeFs() });
  const debuggee = Debugger.recording({ host, image, cwd: "/", ...options });
  const failed = debuggee.machine.start(
    argv[0],
    argv,
    Object.entries(BASE_ENV).map(([k, v]) => `${k}=${v}`),
  );
  if (failed < 0) throw new Error(`${argv[0]}: error ${-failed}`);
  return { debuggee, output: () => new TextDecoder().decode(output.output()) };
}
