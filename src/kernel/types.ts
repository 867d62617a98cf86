/**
 * The kernel's seams: what a syscall function gets and gives. Tasks and their parts are classes in their own files
 * (task.ts, fdtable.ts, mm.ts, signal.ts ...); syscall families are files under sys/.
 */
import type { WaitQueue } from "../vfs/types.ts";
import type { Kernel } from "./kernel.ts";
import type { Task } from "./task.ts";

/** Parks the task. It is woken by any of the queues, the deadline, or a signal; then the same function runs again. */
export interface Park {
  readonly park: true;
  queues: readonly WaitQueue[];
  /** Monotonic nanoseconds at which to run again at the latest; `ctx.timedOut()` tells. */
  until?: bigint;
  /** What a signal does to it: restart after a handler with SA_RESTART (default), always -EINTR, or always restart. */
  onSignal?: "restart" | "eintr" | "always";
  /** Progress so far (> 0), which the call returns if a signal ends the wait, instead of -EINTR or a restart. */
  partial?: number;
  /**
   * Run when a signal handler or the task's death ends the wait: takes back what was registered. A number that it
   * returns is the call's result instead of -EINTR or a restart.
   */
  cancel?: () => number | undefined;
  /** `cancel` may be followed by another try of the call (restart_syscall). */
  resumes?: boolean;
  /** Not woken by signals at all (vfork's parent: only by SIGKILL). */
  uninterruptible?: boolean;
}

/** A syscall's outcome: a value or -errno; Park; or NO_RETURN when registers were set already (rt_sigreturn, execve) or the task is gone. */
export type SysResult = number | Park | typeof NO_RETURN;
export const NO_RETURN = Symbol("no return value");

/** One call in flight: the same object through all its retries. */
export interface Call {
  readonly kernel: Kernel;
  readonly task: Task;
  readonly row: SyscallRow;
  /**
   * Arguments as numbers, converted as the row's kinds say: "int", "fd", "dirfd" and "sig" int32, "pid", "uid" and
   * "gid" numbers of the machine (kernel/namespaces.ts), "uint" and
   * "mode" uint32, the rest the signed
   * 64-bit value (exact below 2^53; user addresses always are). Values that need all 64 bits: `argBig(i)`.
   */
  readonly args: readonly number[];
  argBig(i: number): bigint;
  /** Free for the function: kept across retries (a deadline, a count so far). */
  state: unknown;
  /** True in a retry that the Park's deadline caused. */
  timedOut: boolean;
}

export type SyscallFn = (call: Call, a: number, b: number, c: number, d: number, e: number, f: number) => SysResult;

/**
 * Argument kinds, for conversion and for strace: int, uint, long, size, off, ptr, fd, dirfd, path (const char *),
 * buf_in / buf_out (with the following size argument or the result), str_array, and named flag sets or structs:
 * "flags:open", "flags:mmap_prot", "struct:stat", "sig", "sigset", "timespec", "mode" ...
 */
export type ArgKind = string;

/** "full": as Linux; "partial": what is missing stands in `note`; "none": always refused, as `note` says. */
export type Support = "full" | "partial" | "none";

export interface SyscallRow {
  nr: number;
  name: string;
  /** "name:kind" pairs in order. */
  args: readonly string[];
  fn: SyscallFn;
  support: Support;
  note?: string;
}

/** A family's table: sys(nr, name, "fd:fd buf:buf_out count:size", fn, support?, note?). */
export function sys(
  nr: number,
  name: string,
  args: string,
  fn: SyscallFn,
  support: Support = "full",
  note?: string,
): SyscallRow {
  return { nr, name, args: args === "" ? [] : args.split(" "), fn, support, note };
}

/** Waits on queues. */
export function park(queues: readonly WaitQueue[], options: Omit<Park, "park" | "queues"> = {}): Park {
  return { park: true, queues, ...options };
}
