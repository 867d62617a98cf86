/** ptrace(2), restart_syscall(2). */
import { EINTR, EINVAL, EIO, EPERM, ESRCH } from "../../abi/errno.ts";
import * as P from "../../abi/ptrace.ts";
import { SIGINFO_SIZE, SIGKILL, SIGRTMAX, SIGSTOP } from "../../abi/signal.ts";
import { RAX, RSP } from "../../cpu/layout.ts";
import { READ } from "../../mmu/access.ts";
import { forceWrite } from "../force-write.ts";
import { FPFRAME_SIZE, plainXstate, restoreFp, saveFp, XSTATE_SIZE, xstateFrame } from "../fpstate.ts";
import { detach, interruptTracee, listen, resumeTracee } from "../ptrace.ts";
import { kernelInfo, sendToTask } from "../send.ts";
import { UNBLOCKABLE } from "../sighand.ts";
import { decodeSigInfo, encodeSigInfo } from "../siginfo.ts";
import type { Task } from "../task.ts";
import { type ResumeMode, Tracee } from "../tracee.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";
import { peekUser, pokeUser, readRegs, writeRegs } from "../user-regs.ts";

function traceMe(call: Call): number {
  const { task } = call;
  const tracer = task.process.parent?.leader;
  if (task.tracee || !tracer) return -EPERM;
  new Tracee(task, tracer, false);
  return 0;
}

/** PTRACE_ATTACH and PTRACE_SEIZE. */
function attach(call: Call, pid: number, seize: boolean, address: number, options: number): number {
  const { task, kernel } = call;
  if (seize && (address !== 0 || options & ~P.PTRACE_O_MASK)) return -EIO;
  const target = kernel.tasks.get(pid);
  if (!target) return -ESRCH;
  const { cred } = task;
  const same = cred.uid === target.cred.uid && cred.uid === target.cred.suid && target.process.dumpable === 1;
  if (target.process === task.process || target.tracee || !(cred.euid === 0 || same)) return -EPERM;
  const tracee = new Tracee(target, task, seize);
  tracee.options = seize ? options : 0;
  const stopped = target.process.stopSignal !== 0;
  if (!seize) sendToTask(target, kernelInfo(SIGSTOP));
  // What is stopped already becomes a ptrace-stop.
  if (stopped) interruptTracee(tracee);
  return 0;
}

/** The tracee, which must be in a ptrace-stop for all but a few requests; -ESRCH if it is not the caller's. */
function traceeOf(call: Call, pid: number, running: boolean): Tracee | number {
  const tracee = call.kernel.tasks.get(pid)?.tracee;
  if (!tracee || tracee.tracer.process !== call.task.process) return -ESRCH;
  return running || (tracee.stop && !tracee.listening) ? tracee : -ESRCH;
}

function resume(tracee: Tracee, mode: ResumeMode, signo: number): number {
  if (signo < 0 || signo > SIGRTMAX) return -EIO;
  resumeTracee(tracee, mode, signo);
  return 0;
}

function peek(call: Call, task: Task, address: number, data: number): number {
  if (task.mm.user.accessible(address, 8, READ) < 8) return -EIO;
  call.task.mm.user.writeBytes(data, task.mm.user.readBytes(address, 8));
  return 0;
}

function poke(task: Task, address: number, value: bigint): number {
  const bytes = new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, value)).buffer);
  return forceWrite(task.mm, address, bytes) === 8 ? 0 : -EIO;
}

interface RegSet {
  size: number;
  read(task: Task): Uint8Array;
  write(task: Task, bytes: Uint8Array): boolean;
}

const FX_SIZE = 512;
const REGSETS: Readonly<Record<number, RegSet>> = {
  [P.NT_PRSTATUS]: { size: P.USER_REGS_SIZE, read: readRegs, write: writeRegs },
  [P.NT_PRFPREG]: {
    size: FX_SIZE,
    read: (task) => saveFp(task.regs, FX_SIZE),
    // The upper halves of the YMM registers stay.
    write: (task, bytes) => {
      if (bytes.length < FX_SIZE) return false;
      const image = saveFp(task.regs);
      image.set(bytes);
      return restoreFp(task.regs, xstateFrame(image));
    },
  },
  [P.NT_X86_XSTATE]: {
    size: XSTATE_SIZE,
    read: (task) => plainXstate(task.regs),
    write: (task, bytes) => {
      if (bytes.length < XSTATE_SIZE) return false;
      const image = new Uint8Array(FPFRAME_SIZE);
      image.set(bytes.subarray(0, XSTATE_SIZE));
      return restoreFp(task.regs, xstateFrame(image));
    },
  },
};

