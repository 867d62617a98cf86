/** A whole machine: RAM, engine, kernel and files, joined here and nowhere else. */
import { Engine } from "../engine/engine.ts";
import type { HandlerImage } from "../engine/interp/image.ts";
import type { Host } from "../host/types.ts";
import { createFirst } from "../kernel/boot.ts";
import { exec } from "../kernel/exec.ts";
import { findProgram } from "../kernel/find-program.ts";
import { makeTree, type Tree } from "../kernel/fs/tree.ts";
import { Kernel, type Trace } from "../kernel/kernel.ts";
import { Gateway } from "../kernel/net/gateway.ts";
import { mountProc } from "../kernel/proc-facts.ts";
import { kernelInfo, sendToProcess } from "../kernel/send.ts";
import { syscalls } from "../kernel/table.ts";
import type { Task } from "../kernel/task.ts";
import { connectTerminals } from "../kernel/terminal.ts";
import { Frames, PAGE } from "../mmu/frames.ts";
import { Ram } from "../mmu/ram.ts";
import type { CpuLevel } from "../sem/cpu-features.ts";
import { HELPERS } from "../sem/helpers/index.ts";
import { SEMANTICS } from "../sem/table.ts";
import { resetRegisters } from "./cpu.ts";
import { Loop } from "./loop.ts";
import type { Pace } from "./run-task.ts";
import { RandomSlices } from "./stress.ts";

export type NetworkReach = "none" | "loopback" | "host";

export interface MachineOptions {
  host: Host;
  /** The engine's handlers: made at build time, or by engine/interp/build-image.ts. */
  image: HandlerImage;
  /** Most RAM to use, bytes; at most 4 GiB. */
  memory?: number;
  /** Directories of the host that make the guest's root; see kernel/fs/tree.ts. */
  overlays?: readonly string[];
  /** Serve no files of the host. */
  inMemory?: boolean;
  /** Working directory of the first process, "/" if it cannot be had. */
  cwd?: string;
  trace?: Trace;
  /** How far sockets reach: "loopback" (default) stays within the machine; "none" leaves only AF_UNIX. */
  net?: NetworkReach;
  /** Slices of pseudo-random length, from this seed: other interleavings of threads, which can be had again. */
  stress?: number;
  /** Compile hot code (default), interpret everything, or compile as much as possible (for tests). */
  jit?: boolean | "eager";
  /** Milliseconds, for the JIT's statistics; the host's clock if left out. */
  timer?: () => number;
  /** Decides when slices end: a recording. */
  pace?: Pace;
  /** The processor's features, by the levels of the x86-64 psABI; the highest if left out. */
  cpu?: CpuLevel;
}

/** How the first process ended: an exit code, or the signal that killed it (0 if none did). */
export interface ExitStatus {
  code: number;
  signal: number;
}

export class Machine {
  readonly ram: Ram;
  readonly frames: Frames;
  readonly engine: Engine;
  readonly kernel: Kernel;
  readonly tree: Tree;
  readonly loop: Loop;
  private readonly host: Host;
  private first: Task | undefined;
  private readonly cwd: string;

  constructor(options: MachineOptions) {
    const { host } = options;
    this.host = host;
    this.cwd = options.cwd ?? "/";
    this.ram = new Ram(options.memory);
    this.frames = new Frames(this.ram);
    const clock = host.clock.monotonic();
    this.engine = new Engine({
      ram: this.ram,
      image: options.image,
      helpers: HELPERS,
      // A time-stamp counter of 1 GHz.
      tsc: () => Number(host.clock.monotonic() - clock),
      random: (bytes) => host.random(bytes),
      level: options.cpu,
      semantics: options.jit === false ? undefined : (mnemonic) => SEMANTICS[mnemonic],
      eager: options.jit === "eager",
      clock: options.timer ?? (() => Number(host.clock.monotonic()) / 1e6),
    });
    const onCodeStore = (at: number, length: number): void => this.engine.cache.invalidate(at, length);
    this.frames.onCodeFrameFreed = (frame) => onCodeStore(frame, PAGE);
    this.tree = makeTree({
      host,
      frames: this.frames,
      onCodeStore,
      overlays: options.overlays,
      inMemory: options.inMemory,
      repeatable: options.pace !== undefined,
    });
    this.kernel = new Kernel({
      host,
      ram: this.ram,
      frames: this.frames,
      vfs: this.tree.vfs,
      memfds: this.tree.memfds,
      rows: syscalls,
      cpu: {
        level: options.cpu,
        onCodeStore,
        onFrameFreed: (frame) => onCodeStore(frame, PAGE),
        instructions: () => this.engine.instructions,
        reset: () => resetRegisters(this.ram),
      },
    });
    this.loop = new Loop(this.engine, this.kernel, host, options.pace);
    this.connectNetwork(options.net ?? "loopback");
    if (options.stress !== undefined) this.kernel.slices = new RandomSlices(options.stress);
    mountProc(this.kernel, this.tree);
    this.kernel.trace = options.trace;
    this.tree.cache.onTruncate = (owner, size) => {
      for (const mm of new Set([...this.kernel.tasks.values()].map((t) => t.mm))) mm.truncated(owner, size);
    };
    this.kernel.onExec = (task) => this.engine.use(task.mm.space);
  }

  private connectNetwork(reach: NetworkReach): void {
    const { net } = this.kernel;
    net.unixOnly = reach === "none";
    if (reach !== "host") return;
    if (this.host.net) net.gateway = new Gateway(this.host.net);
    else this.kernel.log("this host has no network that a program could use");
  }

  /** Set by `start`: if it then fails with -ENOENT, it is the program's interpreter that is missing. */
  programFound = false;

  /** Loads the first program. `path` without a slash is looked for in $PATH. 0 or -errno. */
  start(path: string, argv: readonly string[], envp: readonly string[]): number {
    const { kernel, tree } = this;
    const { vfs } = tree;
    const cwd = vfs.resolve({ root: vfs.root, cwd: vfs.root, cred: ROOT }, vfs.root, this.cwd);
    const task = createFirst(kernel, {
      stdio: tree.stdio,
      inherited: tree.inherited,
      cwd: typeof cwd === "number" ? vfs.root : cwd,
    });
    connectTerminals(kernel, tree.terminals, task.process);
    const search = envp.find((e) => e.startsWith("PATH="))?.slice(5);
    const found = findProgram(vfs, { root: task.fs.root, cwd: task.fs.cwd, cred: task.cred }, path, search);
    if (typeof found === "number") return found;
    this.programFound = true;
    kernel.switchTo(task);
    const r = exec(task, found.place, found.path, argv, envp);
    if (r < 0) return r;
    this.first = task;
    this.kernel.ready.push(task);
    return 0;
  }

  /** A signal from outside for the first process; signals of the terminal go to its foreground group (fs/tree.ts). */
  signal(signo: number): void {
    if (this.first && !this.first.process.zombie) sendToProcess(this.first.process, kernelInfo(signo));
  }

  /** Runs until no process is left. How the first one ended. */
  async run(): Promise<ExitStatus> {
    await this.loop.run();
    return this.status;
  }
  /** Ends a sleep of the loop. */
  wake(): void {
    this.host.wake();
  }
  /** Meaningful once no process is left. */
  get status(): ExitStatus {
    const status = this.first?.process.status ?? 0;
    return { code: (status >> 8) & 0xff, signal: status & 0x7f };
  }
}

const ROOT = { uid: 0, gid: 0, euid: 0, egid: 0, suid: 0, sgid: 0, fsuid: 0, fsgid: 0, groups: [] };
