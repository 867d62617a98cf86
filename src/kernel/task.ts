import type { TaskCred } from "./cred.ts";
import type { FdTable } from "./fdtable.ts";
import type { FsInfo } from "./fsinfo.ts";
import type { Kernel } from "./kernel.ts";
import type { Mm } from "./mm.ts";
import type { Namespaces } from "./namespaces.ts";
import { type Process, Usage } from "./process.ts";
import { Registers } from "./registers.ts";
import type { Rseq } from "./rseq.ts";
import { NO_SECCOMP, type Seccomp } from "./seccomp.ts";
import { kernelInfo, sendToTask } from "./send.ts";
import { Pending, type SigHand, UNBLOCKABLE } from "./sighand.ts";
import type { Timer } from "./timers.ts";
import type { Tracee } from "./tracee.ts";
import type { Call, Park } from "./types.ts";

/** A call that waits, and what for. */
export interface Waiting {
  call: Call;
  park: Park;
  timer: Timer | undefined;
  wake: () => void;
  /** Registered on its queues and timer. */
  asleep: boolean;
}

/** "traced": in a ptrace-stop, which only its tracer or SIGKILL ends. */
export type TaskState = "ready" | "waiting" | "stopped" | "traced" | "dead";

/** sigaltstack(2). */
export interface AltStack {
  sp: number;
  flags: number;
  size: number;
}

/** What clone(2) may share or copy. */
export interface TaskParts {
  mm: Mm;
  fds: FdTable;
  fs: FsInfo;
  sighand: SigHand;
  cred: TaskCred;
  ns: Namespaces;
}

/** A thread. */
export class Task {
  readonly regs: Registers;
  mm: Mm;
  fds: FdTable;
  fs: FsInfo;
  sighand: SigHand;
  cred: TaskCred;
  /** comm: 15 bytes at most. */
  name = "";
  state: TaskState = "ready";
  /** In the run queue. */
  queued = false;
  waiting: Waiting | undefined;
  /** Blocked signals. */
  mask = 0n;
  /** The mask to go back to after sigsuspend, ppoll and the like: used by the first signal frame, or restored. */
  savedMask: bigint | undefined;
  readonly pending = new Pending();
  /** Signals that sigtimedwait(2) waits for. */
  sigwaitSet = 0n;
  altStack: AltStack = { sp: 0, flags: 2, size: 0 };
  /** The last CPU exception, for signal frames. */
  fault = { trap: 0, error: 0, cr2: 0n };
  /** CLONE_CHILD_CLEARTID, set_tid_address. */
  clearTid = 0;
  robustList = 0;
  rseq: Rseq | undefined;
  /** PR_SET_PDEATHSIG */
  deathSignal = 0;
  readonly usage = new Usage();
  /** vfork: run when this task lets go of the parent's memory. */
  onRelease: (() => void) | undefined;
  /** Set while another traces it. */
  tracee: Tracee | undefined;
  /** Of a traced thread: the number of the call that it is in or has just left, else -1. */
  origRax = -1;
  /** It stopped at the entry of a call, which is made when it goes on. */
  entering = false;
  /** A call with a deadline that a signal ended, for restart_syscall(2). */
  restartCall: Call | undefined;
  /** seccomp(2) */
  seccomp: Seccomp = NO_SECCOMP;
  timerSlack = 50000;
  nice = 0;
  /** ioprio_set(2): class and level; 0: none was set. */
  ioPriority = 0;
  /** sched_setscheduler(2): kept and reported, all tasks share the processor alike. */
  policy = { policy: 0, priority: 0, resetOnFork: false };
  /** sched_setaffinity: bit set over the host's processors. */
  affinity: bigint;
  ns: Namespaces;

  constructor(
    readonly kernel: Kernel,
    /** Changes when execve makes another thread the leader. */
    public tid: number,
    readonly process: Process,
    parts: TaskParts,
  ) {
    this.regs = new Registers(kernel.ram);
    this.mm = parts.mm;
    this.fds = parts.fds;
    this.fs = parts.fs;
    this.sighand = parts.sighand;
    this.cred = parts.cred;
    this.ns = parts.ns;
    this.affinity = (1n << BigInt(kernel.host.ids.cpus)) - 1n;
    process.tasks.push(this);
  }
  /** A signal that the kernel raises in this thread (SIGPIPE, SIGXFSZ). */
  sendSignal(signo: number): void {
    sendToTask(this, kernelInfo(signo));
  }
  /** For ppoll and the like: blocks these signals until the call is over. Idempotent, as calls are tried again. */
  useMask(mask: bigint): void {
    this.savedMask ??= this.mask;
    this.mask = mask & ~UNBLOCKABLE;
  }
  /** The call is over without a handler: back to the mask of before. */
  restoreMask(): void {
    if (this.savedMask === undefined) return;
    this.mask = this.savedMask;
    this.savedMask = undefined;
  }
}
