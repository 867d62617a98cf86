/** For tests: a kernel with one task and files in memory, no engine. System calls are made by name. */
import { FRAMES } from "../../cpu/layout.ts";
import type { Host, HostStream } from "../../host/types.ts";
import { UserFault } from "../../mmu/access.ts";
import { Frames, PAGE } from "../../mmu/frames.ts";
import { Ram } from "../../mmu/ram.ts";
import type { UserMemory } from "../../mmu/user.ts";
import { makeCred } from "../cred.ts";
import { FdTable } from "../fdtable.ts";
import { makeTree, type Tree } from "../fs/tree.ts";
import { FsInfo } from "../fsinfo.ts";
import { Kernel } from "../kernel.ts";
import { Mm } from "../mm.ts";
import { mapRegion } from "../mmap.ts";
import { Process } from "../process.ts";
import { SigHand } from "../sighand.ts";
import { syscalls } from "../table.ts";
import { Task } from "../task.ts";
import type { Call, Park, SyscallRow } from "../types.ts";

/** A call's outcome: a number, or what it waits for. */
export type Outcome = number | Park;

const AREA = 0x10000;

class FakeStream implements HostStream {
  isTty = false;
  onReady: (() => void) | undefined;
  written = "";
  read(): number {
    return 0;
  }
  write(from: Uint8Array): number {
    this.written += String.fromCharCode(...from);
    return from.length;
  }
  readable(): boolean {
    return true;
  }
  size(): { cols: number; rows: number } {
    return { cols: 80, rows: 24 };
  }
  setRaw(): void {}
  close(): void {}
}

export class Testbed {
  /** Monotonic nanoseconds; tests move it on. */
  time = 1000n;
  readonly logged: string[] = [];
  readonly kernel: Kernel;
  readonly task: Task;
  readonly tree: Tree;
  readonly stdio = [new FakeStream(), new FakeStream(), new FakeStream()] as const;
  private next: number;
  private readonly end: number;

  constructor() {
    const host: Host = {
      clock: { realtime: () => 1_700_000_000_000_000_000n + this.time, monotonic: () => this.time },
      random: (bytes) => bytes.fill(7),
      stdio: [...this.stdio],
      log: (line) => this.logged.push(line),
      ids: { uid: 0, gid: 0, hostname: "test", cpus: 1 },
      sleep: () => Promise.resolve(),
      wake: () => {},
    };
    const ram = new Ram(FRAMES + 0x2000000);
    const frames = new Frames(ram);
    const cpu = { onCodeStore: () => {}, onFrameFreed: () => {}, instructions: () => 0, reset: () => {} };
    this.tree = makeTree({ host, frames, onCodeStore: () => {}, inMemory: true });
    const { vfs, memfds } = this.tree;
    this.kernel = new Kernel({ host, ram, frames, cpu, vfs, memfds, rows: syscalls });
    this.task = this.makeTask();
    this.next = mapRegion(this.task.mm, { address: 0x400000, length: AREA, prot: 3, fixed: true, vma: {} });
    this.end = this.next + AREA;
  }
  private makeTask(): Task {
    const { kernel, tree } = this;
    const mm = Mm.create(kernel);
    if (!mm) throw new Error("no memory");
    const process = new Process(kernel, kernel.allocPid(), undefined);
    kernel.processes.set(process.pid, process);
    const fs = new FsInfo(tree.vfs.root, tree.vfs.root);
    const parts = {
      mm,
      fds: new FdTable(),
      fs,
      sighand: new SigHand(),
      cred: makeCred(0, 0, kernel.userNs),
      ns: kernel.namespaces,
    };
    const task = new Task(kernel, process.pid, process, parts);
    kernel.tasks.set(task.tid, task);
    for (const file of tree.stdio) task.fds.install(file, false, 3);
    return task;
  }
  get user(): UserMemory {
    return this.task.mm.user;
  }
  /** Guest memory for n bytes. */
  buffer(n: number): number {
    const at = this.next;
    this.next += Math.ceil(n / 16) * 16;
    if (this.next > this.end) throw new Error("the test needs more memory");
    return at;
  }
  /** A page boundary behind which nothing is mapped. */
  get edge(): number {
    return this.end;
  }
  text(s: string): number {
    const at = this.buffer(s.length + 1);
    this.user.writeBytes(at, new TextEncoder().encode(`${s}\0`));
    return at;
  }
  string(at: number, length: number): string {
    return String.fromCharCode(...this.user.readBytes(at, length));
  }

  /** Begins a call; strings become pointers to them. */
  begin(name: string, ...args: (number | string)[]): PendingCall {
    const row = syscalls.find((r) => r.name === name);
    if (!row) throw new Error(`no system call ${name}`);
    const values = args.map((a) => (typeof a === "string" ? this.text(a) : a));
    while (values.length < 6) values.push(0);
    return new PendingCall(this, row, values);
  }
  /** Makes a call. */
  call(name: string, ...args: (number | string)[]): Outcome {
    return this.begin(name, ...args).run();
  }
  /** Pages of guest memory with nothing around them. */
  static readonly page = PAGE;
}

/** A call that can be tried again, as the dispatcher does. */
export class PendingCall implements Call {
  readonly kernel: Kernel;
  readonly task: Task;
  state: unknown;
  timedOut = false;

  constructor(
    bed: Testbed,
    readonly row: SyscallRow,
    readonly args: readonly number[],
  ) {
    this.kernel = bed.kernel;
    this.task = bed.task;
  }
  argBig(i: number): bigint {
    return BigInt.asUintN(64, BigInt(this.args[i]));
  }
  run(): Outcome {
    const [a, b, c, d, e, f] = this.args;
    try {
      const r = this.row.fn(this, a, b, c, d, e, f);
      if (typeof r === "symbol") throw new Error("no return value");
      return r;
    } catch (error) {
      if (error instanceof UserFault) return -14;
      throw error;
    }
  }
}
