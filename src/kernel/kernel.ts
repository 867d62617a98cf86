import type { SigInfo } from "../abi/signal.ts";
import type { Host } from "../host/types.ts";
import type { Frames } from "../mmu/frames.ts";
import type { Ram } from "../mmu/ram.ts";
import { type FileSystem, WaitQueue } from "../vfs/types.ts";
import type { Vfs } from "../vfs/vfs.ts";
import type { CpuAccess } from "./cpu-access.ts";
import { SyscallTable } from "./dispatch.ts";
import type { TmpFileSystem } from "./fs/tmpfs.ts";
import { FutexTable } from "./futex.ts";
import { PiTable } from "./futex-pi.ts";
import { initialNamespaces, initialUserNs, type Namespaces } from "./namespaces.ts";
import type { PidNs } from "./pid-ns.ts";
import type { Process } from "./process.ts";
import { RunQueue } from "./sched.ts";
import type { Task } from "./task.ts";
import { Timers } from "./timers.ts";
import type { Call, SyscallRow } from "./types.ts";

/** What strace sees. */
export interface Trace {
  enter?(call: Call): void;
  /** "restart": a signal ended the wait and the call will be made again; undefined: it does not return. */
  exit?(call: Call, result: number | "restart" | undefined): void;
  signal?(task: Task, info: SigInfo): void;
  /** The process is gone: wait status. */
  exited?(process: Process, status: number): void;
}

/** What a debugger may want to stop for. */
export type KernelEvent =
  | { kind: "exec"; task: Task }
  | { kind: "clone"; task: Task; child: Task }
  | { kind: "exited"; pid: number; status: number };

export interface KernelOptions {
  host: Host;
  ram: Ram;
  frames: Frames;
  cpu: CpuAccess;
  vfs: Vfs;
  /** For memfd_create and mounts of tmpfs: fs/tree.ts makes it. */
  memfds: TmpFileSystem;
  rows: readonly SyscallRow[];
}

/** The state that all tasks share. */
export class Kernel {
  readonly host: Host;
  readonly ram: Ram;
  readonly frames: Frames;
  readonly cpu: CpuAccess;
  /** The machine's file tree. */
  readonly vfs: Vfs;
  /** Where memfd_create makes its files. */
  readonly memfds: TmpFileSystem;
  readonly rows: readonly SyscallRow[];
  readonly timers = new Timers();
  readonly ready = new RunQueue();
  /** Woken whenever a signal becomes pending: signalfd. */
  readonly signalEvents = new WaitQueue();
  readonly futexes = new FutexTable();
  readonly piFutexes = new PiTable();
  /** What the first process is in. */
  readonly userNs = initialUserNs();
  readonly namespaces: Namespaces;
  /** Threads by tid; a zombie leader's stays until its process is reaped. */
  readonly tasks = new Map<number, Task>();
  readonly processes = new Map<number, Process>();
  /** The task whose registers and page tables are in RAM. */
  current: Task | undefined;
  trace: Trace | undefined;
  /** System calls made so far, by number. */
  readonly table: SyscallTable;
  /** Numbers without a row that were called, each logged once. */
  readonly unknownCalls = new Set<number>();
  /** Page faults that left the engine, served or not. */
  pageFaults = 0;
  readonly callCounts = new Map<number, number>();
  readonly bootTime: bigint;
  /** When the slice that runs began. */
  sliceStart = 0n;
  /** Length of the next slice, in instructions, where that is not always the same (stress). */
  slices: { next(): number } | undefined;
  /** Set by sched_yield: the slice ends with this call. */
  yielding = false;
  /** A stop signal for a group that nobody in here could continue (the first program's, on ^Z). */
  onOrphanStop: ((process: Process) => void) | undefined;
  /** The leader of a session ended: set by who owns terminals. */
  onSessionEnd: ((leader: Process) => void) | undefined;
  /**
   * A process is about to die of a signal whose action is a core dump (signal(7)); all its memory and threads are still
   * there. True if a core was written.
   */
  onCrash: ((task: Task, info: SigInfo) => boolean) | undefined;
  /** Told of tasks that come, go and change. */
  onEvent: ((event: KernelEvent) => void) | undefined;
  /** File systems that mount(2) knows beside tmpfs, by name: set by who has them. */
  readonly mountable = new Map<string, (pids: PidNs) => FileSystem>();
  /** A task runs a new program: its address space is another one now. */
  onExec: ((task: Task) => void) | undefined;
  private nextPid: number;

  constructor(options: KernelOptions) {
    this.host = options.host;
    this.ram = options.ram;
    this.frames = options.frames;
    this.cpu = options.cpu;
    this.vfs = options.vfs;
    this.memfds = options.memfds;
    this.rows = options.rows;
    this.table = new SyscallTable(options.rows);
    this.namespaces = initialNamespaces(this.userNs, this.vfs.mounts, this.host.ids.hostname);
    this.namespaces.net.net.now = () => this.realtime();
    this.bootTime = this.host.clock.monotonic();
    this.nextPid = (this.host.ids.pid ?? 100) - 1;
  }
  private zero = 0;
  /** The frame of zeros that anonymous memory shows until it is written. */
  zeroFrame(): number {
    if (!this.zero) this.zero = this.frames.alloc();
    return this.zero;
  }
  /** Puts a task's registers and page tables into RAM, and keeps those of the one that was there. */
  switchTo(task: Task): void {
    if (this.current !== task) {
      this.current?.regs.save();
      this.current = task;
      task.regs.load();
    }
    task.mm.space.activate();
  }
  /** CLOCK_MONOTONIC, nanoseconds. */
  now(): bigint {
    return this.host.clock.monotonic();
  }
  /** CLOCK_REALTIME, nanoseconds since the epoch. */
  realtime(): bigint {
    return this.host.clock.realtime();
  }
  log(line: string): void {
    this.host.log(line);
  }
  /** A process or thread number that is free. */
  allocPid(): number {
    do {
      this.nextPid = this.nextPid >= 0x400000 ? 300 : this.nextPid + 1;
    } while (this.tasks.has(this.nextPid) || this.processes.has(this.nextPid));
    return this.nextPid;
  }
}
