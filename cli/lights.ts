/** Joins the debugger's user interface with this process's terminal, and with machines that have its files. */
import { Debugger } from "../src/debug/debugger.ts";
import { makeSourceText } from "../src/debug/symbols/source-text.ts";
import { makeSymbols } from "../src/debug/symbols/symbols.ts";
import { App, type Console, ENTER, type Launcher, LEAVE } from "../src/debug/ui/app.ts";
import { GuestHost } from "../src/debug/ui/guest-terminal.ts";
import type { HandlerImage } from "../src/engine/interp/image.ts";
import { Tracer } from "../src/kernel/strace/tracer.ts";
import { NodeConsole } from "../src/platform/node/console.ts";
import { endLike } from "../src/platform/node/ending.ts";
import { NodeHost } from "../src/platform/node/host.ts";
import { Log } from "../src/platform/node/log.ts";
import { bytes, environment, loadImage, machineOptions, printStatistics, refusal } from "../src/platform/node/run.ts";
import { version } from "../src/version.ts";
import type { LightsOptions } from "./lights-options.ts";

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

function launcher(options: LightsOptions, image: HandlerImage, log: Log): Launcher {
  const o = { ...options.machine, version };
  const write = (line: string): void => log.write(line);
  return (size, show) => {
    const host = new GuestHost(new NodeHost(write), size, show);
    const setUp = machineOptions(o, host, image);
    const debuggee = Debugger.recording(setUp);
    const { machine } = debuggee;
    if (o.strace > 0) machine.kernel.trace = new Tracer(machine.kernel, write, o.strace > 1);
    const failed = machine.start(bytes(o.program), o.argv.map(bytes), guestEnvironment());
    if (failed < 0) {
      const { message, code } = refusal(o.program, -failed, machine.programFound);
      throw new Refused(message, code);
    }
    const { source } = debuggee.outside(host, setUp.overlays);
    return { debuggee, host, symbols: makeSymbols(source), source: makeSourceText(source) };
  };
}

function abilities(): Console["abilities"] {
  const { NO_COLOR, LC_ALL, LC_CTYPE, LANG } = process.env;
  return { colors: !NO_COLOR, utf8: /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "") };
}

function consoleOn(terminal: NodeConsole): Console {
  return {
    abilities: abilities(),
    now: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : setImmediate(resolve))),
    later: (ms, fn) => void setTimeout(fn, ms),
    size: () => terminal.size(),
    write: (text) => terminal.write(text),
    get busy() {
      return terminal.busy;
    },
    suspend: () => terminal.suspend(),
  };
}

/** -b and -w: what can't be found is said, and the rest goes on. */
function setPoints(app: App, options: LightsOptions): void {
  const find = (text: string): number | undefined => {
    const address = app.parseAddress(text);
    if (address === undefined) app.state.message = `no address: ${text}`;
    return address;
  };
  for (const text of options.breakpoints) {
    const address = find(text);
    if (address !== undefined) app.debuggee.breakpoints.add(address);
  }
  app.watch(
    options.watchpoints.flatMap((text) => {
      const address = find(text);
      return address === undefined ? [] : [{ address, length: 8, kind: "write" as const }];
    }),
  );
}

/**
 * Shows the user interface until the user leaves it; then ends this process as the program ended, if it has. `failed`: what
 * to do about a bug of ours, when the terminal is as it was.
 */
export async function lights(options: LightsOptions, failed: (error: unknown) => void): Promise<void> {
  const image = await loadImage(undefined);
  const log = new Log(options.machine.logPath, options.machine.logToStderr && !process.stderr.isTTY);
  let app: App | undefined;
  const terminal = new NodeConsole(
    { enter: ENTER, leave: LEAVE },
    {
      input: (typed) => app?.feed(typed),
      resized: () => app?.refresh(),
      ended: (signal) => {
        terminal.leave();
        endLike({ code: 0, signal: SIGNALS[signal] ?? 15 });
      },
    },
  );
  process.on("uncaughtException", (error) => {
    terminal.leave();
    failed(error);
  });
  const note = options.verbose > 0 ? (text: string) => log.write(`blinkenlights: ${text}`) : undefined;
  app = new App(consoleOn(terminal), launcher(options, image, log), { ...options, note });
  setPoints(app, options);
  terminal.start();
  const started = performance.now();
  try {
    const status = await app.done;
    terminal.leave();
    if (options.machine.statistics) printStatistics(app.debuggee.machine, performance.now() - started);
    endLike(status ?? { code: 0, signal: 0 });
  } finally {
    terminal.leave();
  }
}

/** Linux's numbers. */
const SIGNALS: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 };
