/** Running the machine for GDB: what it asks to be resumed, and which of the machine's stops it hears of. */
import { SI_USER, SIGINT } from "../../abi/signal.ts";
import { sendToTask } from "../../kernel/send.ts";
import { sigBit } from "../../kernel/sighand.ts";
import type { Task } from "../../kernel/task.ts";
import { placePath } from "../../vfs/place.ts";
import type { Debuggee, Stop } from "../types.ts";
import { type Inferiors, matches, type ThreadId } from "./inferiors.ts";
import { type Client, ended, executed, forked, stopped } from "./stop-reply.ts";

export interface Action {
  kind: "continue" | "step" | "range" | "back" | "step back";
  /** Linux's number of the signal that the thread gets, 0 for none. */
  signo: number;
  thread: ThreadId;
  /** Steps go on as long as the thread stays in [from, to). */
  from?: number;
  to?: number;
}

const REVERSE = ["back", "step back"];

export class Resumer {
  /** Signals that the program gets without GDB hearing of them: Linux's numbers. */
  passed = new Set<number>();
  /** The signal at which the machine stands: it is delivered when the thread goes on, unless it is taken back. */
  private standing: { task: Task; signo: number } | undefined;
  /** The thread that the reply is about. */
  private event: Task | undefined;
  /** Sent for GDB, which need not hear of it. */
  private injected: { task: Task; signo: number } | undefined;

  constructor(
    private readonly debuggee: Debuggee,
    private readonly inferiors: Inferiors,
    private readonly client: Client,
  ) {}

  /** The signal that made the thread stop. */
  signalOf(task: Task): number {
    return this.standing?.task === task ? this.standing.signo : 0;
  }

  /** Runs until something happens that GDB wants to know: the reply, and which thread it is about. */
  async resume(actions: readonly Action[]): Promise<{ reply: string; task: Task | undefined }> {
    this.event = undefined;
    this.deliver(actions);
    const action = actions.find((a) => a.kind !== "continue") ?? actions[0];
    const task = action.kind === "continue" ? undefined : this.inferiors.find(action.thread);
    for (;;) {
      const stop = await this.go(action, task);
      const reply = this.reply(stop);
      if (reply === undefined) continue;
      if (stop.kind !== "done" || action.kind !== "range" || !task || !within(task, action))
        return { reply, task: this.event };
    }
  }

  private go(action: Action, task: Task | undefined): Promise<Stop> {
    const calls = (nr: number, of: Task): boolean => this.inferiors.catches(nr, of);
    const wishes = { signals: true, events: true, calls };
    switch (action.kind) {
      case "continue":
        return this.debuggee.run(wishes);
      case "step":
      case "range":
        return this.debuggee.step(task, wishes);
      case "back":
        // New programs and processes are nothing that gdb would undo.
        return this.debuggee.runBack({ signals: true, calls });
      case "step back":
        return this.debuggee.stepBack(task);
    }
  }

  /** What becomes of the signal at which a thread stands, and signals that GDB makes up. */
  private deliver(actions: readonly Action[]): void {
    const { standing } = this;
    this.standing = this.injected = undefined;
    if (actions.some((a) => REVERSE.includes(a.kind))) return;
    if (standing) {
      const { task, signo } = standing;
      const signal = actions.find((a) => matches(a.thread, task))?.signo ?? 0;
      if (signal === signo || this.debuggee.fixed) return;
      const bit = sigBit(signo);
      if (!task.pending.take(bit)) task.process.pending.take(bit);
      this.debuggee.changed();
      if (signal) this.inject(task, signal);
      return;
    }
    if (this.debuggee.fixed) return;
    for (const { signo, thread } of actions) {
      const task = signo ? (this.inferiors.find(thread) ?? this.inferiors.current()) : undefined;
      if (task) this.inject(task, signo);
    }
  }
  private inject(task: Task, signo: number): void {
    this.injected = { task, signo };
    sendToTask(task, { signo, code: SI_USER, pid: 0, uid: 0 });
    this.debuggee.changed();
  }

