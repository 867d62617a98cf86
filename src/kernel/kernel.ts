import type { Host } from "../host/types.ts";
import type { Frames } from "../mmu/frames.ts";
import type { Ram } from "../mmu/ram.ts";
import type { CpuAccess } from "./cpu-access.ts";
import type { Process } from "./process.ts";
import type { Task } from "./task.ts";
import { Timers } from "./timers.ts";
import type { SyscallRow } from "./types.ts";

export interface KernelOptions {
  host: Host;
  ram: Ram;
  frames: Frames;
  cpu: CpuAccess;
  rows: readonly SyscallRow[];
}

/** The state that all tasks share. */
export class Kernel {
  readonly host: Host;
  readonly ram: Ram;
  readonly frames: Frames;
  readonly cpu: CpuAccess;
  readonly rows: readonly SyscallRow[];
  readonly timers = new Timers();
  /** Threads by tid; a zombie leader's stays until its process is reaped. */
  readonly tasks = new Map<number, Task>();
  readonly processes = new Map<number, Process>();
  /** The task whose registers and page tables are in RAM. */
  current: Task | undefined;
  hostname: string;
  domainname = "(none)";
  readonly bootTime: bigint;
  private nextPid = 100;

  constructor(options: KernelOptions) {
    this.host = options.host;
    this.ram = options.ram;
    this.frames = options.frames;
    this.cpu = options.cpu;
    this.rows = options.rows;
    this.hostname = this.host.ids.hostname;
    this.bootTime = this.host.clock.monotonic();
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
