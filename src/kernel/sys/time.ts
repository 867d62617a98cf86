/** Clocks, sleeping and timers. */
import { EINVAL, EOPNOTSUPP, EPERM } from "../../abi/errno.ts";
import * as S from "../../abi/signal.ts";
import * as T from "../../abi/time.ts";
import {
  processTime,
  readClock,
  readTimespec,
  readTimeval,
  toMonotonic,
  writeTimespec,
  writeTimeval,
} from "../clock.ts";
import { armPosix, armReal, remaining } from "../itimer.ts";
import type { PosixTimer, Process } from "../process.ts";
import { type Call, park, type SyscallRow, type SysResult, sys } from "../types.ts";

function clockGettime(call: Call, clock: number, ts: number): SysResult {
  const now = readClock(call.task, clock);
  if (now === undefined) return -EINVAL;
  writeTimespec(call.task.mm.user, ts, now);
  return 0;
}

/** Coarse clocks tick with the kernel's 250 Hz, as Debian has it. */
const COARSE_RESOLUTION = 4000000n;

function clockGetres(call: Call, clock: number, ts: number): SysResult {
  if (readClock(call.task, clock) === undefined) return -EINVAL;
  const coarse = clock === T.CLOCK_REALTIME_COARSE || clock === T.CLOCK_MONOTONIC_COARSE;
  if (ts) writeTimespec(call.task.mm.user, ts, coarse ? COARSE_RESOLUTION : 1n);
  return 0;
}

function clockSettime(call: Call, clock: number): SysResult {
  if (clock !== T.CLOCK_REALTIME) return -EINVAL;
  call.kernel.log("clock_settime: the host's clock is not changed");
  return -EPERM;
}

function gettimeofday(call: Call, tv: number, tz: number): SysResult {
  const { user } = call.task.mm;
  if (tv) writeTimeval(user, tv, call.kernel.realtime());
  if (tz) user.setU64(tz, 0);
  return 0;
}

function time(call: Call, at: number): SysResult {
  const seconds = Number(call.kernel.realtime() / T.NSEC);
  if (at) call.task.mm.user.setU64(at, seconds);
  return seconds;
}

/** Sleeps until `call.state`; a handler that interrupts gets the rest of the time written. */
function sleepUntil(call: Call, until: bigint, rest: number): SysResult {
  call.state = until;
  if (call.kernel.now() >= until) return 0;
  const cancel = (): undefined => {
    if (!rest) return;
    const left = until - call.kernel.now();
    call.task.mm.user.writePartial(rest, timespecBytes(left > 0n ? left : 0n));
  };
  return park([], { until, onSignal: "eintr", cancel, resumes: true });
}

function timespecBytes(ns: bigint): Uint8Array {
  const v = new DataView(new ArrayBuffer(16));
  v.setBigUint64(0, ns / T.NSEC, true);
  v.setBigUint64(8, ns % T.NSEC, true);
  return new Uint8Array(v.buffer);
}

function nanosleep(call: Call, request: number, rest: number): SysResult {
  const begun = call.state as bigint | undefined;
  if (begun !== undefined) return sleepUntil(call, begun, rest);
  const t = readTimespec(call.task.mm.user, request);
  return typeof t === "number" ? t : sleepUntil(call, call.kernel.now() + t, rest);
}

function clockNanosleep(call: Call, clock: number, flags: number, request: number, rest: number): SysResult {
  const absolute = (flags & T.TIMER_ABSTIME) !== 0;
  const begun = call.state as bigint | undefined;
  if (begun !== undefined) return sleepUntil(call, begun, absolute ? 0 : rest);
  if (readClock(call.task, clock) === undefined) return -EINVAL;
  if (clock === T.CLOCK_THREAD_CPUTIME_ID) return -EINVAL;
  if (clock === T.CLOCK_MONOTONIC_RAW || clock === T.CLOCK_MONOTONIC_COARSE || clock === T.CLOCK_REALTIME_COARSE)
    return -EOPNOTSUPP;
  const t = readTimespec(call.task.mm.user, request);
  if (typeof t === "number") return t;
  const until = absolute ? toMonotonic(call.task, clock, t) : call.kernel.now() + t;
  return sleepUntil(call, until, absolute ? 0 : rest);
}

function alarm(call: Call, seconds: number): SysResult {
  const { process } = call.task;
  const left = remaining(process, process.real);
  armReal(process, BigInt(seconds) * T.NSEC, 0n);
  // Rounded, but never to 0 while it runs.
  const rounded = Number((left + T.NSEC / 2n) / T.NSEC);
  return left > 0n ? Math.max(1, rounded) : 0;
}

function getitimer(call: Call, which: number, value: number): SysResult {
  if (which < 0 || which > T.ITIMER_PROF) return -EINVAL;
  const { process, mm } = call.task;
  const { interval, left } = which === T.ITIMER_REAL ? realTimer(process) : cpuTimer(call, which);
  writeTimeval(mm.user, value, interval);
  writeTimeval(mm.user, value + 16, left);
  return 0;
}

function realTimer(process: Process): { interval: bigint; left: bigint } {
  return { interval: process.real.interval, left: remaining(process, process.real) };
}

/** The least that is shown of a timer that runs. */
const MICROSECOND = 1000n;

/** What is left counts the slice that runs. */
function cpuTimer({ kernel, task }: Call, which: number): { interval: bigint; left: bigint } {
  const { interval, left } = task.process.cpuTimers[which - T.ITIMER_VIRTUAL];
  const now = left - (kernel.now() - kernel.sliceStart);
  return { interval, left: left === 0n ? 0n : now > MICROSECOND ? now : MICROSECOND };
}

