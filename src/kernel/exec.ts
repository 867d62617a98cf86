/** execve(2): replaces the program of a process. */

import { ET_DYN } from "../abi/elf.ts";
import { ENOMEM } from "../abi/errno.ts";
import { RLIMIT_STACK } from "../abi/resource.ts";
import { SIGSEGV, SS_DISABLE } from "../abi/signal.ts";
import * as U from "../abi/ucontext.ts";
import { alignUp } from "../base/bits.ts";
import * as L from "../cpu/layout.ts";
import { mapFlat } from "../loader/flat.ts";
import { DYN_BASE, type MappedElf, mapElf } from "../loader/map-elf.ts";
import { buildStack, checkArguments, type StackImage } from "../loader/stack.ts";
import type { LoadTarget } from "../loader/target.ts";
import { UserFault } from "../mmu/access.ts";
import { DEFAULT_LEVEL, hasFeature } from "../sem/cpu-features.ts";
import type { Place } from "../vfs/types.ts";
import { afterExec, type TaskCred } from "./cred.ts";
import { exitProcess, killOthers, releaseMm } from "./exit.ts";
import { FPFRAME_SIZE } from "./fpstate.ts";
import { closeProgram, openProgram, type Program } from "./image.ts";
import { Mm } from "./mm.ts";
import { mapRegion, unmapRegion } from "./mmap.ts";
import { tracedExec } from "./ptrace.ts";
import { returnTo, USER_CS, USER_SS } from "./segments.ts";
import { credentialsFor, isSecure } from "./setuid.ts";
import { FileSource } from "./source.ts";
import type { Task } from "./task.ts";

/** CPUID.1:EDX of the processor that the engine is. */
const HWCAP = 0x178bfbff;
/** <asm/hwcap2.h>: programs may use RDFSBASE and its kin. */
const HWCAP2_FSGSBASE = 2;
/** What a signal frame needs at most, with alignment and red zone. */
const MIN_SIG_STACK = alignUp(U.FRAME_SIZE + FPFRAME_SIZE + 128 + 64 + 16, 16);

function targetOf(mm: Mm): LoadTarget {
  return {
    user: mm.user,
    map: (address, length, prot, how) =>
      mapRegion(mm, {
        address,
        length,
        prot,
        fixed: how.fixed,
        noReplace: how.fixed && !how.replace,
        vma: {
          source: how.file ? new FileSource(how.file) : undefined,
          offset: how.offset ?? 0,
          growsDown: how.growsDown ?? false,
          name: how.name ?? "",
        },
      }),
    unmap: (start, length) => {
      unmapRegion(mm, start, length);
    },
  };
}

interface Loaded {
  mm: Mm;
  entry: number;
  stack: StackImage;
}

/** Builds the new memory; -errno if that cannot be. */
function load(task: Task, p: Program, mm: Mm, envp: readonly string[], cred: TaskCred): Loaded | number {
  const target = targetOf(mm);
  const main = p.elf ? mapMain(p, p.elf, target) : mapBin(p, target);
  if (typeof main === "number") return main;
  let base: MappedElf | undefined;
  if (p.interpreter) {
    const mapped = mapElf(p.interpreter.elf, p.interpreter.file, target, undefined);
    if (typeof mapped === "number") return mapped;
    base = mapped;
  }
  mm.exe = p.file.place;
  mm.startCode = main.startCode;
  mm.endCode = main.endCode;
  mm.startData = main.startData;
  mm.endData = main.endData;
  // Programs without an interpreter lie where mmap goes: their heap gets the place of ordinary ones.
  const lonelyDyn = p.elf?.type === ET_DYN && !p.interpreter;
  mm.brkStart = mm.brk = lonelyDyn ? DYN_BASE : main.end;
  const random = new Uint8Array(16);
  task.kernel.host.random(random);
  const stack = buildStack(
    {
      argv: p.argv,
      envp,
      execFn: p.execFn,
      phdr: main.phdr,
      phnum: p.elf?.phnum ?? 0,
      entry: main.entry,
      base: base?.bias ?? 0,
      uid: cred.userNs.shown("uid", cred.uid),
      euid: cred.userNs.shown("uid", cred.euid),
      gid: cred.userNs.shown("gid", cred.gid),
      egid: cred.userNs.shown("gid", cred.egid),
      secure: isSecure(cred),
      random,
      hwcap: HWCAP,
      hwcap2: hasFeature(task.kernel.cpu.level ?? DEFAULT_LEVEL, "FSGSBASE") ? HWCAP2_FSGSBASE : 0,
      minSigStack: MIN_SIG_STACK,
      execStack: p.elf?.execStack ?? true,
    },
    target,
  );
  if (typeof stack === "number") return stack;
  Object.assign(mm, { startStack: stack.rsp, auxv: stack.auxv });
  Object.assign(mm, { argStart: stack.argStart, argEnd: stack.argEnd, envStart: stack.envStart, envEnd: stack.envEnd });
  return { mm, entry: base?.entry ?? main.entry, stack };
}

