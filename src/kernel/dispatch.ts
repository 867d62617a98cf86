/** From the SYSCALL instruction to the function in a family's file, and back. */
import { EFAULT, EINVAL, ENOSYS } from "../abi/errno.ts";
import { PTRACE_EVENT_SECCOMP } from "../abi/ptrace.ts";
import { SECCOMP_MODE_DISABLED, SYS_SECCOMP } from "../abi/seccomp.ts";
import { SIGSYS } from "../abi/signal.ts";
import { syscallName } from "../abi/unistd.ts";
import { hi32, joinSigned } from "../base/bits.ts";
import { RAX, RDI, RDX, RSI } from "../cpu/layout.ts";
import { UserFault } from "../mmu/access.ts";
import { exitProcess, exitTask } from "./exit.ts";
import type { Kernel } from "./kernel.ts";
import { callDone, callStop, queueEvent } from "./ptrace.ts";
import { screen } from "./seccomp.ts";
import { deliverable, forceSignal } from "./send.ts";
import type { Task } from "./task.ts";
import type { Tracee } from "./tracee.ts";
import { type Call, NO_RETURN, type SyscallRow, type SysResult } from "./types.ts";
import { parkTask, wakeTask } from "./wait.ts";

/** Registers of the arguments: RDI RSI RDX R10 R8 R9. */
const ARGS = [RDI, RSI, RDX, 10, 8, 9];
const INT32 = new Set("int fd dirfd sig madvise sig_how clockid arch_prctl futex_op".split(" "));
const UINT32 = new Set("uint mode whence fcntl ioctl epoll_op fadvise resource".split(" "));

/** (uid_t)-1: leave it as it is. */
const NO_ID = 0xffffffff;
const UNMAPPED = Number.NEGATIVE_INFINITY;

type Conversion = "int" | "uint" | "long" | "pid" | "uid" | "gid";

function conversionOf(arg: string | undefined): Conversion {
  const kind = arg?.slice(arg.indexOf(":") + 1) ?? "";
  if (kind === "pid" || kind === "uid" || kind === "gid") return kind;
  return INT32.has(kind) ? "int" : UINT32.has(kind) || kind.startsWith("flags:") ? "uint" : "long";
}

/** The rows by number, with what conversion each argument needs. */
export class SyscallTable {
  private readonly rows: ({ row: SyscallRow; kinds: Conversion[] } | undefined)[] = [];
  constructor(rows: readonly SyscallRow[]) {
    for (const row of rows) {
      if (this.rows[row.nr]) throw new Error(`two rows for system call ${row.nr}: ${row.name}`);
      this.rows[row.nr] = { row, kinds: ARGS.map((_, i) => conversionOf(row.args[i])) };
    }
  }
  get(nr: number): { row: SyscallRow; kinds: Conversion[] } | undefined {
    return this.rows[nr];
  }
}

class CallInFlight implements Call {
  readonly kernel: Kernel;
  state: unknown;
  timedOut = false;
  readonly args: readonly number[];
  constructor(
    readonly task: Task,
    readonly row: SyscallRow,
    kinds: readonly Conversion[],
  ) {
    this.kernel = task.kernel;
    const { regs } = task;
    const args = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 6; i++) {
      const lo = regs.gprLo(ARGS[i]);
      const kind = kinds[i];
      if (kind === "int") args[i] = lo | 0;
      else if (kind === "uint") args[i] = lo;
      else if (kind === "pid") args[i] = task.process.pidNs.machine(lo | 0);
      else if (kind === "long") args[i] = joinSigned(lo, regs.gprHi(ARGS[i]));
      else args[i] = lo === NO_ID ? NO_ID : (task.cred.userNs.id(kind, lo) ?? UNMAPPED);
    }
    this.args = args;
  }
  /** Registers of arguments keep their values until the call is over. */
  argBig(i: number): bigint {
    return this.task.regs.gpr(ARGS[i]);
  }
}

/** The task executed SYSCALL: runs the call. Afterwards the task has its result, waits, or is gone. */
export function startCall(task: Task): void {
  const { kernel } = task;
  const nr = task.regs.gprLo(RAX) | 0;
  kernel.callCounts.set(nr, (kernel.callCounts.get(nr) ?? 0) + 1);
  if (task.tracee && stopsAtEntry(task, task.tracee, nr)) return;
  makeCall(task, nr);
}

