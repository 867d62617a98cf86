/** futex_waitv(2): waits at several words at once. */
import { EAGAIN, EINVAL, ETIMEDOUT } from "../../abi/errno.ts";
import * as F from "../../abi/futex.ts";
import { readTimespec } from "../clock.ts";
import { FutexWaiter, futexKey } from "../futex.ts";
import { type Call, park, type SyscallRow, type SysResult, sys } from "../types.ts";

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

interface State {
  waiters: FutexWaiter[];
  until: bigint | undefined;
}

/** struct futex_waitv: value, address, flags, reserved. */
function readWaiters(call: Call, at: number, count: number): FutexWaiter[] | number {
  const { user } = call.task.mm;
  const waiters: FutexWaiter[] = [];
  const words: { address: number; value: bigint }[] = [];
  for (let i = 0; i < count; i++) {
    const entry = at + i * F.FUTEX_WAITV_SIZE;
    const address = user.u64(entry + 8);
    const flags = user.u32(entry + 16);
    if (flags & ~(F.FUTEX2_SIZE_U32 | F.FUTEX_PRIVATE_FLAG) || !(flags & F.FUTEX2_SIZE_U32)) return -EINVAL;
    if (user.u32(entry + 20) !== 0 || address % 4 !== 0) return -EINVAL;
    words.push({ address, value: user.big(entry) });
    const key = futexKey(call.task.mm, address, (flags & F.FUTEX_PRIVATE_FLAG) !== 0);
    waiters.push(new FutexWaiter(key, F.FUTEX_BITSET_MATCH_ANY));
  }
  return words.every((w) => BigInt(user.u32(w.address)) === BigInt.asUintN(32, w.value)) ? waiters : -EAGAIN;
}

function futexWaitv(call: Call, at: number, count: number, flags: number, timeout: number, clock: number): SysResult {
  const { kernel } = call;
  let state = call.state as State | undefined;
  if (!state) {
    if (flags !== 0 || count === 0 || count > F.FUTEX_WAITV_MAX || at === 0) return -EINVAL;
    if (timeout && clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) return -EINVAL;
    const t = timeout ? readTimespec(call.task.mm.user, timeout) : undefined;
    if (typeof t === "number") return t;
    const until = t !== undefined && clock === CLOCK_REALTIME ? kernel.now() + (t - kernel.realtime()) : t;
    const waiters = readWaiters(call, at, count);
    if (typeof waiters === "number") return waiters;
    state = { waiters, until };
    call.state = state;
    for (const w of waiters) kernel.futexes.add(w);
  }
  const { waiters, until } = state;
  const leave = (): number | undefined => {
    for (const w of waiters) kernel.futexes.remove(w);
    const woken = waiters.findIndex((w) => w.woken);
    return woken < 0 ? undefined : woken;
  };
  if (waiters.some((w) => w.woken)) return leave() ?? 0;
  if (until !== undefined && until <= kernel.now()) {
    leave();
    return -ETIMEDOUT;
  }
  return park(
    waiters.map((w) => w.queue),
    { until, onSignal: "restart", cancel: leave },
  );
}

export const rows: SyscallRow[] = [
  sys(449, "futex_waitv", "waiters:ptr nr_futexes:uint flags:uint timeout:ptr clockid:clockid", futexWaitv),
];
