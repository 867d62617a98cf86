/**
 * Blinkenlights: the debugger on a terminal. Independent of what it runs in: a Console shows it and a Launcher makes
 * machines.
 */
import { Registers } from "../../kernel/registers.ts";
import type { Task } from "../../kernel/task.ts";
import type { ExitStatus } from "../../machine/machine.ts";
import { PAGE } from "../../mmu/frames.ts";
import type { Debuggee, Stop, Watchpoint } from "../types.ts";
import { Commands } from "./commands.ts";
import { draw } from "./draw.ts";
import { GuestScreen, type Size } from "./guest-screen.ts";
import type { GuestHost } from "./guest-terminal.ts";
import { type InputEvent, InputParser } from "./input.ts";
import { type Layout, layout } from "./layout.ts";
import { type Look, lookAt, nameOf, type Sources } from "./look.ts";
import { type MouseTarget, onMouse } from "./mouse.ts";
import { mayCome, Pending } from "./pending.ts";
import { parseAddress, promptKey } from "./prompt.ts";
import { FRAME, type Pace, Runner } from "./runner.ts";
import { type Abilities, Renderer } from "./screen/render.ts";
import { type Options, State } from "./state.ts";
import { stopDialog, stopText } from "./stops.ts";
import { encodeInput } from "./vt/encode.ts";
import type { Terminal } from "./vt/terminal.ts";

/** Where the debugger is shown. */
export interface Console extends Pace {
  readonly abilities: Abilities;
  size(): Size;
  write(text: string): void;
  /** Earlier output is still on its way: better to draw later. */
  readonly busy: boolean;
  /** Calls back after so many milliseconds. */
  later(ms: number, fn: () => void): void;
  /** Stops the debugger's process (^Z). When it goes on, the picture has to be drawn anew (`refresh`). */
  suspend(): void;
}

/** A machine to look at, ready to run its program. */
export interface Launched extends Sources {
  debuggee: Debuggee;
  /** Where what is typed goes; undefined for a recording. */
  host: GuestHost | undefined;
}

/** Makes a machine whose terminal has that size and shows its output so. */
export type Launcher = (size: Size, show: (bytes: Uint8Array) => void) => Launched;

/** A held Escape becomes a key after this, milliseconds. */
const ESCAPE_WAIT = 40;
/** Between looks at how fast it runs, milliseconds. */
const SPEED_WINDOW = 500;

/** The one key that the guest doesn't get. */
const LEAVE_TERMINAL = "ctrl-]";

const MOUSE_ON = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF = "\x1b[?1006l\x1b[?1000l";
/** Alternate screen, mouse, bracketed paste. */
export const ENTER = `\x1b[?1049h\x1b[?2004h${MOUSE_ON}`;
export const LEAVE = `\x1b[0m${MOUSE_OFF}\x1b[?2004l\x1b[?25h\x1b[?1049l`;

export class App implements MouseTarget {
  readonly state: State;
  layout: Layout | undefined;
  launched: Launched;
  runner: Runner;
  /** What goes on, for the status line; undefined: nothing runs. */
  running: string | undefined;
  private screen: GuestScreen;
  private readonly input: InputParser;
  private readonly renderer: Renderer;
  private readonly commands: Commands;
  private before: Registers;
  private last: Registers;
  private drawnPosition = -1;
  private drawnTask: Task | undefined;
  private drawTimer = false;
  private drawnAt = 0;
  private mark = { time: 0, position: 0, speed: 0 };
  private finish: (status: ExitStatus | undefined) => void = () => {};
  /** Resolves when the user has had enough: with how the program ended, if it has. */
  readonly done: Promise<ExitStatus | undefined>;