/** PTRACE_GETREGSET, PTRACE_SETREGSET: an iovec, cut to the set's size. */
function regset(call: Call, task: Task, type: number, iov: number, set: boolean): number {
  const { user } = call.task.mm;
  const regs = REGSETS[type];
  const base = user.u64(iov);
  const length = user.u64(iov + 8);
  if (!regs || length % 8 !== 0) return -EINVAL;
  const n = Math.min(length, regs.size);
  if (set && !regs.write(task, user.readBytes(base, n))) return -EINVAL;
  if (!set) user.writeBytes(base, regs.read(task).subarray(0, n));
  user.setU64(iov + 8, n);
  return 0;
}

/** PTRACE_GETREGS and the like: a whole set at an address. */
function wholeSet(call: Call, task: Task, type: number, at: number, set: boolean): number {
  const { user } = call.task.mm;
  const regs = REGSETS[type];
  if (!set) user.writeBytes(at, regs.read(task));
  else if (!regs.write(task, user.readBytes(at, regs.size))) return -EIO;
  return 0;
}

const ARGUMENTS = [7, 6, 2, 10, 8, 9];

function syscallInfo(call: Call, tracee: Tracee, size: number, at: number): number {
  const { task, stop } = tracee;
  const { regs } = task;
  const v = new DataView(new ArrayBuffer(88));
  v.setUint32(4, P.AUDIT_ARCH_X86_64, true);
  v.setBigUint64(8, regs.rip, true);
  v.setBigUint64(16, regs.gpr(RSP), true);
  let length = P.SYSCALL_INFO_DATA;
  const screened = stop !== undefined && stop.code >> 8 === P.PTRACE_EVENT_SECCOMP;
  if (stop?.kind === "entry" || screened) {
    v.setUint8(0, screened ? P.SYSCALL_INFO_SECCOMP : P.SYSCALL_INFO_ENTRY);
    v.setBigInt64(24, BigInt(task.origRax), true);
    ARGUMENTS.forEach((r, i) => {
      v.setBigUint64(32 + i * 8, regs.gpr(r), true);
    });
    if (screened) v.setUint32(80, tracee.message, true);
    length = screened ? 84 : 80;
  } else if (stop?.kind === "exit") {
    const value = BigInt.asIntN(64, regs.gpr(RAX));
    v.setUint8(0, P.SYSCALL_INFO_EXIT);
    v.setBigInt64(24, value, true);
    v.setUint8(32, value < 0n && value >= -4095n ? 1 : 0);
    length = 33;
  }
  call.task.mm.user.writeBytes(at, new Uint8Array(v.buffer).subarray(0, Math.min(size, length)));
  return length;
}

function setOptions(tracee: Tracee, options: number): number {
  if (options & ~P.PTRACE_O_MASK || options < 0) return -EINVAL;
  tracee.options = options;
  return 0;
}

function sigInfo(call: Call, tracee: Tracee, at: number, set: boolean): number {
  const { user } = call.task.mm;
  const { stop } = tracee;
  if (!stop?.info) return -EINVAL;
  if (!set) user.writeBytes(at, encodeSigInfo(stop.info, call.task));
  else {
    const bytes = user.readBytes(at, SIGINFO_SIZE);
    stop.info = decodeSigInfo(bytes, new DataView(bytes.buffer).getInt32(0, true));
  }
  return 0;
}

function sigMask(call: Call, task: Task, size: number, at: number, set: boolean): number {
  const { user } = call.task.mm;
  if (size !== 8) return -EINVAL;
  if (set) {
    task.mask = user.big(at) & ~UNBLOCKABLE;
    task.savedMask = undefined;
  } else user.setU64(at, task.savedMask ?? task.mask);
  return 0;
}

