/** Runs a machine up to the next stop: what a debugger's ways to go on have in common. Forwards only. */

import { SIGKILL } from "../abi/signal.ts";
import { EXIT } from "../cpu/exit.ts";
import type { KernelEvent } from "../kernel/kernel.ts";
import { deliverable } from "../kernel/send.ts";
import { sigBit } from "../kernel/sighand.ts";
import type { Task } from "../kernel/task.ts";
import type { Machine } from "../machine/machine.ts";
import type { Overseer } from "../machine/run-task.ts";
import type { Stop, Until } from "./types.ts";
import { Watches } from "./watches.ts";

/** How to run. */
export interface Wish extends Until {
  /** Ends after one instruction of `task`, or of whichever task comes first. */
  step?: boolean;
  /** No breakpoints, watchpoints and events. */
  quiet?: boolean;
  /** Told of what would end it; then it goes on. */
  onStop?(stop: Stop, position: number): void;
  /** Told of each stretch that a task ran: from one position to another. */
  onRun?(task: Task, from: number, to: number): void;
}

const NONE: ReadonlySet<number> = new Set();

export class Runner implements Overseer {
  readonly breakpoints = new Set<number>();
  readonly watches: Watches;
  private wish: Wish = {};
  private stop: Stop | undefined;
  /** The step has been made. */
  private stepped = false;
  private interrupted = false;
  /** Where the last stop was: a breakpoint there has been seen. */
  private seen = { position: -1, address: -1 };
  /** The calls that tasks are in, by the tasks' numbers: their ends are to be told. */
  private readonly inCalls = new Map<number, number>();
  /** The task whose signal has been told, and where. */
  private announced: { tid: number; position: number } | undefined;

  /** `onHold`: called where everything stands still between two instructions. */
  constructor(
    readonly machine: Machine,
    private readonly onHold: () => void = () => {},
  ) {
    this.watches = new Watches(machine.engine);
    machine.kernel.onEvent = (event) => this.onEvent(event);
  }
  get position(): number {
    return this.machine.engine.instructions;
  }
  /** The task that runs or would run next. */
  get task(): Task | undefined {
    const { loop, kernel } = this.machine;
    return loop.slice?.task ?? kernel.ready.first;
  }
  async run(wish: Wish): Promise<Stop> {
    this.wish = wish;
    this.stop = undefined;
    this.stepped = false;
    this.interrupted = false;
    const { task } = this;
    // Who goes on from a breakpoint has seen it; who looks for all has not.
    const seen = task && !wish.onStop;
    this.seen = seen ? { position: this.position, address: Number(task.regs.rip) } : { position: -1, address: -1 };
    this.machine.engine.breakpoints.set(wish.quiet ? NONE : this.breakpoints);
    this.watches.enable(!wish.quiet);
    const over = await this.machine.loop.run(this);
    if (over) return { kind: "end", status: this.machine.status };
    return this.stop ?? { kind: "interrupted" };
  }
  /** Soon ends the run that is under way. */
  interrupt(): void {
    this.interrupted = true;
    this.machine.wake();
  }

  // -- what the machine's loop asks

  get stopped(): boolean {
    return this.stop !== undefined || this.interrupted;
  }
  hold(task: Task): boolean {
    this.announced = undefined;
    const hit = this.watches.changed(task);
    if (hit && this.counts(task)) this.stop ??= { kind: "watchpoint", task, ...hit };
    const nr = this.inCalls.get(task.tid);
    if (nr !== undefined) {
      this.inCalls.delete(task.tid);
      if (this.wish.calls) this.stop ??= { kind: "syscall", task, nr, at: "return" };
    }
    this.onHold();
    if (this.stop && this.tellOnly(this.stop)) this.seen = { position: this.position, address: Number(task.regs.rip) };
    if (this.stopped) return true;
    const { position, step } = this.wish;
    if (position !== undefined && this.position >= position) this.stop = { kind: "done" };
    else if (step && this.stepped && this.counts(task)) this.stop = { kind: "done" };
    return this.stop !== undefined;
  }
  holdPrepare(task: Task): boolean {
    if (!this.wish.signals || !this.counts(task)) return false;
    const { announced, position } = this;
    if (announced?.tid === task.tid && announced.position === position) return false;
    const set = deliverable(task);
    if (!set || task.state === "dead") return false;
    this.announced = { tid: task.tid, position };
    this.stop = { kind: "signal", task, signo: first(set) };
    return !this.tellOnly(this.stop);
  }
  holdCall(task: Task): boolean {
    const { calls, onStop, quiet } = this.wish;
    const nr = Number(BigInt.asIntN(32, task.regs.gpr(0)));
    if (quiet || !this.counts(task) || !calls?.(nr, task)) return false;
    this.inCalls.set(task.tid, nr);
    if (onStop) return false;
    this.stop = { kind: "syscall", task, nr, at: "entry" };
    return true;
  }
  /** The machine was set back. */
  forget(): void {
    this.inCalls.clear();
  }
  /** Tells of a stop instead of making it, if that is wanted. */
  private tellOnly(stop: Stop): boolean {
    if (!this.wish.onStop) return false;
    this.wish.onStop(stop, this.position);
    this.stop = undefined;
    return true;
  }
  execute(task: Task, budget: number, asked: boolean): number {
    const { engine } = this.machine;
    const from = engine.instructions;
    const own = this.counts(task);
    const one = (this.wish.step ?? false) && own;
    const rip = Number(task.regs.rip);
    const passed = this.seen.position === from && this.seen.address === rip;
    const room = one ? 1 : (this.wish.position ?? Number.POSITIVE_INFINITY) - from;
    // An exact end costs a little: only where it is near.
    const exact = asked || room <= budget + engine.overshoot;
    let code = passed ? engine.step() : engine.run(Math.min(budget, room), exact);
    if (code === EXIT.BREAK) {
      if (own) this.stop = { kind: "breakpoint", task, address: Number(task.regs.rip) };
      else code = engine.step();
    }
    if (code === EXIT.WATCH) {
      const { code: after, hit } = this.watches.pass(task);
      if (hit && own && after !== EXIT.FAULT) this.stop = { kind: "watchpoint", task, ...hit };
      code = after;
    } else this.watches.note(task);
    if (own && engine.instructions > from) this.stepped = true;
    this.wish.onRun?.(task, from, engine.instructions);
    return code === EXIT.BREAK ? EXIT.BUDGET : code;
  }
  private counts(task: Task): boolean {
    // By its number: after going back a thread may be another object.
    return this.wish.task === undefined || this.wish.task.tid === task.tid;
  }
  private onEvent(event: KernelEvent): void {
    if (this.wish.quiet) return;
    if (this.wish.events) this.stop ??= event;
    else if (this.wish.step && event.kind === "exited" && this.wish.task?.process.pid === event.pid)
      this.stop ??= event;
  }
}

/** The signal that is taken first. */
function first(set: bigint): number {
  if (set & sigBit(SIGKILL)) return SIGKILL;
  let signo = 1;
  while (!(set & sigBit(signo))) signo++;
  return signo;
}
