/** The processes that GDB debugs out of all that the machine runs, and their threads. */
import type { Process } from "../../kernel/process.ts";
import type { Task } from "../../kernel/task.ts";
import type { Debuggee, Watchpoint } from "../types.ts";
import { hexNumber } from "./packet.ts";

/** What GDB asked for in one process. */
interface Inferior {
  breakpoints: Set<number>;
  watchpoints: Watchpoint[];
  /** System calls to stop at, by their numbers. */
  calls: ReadonlySet<number> | "all" | undefined;
}

/** `p-1` and `-1`: all; 0: any. */
export interface ThreadId {
  pid: number;
  tid: number;
}

export class Inferiors {
  private readonly list = new Map<number, Inferior>();
  /** GDB names threads with their processes. */
  multiprocess = false;

  constructor(private readonly debuggee: Debuggee) {}

  get pids(): number[] {
    return [...this.list.keys()];
  }
  get size(): number {
    return this.list.size;
  }
  has(pid: number): boolean {
    return this.list.has(pid);
  }
  get(pid: number): Inferior | undefined {
    return this.list.get(pid);
  }
  add(process: Process, like?: number): void {
    const from = like === undefined ? undefined : this.list.get(like);
    this.list.set(process.pid, {
      breakpoints: new Set(from?.breakpoints),
      watchpoints: [...(from?.watchpoints ?? [])],
      calls: from?.calls,
    });
    this.apply();
  }
  remove(pid: number): void {
    this.list.delete(pid);
    this.apply();
  }
  clear(): void {
    this.list.clear();
    this.apply();
  }
  /** The machine knows no processes: breakpoints of all are set everywhere, and hits in others are passed over. */
  apply(): void {
    const { breakpoints } = this.debuggee;
    breakpoints.clear();
    const watchpoints: Watchpoint[] = [];
    for (const i of this.list.values()) {
      for (const a of i.breakpoints) breakpoints.add(a);
      for (const w of i.watchpoints) {
        const known = watchpoints.some((o) => o.address === w.address && o.length === w.length && o.kind === w.kind);
        if (!known) watchpoints.push(w);
      }
    }
    this.debuggee.watch(watchpoints);
  }

  /** Live threads of the processes debugged. */
  threads(): Task[] {
    return [...this.debuggee.machine.kernel.tasks.values()].filter((t) => this.owns(t));
  }
  owns(task: Task): boolean {
    return task.state !== "dead" && this.list.has(task.process.pid);
  }
  /** Is the call one at which its process is to stop? */
  catches(nr: number, task: Task): boolean {
    const calls = this.list.get(task.process.pid)?.calls;
    return calls === "all" || (calls?.has(nr) ?? false);
  }
  /** The thread that runs or would run next, if it is debugged; else the first. */
  current(): Task | undefined {
    const { task } = this.debuggee;
    return task && this.owns(task) ? task : this.threads()[0];
  }
  find(id: ThreadId): Task | undefined {
    return this.threads().find((t) => matches(id, t));
  }

  /** How a thread is named in packets. */
  name(task: Task): string {
    return this.nameOf(task.process.pid, task.tid);
  }
  nameOf(pid: number, tid: number): string {
    return this.multiprocess ? `p${pid.toString(16)}.${tid.toString(16)}` : tid.toString(16);
  }
  /** Undefined if it is no name of a thread. */
  static parse(text: string): ThreadId | undefined {
    const m = /^(?:p(-1|[0-9a-f]+)(?:\.(-1|[0-9a-f]+))?|(-1|[0-9a-f]+))$/.exec(text);
    if (!m) return undefined;
    const number = (s: string | undefined): number => (s === undefined || s === "-1" ? -1 : hexNumber(s));
    return m[3] === undefined ? { pid: number(m[1]), tid: number(m[2]) } : { pid: -1, tid: number(m[3]) };
  }
}

export function matches(id: ThreadId, task: Task): boolean {
  return (id.pid <= 0 || id.pid === task.process.pid) && (id.tid <= 0 || id.tid === task.tid);
}
