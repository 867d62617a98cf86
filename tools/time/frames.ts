/**
 * How fast the debugger's user interface is: single steps with a whole picture each, as when `s` is held, and `c` with its 60
 * pictures a second. All but the terminal that shows it: its input goes in and its escape sequences are counted.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Debugger } from "../../src/debug/debugger.ts";
import { makeSourceText } from "../../src/debug/symbols/source-text.ts";
import { makeSymbols } from "../../src/debug/symbols/symbols.ts";
import { App, type Console, type Launcher } from "../../src/debug/ui/app.ts";
import { GuestHost } from "../../src/debug/ui/guest-terminal.ts";
import { MemoryStream } from "../../src/platform/memory/stream.ts";
import { fileHost, image } from "../../test/harness/in-process.ts";
import { BASE_ENV } from "../../test/harness/spawn.ts";
import { here, LOOP } from "./programs.ts";

const SIZES: readonly (readonly [number, number])[] = [
  [80, 24],
  [200, 60],
];
/** Name, command, and the position where steps begin. */
const PROGRAMS: readonly (readonly [string, readonly string[], number])[] = [
  ["hello", [here("../../examples/hello/hello")], 1000],
  ["python3", ["/usr/bin/python3", "-S", "-c", LOOP], 20_000_000],
  ["vim", ["/usr/bin/vim", "-u", "NONE", "-c", "let i = 0 | while 1 | let i += 1 | endwhile"], 3_000_000],
];
/** Milliseconds that a program runs with the panels alive. */
const RUN = 3000;
const OPTIONS = { naturalScroll: false, highlight: true, reactive: true, zoom: 0 };

/** A terminal that nobody looks at. */
class Unseen implements Console {
  readonly abilities = { colors: true, utf8: true };
  readonly busy = false;
  pictures = 0;
  characters = 0;
  /** What is to be called later, until time goes on by itself. */
  private waiting: (() => void)[] | undefined = [];

  constructor(private readonly window: readonly [number, number]) {}
  size(): { cols: number; rows: number } {
    return { cols: this.window[0], rows: this.window[1] };
  }
  write(text: string): void {
    this.pictures++;
    this.characters += text.length;
  }
  now(): number {
    return performance.now();
  }
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : setImmediate(resolve)));
  }
  later(ms: number, fn: () => void): void {
    if (this.waiting) this.waiting.push(fn);
    else setTimeout(fn, ms);
  }
  /** From now on pictures come by themselves; before, only when they are asked for. */
  goOn(): void {
    for (const fn of this.waiting ?? []) setImmediate(fn);
    this.waiting = undefined;
  }
  suspend(): void {}
}

function launcher(argv: readonly string[]): Launcher {
  return (size, show) => {
    const terminal = new MemoryStream(true);
    const host = new GuestHost(fileHost([terminal, terminal, terminal]), size, show);
    const debuggee = Debugger.recording({ host, image, cwd: "/" });
    const { source } = debuggee.outside(host, undefined);
    const env = Object.entries({ ...BASE_ENV, TERM: "xterm-256color" }).map(([k, v]) => `${k}=${v}`);
    if (debuggee.machine.start(argv[0], argv, env) < 0) throw new Error(`${argv[0]} cannot be started`);
    return { debuggee, symbols: makeSymbols(source), source: makeSourceText(source), host };
  };
}

async function press(app: App, key: string): Promise<void> {
  app.feed(new TextEncoder().encode(key));
  while (app.running !== undefined) await new Promise((resolve) => setImmediate(resolve));
}

/** Milliseconds of each step with its picture, the shortest first. */
async function steps(app: App, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const begun = performance.now();
    await press(app, "s");
    app.drawNow();
    times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b);
}

/** Instructions and pictures a second while it runs, up to its end. */
async function running(app: App, console: Unseen): Promise<{ speed: number; pictures: number }> {
  const { position } = app.debuggee;
  const { pictures } = console;
  const begun = performance.now();
  console.goOn();
  const over = press(app, "c");
  await Promise.race([over, sleep(RUN)]);
  const seconds = (performance.now() - begun) / 1000;
  const passed = app.debuggee.position - position;
  const drawn = console.pictures - pictures;
  app.runner.interrupt();
  await over;
  return { speed: passed / seconds, pictures: drawn / seconds };
}

export async function frames(count: number): Promise<void> {
  for (const [name, argv, position] of PROGRAMS) {
    for (const size of SIZES) {
      const unseen = new Unseen(size);
      const app = new App(unseen, launcher(argv), OPTIONS);
      await app.debuggee.run({ position });
      app.drawNow();
      const before = unseen.characters;
      const cpu = process.cpuUsage();
      const times = await steps(app, count);
      const { user, system } = process.cpuUsage(cpu);
      const characters = (unseen.characters - before) / count;
      const sum = times.reduce((a, b) => a + b);
      const at = (share: number): string => times[Math.floor(share * (count - 1))].toFixed(1);
      const { speed, pictures } = await running(app, unseen);
      console.log(
        `${name} ${size.join("x")}: ${Math.round((count * 1000) / sum)} steps with a picture each a second ` +
          `(half within ${at(0.5)} ms, 99 of 100 within ${at(0.99)}, all within ${at(1)}; processor time ` +
          `${((user + system) / 1000 / count).toFixed(1)} ms; ${Math.round(characters)} characters), ` +
          `running ${(speed / 1e6).toFixed(1)} million instructions and ${Math.round(pictures)} pictures a second`,
      );
    }
  }
}
