/** Timeouts and temporary signal masks of poll(2), select(2) and epoll_wait(2). */
import { EINVAL } from "../../abi/errno.ts";
import type { WaitQueue } from "../../vfs/types.ts";
import { type Call, park, type SysResult } from "../types.ts";
import { userOf } from "./support.ts";

const SECOND = 1000000000n;

/** A struct timespec (unit 1) or timeval (unit 1000) as nanoseconds; undefined for a null pointer, -EINVAL when malformed. */
export function readTimeout(call: Call, address: number, unit: 1 | 1000): bigint | undefined | number {
  if (address === 0) return undefined;
  const user = userOf(call);
  const sec = user.i64(address);
  const part = user.i64(address + 8);
  if (sec < 0 || part < 0 || part * unit >= 1e9) return -EINVAL;
  return BigInt(sec) * SECOND + BigInt(part * unit);
}

/** Linux updates the caller's timeout to the time left (select(2), NOTES). */
export function writeRemaining(call: Call, address: number, unit: 1 | 1000): void {
  const until = waitState(call).until;
  if (address === 0 || until === undefined) return;
  const left = until > call.kernel.now() ? until - call.kernel.now() : 0n;
  const user = userOf(call);
  user.setU64(address, left / SECOND);
  user.setU64(address + 8, (left % SECOND) / BigInt(unit));
}

interface WaitState {
  until: bigint | undefined;
}

function waitState(call: Call): WaitState {
  return call.state as WaitState;
}

/**
 * First run of a call that may wait: fixes its deadline (undefined: none) and installs the signal mask at `mask`
 * (0: none), which the return path undoes. -EINVAL for a wrong size of the mask. Nothing happens in retries.
 */
export function beginWait(call: Call, timeout: bigint | undefined, mask = 0, maskSize = 8): number {
  if (call.state !== undefined) return 0;
  if (mask !== 0) {
    if (maskSize !== 8) return -EINVAL;
    call.task.useMask(userOf(call).big(mask));
  }
  call.state = { until: timeout === undefined ? undefined : call.kernel.now() + timeout } satisfies WaitState;
  return 0;
}

/** True once nothing should be waited for any more. */
export function waitOver(call: Call): boolean {
  const { until } = waitState(call);
  return call.timedOut || (until !== undefined && until <= call.kernel.now());
}

/** Parks until something happens or the deadline passes. Signals end it with -EINTR (signal(7)). */
export function parkUntil(call: Call, queues: readonly WaitQueue[]): SysResult {
  return park(queues, { until: waitState(call).until, onSignal: "eintr" });
}
