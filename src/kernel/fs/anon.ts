import { S_IFMT } from "../../abi/stat.ts";
import { ANON_INODE_FS_MAGIC } from "../../abi/statfs.ts";
import { counters } from "../../base/counters.ts";
import { BaseInode } from "../../vfs/inode.ts";
import type { FileSystem, Inode, SetAttr, Stat, Statfs } from "../../vfs/types.ts";

/** A file system nobody mounts: pipefs, sockfs, anon_inodefs. */
export class AnonFs implements FileSystem {
  readonly root: Inode;
  constructor(
    readonly type: string,
    readonly dev: number,
    private readonly magic = ANON_INODE_FS_MAGIC,
  ) {
    this.root = new AnonInode(this, 0o040555, 1);
  }
  statfs(): Statfs {
    return { type: this.magic, bsize: 4096, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };
  }
  /** An inode of the given mode (with type). */
  inode(mode: number, uid = 0, gid = 0, time = 0n): AnonInode {
    return new AnonInode(this, mode, counters.anonInode++, uid, gid, time);
  }
}

/** Keeps only attributes; what can be done with it is its File's affair. */
export class AnonInode extends BaseInode {
  constructor(
    fs: FileSystem,
    private mode: number,
    ino: number,
    private uid = 0,
    private gid = 0,
    private time = 0n,
  ) {
    super(fs, ino, mode & S_IFMT);
  }
  stat(): Stat {
    return {
      dev: this.fs.dev,
      ino: this.ino,
      mode: this.mode,
      nlink: 1,
      uid: this.uid,
      gid: this.gid,
      rdev: 0,
      size: 0,
      blksize: 4096,
      blocks: 0,
      atime: this.time,
      mtime: this.time,
      ctime: this.time,
    };
  }
  override setattr(a: SetAttr): number {
    if (a.mode !== undefined) this.mode = this.type | (a.mode & 0o7777);
    this.uid = a.uid ?? this.uid;
    this.gid = a.gid ?? this.gid;
    return 0;
  }
}
