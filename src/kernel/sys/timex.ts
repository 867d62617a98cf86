/** adjtimex(2), clock_adjtime(2): the host keeps the clock, so it can be looked at but not tuned. */
import { EINVAL, EOPNOTSUPP, EPERM } from "../../abi/errno.ts";
import * as T from "../../abi/time.ts";
import { readClock } from "../clock.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";

function adjtimex(call: Call, at: number): SysResult {
  const { user } = call.task.mm;
  const modes = user.u32(at);
  if (modes !== 0 && modes !== T.ADJ_OFFSET_SS_READ) {
    call.kernel.log("adjtimex: the host's clock is not changed");
    return -EPERM;
  }
  const now = call.kernel.realtime();
  user.writeBytes(at, T.encodeTimex(modes, now));
  return T.TIME_ERROR;
}

function clockAdjtime(call: Call, clock: number, at: number): SysResult {
  if (clock === T.CLOCK_REALTIME) return adjtimex(call, at);
  return readClock(call.task, clock) === undefined ? -EINVAL : -EOPNOTSUPP;
}

const NOTE = "the host's clock is not changed";

export const rows: SyscallRow[] = [
  sys(159, "adjtimex", "buf:ptr", adjtimex, "partial", NOTE),
  sys(305, "clock_adjtime", "clockid:clockid buf:ptr", clockAdjtime, "partial", NOTE),
];
