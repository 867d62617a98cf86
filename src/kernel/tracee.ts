/** What ptrace(2) keeps of a thread that is traced. */
import type { SigInfo } from "../abi/signal.ts";
import type { Process } from "./process.ts";
import type { Task } from "./task.ts";

/** "exit" stops are made only if the thread goes on with PTRACE_SYSCALL; "group": a stop signal took effect. */
export type StopKind = "signal" | "entry" | "exit" | "event" | "group";

export interface Stop {
  kind: StopKind;
  /** Bits 8 and up of the wait status: the signal, and above it the event. */
  code: number;
  /** PTRACE_GETSIGINFO; group stops have none. */
  info: SigInfo | undefined;
  /** PTRACE_GETEVENTMSG. */
  message?: number;
  /** wait4(2) has told of it. */
  reported: boolean;
}

export type ResumeMode = "run" | "syscall" | "step" | "sysemu";

export class Tracee {
  options = 0;
  mode: ResumeMode = "run";
  /** Set while it is in a ptrace-stop. */
  stop: Stop | undefined;
  /** The stop that it was let out of, and with which signal. */
  resumed: { stop: Stop; signo: number } | undefined;
  /** Stops to make before it runs user code again. */
  readonly queue: Stop[] = [];
  /** A group stop or PTRACE_EVENT_STOP is due. */
  trapPending = false;
  /** PTRACE_LISTEN: stopped, but news are told. */
  listening = false;
  message = 0;
  /** It has seen the call that is to be made, because a seccomp filter asked for that. */
  screened = false;
  /** Wait status, once it is gone and that is its tracer's to know. */
  exited: number | undefined;

  constructor(
    public task: Task,
    readonly tracer: Task,
    /** PTRACE_SEIZE. */
    readonly seized: boolean,
  ) {
    task.tracee = this;
    tracer.process.tracees.add(this);
    if (task.tid === task.process.pid) task.process.leaderTracee = this;
  }
  get due(): boolean {
    return this.trapPending || this.queue.length > 0;
  }
  /** The process whose wait4(2) tells of it. */
  get waiter(): Process {
    return this.tracer.process;
  }
  /** Out of the stop without its tracer's doing. */
  leave(): void {
    const { task } = this;
    this.stop = undefined;
    this.listening = false;
    task.state = "ready";
    task.kernel.ready.push(task);
  }
  /** Nobody traces it any more. */
  unlink(): void {
    const { task } = this;
    this.tracer.process.tracees.delete(this);
    this.stop = undefined;
    this.queue.length = 0;
    if (task.tracee === this) task.tracee = undefined;
    if (task.process.leaderTracee === this) task.process.leaderTracee = undefined;
  }
}
