import { EINVAL, ENXIO } from "../../abi/errno.ts";
import { S_IFBLK, S_IFCHR, S_IFIFO, S_IFMT } from "../../abi/stat.ts";
import { counters } from "../../base/counters.ts";
import { BaseInode } from "../../vfs/inode.ts";
import type { Cred, File, FileSystem, SetAttr, Stat } from "../../vfs/types.ts";
import type { Devices } from "./devices.ts";
import { openFifo } from "./pipe.ts";

/** A FIFO, socket or device node kept in memory. */
export class SpecialInode extends BaseInode {
  nlink = 1;
  private uid: number;
  private gid: number;
  private times: { atime: bigint; mtime: bigint; ctime: bigint };

  constructor(
    fs: FileSystem,
    private mode: number,
    readonly rdev: number,
    cred: Cred,
    private readonly now: bigint,
    private readonly devices: Devices,
  ) {
    super(fs, counters.specialInode++, mode & S_IFMT);
    this.uid = cred.fsuid;
    this.gid = cred.fsgid;
    this.times = { atime: now, mtime: now, ctime: now };
  }
  stat(): Stat {
    const { ino, mode, nlink, uid, gid, rdev } = this;
    return { dev: this.fs.dev, ino, mode, nlink, uid, gid, rdev, size: 0, blksize: 4096, blocks: 0, ...this.times };
  }
  override setattr(a: SetAttr): number {
    if (a.size !== undefined) return -EINVAL;
    if (a.mode !== undefined) this.mode = this.type | (a.mode & 0o7777);
    this.uid = a.uid ?? this.uid;
    this.gid = a.gid ?? this.gid;
    this.times = { atime: a.atime ?? this.times.atime, mtime: a.mtime ?? this.times.mtime, ctime: this.now };
    return 0;
  }
  override open(flags: number, cred: Cred): File | number {
    if (this.type === S_IFIFO) return openFifo(this, flags);
    if (this.type === S_IFCHR || this.type === S_IFBLK) return this.devices.open(this.rdev, this, flags, cred);
    return -ENXIO;
  }
}
