/**
 * Advisory locks among the guest's tasks: flock(2) and fcntl(2). An owner is whatever object stands for it: the FdTable
 * for POSIX locks (they belong to the process), the File for open-file-description locks and for flock. flock and
 * fcntl locks do not see each other, as on Linux.
 */

import { F_UNLCK, F_WRLCK } from "../abi/fcntl.ts";
import { Attached } from "../base/attached.ts";
import { type Inode, WaitQueue } from "../vfs/types.ts";

export interface Lock {
  owner: object;
  /** F_RDLCK or F_WRLCK; F_UNLCK in requests. */
  type: number;
  /** First byte, and the first one after (Infinity: to the end of file, however far it grows). */
  start: number;
  end: number;
  /** Process that set it, for F_GETLK (-1 for open-file-description locks). */
  pid: number;
}

/** The locks of one inode. */
export class LockSet {
  private locks: Lock[] = [];
  /** Woken when locks go. */
  readonly queue = new WaitQueue();

  /** A lock of another owner that stands in the way of `want`, if any. */
  conflict(want: Lock): Lock | undefined {
    return this.locks.find(
      (l) =>
        l.owner !== want.owner &&
        l.start < want.end &&
        want.start < l.end &&
        (l.type === F_WRLCK || want.type === F_WRLCK),
    );
  }
  /** Replaces what the owner holds in the range; the caller has looked for conflicts. */
  apply(want: Lock): void {
    const kept: Lock[] = [];
    for (const l of this.locks) {
      if (l.owner !== want.owner || l.end <= want.start || l.start >= want.end) {
        kept.push(l);
        continue;
      }
      if (l.start < want.start) kept.push({ ...l, end: want.start });
      if (l.end > want.end) kept.push({ ...l, start: want.end });
    }
    if (want.type !== F_UNLCK) kept.push(want);
    this.locks = kept;
    this.queue.wake();
  }
  release(owner: object): void {
    if (this.locks.some((l) => l.owner === owner)) {
      this.apply({ owner, type: F_UNLCK, start: 0, end: Number.POSITIVE_INFINITY, pid: 0 });
    }
  }
}

const posix = new Attached<Inode, LockSet>("range locks");
const whole = new Attached<Inode, LockSet>("file locks");

function setOf(map: Attached<Inode, LockSet>, inode: Inode): LockSet {
  let set = map.get(inode);
  if (!set) {
    set = new LockSet();
    map.set(inode, set);
  }
  return set;
}

/** Byte-range locks of fcntl. */
export function rangeLocks(inode: Inode): LockSet {
  return setOf(posix, inode);
}
/** Whole-file locks of flock. */
export function fileLocks(inode: Inode): LockSet {
  return setOf(whole, inode);
}

/** The owner's POSIX locks on the inode end when it closes any descriptor of it. */
export function dropRangeLocks(owner: object, inode: Inode | undefined): void {
  if (inode) posix.get(inode)?.release(owner);
}
/** flock's and open-file-description locks end with the open file. */
export function dropFileLocks(owner: object, inode: Inode | undefined): void {
  if (!inode) return;
  posix.get(inode)?.release(owner);
  whole.get(inode)?.release(owner);
}
