import { BaseFile } from "../vfs/file.ts";
import type { Stat } from "../vfs/types.ts";

/** Device number of the file system that anonymous inodes belong to, as Linux shows it on most systems. */
const ANON_DEV = 0xf;

/** An open file without a place in any tree: eventfd, epoll, timerfd, signalfd ("anonymous inodes" in /proc/PID/fd). */
export abstract class AnonFile extends BaseFile {
  constructor(
    /** As /proc/PID/fd shows it: "[eventfd]". */
    private readonly kind: string,
    flags: number,
  ) {
    super(undefined, flags);
  }
  override stat(): Stat {
    const zero = { nlink: 1, uid: 0, gid: 0, rdev: 0, size: 0, blocks: 0, atime: 0n, mtime: 0n, ctime: 0n };
    return { ...zero, dev: ANON_DEV, ino: 1, mode: 0o600, blksize: 4096 };
  }
  override describe(): string {
    return `anon_inode:${this.kind}`;
  }
}
