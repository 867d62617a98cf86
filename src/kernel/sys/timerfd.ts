/** timerfd_create(2), signalfd(2). */
import { EBADF, EINVAL } from "../../abi/errno.ts";
import { O_CLOEXEC, O_NONBLOCK } from "../../abi/fcntl.ts";
import * as T from "../../abi/time.ts";
import { readTimespec, toMonotonic, writeTimespec } from "../clock.ts";
import { UNBLOCKABLE } from "../sighand.ts";
import { SignalFile } from "../signalfd.ts";
import { TimerFile } from "../timerfd.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";
import { fileOf, installFile } from "./support.ts";

const CLOCKS = [T.CLOCK_REALTIME, T.CLOCK_MONOTONIC, T.CLOCK_BOOTTIME, T.CLOCK_REALTIME_ALARM, T.CLOCK_BOOTTIME_ALARM];
const TFD_TIMER_ABSTIME = 1;
const TFD_TIMER_CANCEL_ON_SET = 2;

function timerfdCreate(call: Call, clock: number, flags: number): SysResult {
  if (flags & ~(O_CLOEXEC | O_NONBLOCK) || !CLOCKS.includes(clock)) return -EINVAL;
  const file = new TimerFile(call.kernel, clock, flags & O_NONBLOCK);
  return installFile(call, file, (flags & O_CLOEXEC) !== 0);
}

function timerOf(call: Call, fd: number): TimerFile | number {
  const file = fileOf(call, fd);
  if (typeof file === "number") return file;
  return file instanceof TimerFile ? file : -EINVAL;
}

function writeSetting(call: Call, file: TimerFile, at: number): void {
  writeTimespec(call.task.mm.user, at, file.interval);
  writeTimespec(call.task.mm.user, at + 16, file.left);
}

function timerfdSettime(call: Call, fd: number, flags: number, next: number, old: number): SysResult {
  if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) return -EINVAL;
  const { user } = call.task.mm;
  const interval = readTimespec(user, next);
  const value = readTimespec(user, next + 16);
  if (typeof interval === "number") return interval;
  if (typeof value === "number") return value;
  const file = timerOf(call, fd);
  if (typeof file === "number") return file;
  if (old) writeSetting(call, file, old);
  const absolute = (flags & TFD_TIMER_ABSTIME) !== 0;
  const at = absolute ? toMonotonic(call.task, file.clock, value) : call.kernel.now() + value;
  file.set(value === 0n ? 0n : at > 0n ? at : 1n, interval);
  return 0;
}

function timerfdGettime(call: Call, fd: number, current: number): SysResult {
  const file = timerOf(call, fd);
  if (typeof file === "number") return file;
  writeSetting(call, file, current);
  return 0;
}

function signalfd4(call: Call, fd: number, set: number, size: number, flags: number): SysResult {
  if (size !== 8 || flags & ~(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
  const mask = call.task.mm.user.big(set) & ~UNBLOCKABLE;
  if (fd === -1)
    return installFile(call, new SignalFile(call.kernel, mask, flags & O_NONBLOCK), (flags & O_CLOEXEC) !== 0);
  const file = call.task.fds.get(fd);
  if (!file) return -EBADF;
  if (!(file instanceof SignalFile)) return -EINVAL;
  file.mask = mask;
  file.queue.wake();
  return fd;
}

function signalfd(call: Call, fd: number, set: number, size: number): SysResult {
  return signalfd4(call, fd, set, size, 0);
}

export const rows: SyscallRow[] = [
  sys(282, "signalfd", "fd:fd mask:sigset sizemask:size", signalfd),
  sys(283, "timerfd_create", "clockid:int flags:flags:timerfd", timerfdCreate),
  sys(286, "timerfd_settime", "fd:fd flags:int new_value:struct:itimerspec old_value:ptr", timerfdSettime),
  sys(287, "timerfd_gettime", "fd:fd curr_value:ptr", timerfdGettime),
  sys(289, "signalfd4", "fd:fd mask:sigset sizemask:size flags:flags:open", signalfd4),
];
