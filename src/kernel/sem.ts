import { EAGAIN, EFBIG, ERANGE } from "../abi/errno.ts";
import { IPC_NOWAIT, SEM_UNDO, SEMVMX } from "../abi/ipc.ts";
import { WaitQueue } from "../vfs/types.ts";
import type { IpcObject, IpcPerm } from "./ipc.ts";
import type { Process } from "./process.ts";

export interface SemOp {
  num: number;
  op: number;
  flags: number;
}

/** A System V semaphore set (semget(2)). */
export class SemSet implements IpcObject {
  removed = false;
  readonly values: number[];
  readonly pids: number[];
  /** Waiters for an increase and for zero, by semaphore. */
  readonly increase: number[];
  readonly zero: number[];
  readonly queue = new WaitQueue();
  /** What SEM_UNDO will add when a process ends. */
  readonly undo = new Map<Process, number[]>();
  otime = 0n;
  ctime = 0n;

  constructor(
    readonly perm: IpcPerm,
    n: number,
  ) {
    this.values = new Array(n).fill(0);
    this.pids = new Array(n).fill(0);
    this.increase = new Array(n).fill(0);
    this.zero = new Array(n).fill(0);
  }
  /** Does all operations or none. 0; -errno; or the operation that has to wait. */
  attempt(ops: readonly SemOp[], process: Process): number | SemOp {
    const values = [...this.values];
    for (const o of ops) {
      const v = values[o.num];
      if (o.op === 0 ? v !== 0 : v + o.op < 0) return o.flags & IPC_NOWAIT ? -EAGAIN : o;
      if (v + o.op > SEMVMX) return -ERANGE;
      values[o.num] = v + o.op;
    }
    values.forEach((v, i) => {
      this.values[i] = v;
    });
    for (const o of ops) {
      this.pids[o.num] = process.pid;
      if (o.flags & SEM_UNDO && o.op !== 0) this.undoOf(process)[o.num] -= o.op;
    }
    this.queue.wake();
    return 0;
  }
  private undoOf(process: Process): number[] {
    let list = this.undo.get(process);
    if (!list) {
      list = new Array(this.values.length).fill(0);
      this.undo.set(process, list);
    }
    return list;
  }
  /** SETVAL and SETALL forget what was to be undone. */
  clearUndo(num: number): void {
    for (const list of this.undo.values()) list[num] = 0;
  }
  /** The process ended. */
  exited(process: Process): void {
    const list = this.undo.get(process);
    if (!list) return;
    this.undo.delete(process);
    list.forEach((n, i) => {
      if (n === 0) return;
      this.values[i] = Math.min(SEMVMX, Math.max(0, this.values[i] + n));
      this.pids[i] = process.pid;
    });
    this.queue.wake();
  }
  check(num: number): number {
    return num >= 0 && num < this.values.length ? 0 : -EFBIG;
  }
}
