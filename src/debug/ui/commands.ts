/** What keys do. */

import type { Task } from "../../kernel/task.ts";
import type { Stop } from "../types.ts";
import { accessesOf } from "./accesses.ts";
import type { App } from "./app.ts";
import { finishBack, nextBack } from "./back.ts";
import { HELP } from "./keys.ts";
import { insnAt } from "./look.ts";
import { MEMORY_FORMS } from "./panels/memory.ts";
import { RADIXES, VECTOR_SIZES, VECTOR_TYPES } from "./panels/vectors.ts";
import { mayCome } from "./pending.ts";
import { SPEEDS } from "./state.ts";

/** The one behind, the first after the last. */
function cycled<T>(all: readonly T[], now: T): T {
  return all[(all.indexOf(now) + 1) % all.length];
}

/** Instructions that PageUp and PageDown go through time. */
const LEAP = 1000;
/** Bytes that a watchpoint of the keyboard watches. */
const WATCHED = 8;
/** What is over soon, so that keys wait for it. */
const SHORT = new Set(["step", "next", "finish", "step back", "next back", "finish back"]);
const MOST_QUEUED = 64;
/** How an address may be written. */
const ADDRESSES = "(address, symbol, register, FILE:LINE)";

export class Commands {
  private readonly table: Readonly<Record<string, (() => void) | undefined>>;
  /** Instructions that the wheel has asked for and that are still to be gone. */
  private owed = 0;
  /** Keys of `moves` that came while such a one was at work. */
  private readonly queue: string[] = [];
  private readonly moves = new Set(["s", "n", "f", "c", "C", "S", "N", "F", "r", "home", "end"]);