  constructor(
    private readonly console: Console,
    private readonly launch: Launcher,
    options: Options,
  ) {
    this.state = new State(options);
    this.renderer = new Renderer(console.abilities);
    this.input = new InputParser((event) => this.onEvent(event));
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
    this.screen = this.makeScreen();
    this.launched = this.start();
    this.runner = this.makeRunner();
    this.before = new Registers(this.debuggee.machine.ram);
    this.last = new Registers(this.debuggee.machine.ram);
    this.commands = new Commands(this);
  }
  get debuggee(): Debuggee {
    return this.launched.debuggee;
  }
  /** The thread that is looked at. */
  get task(): Task | undefined {
    const { tid } = this.state;
    const chosen = tid === undefined ? undefined : this.debuggee.machine.kernel.tasks.get(tid);
    return chosen && chosen.state !== "dead" ? chosen : this.anyTask();
  }
  /** What runs next, or while all wait, one of those. */
  private anyTask(): Task | undefined {
    const { task, machine } = this.debuggee;
    return task ?? [...machine.kernel.tasks.values()].find((t) => t.state !== "dead");
  }
  get look(): Look | undefined {
    const { task } = this;
    return task && lookAt(this.debuggee, task, this.before, this.launched);
  }
  get terminal(): Terminal {
    return this.screen.terminal;
  }
  get scrollback(): number {
    return this.terminal.history.length;
  }
  nameOf(address: number): string | undefined {
    const { look } = this;
    return look && nameOf(look, address);
  }
  parseAddress(text: string, task = this.task): number | undefined {
    const { symbols } = this.launched;
    const symbol = (name: string): number | undefined => {
      const line = /^(.+):(\d+)$/.exec(name);
      if (line && task) return symbols?.addressesOf(task, line[1], Number(line[2]))[0];
      return task && symbols?.addressOf(task, name);
    };
    return parseAddress(text, symbol, task?.regs);
  }

  /** Bytes that the user's terminal sent. */
  feed(bytes: Uint8Array): void {
    this.input.feed(bytes);
    if (this.input.waiting) this.console.later(ESCAPE_WAIT, () => this.input.waiting && this.input.flush());
    this.requestDraw();
  }
  /** The window has another size, or what is shown was destroyed. */
  refresh(): void {
    this.renderer.forget();
    this.drawNow();
  }
  quit(): void {
    this.runner.interrupt();
    this.finish(this.debuggee.ended);
  }
  suspend(): void {
    this.console.suspend();
  }
  restart(): void {
    const { breakpoints } = this.debuggee;
    this.screen = this.makeScreen();
    this.launched = this.start();
    for (const address of breakpoints) this.debuggee.breakpoints.add(address);
    this.debuggee.watch(this.state.watchpoints);
    this.runner = this.makeRunner();
    this.before = new Registers(this.debuggee.machine.ram);
    this.last = new Registers(this.debuggee.machine.ram);
    this.drawnPosition = -1;
    this.state.trail = [];
    this.state.tid = undefined;
  }
  private start(): Launched {
    const { cols, rows } = this.terminal;
    return this.launch({ cols, rows }, (bytes) => {
      this.screen.print(this.debuggee.position, bytes);
      this.requestDraw();
    });
  }
  private makeRunner(): Runner {
    const { debuggee } = this.launched;
    const pending = new Pending(
      this.state.pending,
      (name, task) => this.parseAddress(name, task),
      (_name, address) => debuggee.breakpoints.add(address),
    );
    return new Runner(debuggee, this.console, pending, () => this.state.options.reactive);
  }
  private makeScreen(): GuestScreen {
    return new GuestScreen(this.terminalSize(), (text) => this.launched.host?.type(new TextEncoder().encode(text)));
  }
  /** The terminal is as large as its panel is going to be. */
  private terminalSize(): Size {
    const { cols, rows } = this.console.size();
    const r = (this.layout ?? layout(cols, rows, this.state.wishes))?.terminal;
    return r ? { cols: r.w, rows: Math.max(1, r.h - 1) } : { cols: 80, rows: 24 };
  }

  private onEvent(event: InputEvent): void {
    const { state } = this;
    if (state.prompt) {
      if (promptKey(state.prompt, event, (m) => void (state.message = m))) state.prompt = undefined;
    } else if (state.dialog && event.kind === "key") this.commands.dialogKey(event.name);
    else if (event.kind === "mouse") onMouse(event, this);
    else if (event.kind === "paste") this.toGuest(event);
    else if (state.focused && event.name !== LEAVE_TERMINAL) this.toGuest(event);
    else if (state.focused) this.focus(false);
    else this.commands.key(event.name);
    this.requestDraw();
  }
  toGuest(event: InputEvent): boolean {
    const r = this.layout?.terminal;
    const bytes = encodeInput(event, this.terminal.modes, r?.x ?? 0, (r?.y ?? 0) + 1);
    if (!bytes) return false;
    this.state.terminalBack = 0;
    const { host } = this.launched;
    if (host) host.type(bytes);
    else this.state.message = "a recording: nothing can be typed";
    return true;
  }
  focus(on: boolean): void {
    this.state.focused = on;
  }
  travel(count: number): void {
    this.commands.travel(count);
  }
  /** A breakpoint there, or when a library with that name is loaded; false: there is no such address. */
  breakAt(text: string): boolean {
    const address = this.parseAddress(text);
    if (address !== undefined) this.debuggee.breakpoints.add(address);
    else if (!mayCome(text)) return false;
    else this.state.pending.add(text);
    return true;
  }
  toggleBreakpoint(address: number): void {
    const { breakpoints } = this.debuggee;
    if (!breakpoints.delete(address)) breakpoints.add(address);
  }
  /** Replaces the watchpoints. */
  watch(points: Watchpoint[]): void {
    this.state.watchpoints = points;
    this.debuggee.watch(points);
  }
  setMouse(on: boolean): void {
    this.state.mouse = on;
    this.console.write(on ? MOUSE_ON : MOUSE_OFF);
  }

