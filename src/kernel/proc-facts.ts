/** The kernel's facts as /proc shows them (fs/proc-source.ts). */

import { SIG_DFL, SIG_IGN } from "../abi/signal.ts";
import { Attached } from "../base/attached.ts";
import { EXEC, READ, WRITE } from "../mmu/access.ts";
import { PAGE } from "../mmu/frames.ts";
import { type CpuLevel, DEFAULT_LEVEL, FEATURES, hasFeature } from "../sem/cpu-features.ts";
import { forceWrite } from "./force-write.ts";
import type { ProcMapping, ProcMemory, ProcProcess, ProcSource, ProcTask } from "./fs/proc-source.ts";
import { ProcFs } from "./fs/procfs.ts";
import type { Terminals } from "./fs/terminals.ts";
import type { Tree } from "./fs/tree.ts";
import type { Kernel } from "./kernel.ts";
import type { Mm } from "./mm.ts";
import type { Process } from "./process.ts";
import { processUsage } from "./rusage.ts";
import { sigBit } from "./sighand.ts";
import { UTS } from "./sys/misc.ts";
import type { Task } from "./task.ts";
import type { Vma } from "./vma.ts";

/** Mounts /proc. */
export function mountProc(kernel: Kernel, tree: Tree): void {
  const { mounts } = tree.vfs;
  const proc = new ProcFs(new KernelFacts(kernel, tree), mounts, () => kernel.realtime());
  mounts.mount(mounts.root, "proc", proc, "proc");
}

class KernelFacts implements ProcSource {
  readonly release = UTS.release;
  readonly version = UTS.version;
  readonly cpu: ProcSource["cpu"];
  private readonly processes = new Attached<Process, ProcProcess>("facts");

  constructor(
    private readonly kernel: Kernel,
    private readonly tree: Tree,
  ) {
    const flags = cpuFlags(kernel.cpu.level ?? DEFAULT_LEVEL);
    this.cpu = { vendor: "GenuineIntel", model: "blink.ts virtual processor", flags };
  }
  get cpus(): number {
    return this.kernel.host.ids.cpus;
  }
  get hostname(): string {
    return this.kernel.hostname;
  }
  set hostname(name: string) {
    this.kernel.hostname = name;
  }
  get domainname(): string {
    return this.kernel.domainname;
  }
  set domainname(name: string) {
    this.kernel.domainname = name;
  }
  self(): { pid: number; tid: number } | undefined {
    const task = this.kernel.current;
    return task && { pid: task.process.pid, tid: task.tid };
  }
  pids(): number[] {
    return [...this.kernel.processes.keys()].sort((a, b) => a - b);
  }
  process(pid: number): ProcProcess | undefined {
    // Any thread's number names its process, though only leaders are listed.
    const process = this.kernel.processes.get(pid) ?? this.kernel.tasks.get(pid)?.process;
    if (!process || process.reaped) return undefined;
    let facts = this.processes.get(process);
    if (!facts) {
      facts = new ProcessFacts(process, this.tree.terminals);
      this.processes.set(process, facts);
    }
    return facts;
  }
  memory(): { total: number; free: number; cached: number } {
    const { total, available } = this.kernel.frames;
    return { total, free: available, cached: this.tree.cache.size * PAGE };
  }
  uptime(): bigint {
    return this.kernel.now() - this.kernel.bootTime;
  }
  bootSeconds(): number {
    return Math.floor(Number(this.kernel.realtime() - this.uptime()) / 1e9);
  }
  busy(): number {
    let ns = 0;
    for (const p of this.kernel.processes.values()) {
      const u = processUsage(p);
      ns += u.utime + u.stime + p.childUsage.utime + p.childUsage.stime;
    }
    return ns;
  }
  forks(): number {
    return Math.max(0, ...this.kernel.tasks.keys());
  }
  random(bytes: Uint8Array): void {
    this.kernel.host.random(bytes);
  }
}

class ProcessFacts implements ProcProcess {
  private mmFacts: { mm: Mm; facts: MemoryFacts } | undefined;
  constructor(
    private readonly process: Process,
    private readonly terminals: Terminals,
  ) {}
  private get leader(): Task | undefined {
    return this.process.leader;
  }
  get pid(): number {
    return this.process.pid;
  }
  get ppid(): number {
    // The first process has no parent in here.
    return this.process.parent?.pid ?? 0;
  }
  get pgid(): number {
    return this.process.pgid;
  }
  get sid(): number {
    return this.process.sid;
  }
  get tty(): { dev: number; foreground: number } {
    const tty = this.terminals.ofSession(this.process.sid);
    return tty ? { dev: tty.dev, foreground: tty.pgrp } : { dev: 0, foreground: -1 };
  }
  get tasks(): readonly ProcTask[] {
    return this.process.tasks.map((t) => new TaskFacts(t));
  }
  get startTime(): bigint {
    return this.process.startTime - this.process.kernel.bootTime;
  }
  get children(): { utime: number; stime: number } {
    return this.process.childUsage;
  }
  get sharedPending(): bigint {
    return this.process.pending.set;
  }
  get ignored(): bigint {
    return this.signals((handler) => handler === SIG_IGN);
  }
  get caught(): bigint {
    return this.signals((handler) => handler !== SIG_IGN && handler !== SIG_DFL);
  }
  private signals(which: (handler: number) => boolean): bigint {
    const actions = this.leader?.sighand.actions ?? [];
    return actions.reduce((set, a, signo) => (signo > 0 && which(a.handler) ? set | sigBit(signo) : set), 0n);
  }
  get umask(): number {
    return this.leader?.fs.umask ?? 0;
  }
  get exitSignal(): number {
    return this.process.exitSignal;
  }
  get limits(): readonly { soft: number; hard: number }[] {
    return this.process.limits;
  }
  get memory(): ProcMemory | undefined {
    const mm = this.process.zombie ? undefined : this.leader?.mm;
    if (!mm) return undefined;
    if (this.mmFacts?.mm !== mm) this.mmFacts = { mm, facts: new MemoryFacts(mm) };
    return this.mmFacts.facts;
  }
  get cwd() {
    return this.leader?.fs.cwd;
  }
  get root() {
    return this.leader?.fs.root;
  }
  fds(): number[] {
    return this.leader?.fds.list() ?? [];
  }
  fd(n: number) {
    return this.leader?.fds.get(n);
  }
  cloexec(fd: number): boolean {
    return this.leader?.fds.cloexec(fd) ?? false;
  }
}

