/** Joins the debugger's user interface with this process's terminal, and with machines that have its files. */
import { App, type Console, ENTER, LEAVE } from "../src/debug/ui/app.ts";
import { NodeConsole } from "../src/platform/node/console.ts";
import { endLike } from "../src/platform/node/ending.ts";
import { Log } from "../src/platform/node/log.ts";
import { loadImage, printStatistics } from "../src/platform/node/run.ts";
import { launcher } from "./lights-launch.ts";
import type { LightsOptions } from "./lights-options.ts";

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
  const complain = (text: string): void => {
    app.state.message = `no address: ${text}`;
  };
  for (const text of options.breakpoints) if (!app.breakAt(text)) complain(text);
  app.watch(
    options.watchpoints.flatMap((text) => {
      const address = app.parseAddress(text);
      if (address !== undefined) return [{ address, length: 8, kind: "write" as const }];
      complain(text);
      return [];
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
  app = new App(consoleOn(terminal), launcher(options.machine, image, log), { ...options, note });
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
