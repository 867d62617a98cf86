/** A machine under the debugger, in the test's own process: the host's files and clock, standard streams in memory. */
import { Debugger } from "../../src/debug/debugger.ts";
import type { MachineOptions } from "../../src/machine/machine.ts";
import { MemoryStream } from "../../src/platform/memory/stream.ts";
import { fileHost, image } from "../harness/in-process.ts";
import { BASE_ENV } from "../harness/spawn.ts";

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
  const host = fileHost([stdin, output, output]);
  const debuggee = Debugger.recording({ host, image, cwd: "/", ...options });
  const failed = debuggee.machine.start(
    argv[0],
    argv,
    Object.entries(BASE_ENV).map(([k, v]) => `${k}=${v}`),
  );
  if (failed < 0) throw new Error(`${argv[0]}: error ${-failed}`);
  return { debuggee, output: () => new TextDecoder().decode(output.output()) };
}