  constructor(private readonly app: App) {
    this.table = { ...this.motion(), ...this.looking(), ...this.changing() };
  }
  key(name: string): void {
    const { running } = this.app;
    if (running === undefined || !this.moves.has(name)) this.table[name]?.();
    else if (!SHORT.has(running)) this.app.state.message = "it runs: ctrl-c first";
    else if (this.queue.length < MOST_QUEUED) this.queue.push(name);
  }
  /** What was under way is over: keys that came meanwhile get their turn, unless it ended in a way that was not asked for. */
  over(expected: boolean): void {
    const name = this.queue.shift();
    if (!expected) this.queue.length = 0;
    else if (name) this.key(name);
  }
  dialogKey(name: string): void {
    this.app.state.dialog = undefined;
    if (name !== "enter" && name !== "escape" && name !== "space" && name !== "?") this.key(name);
  }
  private motion(): Record<string, () => void> {
    const { app } = this;
    const back = (): void => this.travel(-1);
    const on = (): void => this.travel(1);
    return {
      s: () => void app.perform("step", () => this.step()),
      n: () => void app.perform("next", () => this.next()),
      f: () => void app.perform("finish", () => this.finish()),
      c: () =>
        void app.perform("running", () =>
          app.runner.animate(
            () => SPEEDS[app.state.speed],
            () => this.sample(),
          ),
        ),
      C: () => void app.perform("running hard", () => app.runner.run()),
      r: () => void app.perform("back", () => app.debuggee.runBack()),
      S: () => void app.perform("step back", () => app.debuggee.stepBack(this.readyTask())),
      N: () => void app.perform("next back", () => this.nextBack()),
      F: () => void app.perform("finish back", () => this.finishBack()),
      u: back,
      up: back,
      U: on,
      down: on,
      pageup: () => this.travel(-LEAP),
      pagedown: () => this.travel(LEAP),
      home: () => void app.perform("back", () => app.debuggee.goTo(app.debuggee.history.first)),
      end: () => void app.perform("forward", () => app.debuggee.goTo(app.debuggee.history.last)),
      "ctrl-c": () => app.runner.interrupt(),
      "ctrl-t": () => this.faster(1),
      "alt-t": () => this.faster(-1),
      R: () => this.restart(),
      q: () => app.quit(),
      "ctrl-d": () => app.quit(),
      "ctrl-z": () => app.suspend(),
    };
  }
  private looking(): Record<string, () => void> {
    const { app } = this;
    const { state } = app;
    const { vectors, wishes } = state;
    const scroll = (count: number): void => {
      const { look } = app;
      if (look) state.disassembly.scroll(look, count);
    };
    return {
      "?": () => void (state.dialog = { title: "Keys", lines: HELP }),
      x: () => void (vectors.radix = cycled(RADIXES, vectors.radix)),
      t: () => void (vectors.type = cycled(VECTOR_TYPES, vectors.type)),
      T: () => void (vectors.size = cycled(VECTOR_SIZES, vectors.size)),
      h: () => void (state.form = cycled(MEMORY_FORMS, state.form)),
      "+": () => this.zoom(1),
      "=": () => this.zoom(1),
      "-": () => this.zoom(-1),
      j: () => scroll(1),
      k: () => scroll(-1),
      ".": () => state.disassembly.release(),
      p: () => void (state.profiling = !state.profiling),
      "2": () => void (wishes.second = !wishes.second),
      "3": () => void (wishes.third = !wishes.third),
      z: () => void (wishes.maximized = !wishes.maximized),
      M: () => app.setMouse(!state.mouse),
      tab: () => app.focus(true),
      "ctrl-l": () => app.refresh(),
      "<": () => this.otherThread(-1),
      ">": () => this.otherThread(1),
      escape: () => void (state.message = ""),
    };
  }
  private changing(): Record<string, () => void> {
    const { app } = this;
    const { state } = app;
    return {
      b: () => this.askBreakpoint(),
      B: () => {
        const waiting = [...state.pending].at(-1);
        const last = [...app.debuggee.breakpoints].at(-1);
        if (waiting !== undefined) state.pending.delete(waiting);
        else if (last !== undefined) app.debuggee.breakpoints.delete(last);
      },
      w: () =>
        this.ask("watch", (address) => app.watch([...state.watchpoints, { address, length: WATCHED, kind: "write" }])),
      W: () => app.watch(state.watchpoints.slice(0, -1)),
      g: () =>
        this.ask("look at", (address) => {
          state.memory.read.moveTo(address);
          state.memory.read.pinned = true;
        }),
      G: () =>
        this.prompt("go to position", (text) => {
          const position = Number(text.replace(/[,_]/g, ""));
          if (!Number.isSafeInteger(position) || position < 0) return "a position is a number of instructions";
          void app.perform("going", () => app.debuggee.goTo(position));
        }),
    };
  }
  private prompt(question: string, answer: (text: string) => string | undefined): void {
    this.app.state.message = "";
    this.app.state.prompt = { question, text: "", answer };
  }
  /** A name that isn't known may be mistyped: it is to be confirmed. */
  private askBreakpoint(): void {
    const { app } = this;
    let unknown = "";
    this.prompt(`break at ${ADDRESSES}`, (text) => {
      if (app.parseAddress(text) === undefined && mayCome(text) && text !== unknown) {
        unknown = text;
        return "not there yet: Enter waits";
      }
      return app.breakAt(text) ? undefined : `no address: ${text}`;
    });
  }
  private ask(question: string, use: (address: number) => void): void {
    this.prompt(`${question} ${ADDRESSES}`, (text) => {
      const address = this.app.parseAddress(text);
      if (address === undefined) return `no address: ${text}`;
      use(address);
      return undefined;
    });
  }
  private async step(): Promise<Stop> {
    const { app } = this;
    const { look } = app;
    if (look) {
      const rip = Number(look.regs.rip);
      const insn = insnAt(look, rip);
      if (insn) app.state.accessed(accessesOf(insn, look.regs, rip));
    }
    return app.debuggee.step(this.readyTask());
  }
  private async next(): Promise<Stop> {
    const { look, runner } = this.app;
    const task = this.readyTask();
    return look && task ? runner.next(task, look) : this.step();
  }
  private async finish(): Promise<Stop | undefined> {
    const { look, task, runner } = this.app;
    const stop = look && task ? await runner.finish(task, look.frames) : undefined;
    if (!stop) this.app.state.message = "it isn't known where this function returns to";
    return stop;
  }
  /** The thread that is looked at, if it is not waiting. */
  private readyTask(): Task | undefined {
    const { task } = this.app;
    return task?.state === "ready" ? task : undefined;
  }
  private async nextBack(): Promise<Stop> {
    const { look, debuggee } = this.app;
    const task = this.readyTask();
    return look && task ? nextBack(debuggee, look, task) : debuggee.stepBack();
  }
  private async finishBack(): Promise<Stop | undefined> {
    const { look, task, debuggee } = this.app;
    const stop = look && task ? await finishBack(debuggee, look, task, look.frames) : undefined;
    if (!stop) this.app.state.message = "it isn't known where this function was called";
    return stop;
  }
  /** Now and then while it runs. */
  private sample(): void {
    const { app } = this;
    const { look } = app;
    app.requestDraw();
    if (!look) return;
    const rip = Number(look.regs.rip);
    app.state.profile.add(look.symbolAt(rip)?.name ?? app.nameOf(rip)?.replace(/\+0x.*/, "") ?? "?");
  }
  /** Through time. What comes while it is on its way is added. */
  travel(count: number): void {
    const { app } = this;
    if (app.running && app.running !== "time") {
      app.state.message = "it runs: ctrl-c first";
      return;
    }
    this.owed += count;
    if (!app.running) void app.perform("time", () => this.payOff());
  }
  private async payOff(): Promise<Stop | undefined> {
    const { debuggee } = this.app;
    let stop: Stop | undefined;
    while (this.owed !== 0) {
      const { owed } = this;
      this.owed = 0;
      const { position } = debuggee;
      if (owed === 1) stop = await this.step();
      else if (owed > 0) stop = await debuggee.run({ position: position + owed });
      else if (position <= debuggee.history.first) stop = { kind: "beginning" };
      else
        stop =
          owed === -1
            ? await debuggee.stepBack()
            : await debuggee.goTo(Math.max(debuggee.history.first, position + owed));
    }
    return stop;
  }
  private faster(by: number): void {
    const { state } = this.app;
    state.speed = Math.max(0, Math.min(SPEEDS.length - 1, state.speed + by));
  }
  private zoom(by: number): void {
    for (const view of Object.values(this.app.state.memory)) view.setZoom(view.zoom + by);
  }
  private otherThread(by: number): void {
    const { app } = this;
    const all = [...app.debuggee.machine.kernel.tasks.values()].filter((t) => t.state !== "dead");
    const at = app.task ? all.indexOf(app.task) : 0;
    app.state.tid = all[(at + by + all.length) % all.length]?.tid;
    app.state.disassembly.release();
  }
  private restart(): void {
    const { app } = this;
    app.runner.interrupt();
    try {
      app.restart();
      app.state.message = "started again";
    } catch (error) {
      app.state.message = error instanceof Error ? error.message : `${error}`;
    }
  }
}