/** The number stands in RAX only until the call begins; a traced thread may stop there. */
function stopsAtEntry(task: Task, tracee: Tracee, nr: number): boolean {
  task.origRax = nr;
  if (tracee.mode !== "syscall" && tracee.mode !== "sysemu") return false;
  task.entering = true;
  task.regs.setGpr(RAX, -ENOSYS);
  tracee.queue.push(callStop(tracee, "entry"));
  return true;
}

/** Makes the call; its number may be one that a tracer chose. `screened`: seccomp's filters left it to the tracer. */
export function makeCall(task: Task, nr: number, screened = false): void {
  const { kernel, regs } = task;
  if (task.seccomp.mode !== SECCOMP_MODE_DISABLED && !admitted(task, nr, screened)) return;
  const found = kernel.table.get(nr);
  if (!found) {
    unknown(kernel, nr);
    regs.setGpr(RAX, -ENOSYS);
    callDone(task);
    return;
  }
  const call = new CallInFlight(task, found.row, found.kinds);
  kernel.trace?.enter?.(call);
  settle(task, call, invoke(call));
}

/** Acts on seccomp's verdict; true if the call may be made. */
function admitted(task: Task, nr: number, screened: boolean): boolean {
  const verdict = screen(task, nr, screened);
  switch (verdict.kind) {
    case "allow":
      return true;
    case "kill":
      if (verdict.whole) exitProcess(task.process, verdict.signo);
      else exitTask(task, verdict.signo);
      return false;
    case "trap": {
      const { rip } = task.regs;
      forceSignal(task, { signo: SIGSYS, code: SYS_SECCOMP, errno: verdict.data, addr: rip, syscall: nr });
      task.regs.setGpr(RAX, nr);
      break;
    }
    case "trace":
      task.regs.setGpr(RAX, -ENOSYS);
      if (!askTracer(task, nr, verdict.data)) break;
      return false;
    default:
      task.regs.setGpr(RAX, verdict.value);
  }
  callDone(task);
  return false;
}

/** The call is made when the tracer lets the task go on; false if no tracer wants to know. */
function askTracer(task: Task, nr: number, data: number): boolean {
  const { tracee } = task;
  if (!tracee || !queueEvent(task, PTRACE_EVENT_SECCOMP, data)) return false;
  task.origRax = nr;
  task.entering = true;
  tracee.screened = true;
  return true;
}

function unknown(kernel: Kernel, nr: number): void {
  if (kernel.unknownCalls.has(nr)) return;
  kernel.unknownCalls.add(nr);
  kernel.log(`system call ${nr} (${syscallName(nr) ?? "unknown"}) is not supported`);
}

function invoke(call: Call): SysResult {
  const [a, b, c, d, e, f] = call.args;
  // Ids that the user namespace has no number for.
  if (a === UNMAPPED || b === UNMAPPED || c === UNMAPPED || d === UNMAPPED) return -EINVAL;
  try {
    return call.row.fn(call, a, b, c, d, e, f);
  } catch (error) {
    if (error instanceof UserFault) return -EFAULT;
    throw error;
  }
}

function settle(task: Task, call: Call, result: SysResult): void {
  if (result === NO_RETURN) {
    task.waiting = undefined;
    call.kernel.trace?.exit?.(call, undefined);
    if (task.tracee) callDone(task);
  } else if (typeof result === "number") {
    task.restoreMask();
    finishCall(task, call, result);
  } else {
    parkTask(task, call, result);
    if (task.tracee?.queue.length || (deliverable(task) && !result.uninterruptible)) wakeTask(task);
  }
}

/** The call is over with this result. */
export function finishCall(task: Task, call: Call, result: number): void {
  task.waiting = undefined;
  call.kernel.trace?.exit?.(call, result);
  // RAX is set half by half, as most results are small.
  const { regs } = task;
  if (Number.isSafeInteger(result)) regs.setGpr32(RAX, result, hi32(result));
  else regs.setGpr(RAX, BigInt(result));
  if (task.tracee) callDone(task);
}

/** Runs the call that the task waits in once more. True if it no longer waits. */
export function retryCall(task: Task): boolean {
  const w = task.waiting;
  if (!w) return true;
  const result = invoke(w.call);
  w.call.timedOut = false;
  if (typeof result === "object") {
    // Registered by the caller, if no signal ends the wait.
    task.waiting = { ...w, park: result, asleep: false };
    return false;
  }
  settle(task, w.call, result);
  return true;
}
