import { RLIMIT_NOFILE } from "../abi/resource.ts";
import { SIGPROF, SIGVTALRM } from "../abi/signal.ts";
import { WaitQueue } from "../vfs/types.ts";
import type { Kernel } from "./kernel.ts";
import type { PidNs } from "./pid-ns.ts";
import { copyLimits, defaultLimits, type Limit } from "./rlimit.ts";
import { Pending } from "./sighand.ts";
import type { Task } from "./task.ts";
import type { Timer } from "./timers.ts";
import type { Tracee } from "./tracee.ts";

/** CPU use, page faults and the rest of struct rusage that is kept. Times in nanoseconds. */
export class Usage {
  utime = 0;
  stime = 0;
  minflt = 0;
  majflt = 0;
  nvcsw = 0;
  nivcsw = 0;
  /** Largest resident set, KiB. */
  maxrss = 0;
  add(o: Usage): void {
    this.utime += o.utime;
    this.stime += o.stime;
    this.minflt += o.minflt;
    this.majflt += o.majflt;
    this.nvcsw += o.nvcsw;
    this.nivcsw += o.nivcsw;
    this.maxrss = Math.max(this.maxrss, o.maxrss);
  }
}

/** An interval timer of setitimer(2): monotonic nanoseconds. */
export interface ITimer {
  timer: Timer | undefined;
  /** When it fires next. */
  at: bigint;
  interval: bigint;
}

/** A timer of setitimer(2) that counts processor time: nanoseconds left, 0 when it is off, and what it begins with again. */
export interface CpuTimer {
  readonly signo: number;
  left: bigint;
  interval: bigint;
}

/** timer_create(2). */
export interface PosixTimer extends ITimer {
  id: number;
  clock: number;
  /** Signal to send, 0 for none (SIGEV_NONE). */
  signo: number;
  value: bigint;
  /** SIGEV_THREAD_ID */
  thread: Task | undefined;
  overrun: number;
}

/** A thread group. */
export class Process {
  /** Threads alive, the leader first unless it exited. */
  readonly tasks: Task[] = [];
  readonly children = new Set<Process>();
  parent: Process | undefined;
  pgid: number;
  sid: number;
  /** Set by execve: setpgid of a child is then refused (EACCES). */
  didExec = false;
  /** Real user id of the thread that was last seen, for SIGCHLD. */
  uid = 0;
  limits: Limit[] = defaultLimits();
  /** Signals sent to the process, not to one thread. */
  readonly pending = new Pending();
  /** wait4 callers of this process park here; also notified for stops and continues. */
  readonly childEvents = new WaitQueue();
  /** Woken when it becomes a zombie (pidfd). */
  readonly exitQueue = new WaitQueue();
  /** Signal for the parent at exit; -1 for none. */
  exitSignal = 17;
  /** wait status; defined once all threads are gone (zombie). */
  status: number | undefined;
  /** Set by exit_group or a fatal signal: threads that still live are on their way out with this status. */
  exiting: number | undefined;
  reaped = false;
  /** Stopped by this signal (0: running). */
  stopSignal = 0;
  /** A stop or continuation that wait4 has not seen yet. */
  stopUnreported = false;
  continueUnreported = false;
  subreaper = false;
  dumpable = 1;
  /** Of threads that are gone. */
  readonly usage = new Usage();
  readonly childUsage = new Usage();
  readonly startTime: bigint;
  personality = 0;
  readonly pidNs: PidNs;
  /** Threads that one of this process's threads traces. */
  readonly tracees = new Set<Tracee>();
  /** Set while the leader is traced, also after the leader has ended. */
  leaderTracee: Tracee | undefined;
  /** Set once the leader has ended: /proc tells of it until the process is reaped. */
  endedLeader: Task | undefined;
  /** It has ended, and its tracer shall wait for it before its parent may. */
  held = false;
  real: ITimer = { timer: undefined, at: 0n, interval: 0n };
  /** ITIMER_VIRTUAL and ITIMER_PROF. All processor time counts as the program's own, so both run alike. */
  readonly cpuTimers: readonly CpuTimer[] = [SIGVTALRM, SIGPROF].map((signo) => ({ signo, left: 0n, interval: 0n }));
  readonly posixTimers = new Map<number, PosixTimer>();

  constructor(
    readonly kernel: Kernel,
    readonly pid: number,
    parent: Process | undefined,
    pidNs?: PidNs,
  ) {
    this.parent = parent;
    this.pidNs = pidNs ?? kernel.namespaces.pidForChildren;
    this.pgid = pid;
    this.sid = pid;
    this.startTime = kernel.now();
    parent?.children.add(this);
  }
  /** What fork passes on. */
  inherit(from: Process): void {
    this.pgid = from.pgid;
    this.sid = from.sid;
    this.limits = copyLimits(from.limits);
    this.dumpable = from.dumpable;
    this.personality = from.personality;
  }
  /** 1 for orphans and the first process: init is the kernel itself. */
  get ppid(): number {
    return this.parent?.pid ?? 1;
  }
  /** The thread whose tid is the pid, or while it is gone some other. */
  get leader(): Task | undefined {
    return this.tasks.find((t) => t.tid === this.pid) ?? this.tasks[0];
  }
  /** RLIMIT_NOFILE: descriptors are below. */
  get nofile(): number {
    return this.limits[RLIMIT_NOFILE].soft;
  }
  get zombie(): boolean {
    return this.status !== undefined;
  }
}
