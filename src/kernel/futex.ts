/** Queues of futex(2): who waits at which word. */
import * as F from "../abi/futex.ts";
import { READ, UserFault } from "../mmu/access.ts";
import { WaitQueue } from "../vfs/types.ts";
import type { PiWaiter } from "./futex-pi.ts";
import type { Mm } from "./mm.ts";
import type { Task } from "./task.ts";

/** One task's wait at one word. */
export class FutexWaiter {
  readonly queue = new WaitQueue();
  woken = false;
  /** FUTEX_WAIT_REQUEUE_PI: what it waits for once it was moved. */
  pi: PiWaiter | undefined;
  constructor(
    public key: string,
    readonly bitset: number,
  ) {}
}

/**
 * The word's identity: its frame when the mapping is shared, so that processes meet; the address space and address
 * otherwise. Throws UserFault when the word is not accessible.
 */
export function futexKey(mm: Mm, address: number, isPrivate: boolean): string {
  const host = mm.space.host(address, READ);
  if (host < 0) throw new UserFault(address);
  if (!isPrivate && mm.vmas.find(address)?.shared) return `f${host}`;
  return `${mm.id}:${address}`;
}

export class FutexTable {
  private readonly waiters = new Map<string, Set<FutexWaiter>>();

  add(w: FutexWaiter): void {
    const set = this.waiters.get(w.key);
    if (set) set.add(w);
    else this.waiters.set(w.key, new Set([w]));
  }
  remove(w: FutexWaiter): void {
    const set = this.waiters.get(w.key);
    if (!set) return;
    set.delete(w);
    if (set.size === 0) this.waiters.delete(w.key);
  }
  /** Wakes up to n waiters, in the order they came. Returns how many. */
  wake(key: string, n: number, bitset = F.FUTEX_BITSET_MATCH_ANY): number {
    let count = 0;
    for (const w of [...(this.waiters.get(key) ?? [])]) {
      if (count >= n) break;
      if (!(w.bitset & bitset)) continue;
      this.remove(w);
      w.woken = true;
      w.queue.wake();
      count++;
    }
    return count;
  }
  /** Waiters at a word, in the order they came. */
  at(key: string): FutexWaiter[] {
    return [...(this.waiters.get(key) ?? [])];
  }
  /** Moves up to n waiters to another word. */
  requeue(from: string, to: string, n: number): number {
    let count = 0;
    for (const w of [...(this.waiters.get(from) ?? [])]) {
      if (count >= n) break;
      this.remove(w);
      w.key = to;
      this.add(w);
      count++;
    }
    return count;
  }
}

/** A thread ends: its robust mutexes are marked, and whoever waits for one of them is woken (get_robust_list(2)). */
export function exitRobustList(task: Task): void {
  if (!task.robustList) return;
  try {
    walkRobustList(task);
  } catch (e) {
    if (!(e instanceof UserFault)) throw e;
  }
}

function walkRobustList(task: Task): void {
  const { user } = task.mm;
  const head = task.robustList;
  const offset = user.i64(head + 8);
  const pending = user.u64(head + 16);
  let entry = user.u64(head);
  for (let i = 0; i < F.ROBUST_LIST_LIMIT && entry !== head; i++) {
    // Bit 0 marks priority inheritance.
    const node = entry - (entry % 2);
    const next = user.u64(node);
    if (entry !== pending) markDead(task, node + offset, false);
    entry = next;
  }
  if (pending) markDead(task, pending - (pending % 2) + offset, true);
}

function markDead(task: Task, address: number, pending: boolean): void {
  const { user } = task.mm;
  const value = user.u32(address);
  const wake = (): void => {
    task.kernel.futexes.wake(futexKey(task.mm, address, false), 1);
    task.kernel.futexes.wake(futexKey(task.mm, address, true), 1);
  };
  if (pending && value === 0) {
    wake();
    return;
  }
  if ((value & F.FUTEX_TID_MASK) !== task.tid) return;
  user.setU32(address, ((value & F.FUTEX_WAITERS) | F.FUTEX_OWNER_DIED) >>> 0);
  if (value & F.FUTEX_WAITERS) wake();
}
