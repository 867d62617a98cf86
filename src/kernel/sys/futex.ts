/** futex(2). */
import { EAGAIN, EINVAL, ENOSYS, ETIMEDOUT } from "../../abi/errno.ts";
import * as F from "../../abi/futex.ts";
import { readTimespec } from "../clock.ts";
import { FutexWaiter, futexKey } from "../futex.ts";
import { type Call, park, type SyscallRow, type SysResult, sys } from "../types.ts";
import { keyOf, lockPi, requeuePi, waitRequeuePi } from "./futex-pi.ts";

interface WaitState {
  waiter: FutexWaiter;
  until: bigint | undefined;
}

/** The monotonic deadline of a timeout argument: relative for FUTEX_WAIT, else absolute on one of two clocks. */
function deadline(call: Call, op: number, timeout: number): bigint | undefined | number {
  if (!timeout) return undefined;
  const t = readTimespec(call.task.mm.user, timeout);
  if (typeof t === "number") return t;
  const { kernel } = call;
  if ((op & F.FUTEX_CMD_MASK) === F.FUTEX_WAIT) return kernel.now() + t;
  return op & F.FUTEX_CLOCK_REALTIME ? kernel.now() + (t - kernel.realtime()) : t;
}

function wait(call: Call, address: number, op: number, value: number, timeout: number, bitset: number): SysResult {
  const { kernel, task } = call;
  let state = call.state as WaitState | undefined;
  if (!state) {
    if (bitset === 0) return -EINVAL;
    const until = deadline(call, op, timeout);
    if (typeof until === "number") return until;
    const key = futexKey(task.mm, address, (op & F.FUTEX_PRIVATE_FLAG) !== 0);
    if (task.mm.user.u32(address) !== value) return -EAGAIN;
    state = { waiter: new FutexWaiter(key, bitset), until };
    call.state = state;
    kernel.futexes.add(state.waiter);
  }
  const { waiter, until } = state;
  if (waiter.woken) return 0;
  if (until !== undefined && until <= kernel.now()) {
    kernel.futexes.remove(waiter);
    return -ETIMEDOUT;
  }
  const cancel = (): number | undefined => {
    kernel.futexes.remove(waiter);
    return waiter.woken ? 0 : undefined;
  };
  // A relative timeout cannot be started anew after a handler.
  return park([waiter.queue], { until, onSignal: timeout ? "eintr" : "restart", cancel });
}

/** FUTEX_WAKE_OP's operation on the second word: bits 28-31 operation, 24-27 comparison, 12-23 operand, 0-11 comparand. */
function wakeOp(
  call: Call,
  op: number,
  first: number,
  n1: number,
  n2: number,
  second: number,
  code: number,
): SysResult {
  const { user } = call.task.mm;
  const isPrivate = (op & F.FUTEX_PRIVATE_FLAG) !== 0;
  const key1 = futexKey(call.task.mm, first, isPrivate);
  const key2 = futexKey(call.task.mm, second, isPrivate);
  const signed12 = (v: number): number => (v << 20) >> 20;
  let operand = signed12(code >>> 12);
  // FUTEX_OP_OPARG_SHIFT
  if (code & 0x80000000) operand = 1 << (operand & 31);
  const old = user.i32(second);
  const results = [operand, old + operand, old | operand, old & ~operand, old ^ operand];
  const operation = (code >>> 28) & 7;
  if (operation >= results.length) return -ENOSYS;
  user.setU32(second, results[operation] >>> 0);
  const comparand = signed12(code);
  const comparisons = [
    old === comparand,
    old !== comparand,
    old < comparand,
    old <= comparand,
    old > comparand,
    old >= comparand,
  ];
  const comparison = (code >>> 24) & 15;
  if (comparison >= comparisons.length) return -ENOSYS;
  let woken = call.kernel.futexes.wake(key1, n1);
  if (comparisons[comparison]) woken += call.kernel.futexes.wake(key2, n2);
  return woken;
}

function requeue(
  call: Call,
  op: number,
  from: number,
  n1: number,
  n2: number,
  to: number,
  expected?: number,
): SysResult {
  if (n1 < 0 || n2 < 0) return -EINVAL;
  const { mm } = call.task;
  const isPrivate = (op & F.FUTEX_PRIVATE_FLAG) !== 0;
  const key1 = futexKey(mm, from, isPrivate);
  const key2 = futexKey(mm, to, isPrivate);
  if (expected !== undefined && mm.user.u32(from) !== expected) return -EAGAIN;
  const woken = call.kernel.futexes.wake(key1, n1);
  const moved = key1 === key2 ? 0 : call.kernel.futexes.requeue(key1, key2, n2);
  return woken + moved;
}

function wake(call: Call, address: number, op: number, n: number, bitset: number): SysResult {
  if (bitset === 0) return -EINVAL;
  const key = futexKey(call.task.mm, address, (op & F.FUTEX_PRIVATE_FLAG) !== 0);
  // At least one, even when asked for none.
  return call.kernel.futexes.wake(key, Math.max(1, n), bitset);
}

function futex(
  call: Call,
  address: number,
  op: number,
  value: number,
  timeout: number,
  second: number,
  value3: number,
): SysResult {
  if (address % 4 !== 0) return -EINVAL;
  const command = op & F.FUTEX_CMD_MASK;
  // The timeout's register holds a count for some.
  const count2 = timeout | 0;
  switch (command) {
    case F.FUTEX_WAIT:
      return wait(call, address, op, value, timeout, F.FUTEX_BITSET_MATCH_ANY);
    case F.FUTEX_WAIT_BITSET:
      return wait(call, address, op, value, timeout, value3);
    case F.FUTEX_WAKE:
      return wake(call, address, op, value | 0, F.FUTEX_BITSET_MATCH_ANY);
    case F.FUTEX_WAKE_BITSET:
      return wake(call, address, op, value | 0, value3);
    case F.FUTEX_REQUEUE:
      return requeue(call, op, address, value | 0, count2, second);
    case F.FUTEX_CMP_REQUEUE:
      return requeue(call, op, address, value | 0, count2, second, value3);
    case F.FUTEX_WAKE_OP:
      return wakeOp(call, op, address, value | 0, count2, second, value3);
    case F.FUTEX_LOCK_PI:
    case F.FUTEX_LOCK_PI2:
      return lockPi(call, address, op, timeout);
    case F.FUTEX_TRYLOCK_PI:
      return call.kernel.piFutexes.tryLock(call.task, keyOf(call, address, op), address);
    case F.FUTEX_UNLOCK_PI:
      return call.kernel.piFutexes.unlock(call.task, keyOf(call, address, op), address);
    case F.FUTEX_WAIT_REQUEUE_PI:
      return waitRequeuePi(call, address, op, value, timeout, second);
    case F.FUTEX_CMP_REQUEUE_PI:
      return requeuePi(call, address, op, value | 0, count2, second, value3);
    default:
      return -ENOSYS;
  }
}

export const rows: SyscallRow[] = [
  sys(202, "futex", "uaddr:ptr op:futex_op val:uint timeout:ptr uaddr2:ptr val3:uint", futex),
];