function setitimer(call: Call, which: number, next: number, old: number): SysResult {
  if (which < 0 || which > T.ITIMER_PROF) return -EINVAL;
  const { process, mm } = call.task;
  const interval = next ? readTimeval(mm.user, next) : 0n;
  const value = next ? readTimeval(mm.user, next + 16) : 0n;
  if (typeof interval === "number") return interval;
  if (typeof value === "number") return value;
  if (old) getitimer(call, which, old);
  if (which === T.ITIMER_REAL) {
    armReal(process, value, interval);
    return 0;
  }
  const t = process.cpuTimers[which - T.ITIMER_VIRTUAL];
  // The slice that runs will be charged as a whole.
  t.left = value > 0n ? value + (call.kernel.now() - call.kernel.sliceStart) : 0n;
  t.interval = interval;
  return 0;
}

function posixTimer(id: number, clock: number, signo: number): PosixTimer {
  return { id, clock, signo, value: 0n, thread: undefined, overrun: 0, timer: undefined, at: 0n, interval: 0n };
}

function timerCreate(call: Call, clock: number, event: number, idAt: number): SysResult {
  const { process, mm } = call.task;
  if (readClock(call.task, clock) === undefined) return -EINVAL;
  let id = 0;
  while (process.posixTimers.has(id)) id++;
  const t = posixTimer(id, clock, S.SIGALRM);
  t.value = BigInt(id);
  if (event) {
    t.value = mm.user.big(event);
    t.signo = mm.user.i32(event + 8);
    const notify = mm.user.i32(event + 12);
    if (notify === S.SIGEV_NONE) t.signo = 0;
    else if (t.signo < 1 || t.signo > S.SIGRTMAX) return -EINVAL;
    if (notify & S.SIGEV_THREAD_ID) {
      t.thread = call.kernel.tasks.get(mm.user.i32(event + 16));
      if (t.thread?.process !== process) return -EINVAL;
    } else if (notify < 0 || notify > S.SIGEV_THREAD) return -EINVAL;
  }
  mm.user.setU32(idAt, id);
  process.posixTimers.set(id, t);
  return 0;
}

const timerOf = (call: Call, id: number): PosixTimer | undefined =>
  id < 0 ? undefined : call.task.process.posixTimers.get(id);

function writeTimer(call: Call, t: PosixTimer, at: number): void {
  writeTimespec(call.task.mm.user, at, t.interval);
  writeTimespec(call.task.mm.user, at + 16, remaining(call.task.process, t));
}

function timerSettime(call: Call, id: number, flags: number, next: number, old: number): SysResult {
  const t = timerOf(call, id);
  if (!t || !next) return -EINVAL;
  const { user } = call.task.mm;
  const interval = readTimespec(user, next);
  const value = readTimespec(user, next + 16);
  if (typeof interval === "number") return interval;
  if (typeof value === "number") return value;
  if (old) writeTimer(call, t, old);
  let at = 0n;
  if (value > 0n) at = flags & T.TIMER_ABSTIME ? toMonotonic(call.task, t.clock, value) : call.kernel.now() + value;
  t.overrun = 0;
  armPosix(call.task.process, t, at, value > 0n ? interval : 0n);
  return 0;
}

function timerGettime(call: Call, id: number, at: number): SysResult {
  const t = timerOf(call, id);
  if (!t) return -EINVAL;
  writeTimer(call, t, at);
  return 0;
}

function timerGetoverrun(call: Call, id: number): SysResult {
  return timerOf(call, id)?.overrun ?? -EINVAL;
}

function timerDelete(call: Call, id: number): SysResult {
  const t = timerOf(call, id);
  if (!t) return -EINVAL;
  call.kernel.timers.cancel(t.timer);
  call.task.process.posixTimers.delete(id);
  return 0;
}

/** Clock ticks of times(2): 100 a second. */
const TICK = 10000000n;

function times(call: Call, buf: number): SysResult {
  const { process, mm } = call.task;
  const ticks = (ns: number): bigint => BigInt(Math.floor(ns)) / TICK;
  if (buf) {
    const { childUsage } = process;
    const values = [processTime(call.task) / TICK, 0n, ticks(childUsage.utime), ticks(childUsage.stime)];
    values.forEach((v, i) => {
      mm.user.setU64(buf + i * 8, v);
    });
  }
  return Number(call.kernel.now() / TICK);
}

export const rows: SyscallRow[] = [
  sys(35, "nanosleep", "duration:timespec rem:ptr", nanosleep),
  sys(36, "getitimer", "which:int curr_value:ptr", getitimer),
  sys(37, "alarm", "seconds:uint", alarm),
  sys(38, "setitimer", "which:int new_value:struct:itimerval old_value:ptr", setitimer),
  sys(96, "gettimeofday", "tv:ptr tz:ptr", gettimeofday),
  sys(100, "times", "buf:ptr", times),
  sys(201, "time", "tloc:ptr", time),
  sys(222, "timer_create", "clockid:int sevp:struct:sigevent timerid:ptr", timerCreate),
  sys(223, "timer_settime", "timerid:int flags:int new_value:struct:itimerspec old_value:ptr", timerSettime),
  sys(224, "timer_gettime", "timerid:int curr_value:ptr", timerGettime),
  sys(225, "timer_getoverrun", "timerid:int", timerGetoverrun),
  sys(226, "timer_delete", "timerid:int", timerDelete),
  sys(227, "clock_settime", "clockid:int tp:timespec", clockSettime, "partial", "the host's clock is not changed"),
  sys(228, "clock_gettime", "clockid:clockid tp:timespec_out", clockGettime),
  sys(229, "clock_getres", "clockid:int res:ptr", clockGetres),
  sys(230, "clock_nanosleep", "clockid:int flags:int t:timespec remain:ptr", clockNanosleep),
];