  /** Undefined: it goes on. */
  private reply(stop: Stop): string | undefined {
    switch (stop.kind) {
      case "done":
      case "beginning":
      case "over":
      case "interrupted":
        return this.plain(stop.kind);
      case "breakpoint":
        return this.breakpoint(stop.task, stop.address);
      case "watchpoint":
        return this.watchpoint(stop);
      case "signal":
        return this.signal(stop.task, stop.signo);
      case "syscall":
        return this.report(stop.task, undefined, `syscall_${stop.at}:${stop.nr.toString(16)};`);
      case "exec":
        return this.exec(stop.task);
      case "clone":
        return this.clone(stop.task, stop.child);
      case "exited":
        return this.exited(stop.pid, stop.status);
      case "end":
        return this.inferiors.size ? this.exited(this.inferiors.pids[0], endStatus(stop.status)) : "W00";
    }
  }
  private report(task: Task, signo?: number, why?: string): string {
    this.event = task;
    return stopped(this.inferiors, task, signo, why);
  }
  private plain(kind: "done" | "beginning" | "over" | "interrupted"): string {
    const task = this.inferiors.current();
    // Nothing is left that could stop.
    if (!task) return "W00";
    if (kind === "interrupted") return this.report(task, SIGINT);
    const log = kind === "beginning" ? "replaylog:begin;" : kind === "over" ? "replaylog:end;" : "";
    return this.report(task, undefined, log);
  }
  private breakpoint(task: Task, address: number): string | undefined {
    if (!this.inferiors.get(task.process.pid)?.breakpoints.has(address)) return undefined;
    return this.report(task, undefined, this.client.swbreak ? "swbreak:;" : "");
  }
  private watchpoint({ task, watchpoint, access }: Extract<Stop, { kind: "watchpoint" }>): string | undefined {
    const own = this.inferiors.get(task.process.pid)?.watchpoints;
    const { address, length, kind } = watchpoint;
    if (!own?.some((w) => w.address === address && w.length === length && w.kind === kind)) return undefined;
    const name = kind === "access" ? "awatch" : access === "read" ? "rwatch" : "watch";
    return this.report(task, undefined, `${name}:${address.toString(16)};`);
  }
  private signal(task: Task, signo: number): string | undefined {
    const ours = this.injected?.task === task && this.injected.signo === signo;
    if (ours) this.injected = undefined;
    if (ours || this.passed.has(signo) || !this.inferiors.owns(task)) return undefined;
    this.standing = { task, signo };
    return this.report(task, signo);
  }
  private exec(task: Task): string | undefined {
    const inferior = this.inferiors.get(task.process.pid);
    if (!inferior) return undefined;
    // The old program's are gone with it.
    inferior.breakpoints.clear();
    inferior.watchpoints = [];
    this.inferiors.apply();
    const place = task.mm.exe;
    if (!this.client.exec || !place) return undefined;
    return this.report(task, undefined, executed(placePath(place) ?? ""));
  }
  private clone(task: Task, child: Task): string | undefined {
    const { pid } = task.process;
    if (child.process === task.process || !this.inferiors.has(pid)) return undefined;
    const vfork = child.mm === task.mm;
    if (!(vfork ? this.client.vfork : this.client.fork)) return undefined;
    // GDB says what becomes of the child: it detaches from it, or from the parent.
    this.inferiors.add(child.process, pid);
    return this.report(task, undefined, forked(this.inferiors, child, vfork));
  }
  private exited(pid: number, status: number): string | undefined {
    if (!this.inferiors.has(pid)) return undefined;
    this.inferiors.remove(pid);
    return ended(this.inferiors, pid, status);
  }
}

function within(task: Task, { from = 0, to = 0 }: Action): boolean {
  const pc = Number(task.regs.rip);
  return pc >= from && pc < to;
}

const endStatus = ({ code, signal }: { code: number; signal: number }): number => (signal ? signal : code << 8);