function ptrace(call: Call, request: number, pid: number, address: number, data: number): SysResult {
  const { user } = call.task.mm;
  if (request === P.PTRACE_TRACEME) return traceMe(call);
  if (request === P.PTRACE_ATTACH) return attach(call, pid, false, 0, 0);
  if (request === P.PTRACE_SEIZE) return attach(call, pid, true, address, data);
  const running = request === P.PTRACE_KILL || request === P.PTRACE_INTERRUPT;
  const tracee = traceeOf(call, pid, running);
  if (typeof tracee === "number") return tracee;
  const { task } = tracee;
  switch (request) {
    case P.PTRACE_PEEKTEXT:
    case P.PTRACE_PEEKDATA:
      return peek(call, task, address, data);
    case P.PTRACE_POKETEXT:
    case P.PTRACE_POKEDATA:
      return poke(task, address, call.argBig(3));
    case P.PTRACE_PEEKUSER: {
      const word = peekUser(task, address);
      if (word === undefined) return -EIO;
      user.setU64(data, word);
      return 0;
    }
    case P.PTRACE_POKEUSER:
      return pokeUser(task, address, call.argBig(3)) ? 0 : -EIO;
    case P.PTRACE_CONT:
      return resume(tracee, "run", data);
    case P.PTRACE_SYSCALL:
      return resume(tracee, "syscall", data);
    case P.PTRACE_SINGLESTEP:
      return resume(tracee, "step", data);
    case P.PTRACE_SYSEMU:
      return resume(tracee, "sysemu", data);
    case P.PTRACE_KILL:
      sendToTask(task, kernelInfo(SIGKILL));
      return 0;
    case P.PTRACE_DETACH:
      if (data < 0 || data > SIGRTMAX) return -EIO;
      detach(tracee, data);
      return 0;
    case P.PTRACE_GETREGS:
    case P.PTRACE_SETREGS:
      return wholeSet(call, task, P.NT_PRSTATUS, data, request === P.PTRACE_SETREGS);
    case P.PTRACE_GETFPREGS:
    case P.PTRACE_SETFPREGS:
      return wholeSet(call, task, P.NT_PRFPREG, data, request === P.PTRACE_SETFPREGS);
    case P.PTRACE_GETREGSET:
    case P.PTRACE_SETREGSET:
      return regset(call, task, address, data, request === P.PTRACE_SETREGSET);
    case P.PTRACE_SETOPTIONS:
    case P.PTRACE_OLDSETOPTIONS:
      return setOptions(tracee, data);
    case P.PTRACE_GETEVENTMSG:
      user.setU64(data, tracee.message);
      return 0;
    case P.PTRACE_GETSIGINFO:
    case P.PTRACE_SETSIGINFO:
      return sigInfo(call, tracee, data, request === P.PTRACE_SETSIGINFO);
    case P.PTRACE_GETSIGMASK:
    case P.PTRACE_SETSIGMASK:
      return sigMask(call, task, address, data, request === P.PTRACE_SETSIGMASK);
    case P.PTRACE_GET_SYSCALL_INFO:
      return syscallInfo(call, tracee, address, data);
    case P.PTRACE_INTERRUPT:
      if (!tracee.seized) return -EIO;
      interruptTracee(tracee);
      return 0;
    case P.PTRACE_LISTEN:
      return listenTo(tracee);
    default:
      call.kernel.log(`ptrace: request ${request} is not supported`);
      return -EIO;
  }
}

/** Only from the stops that PTRACE_EVENT_STOP tells of. */
function listenTo(tracee: Tracee): number {
  if (!tracee.seized || !tracee.stop || tracee.stop.code >> 8 !== P.PTRACE_EVENT_STOP) return -EIO;
  listen(tracee);
  return 0;
}

/** Goes on with the call that a signal ended, deadline and all. */
function restartSyscall(call: Call): SysResult {
  const { restartCall } = call.task;
  if (!restartCall) return -EINTR;
  restartCall.timedOut = call.timedOut;
  const [a, b, c, d, e, f] = restartCall.args;
  return restartCall.row.fn(restartCall, a, b, c, d, e, f);
}

export const rows: SyscallRow[] = [
  sys(
    101,
    "ptrace",
    "request:ptrace pid:pid addr:ptr data:ptr",
    ptrace,
    "partial",
    "no debug registers; PTRACE_O_TRACEEXIT not for deaths by signal or by another thread; no PTRACE_PEEKSIGINFO, PTRACE_SINGLEBLOCK",
  ),
  sys(219, "restart_syscall", "", restartSyscall),
];