function mapMain(p: Program, elf: NonNullable<Program["elf"]>, target: LoadTarget): MappedElf | number {
  return mapElf(elf, p.file, target, p.interpreter ? DYN_BASE : undefined);
}

function mapBin(p: Program, target: LoadTarget): MappedElf | number {
  const st = p.file.stat();
  if (typeof st === "number") return st;
  const flat = mapFlat(p.file, st.size, target);
  if (typeof flat === "number") return flat;
  const { entry, end } = flat;
  return { bias: 0, phdr: 0, entry, end, startCode: entry, endCode: end, startData: entry, endData: end };
}

/**
 * Runs the program at `place` in the task's process. Returns -errno while the old program is intact; 0 when the task runs
 * the new one, or was killed because it could not be loaded any more.
 */
export function exec(task: Task, place: Place, path: string, argv: readonly string[], envp: readonly string[]): number {
  const stackLimit = task.process.limits[RLIMIT_STACK].soft;
  // An empty argument list becomes one empty argument, since Linux 5.18.
  const p = openProgram(task, place, path, argv.length === 0 ? [""] : argv);
  if (typeof p === "number") return p;
  const tooBig = checkArguments(p.argv, envp, stackLimit);
  if (tooBig < 0) {
    closeProgram(p);
    return tooBig;
  }
  const mm = Mm.create(task.kernel);
  if (!mm) {
    closeProgram(p);
    return -ENOMEM;
  }
  mm.layout(stackLimit);
  const cred = credentialsFor(task, p.file);
  const loaded = tryLoad(task, p, mm, envp, cred);
  const name = p.name.slice(p.name.lastIndexOf("/") + 1);
  closeProgram(p);
  if (typeof loaded === "number") {
    // Linux has thrown away the old program by now.
    task.kernel.log(`${path}: cannot be loaded (error ${-loaded})`);
    mm.release();
    exitProcess(task.process, SIGSEGV);
    return 0;
  }
  commit(task, loaded, name, cred);
  return 0;
}

function tryLoad(task: Task, p: Program, mm: Mm, envp: readonly string[], cred: TaskCred): Loaded | number {
  try {
    return load(task, p, mm, envp, cred);
  } catch (e) {
    if (e instanceof UserFault) return -ENOMEM;
    throw e;
  }
}

/** The point of no return: the process becomes the new program. */
function commit(task: Task, loaded: Loaded, name: string, cred: TaskCred): void {
  const { kernel, process, regs } = task;
  const formerTid = task.tid;
  killOthers(task);
  becomeLeader(task);
  if (task.fds.refs > 1) {
    const own = task.fds.fork();
    task.fds.release();
    task.fds = own;
  }
  task.fds.closeOnExec();
  task.sighand = task.sighand.copy();
  task.sighand.resetCaught();
  task.altStack = { sp: 0, flags: SS_DISABLE, size: 0 };
  task.clearTid = 0;
  task.robustList = 0;
  task.rseq = undefined;
  task.deathSignal = 0;
  for (const t of process.posixTimers.values()) kernel.timers.cancel(t.timer);
  process.posixTimers.clear();
  process.didExec = true;
  task.cred = afterExec(cred);
  // suid_dumpable (proc(5)) is 0.
  process.dumpable = isSecure(cred) ? 0 : 1;
  task.name = name.slice(0, 15);
  // A parent in vfork goes on first, as it mostly does where there are several processors.
  if (task.onRelease) kernel.yielding = true;
  releaseMm(task);
  task.mm = loaded.mm;
  task.mm.stackLimit = process.limits[RLIMIT_STACK].soft;
  resetRegisters(task);
  regs.setGpr(L.RSP, loaded.stack.rsp);
  regs.rip = BigInt(loaded.entry);
  task.kernel.onExec?.(task);
  task.kernel.onEvent?.({ kind: "exec", task });
  tracedExec(task, formerTid);
}

/** All general registers are zero, RDX too: programs register what it points to with atexit(3). */
function resetRegisters(task: Task): void {
  const { regs } = task;
  if (!regs.loaded) regs.load();
  task.kernel.cpu.reset();
  regs.flags = 0x202;
  returnTo(task, USER_CS, USER_SS);
}

/** The thread that calls execve takes over the process's id. */
function becomeLeader(task: Task): void {
  const { kernel, process } = task;
  if (task.tid === process.pid) return;
  kernel.tasks.delete(task.tid);
  task.tid = process.pid;
  kernel.tasks.set(task.tid, task);
  process.endedLeader = undefined;
  process.leaderTracee = task.tracee;
}
