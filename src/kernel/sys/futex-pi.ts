/** futex(2): the operations with an owner. */
import { EAGAIN, EINVAL, ETIMEDOUT } from "../../abi/errno.ts";
import * as F from "../../abi/futex.ts";
import { readTimespec } from "../clock.ts";
import { FutexWaiter, futexKey } from "../futex.ts";
import { PiWaiter } from "../futex-pi.ts";
import { type Call, park, type SysResult } from "../types.ts";

export function keyOf(call: Call, address: number, op: number): string {
  return futexKey(call.task.mm, address, (op & F.FUTEX_PRIVATE_FLAG) !== 0);
}

/** Absolute: of the real-time clock for FUTEX_LOCK_PI, as the flag says for the others. */
function deadline(call: Call, op: number, timeout: number): bigint | undefined | number {
  if (!timeout) return undefined;
  const t = readTimespec(call.task.mm.user, timeout);
  if (typeof t === "number") return t;
  const { kernel } = call;
  const real = (op & F.FUTEX_CMD_MASK) === F.FUTEX_LOCK_PI || (op & F.FUTEX_CLOCK_REALTIME) !== 0;
  return real ? kernel.now() + (t - kernel.realtime()) : t;
}

interface State {
  waiter: PiWaiter;
  until: bigint | undefined;
}

export function lockPi(call: Call, address: number, op: number, timeout: number): SysResult {
  const { kernel, task } = call;
  const { piFutexes } = kernel;
  let state = call.state as State | undefined;
  if (!state) {
    const until = deadline(call, op, timeout);
    if (typeof until === "number") return until;
    const key = keyOf(call, address, op);
    const r = piFutexes.tryLock(task, key, address);
    if (r !== -EAGAIN) return r;
    state = { waiter: new PiWaiter(task, key, address), until };
    const queued = piFutexes.enqueue(state.waiter);
    if (queued < 0) return queued;
    call.state = state;
  }
  return awaitLock(call, state.waiter, state.until);
}

function awaitLock(call: Call, waiter: PiWaiter, until: bigint | undefined): SysResult {
  const { kernel } = call;
  if (waiter.owned) return 0;
  if (until !== undefined && until <= kernel.now()) {
    kernel.piFutexes.remove(waiter);
    return -ETIMEDOUT;
  }
  const cancel = (): number | undefined => {
    if (waiter.owned) return 0;
    kernel.piFutexes.remove(waiter);
    return undefined;
  };
  return park([waiter.queue], { until, onSignal: "always", cancel });
}

interface RequeueState {
  waiter: FutexWaiter;
  until: bigint | undefined;
}

/** Waits at one word until it is moved to the other and owns that. */
export function waitRequeuePi(
  call: Call,
  address: number,
  op: number,
  value: number,
  timeout: number,
  second: number,
): SysResult {
  const { kernel, task } = call;
  let state = call.state as RequeueState | undefined;
  if (!state) {
    if (address === second) return -EINVAL;
    const until = deadline(call, op, timeout);
    if (typeof until === "number") return until;
    const key = keyOf(call, address, op);
    const target = keyOf(call, second, op);
    if (task.mm.user.u32(address) !== value) return -EAGAIN;
    const waiter = new FutexWaiter(key, F.FUTEX_BITSET_MATCH_ANY);
    waiter.pi = new PiWaiter(task, target, second);
    state = { waiter, until };
    call.state = state;
    kernel.futexes.add(waiter);
  }
  const { waiter, until } = state;
  if (waiter.woken && waiter.pi) return awaitLock(call, waiter.pi, until);
  if (until !== undefined && until <= kernel.now()) {
    kernel.futexes.remove(waiter);
    return -ETIMEDOUT;
  }
  const cancel = (): undefined => kernel.futexes.remove(waiter) as undefined;
  return park([waiter.queue], { until, onSignal: "always", cancel });
}

/** Gives the lock to the first that waits, and lets the others wait for it. */
export function requeuePi(
  call: Call,
  from: number,
  op: number,
  n1: number,
  n2: number,
  to: number,
  expected: number,
): SysResult {
  const { kernel, task } = call;
  if (n1 !== 1 || n2 < 0 || from === to) return -EINVAL;
  const key = keyOf(call, from, op);
  const target = keyOf(call, to, op);
  if (task.mm.user.u32(from) !== expected) return -EAGAIN;
  let count = 0;
  for (const w of kernel.futexes.at(key).slice(0, n1 + n2)) {
    if (w.pi?.key !== target) return count || -EINVAL;
    const r = kernel.piFutexes.tryLock(w.pi.task, target, w.pi.address);
    if (r < 0 && r !== -EAGAIN) return count || r;
    if (r === 0) w.pi.owned = true;
    else kernel.piFutexes.enqueue(w.pi);
    kernel.futexes.remove(w);
    w.woken = true;
    w.queue.wake();
    count++;
  }
  return count;
}
