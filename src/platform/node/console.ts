/** The terminal that a full-screen program of ours is on: raw input, output, and the terminal as it was found afterwards. */
import fs from "node:fs";
import tty from "node:tty";
import { attempt } from "./errno.ts";

/** Signals that end this process unless someone listens. */
const ENDING = ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"] as const;

export interface ConsoleEvents {
  input(bytes: Uint8Array): void;
  /** Another size, or the terminal has to be drawn anew. */
  resized(): void;
  /** The terminal is gone, or a signal wants this process to end. */
  ended(signal: NodeJS.Signals): void;
}

/** What is sent when the program takes the terminal over and when it gives it back. */
export interface Sequences {
  enter: string;
  leave: string;
}

/** Why there is no terminal to use, or undefined. */
export function unusable(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (!terminalFds()) return "there is no terminal (standard input and output are none, and /dev/tty can't be opened)";
  if (!env.TERM || env.TERM === "dumb") return `the terminal (TERM=${env.TERM ?? ""}) can't be drawn on`;
  return undefined;
}

/** Descriptors for input and output: the standard ones if both are terminals, else /dev/tty. */
function terminalFds(): { input: number; output: number } | undefined {
  if (tty.isatty(0) && tty.isatty(1)) return { input: 0, output: 1 };
  const fd = attempt(() => fs.openSync("/dev/tty", "r+"));
  return fd >= 0 ? { input: fd, output: fd } : undefined;
}

export class NodeConsole {
  private readonly input: tty.ReadStream;
  private readonly output: tty.WriteStream;
  /** For the last words, which must not wait. */
  private readonly fd: number;
  private entered = false;
  private readonly onExit = (): void => this.leave();

  constructor(
    private readonly sequences: Sequences,
    private readonly events: ConsoleEvents,
  ) {
    const fds = terminalFds();
    if (!fds) throw new Error("no terminal");
    this.input = new tty.ReadStream(fds.input);
    this.output = new tty.WriteStream(fds.output);
    this.fd = fds.output;
  }
  /** Takes the terminal over. */
  start(): void {
    this.input.on("data", (bytes: Buffer) => this.events.input(bytes));
    this.input.on("end", () => this.events.ended("SIGHUP"));
    // A terminal that hangs up fails with EIO.
    for (const stream of [this.input, this.output]) stream.on("error", () => this.events.ended("SIGHUP"));
    process.on("SIGWINCH", () => {
      this.sizer?.destroy();
      this.sizer = undefined;
      this.events.resized();
    });
    process.on("exit", this.onExit);
    for (const name of ENDING) process.on(name, () => this.events.ended(name));
    process.on("SIGTSTP", () => this.suspend());
    process.on("SIGCONT", () => this.enter());
    this.enter();
  }
  private enter(): void {
    if (this.entered) return;
    this.entered = true;
    this.input.setRawMode(true);
    this.write(this.sequences.enter);
    this.events.resized();
  }
  /** Gives the terminal back. May be called more than once, and when all is lost. */
  leave(): void {
    if (!this.entered) return;
    this.entered = false;
    try {
      fs.writeSync(this.fd, this.sequences.leave);
      this.input.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
  }
  /** Leaves, and reads no more: the process may end. */
  stop(): void {
    this.leave();
    this.input.pause();
    this.input.unref();
  }
  /** ^Z: the shell gets the terminal until it continues us. */
  suspend(): void {
    this.leave();
    process.kill(process.pid, "SIGSTOP");
  }
  get busy(): boolean {
    return this.output.writableNeedDrain;
  }
  write(text: string): void {
    if (text !== "") this.output.write(text);
  }
  size(): { cols: number; rows: number } {
    this.sizer ??= new tty.WriteStream(this.fd);
    const [cols, rows] = this.sizer.getWindowSize();
    return { cols, rows };
  }
  /** Streams ask for their terminal's size only when they are made. */
  private sizer: tty.WriteStream | undefined;
}
