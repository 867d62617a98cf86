/**
 * Futexes whose word holds the owner's thread id: FUTEX_LOCK_PI and its kin. All tasks share the processor alike, so there
 * is no priority to inherit; ownership is handed over as Linux does.
 */
import { EAGAIN, EDEADLK, EPERM, ESRCH } from "../abi/errno.ts";
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from "../abi/futex.ts";
import { UserFault } from "../mmu/access.ts";
import { WaitQueue } from "../vfs/types.ts";
import type { Task } from "./task.ts";

export class PiWaiter {
  readonly queue = new WaitQueue();
  owned = false;
  constructor(
    readonly task: Task,
    readonly key: string,
    readonly address: number,
  ) {}
}

export class PiTable {
  private readonly queues = new Map<string, { owner: Task; waiters: PiWaiter[] }>();

  /** Takes the lock if it is free: 0; -EAGAIN: another has it. */
  tryLock(task: Task, key: string, address: number): number {
    const { user } = task.mm;
    const word = user.u32(address);
    const tid = word & FUTEX_TID_MASK;
    if (tid === task.tid) return -EDEADLK;
    const queue = this.queues.get(key);
    if (tid === 0 && !queue) {
      user.setU32(address, ((word & FUTEX_OWNER_DIED) | task.tid) >>> 0);
      return 0;
    }
    return queue || task.kernel.tasks.has(tid) ? -EAGAIN : -ESRCH;
  }
  /** Queues behind the owner. */
  enqueue(w: PiWaiter): number {
    const { user } = w.task.mm;
    const word = user.u32(w.address);
    const owner = w.task.kernel.tasks.get(word & FUTEX_TID_MASK);
    if (!owner) return -ESRCH;
    user.setU32(w.address, (word | FUTEX_WAITERS) >>> 0);
    const queue = this.queues.get(w.key);
    if (queue) queue.waiters.push(w);
    else this.queues.set(w.key, { owner, waiters: [w] });
    return 0;
  }
  remove(w: PiWaiter): void {
    const queue = this.queues.get(w.key);
    if (!queue) return;
    queue.waiters = queue.waiters.filter((o) => o !== w);
    if (queue.waiters.length === 0) this.queues.delete(w.key);
  }
  unlock(task: Task, key: string, address: number): number {
    const { user } = task.mm;
    if ((user.u32(address) & FUTEX_TID_MASK) !== task.tid) return -EPERM;
    if (!this.handOver(key, 0)) user.setU32(address, 0);
    return 0;
  }
  /** The first that waits becomes the owner. False if nobody waits. */
  private handOver(key: string, flags: number): boolean {
    const queue = this.queues.get(key);
    const next = queue?.waiters.shift();
    if (!queue || !next) return false;
    if (queue.waiters.length === 0) this.queues.delete(key);
    queue.owner = next.task;
    next.task.mm.user.setU32(next.address, (next.task.tid | FUTEX_WAITERS | flags) >>> 0);
    next.owned = true;
    next.queue.wake();
    return true;
  }
  /** An owner ends without unlocking: whoever waits gets the lock, marked. */
  exited(task: Task): void {
    for (const [key, { owner }] of [...this.queues]) if (owner === task) this.abandon(key);
  }
  private abandon(key: string): void {
    try {
      this.handOver(key, FUTEX_OWNER_DIED);
    } catch (e) {
      if (!(e instanceof UserFault)) throw e;
    }
  }
}
