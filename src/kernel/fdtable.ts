import { EBADF, EMFILE } from "../abi/errno.ts";
import type { File } from "../vfs/types.ts";
import { forgetNotices } from "./dnotify.ts";
import { closedForEpoll } from "./epoll.ts";
import { dropFileLocks, dropRangeLocks } from "./locks.ts";

/** Takes one more reference to an open file description. */
export function retainFile(file: File): File {
  file.refs++;
  return file;
}

/** Gives back a reference; the last one closes the file. */
export function releaseFile(file: File): void {
  file.refs--;
  if (file.refs > 0) return;
  closedForEpoll(file);
  forgetNotices(file);
  dropFileLocks(file, file.inode);
  file.close();
}

interface Slot {
  file: File;
  cloexec: boolean;
}

/**
 * A table of file descriptors, shared by tasks made with CLONE_FILES. Every slot holds one reference to its File.
 * `limit` arguments are RLIMIT_NOFILE: no descriptor at or above it is handed out.
 */
export class FdTable {
  /** Tasks that use this table. */
  refs = 1;
  private readonly slots: (Slot | undefined)[] = [];
  /** No free slot lies below. */
  private lowest = 0;

  get(fd: number): File | undefined {
    return this.slots[fd]?.file;
  }
  cloexec(fd: number): boolean {
    return this.slots[fd]?.cloexec ?? false;
  }
  setCloexec(fd: number, on: boolean): number {
    const slot = this.slots[fd];
    if (!slot) return -EBADF;
    slot.cloexec = on;
    return 0;
  }
  /** The lowest free descriptor >= min, or -EMFILE. */
  private free(min: number, limit: number): number {
    let fd = Math.max(min, this.lowest);
    while (this.slots[fd]) fd++;
    if (min <= this.lowest) this.lowest = fd;
    return fd < limit ? fd : -EMFILE;
  }
  /**
   * Puts the file at the lowest free descriptor >= min and returns it, or -EMFILE. Takes over one reference; on failure
   * it stays with the caller.
   */
  install(file: File, cloexec: boolean, limit: number, min = 0): number {
    const fd = this.free(min, limit);
    if (fd >= 0) this.slots[fd] = { file, cloexec };
    return fd;
  }
  /** Descriptors that `install` would return for the next n files, without taking them; undefined when there are not enough. */
  peek(n: number, limit: number): number[] | undefined {
    const fds: number[] = [];
    for (let fd = this.lowest; fds.length < n; fd++) {
      if (fd >= limit) return undefined;
      if (!this.slots[fd]) fds.push(fd);
    }
    return fds;
  }
  close(fd: number): number {
    const slot = this.slots[fd];
    if (!slot) return -EBADF;
    this.slots[fd] = undefined;
    this.lowest = Math.min(this.lowest, fd);
    // fcntl(2): closing any descriptor of a file ends the process's POSIX locks on it.
    dropRangeLocks(this, slot.file.inode);
    slot.file.flush?.(this);
    releaseFile(slot.file);
    return 0;
  }
  /** F_DUPFD and dup: a second descriptor of the same open file. */
  dup(fd: number, cloexec: boolean, limit: number, min = 0): number {
    const file = this.get(fd);
    if (!file) return -EBADF;
    const copy = this.install(file, cloexec, limit, min);
    if (copy >= 0) retainFile(file);
    return copy;
  }
  /** dup3, with from !== to already checked by the caller. */
  dupTo(from: number, to: number, cloexec: boolean, limit: number): number {
    const file = this.get(from);
    if (!file || to < 0 || to >= limit) return -EBADF;
    retainFile(file);
    if (this.slots[to]) this.close(to);
    this.slots[to] = { file, cloexec };
    return to;
  }
  /** A copy for fork. */
  fork(): FdTable {
    const copy = new FdTable();
    this.slots.forEach((slot, fd) => {
      if (slot) copy.slots[fd] = { file: retainFile(slot.file), cloexec: slot.cloexec };
    });
    copy.lowest = this.lowest;
    return copy;
  }
  /** Open descriptors in ascending order. */
  list(): number[] {
    const fds: number[] = [];
    this.slots.forEach((slot, fd) => {
      if (slot) fds.push(fd);
    });
    return fds;
  }
  closeOnExec(): void {
    for (const fd of this.list()) if (this.cloexec(fd)) this.close(fd);
  }
  /** A task lets go of the table; the last one closes everything. */
  release(): void {
    this.refs--;
    if (this.refs === 0) for (const fd of this.list()) this.close(fd);
  }
}