  /** Something is under way: `what` for the status line. Says afterwards why it stopped. */
  async perform(what: string, go: () => Promise<Stop | undefined>): Promise<void> {
    if (this.running) return;
    this.running = what;
    this.state.message = "";
    this.mark = { time: this.console.now(), position: this.debuggee.position, speed: 0 };
    this.state.disassembly.release();
    this.tick(what);
    const { debuggee } = this;
    let stop: Stop | undefined;
    try {
      stop = await go();
      if (stop && debuggee === this.debuggee) this.stopped(stop);
    } catch (error) {
      this.state.message = error instanceof Error ? error.message : `${error}`;
    }
    this.running = undefined;
    this.mark.speed = 0;
    this.commands.over(stop?.kind === "done");
    this.requestDraw();
  }
  /** What runs is measured also while nothing changes that would have to be drawn. */
  private tick(what: string): void {
    this.console.later(SPEED_WINDOW, () => {
      if (this.running !== what) return;
      this.requestDraw();
      this.tick(what);
    });
  }
  private stopped(stop: Stop): void {
    if (stop.kind === "end") this.focus(false);
    if ("task" in stop) this.state.tid = stop.task.tid;
    else if (this.task?.tid !== this.state.tid) this.state.tid = undefined;
    this.state.message = stopText(stop, (a) => this.nameOf(a));
    this.state.dialog = stopDialog(stop, this.state.message);
    if (this.state.message !== "") this.state.options.note?.(this.state.message);
  }

  /** The picture will be drawn soon, at most 60 times a second. */
  requestDraw(): void {
    if (this.drawTimer) return;
    this.drawTimer = true;
    const wait = this.drawnAt + FRAME - this.console.now();
    this.console.later(Math.max(0, wait), () => {
      this.drawTimer = false;
      if (this.console.busy) this.requestDraw();
      else this.drawNow();
    });
  }
  drawNow(): void {
    this.drawnAt = this.console.now();
    this.remember();
    this.measure();
    this.screen.showAt(this.debuggee.position);
    const { cols, rows } = this.console.size();
    const { look, state, terminal } = this;
    const { position } = this.debuggee;
    const picture = draw({ cols, rows, state, terminal, look, position, status: this.status() });
    const before = this.layout?.terminal;
    this.layout = picture.layout;
    const now = picture.layout?.terminal;
    if (now && (now.w !== before?.w || now.h !== before.h)) {
      this.fitTerminal();
      this.requestDraw();
    }
    this.console.write(this.renderer.render(picture.screen));
  }
  private fitTerminal(): void {
    const { cols, rows } = this.terminalSize();
    if (cols === this.terminal.cols && rows === this.terminal.rows) return;
    this.terminal.resize(cols, rows);
    this.launched.host?.resize(cols, rows);
  }
  /** Keeps the registers of the last picture, which this one is compared with. */
  private remember(): void {
    const { task } = this;
    const { position } = this.debuggee;
    if (!task || (position === this.drawnPosition && task === this.drawnTask)) return;
    this.before.copyFrom(task === this.drawnTask ? this.last : task.regs);
    this.last.copyFrom(task.regs);
    this.drawnPosition = position;
    this.drawnTask = task;
  }
  private measure(): void {
    const now = this.console.now();
    const { mark } = this;
    if (now - mark.time < SPEED_WINDOW) return;
    const { position } = this.debuggee;
    const speed = ((position - mark.position) * 1000) / (now - mark.time);
    this.mark = { time: now, position, speed: this.running ? Math.max(0, speed) : 0 };
  }
  private status(): Parameters<typeof draw>[0]["status"] {
    const { debuggee, task } = this;
    const { kernel, frames } = debuggee.machine;
    return {
      mode: this.running ?? (debuggee.ended ? "ended" : "stopped"),
      position: debuggee.position,
      last: debuggee.history.last,
      speed: this.mark.speed,
      used: frames.used * PAGE,
      mapped: task?.mm.vmas.total ?? 0,
      thread: task && { tid: task.tid, pid: task.process.pid, name: task.name, state: task.state },
      threads: kernel.tasks.size,
    };
  }
}
