import { EBADF, EFBIG, EINVAL, EOPNOTSUPP, EPERM } from "../../abi/errno.ts";
import {
  F_ADD_SEALS,
  F_GET_SEALS,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_ZERO_RANGE,
  O_ACCMODE,
  O_RDONLY,
  O_WRONLY,
} from "../../abi/fcntl.ts";
import { IN_MODIFY } from "../../abi/inotify.ts";
import { PAGE } from "../../mmu/frames.ts";
import { RegularFile } from "../../vfs/file.ts";
import type { Inode } from "../../vfs/types.ts";
import { tell } from "../../vfs/watch.ts";
import type { TmpContent } from "./tmp-content.ts";

const ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;

/** What an open file asks of its inode. */
export interface TmpOwner extends Inode {
  opens: number;
  seals: number;
  /** Contents changed: new times. */
  modified(): void;
  resize(size: number): number;
  freeIfUnused(): void;
}

/** An open regular file of a tmpfs. */
export class TmpFile extends RegularFile {
  constructor(
    override readonly inode: TmpOwner,
    private readonly content: TmpContent,
    flags: number,
  ) {
    super(inode, flags);
    inode.opens++;
  }
  private get writable(): boolean {
    return (this.flags & O_ACCMODE) !== O_RDONLY;
  }
  protected override size(): number {
    return this.content.size;
  }
  protected override readAt(into: Uint8Array, at: number): number {
    if ((this.flags & O_ACCMODE) === O_WRONLY) return -EBADF;
    return this.content.read(into, at);
  }
  protected override writeAt(from: Uint8Array, at: number): number {
    if (!this.writable) return -EBADF;
    const { seals } = this.inode;
    if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) return -EPERM;
    if (seals & F_SEAL_GROW && at + from.length > this.content.size) return -EPERM;
    if (!Number.isSafeInteger(at + from.length)) return -EFBIG;
    const n = this.content.write(from, at);
    if (n > 0) this.inode.modified();
    return n;
  }
  protected override append(from: Uint8Array): number {
    return this.writeAt(from, this.content.size);
  }
  truncate(size: number): number {
    const r = this.writable ? this.inode.resize(size) : -EINVAL;
    if (r === 0) tell(this.place, IN_MODIFY);
    return r;
  }
  allocate(mode: number, offset: number, length: number): number {
    if (!this.writable) return -EBADF;
    const keep = (mode & FALLOC_FL_KEEP_SIZE) !== 0;
    if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) return -EOPNOTSUPP;
    if (mode & FALLOC_FL_PUNCH_HOLE && !keep) return -EOPNOTSUPP;
    if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) {
      if (this.inode.seals & F_SEAL_WRITE) return -EPERM;
      this.content.punch(offset, offset + length);
    }
    return !keep && offset + length > this.content.size ? this.inode.resize(offset + length) : 0;
  }
  /** F_ADD_SEALS, F_GET_SEALS (fcntl(2)). */
  control(command: number, arg: number): number {
    const { inode } = this;
    if (command === F_GET_SEALS) return inode.seals;
    if (command !== F_ADD_SEALS) return -EINVAL;
    if (arg & ~ALL_SEALS) return -EINVAL;
    if (!this.writable || inode.seals & F_SEAL_SEAL) return -EPERM;
    inode.seals |= arg;
    return 0;
  }
  page(offset: number): number {
    return this.content.frame(Math.floor(offset / PAGE));
  }
  /** Frames are the file: nothing to write back. */
  dirty(_offset: number): void {}
  sync(): number {
    return 0;
  }
  override close(): void {
    this.closed();
    this.inode.opens--;
    this.inode.freeIfUnused();
  }
}

/** May the file get this size, as its seals go? */
export function checkSealedSize(seals: number, from: number, to: number): number {
  if (to < from && seals & F_SEAL_SHRINK) return -EPERM;
  return to > from && seals & F_SEAL_GROW ? -EPERM : 0;
}
