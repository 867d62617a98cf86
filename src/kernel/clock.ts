/** Clocks, and times in guest memory. Nanoseconds in bigints. */
import { EINVAL } from "../abi/errno.ts";
import * as T from "../abi/time.ts";
import type { UserMemory } from "../mmu/user.ts";
import type { Task } from "./task.ts";

/** CPU time used by a process's threads, dead ones included. */
export function processTime(task: Task): bigint {
  const { process } = task;
  let sum = process.usage.utime + process.usage.stime;
  for (const t of process.tasks) sum += t.usage.utime + t.usage.stime;
  return BigInt(Math.round(sum + runningTime(task)));
}

/** CPU time of the slice that the task is in, not yet on its account. */
function runningTime(task: Task): number {
  const { kernel } = task;
  return kernel.current === task ? Number(kernel.now() - kernel.sliceStart) : 0;
}

/** What the clock shows, or undefined if there is no such clock. Negative numbers are CPU clocks of processes and threads. */
export function readClock(task: Task, clock: number): bigint | undefined {
  const { kernel } = task;
  switch (clock) {
    case T.CLOCK_REALTIME:
    case T.CLOCK_REALTIME_COARSE:
    case T.CLOCK_REALTIME_ALARM:
    case T.CLOCK_TAI:
      return kernel.realtime();
    case T.CLOCK_MONOTONIC:
    case T.CLOCK_MONOTONIC_RAW:
    case T.CLOCK_MONOTONIC_COARSE:
    case T.CLOCK_BOOTTIME:
    case T.CLOCK_BOOTTIME_ALARM:
      return kernel.now();
    case T.CLOCK_PROCESS_CPUTIME_ID:
      return processTime(task);
    case T.CLOCK_THREAD_CPUTIME_ID:
      return BigInt(Math.round(task.usage.utime + task.usage.stime + runningTime(task)));
    default:
      return clock < 0 ? cpuClock(task, clock) : undefined;
  }
}

/** clock_getcpuclockid(3), pthread_getcpuclockid(3): ~id << 3, bit 2 for a thread. */
function cpuClock(task: Task, clock: number): bigint | undefined {
  const id = ~(clock >> 3);
  if ((clock & 3) > 2) return undefined;
  if (clock & 4) {
    const t = id === 0 ? task : task.kernel.tasks.get(id);
    return t?.process === task.process ? readClock(t, T.CLOCK_THREAD_CPUTIME_ID) : undefined;
  }
  const leader = id === 0 ? task : task.kernel.processes.get(id)?.leader;
  return leader && processTime(leader);
}

/** The monotonic time at which the clock will show `at`. */
export function toMonotonic(task: Task, clock: number, at: bigint): bigint {
  const now = readClock(task, clock) ?? 0n;
  return task.kernel.now() + (at - now);
}

/** A struct timespec; -EINVAL if it is not a valid duration or time. */
export function readTimespec(user: UserMemory, address: number): bigint | number {
  const sec = BigInt.asIntN(64, user.big(address));
  const nsec = BigInt.asIntN(64, user.big(address + 8));
  if (sec < 0n || nsec < 0n || nsec >= T.NSEC) return -EINVAL;
  return sec * T.NSEC + nsec;
}

export function writeTimespec(user: UserMemory, address: number, ns: bigint): void {
  const seconds = floorDiv(ns, T.NSEC);
  user.setU64(address, seconds);
  user.setU64(address + 8, ns - seconds * T.NSEC);
}

/** A struct timeval. */
export function readTimeval(user: UserMemory, address: number): bigint | number {
  const sec = BigInt.asIntN(64, user.big(address));
  const usec = BigInt.asIntN(64, user.big(address + 8));
  if (sec < 0n || usec < 0n || usec >= 1000000n) return -EINVAL;
  return sec * T.NSEC + usec * 1000n;
}

export function writeTimeval(user: UserMemory, address: number, ns: bigint): void {
  const seconds = floorDiv(ns, T.NSEC);
  user.setU64(address, seconds);
  user.setU64(address + 8, (ns - seconds * T.NSEC) / 1000n);
}

function floorDiv(a: bigint, b: bigint): bigint {
  const q = a / b;
  return q * b > a ? q - 1n : q;
}
