/** Alarms of a process: setitimer(2), alarm(2), timer_create(2). */
import { RLIM_INFINITY, RLIMIT_CPU } from "../abi/resource.ts";
import { SI_TIMER, SIGALRM, SIGKILL, SIGXCPU } from "../abi/signal.ts";
import type { ITimer, PosixTimer, Process } from "./process.ts";
import { processUsage } from "./rusage.ts";
import { kernelInfo, sendToProcess, sendToTask } from "./send.ts";

/** What is left of a timer: nanoseconds, at least 1 while it runs. */
export function remaining(process: Process, t: ITimer): bigint {
  if (!t.timer || t.timer.index < 0) return 0n;
  const left = t.at - process.kernel.now();
  return left > 0n ? left : 1n;
}

/** Starts (value > 0) or stops a timer. `fire` is told how many periods passed unseen. */
export function arm(process: Process, t: ITimer, at: bigint, interval: bigint, fire: (missed: number) => void): void {
  const { timers } = process.kernel;
  timers.cancel(t.timer);
  t.timer = undefined;
  t.interval = interval;
  t.at = at;
  if (at === 0n) return;
  const tick = (): void => {
    const now = process.kernel.now();
    let missed = 0;
    if (t.interval > 0n) {
      missed = Number((now - t.at) / t.interval);
      t.at += t.interval * BigInt(missed + 1);
      t.timer = timers.add(t.at, tick);
    }
    fire(missed);
  };
  t.timer = timers.add(at, tick);
}

export function armReal(process: Process, after: bigint, interval: bigint): void {
  const at = after > 0n ? process.kernel.now() + after : 0n;
  arm(process, process.real, at, interval, () => {
    sendToProcess(process, kernelInfo(SIGALRM));
  });
}

export function armPosix(process: Process, t: PosixTimer, at: bigint, interval: bigint): void {
  arm(process, t, at, interval, (missed) => {
    t.overrun = missed;
    if (t.signo === 0) return;
    const info = { signo: t.signo, code: SI_TIMER, timerId: t.id, overrun: missed, value: t.value };
    if (t.thread) sendToTask(t.thread, info);
    else sendToProcess(process, info);
  });
}

/** RLIMIT_CPU (setrlimit(2)): SIGXCPU when the soft limit is reached and each second after, SIGKILL at the hard one. */
function checkCpuLimit(process: Process): void {
  const limit = process.limits[RLIMIT_CPU];
  if (limit.soft === RLIM_INFINITY) return;
  const { utime, stime } = processUsage(process);
  const seconds = (utime + stime) / 1e9;
  if (seconds >= Math.max(1, limit.hard)) sendToProcess(process, kernelInfo(SIGKILL));
  else if (seconds >= Math.max(1, limit.soft)) {
    limit.soft = Math.max(1, limit.soft) + 1;
    sendToProcess(process, kernelInfo(SIGXCPU));
  }
}

/** A task of the process has run for so many nanoseconds: timers that are over by now fire. */
export function chargeCpu(process: Process, ns: bigint): void {
  checkCpuLimit(process);
  for (const t of process.cpuTimers) {
    if (t.left === 0n) continue;
    t.left -= ns;
    if (t.left > 0n) continue;
    // Periods that passed within one slice give one signal.
    t.left = t.interval > 0n ? t.interval - (-t.left % t.interval) : 0n;
    sendToProcess(process, kernelInfo(t.signo));
  }
}
