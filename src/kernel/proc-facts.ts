/** The kernel's facts as /proc shows them (fs/proc-source.ts). */

import { SIG_DFL, SIG_IGN } from "../abi/signal.ts";
import { Attached } from "../base/attached.ts";
import { EXEC, READ, WRITE } from "../mmu/access.ts";
import { PAGE } from "../mmu/frames.ts";
import { type CpuLevel, DEFAULT_LEVEL, FEATURES, hasFeature } from "../sem/cpu-features.ts";
import type { Place } from "../vfs/types.ts";
import { forceWrite } from "./force-write.ts";
import type { IdMapFile, ProcMapping, ProcMemory, ProcProcess, ProcSource, ProcTask } from "./fs/proc-source.ts";
import { ProcFs } from "./fs/procfs.ts";
import { SysFs } from "./fs/sysfs.ts";
import type { Terminals } from "./fs/terminals.ts";
import type { Tree } from "./fs/tree.ts";
import { idMapText, setIdMap } from "./id-maps.ts";
import type { Kernel } from "./kernel.ts";
import type { Mm } from "./mm.ts";
import type { AnyNs, UtsNs } from "./namespaces.ts";
import { NET_FILES } from "./net-text.ts";
import { nsPlace } from "./nsfs.ts";
import type { PidNs } from "./pid-ns.ts";
import type { Process } from "./process.ts";
import { processUsage } from "./rusage.ts";
import { sigBit } from "./sighand.ts";
import { UTS } from "./sys/misc.ts";
import type { Task } from "./task.ts";
import type { Vma } from "./vma.ts";

/** Mounts /proc, and lets mount(2) do so again, and with what else there is. */
export function mountProc(kernel: Kernel, tree: Tree): void {
  const { mounts } = tree.vfs;
  const make = (pids: PidNs): ProcFs => new ProcFs(new KernelFacts(kernel, tree, pids), () => kernel.realtime());
  mounts.mount(mounts.root, "proc", make(kernel.namespaces.pidForChildren), "proc");
  kernel.mountable.set("proc", make);
  const { cpus } = kernel.host.ids;
  const interfaces = () => (kernel.current?.ns ?? kernel.namespaces).net.net.interfaces();
  kernel.mountable.set("sysfs", () => new SysFs({ cpus, interfaces }, () => kernel.realtime()));
  kernel.mountable.set("devpts", () => tree.terminals.devpts);
  kernel.mountable.set("devtmpfs", () => tree.devfs);
}

class KernelFacts implements ProcSource {
  readonly release = UTS.release;
  readonly version = UTS.version;
  readonly cpu: ProcSource["cpu"];
  private readonly processes = new Attached<Process, ProcProcess>("facts");

