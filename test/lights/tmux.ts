/** A command in a terminal that nobody looks at: tmux(1) shows what a user would see. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { DIST } from "../harness/paths.ts";
import { BASE_ENV } from "../harness/spawn.ts";

const LIGHTS = join(DIST, "blinkenlights.js");
/** Longest wait for what is to appear, milliseconds: the machine may be busy with other tests. */
const PATIENCE = 40_000;

let servers = 0;

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Ids of the processes that it finds. */
function pgrep(...args: string[]): string[] {
  const { stdout } = spawnSync("pgrep", args, { encoding: "utf8" });
  return stdout.split("\n").filter((line) => line !== "");
}

export class Tmux {
  private readonly socket = `blink-test-${process.pid}-${servers++}`;

  /** A shell, so that what happens behind the command's end is seen too. */
  constructor(cols: number, rows: number, cwd: string) {
    const size = ["-x", `${cols}`, "-y", `${rows}`];
    const env = Object.entries({ ...BASE_ENV, LC_ALL: "C.UTF-8", PS1: "ready> ", HOME: cwd });
    const shell = [
      "env",
      "-i",
      ...env.map(([k, v]) => `${k}=${v}`),
      "TERM=xterm-256color",
      "bash",
      "--norc",
      "--noediting",
    ];
    this.call(["-f", "/dev/null", "new-session", "-d", "-s", "t", ...size, "-c", cwd, shell.map(quoted).join(" ")]);
  }
  private call(args: readonly string[]): string {
    const { stdout } = spawnSync("tmux", ["-u", "-L", this.socket, ...args], { encoding: "utf8" });
    return stdout;
  }
  /** Starts blinkenlights; its arguments are words of the shell. */
  lights(args: string): void {
    this.type(`${process.execPath} ${quoted(LIGHTS)} ${args}; echo "status $?"\r`);
  }
  /** Bytes as if they were typed. */
  type(text: string): void {
    this.call(["send-keys", "-t", "t", "-l", text]);
  }
  resize(cols: number, rows: number): void {
    this.call(["resize-window", "-t", "t", "-x", `${cols}`, "-y", `${rows}`]);
  }
  text(): string {
    return this.call(["capture-pane", "-p", "-t", "t"]);
  }
  private get shell(): string {
    return this.call(["display-message", "-p", "-t", "t", "#{pane_pid}"]).trim();
  }
  /** The process that runs in it, not the shell. */
  get pid(): number {
    return Number(pgrep("-P", this.shell)[0]);
  }
  /** Waits until the picture has it; the whole picture. */
  async shows(what: RegExp | string): Promise<string> {
    const end = performance.now() + PATIENCE;
    for (;;) {
      const text = this.text();
      if (typeof what === "string" ? text.includes(what) : what.test(text)) return text;
      if (performance.now() > end) throw new Error(`${what} never appeared in\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  /** The picture that has it when nothing changes any more: before that it may be drawn in part. */
  async rests(what: RegExp | string): Promise<string> {
    for (let before = await this.shows(what); ; ) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const text = await this.shows(what);
      if (text === before) return text;
      before = text;
    }
  }
  /** Ends it, and what runs in it: nothing of that writes into the folder any more. */
  async kill(): Promise<void> {
    const { shell } = this;
    this.call(["kill-server"]);
    const end = performance.now() + PATIENCE;
    while (shell && pgrep("-s", shell).length) {
      if (performance.now() > end) throw new Error(`what ran in the terminal goes on: ${pgrep("-s", shell)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
