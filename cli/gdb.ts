/** `blink -g`: the program runs as a debugger says that connects from outside. Bundled on its own: see tools/lazy.mjs. */
import { Debugger } from "../src/debug/debugger.ts";
import { Session } from "../src/debug/gdb/session.ts";
import type { OutsideFiles } from "../src/debug/outside.ts";
import type { ExitStatus } from "../src/machine/machine.ts";
import { type Acceptor, listen } from "../src/platform/node/gdb-socket.ts";
import { replayProgram } from "../src/platform/node/replay.ts";
import { type Extras, type Handlers, runProgram } from "../src/platform/node/run.ts";
import { version } from "../src/version.ts";
import { crashExtras } from "./crash-extras.ts";
import type { Options } from "./options.ts";

/** `place`: a port of this machine, or unix:PATH. */
export async function runForGdb(
  options: Options & { version: string },
  place: string,
  handlers: Handlers | undefined,
): Promise<void> {
  const acceptor = await listen(place);
  if (typeof acceptor === "string") {
    process.stderr.write(`blink: -g ${place}: ${acceptor}\n`);
    process.exit(1);
  }
  const extras: Extras = {
    ...crashExtras(options),
    // What goes to a file is not kept.
    history: options.record === undefined,
    drive: ({ machine, live, overlays, recording }) => {
      const debuggee = new Debugger(machine, options.record === undefined ? recording : undefined);
      return drive(debuggee, debuggee.outside(live, overlays), acceptor);
    },
  };
  if (options.replay === undefined) await runProgram({ ...options, version }, handlers, extras);
  else await replayProgram(options.replay, { ...options, version }, handlers, extras);
}

/** While no debugger is there, nothing runs that could take a signal: ^C then ends blink itself. */
function endBySignals(alone: () => boolean): void {
  for (const [name, signo] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
    ["SIGHUP", 1],
  ] as const) {
    process.on(name, () => {
      if (alone()) process.exit(128 + signo);
    });
  }
}

/** Node ends quietly, with 0, when nothing is left that it could wait for: only a bug of ours leads there. */
function endLoudly(): void {
  process.on("beforeExit", () => {
    process.stderr.write("blink: internal error: the program has not ended, and nothing is left to wait for\n");
    process.exit(70);
  });
}

async function drive(debuggee: Debugger, files: OutsideFiles, acceptor: Acceptor): Promise<ExitStatus> {
  process.stderr.write(`blink: waiting for gdb: target remote ${acceptor.address}\n`);
  let connected = false;
  endBySignals(() => !connected);
  endLoudly();
  for (let alone = false; !alone && !debuggee.ended; ) {
    connected = false;
    const connection = await acceptor.next();
    connected = true;
    const session = new Session(debuggee, files, (bytes) => connection.send(bytes));
    connection.start({ data: (bytes) => session.feed(bytes), closed: () => session.closed() });
    const ending = await session.over;
    connection.end();
    alone = ending !== "closed" || debuggee.machine.kernel.tasks.size === 0;
  }
  acceptor.close();
  return debuggee.ended ?? (debuggee.fixed ? { code: 0, signal: 0 } : runAlone(debuggee));
}

/** Nobody watches any more. */
async function runAlone(debuggee: Debugger): Promise<ExitStatus> {
  for (;;) {
    const stop = await debuggee.run();
    if (stop.kind === "end") return stop.status;
  }
}