class TaskFacts implements ProcTask {
  constructor(private readonly task: Task) {}
  get tid(): number {
    return this.task.tid;
  }
  get comm(): string {
    return this.task.name;
  }
  setComm(name: string): void {
    this.task.name = name;
  }
  get state(): ProcTask["state"] {
    const { task } = this;
    if (task.state === "dead") return "Z";
    if (task.state === "traced") return "t";
    if (task.state === "stopped" || task.process.stopSignal) return "T";
    if (task.state === "ready") return "R";
    return task.waiting?.park.uninterruptible ? "D" : "S";
  }
  get cred() {
    return this.task.cred;
  }
  get tracer(): number {
    return this.task.tracee?.tracer.process.pid ?? 0;
  }
  get blocked(): bigint {
    return this.task.mask;
  }
  get pending(): bigint {
    return this.task.pending.set;
  }
  get nice(): number {
    return this.task.nice;
  }
  get utime(): number {
    return this.task.usage.utime;
  }
  get stime(): number {
    return this.task.usage.stime;
  }
}

class MemoryFacts implements ProcMemory {
  constructor(private readonly mm: Mm) {}
  get size(): number {
    return this.mm.size;
  }
  get rss(): number {
    return this.mm.space.pages * PAGE;
  }
  get peakRss(): number {
    return this.mm.peakPages * PAGE;
  }
  get startCode(): number {
    return this.mm.startCode;
  }
  get endCode(): number {
    return this.mm.endCode;
  }
  get startStack(): number {
    return this.mm.startStack;
  }
  get startData(): number {
    return this.mm.startData;
  }
  get endData(): number {
    return this.mm.endData;
  }
  get brkStart(): number {
    return this.mm.brkStart;
  }
  get argStart(): number {
    return this.mm.argStart;
  }
  get argEnd(): number {
    return this.mm.argEnd;
  }
  get envStart(): number {
    return this.mm.envStart;
  }
  get envEnd(): number {
    return this.mm.envEnd;
  }
  get auxv(): readonly bigint[] {
    return this.mm.auxv;
  }
  get exe() {
    return this.mm.exe;
  }
  mappings(): ProcMapping[] {
    return this.mm.vmas.list.map((v) => this.mapping(v));
  }
  private mapping(v: Vma): ProcMapping {
    let rss = 0;
    this.mm.space.each(v.start, v.end, () => {
      rss += PAGE;
    });
    const st = v.source?.place?.inode.stat();
    const known = st !== undefined && typeof st !== "number";
    return {
      start: v.start,
      end: v.end,
      read: (v.prot & READ) !== 0,
      write: (v.prot & WRITE) !== 0,
      exec: (v.prot & EXEC) !== 0,
      shared: v.shared,
      offset: v.source ? v.offset : 0,
      dev: known ? st.dev : 0,
      ino: known ? st.ino : 0,
      name: v.source?.describe() ?? v.name,
      rss,
    };
  }
  read(address: number, length: number): Uint8Array {
    const { user } = this.mm;
    return user.readBytes(address, user.accessible(address, length, READ));
  }
  write(address: number, bytes: Uint8Array): number {
    return forceWrite(this.mm, address, bytes);
  }
}

/** Linux's names of features, where they are not simply the manual's in small letters. */
const FLAG_NAMES: Record<string, string> = {
  CLFSH: "clflush",
  SSE3: "pni",
  SSE41: "sse4_1",
  SSE42: "sse4_2",
  LAHF: "lahf_lm",
  LZCNT: "abm",
  OSXSAVE: "",
  SHA: "sha_ni",
  PREFETCHW: "3dnowprefetch",
  INVARIANT_TSC: "constant_tsc nonstop_tsc",
};

function cpuFlags(level: CpuLevel): string[] {
  const present = FEATURES.filter((f) => hasFeature(level, f.name));
  return present.flatMap((f) => (FLAG_NAMES[f.name] ?? f.name.toLowerCase()).split(" ")).filter((n) => n !== "");
}