  constructor(
    private readonly kernel: Kernel,
    private readonly tree: Tree,
    /** Whose numbers it shows. */
    private readonly numbers: PidNs,
  ) {
    const flags = cpuFlags(kernel.cpu.level ?? DEFAULT_LEVEL);
    this.cpu = { vendor: "GenuineIntel", model: "blink.ts virtual processor", flags };
  }
  get cpus(): number {
    return this.kernel.host.ids.cpus;
  }
  private get uts(): UtsNs {
    return (this.kernel.current?.ns ?? this.kernel.namespaces).uts;
  }
  get hostname(): string {
    return this.uts.hostname;
  }
  set hostname(name: string) {
    this.uts.hostname = name;
  }
  get domainname(): string {
    return this.uts.domainname;
  }
  set domainname(name: string) {
    this.uts.domainname = name;
  }
  self(): { pid: number; tid: number } | undefined {
    const task = this.kernel.current;
    const pid = task ? this.numbers.shown(task.process.pid) : 0;
    return task && pid > 0 ? { pid, tid: this.numbers.shown(task.tid) } : undefined;
  }
  pids(): number[] {
    const all = [...this.kernel.processes.keys()].map((pid) => this.numbers.shown(pid));
    return all.filter((pid) => pid > 0).sort((a, b) => a - b);
  }
  process(number: number, tid?: number): ProcProcess | undefined {
    const pid = this.numbers.machine(number);
    // Any thread's number names its process, though only leaders are listed.
    const process = this.kernel.processes.get(pid) ?? this.kernel.tasks.get(pid)?.process;
    if (!process || process.reaped) return undefined;
    if (tid !== undefined && tid !== number)
      return new ProcessFacts(process, this.tree.terminals, this.numbers, this.numbers.machine(tid));
    let facts = this.processes.get(process);
    if (!facts) {
      facts = new ProcessFacts(process, this.tree.terminals, this.numbers);
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
    private readonly numbers: PidNs,
    /** Which thread's memory, files and directories count. */
    private readonly tid = process.pid,
  ) {}
  /** The thread; while there is none with that number, another. */
  private get thread(): Task | undefined {
    const { process, tid } = this;
    if (tid === process.pid && process.endedLeader) return process.endedLeader;
    return process.tasks.find((t) => t.tid === tid) ?? process.leader;
  }
  /** The thread, unless it has ended. */
  private get alive(): Task | undefined {
    return this.thread?.state === "dead" ? undefined : this.thread;
  }
  get machinePid(): number {
    return this.process.pid;
  }
  get pid(): number {
    return this.numbers.shown(this.process.pid);
  }
  get ppid(): number {
    // The first process has no parent in here.
    return this.process.parent ? this.numbers.shown(this.process.parent.pid) : 0;
  }
  get pgid(): number {
    return this.numbers.shown(this.process.pgid);
  }
  get sid(): number {
    return this.numbers.shown(this.process.sid);
  }
  get tty(): { dev: number; foreground: number } {
    const tty = this.terminals.ofSession(this.process.sid);
    return tty ? { dev: tty.dev, foreground: tty.pgrp } : { dev: 0, foreground: -1 };
  }
  get tasks(): readonly ProcTask[] {
    const { endedLeader, tasks } = this.process;
    return [...(endedLeader ? [endedLeader] : []), ...tasks].map((t) => new TaskFacts(t, this.numbers));
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
    const actions = this.thread?.sighand.actions ?? [];
    return actions.reduce((set, a, signo) => (signo > 0 && which(a.handler) ? set | sigBit(signo) : set), 0n);
  }
  get umask(): number {
    return this.thread?.fs.umask ?? 0;
  }
  get exitSignal(): number {
    return this.process.exitSignal;
  }
  get limits(): readonly { soft: number; hard: number }[] {
    return this.process.limits;
  }
  get memory(): ProcMemory | undefined {
    const mm = this.alive?.mm;
    if (!mm) return undefined;
    if (this.mmFacts?.mm !== mm) this.mmFacts = { mm, facts: new MemoryFacts(mm) };
    return this.mmFacts.facts;
  }
  get cwd() {
    return this.alive?.fs.cwd;
  }
  get root() {
    return this.alive?.fs.root;
  }
  get netFiles() {
    return Object.keys(NET_FILES);
  }
  netFile(name: string): string {
    const { kernel } = this.process;
    return NET_FILES[name](kernel, (this.thread?.ns ?? kernel.namespaces).net);
  }
  get mounts() {
    return (this.thread?.ns ?? this.process.kernel.namespaces).mnt.table;
  }
  fds(): number[] {
    return this.alive?.fds.list() ?? [];
  }
  fd(n: number) {
    return this.alive?.fds.get(n);
  }
  cloexec(fd: number): boolean {
    return this.alive?.fds.cloexec(fd) ?? false;
  }
}

/** What /proc/PID/ns names. */
const NAMESPACES: Readonly<Record<string, (task: Task) => AnyNs>> = {
  cgroup: (t) => t.ns.cgroup,
  ipc: (t) => t.ns.ipc,
  mnt: (t) => t.ns.mnt,
  net: (t) => t.ns.net,
  pid: (t) => t.process.pidNs,
  pid_for_children: (t) => t.ns.pidForChildren,
  time: (t) => t.ns.time,
  time_for_children: (t) => t.ns.time,
  user: (t) => t.cred.userNs,
  uts: (t) => t.ns.uts,
};

class TaskFacts implements ProcTask {
  constructor(
    private readonly task: Task,
    private readonly numbers: PidNs,
  ) {}
  get tid(): number {
    return this.numbers.shown(this.task.tid);
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
  get ids() {
    const { cred, kernel } = this.task;
    const { userNs } = kernel.current?.cred ?? cred;
    return {
      uids: [cred.uid, cred.euid, cred.suid, cred.fsuid].map((id) => userNs.shown("uid", id)),
      gids: [cred.gid, cred.egid, cred.sgid, cred.fsgid].map((id) => userNs.shown("gid", id)),
      groups: cred.groups.map((id) => userNs.shown("gid", id)),
    };
  }
  get namespaces() {
    return Object.keys(NAMESPACES);
  }
  namespace(name: string): Place | undefined {
    const of = NAMESPACES[name];
    return this.task.state === "dead" ? undefined : of && nsPlace(of(this.task));
  }
  idMap(file: IdMapFile): string {
    return idMapText(this.task, file);
  }
  setIdMap(file: IdMapFile, text: string): number {
    return setIdMap(this.task, file, text);
  }
  get seccomp() {
    const { mode, filter } = this.task.seccomp;
    return { mode, filters: filter?.depth ?? 0 };
  }
  get tracer(): number {
    const tracer = this.task.tracee?.tracer;
    return tracer ? this.numbers.shown(tracer.process.pid) : 0;
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
