import { EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, ENXIO, EPERM, EXDEV } from "../../abi/errno.ts";
import { F_SEAL_SEAL, NAME_MAX, RENAME_EXCHANGE } from "../../abi/fcntl.ts";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_ISGID } from "../../abi/stat.ts";
import { TMPFS_MAGIC } from "../../abi/statfs.ts";
import { BaseInode } from "../../vfs/inode.ts";
import type { PageCache } from "../../vfs/page-cache.ts";
import type { Cred, DirEntry, File, FileSystem, Inode, SetAttr, Stat, Statfs } from "../../vfs/types.ts";
import type { Devices } from "./devices.ts";
import { openFifo } from "./pipe.ts";
import { TmpContent } from "./tmp-content.ts";
import { checkSealedSize, TmpFile } from "./tmp-file.ts";

/** Who owns what no guest made. */
const NOBODY: Pick<Cred, "fsuid" | "fsgid"> = { fsuid: 0, fsgid: 0 };

/** A file system in memory: tmpfs, devtmpfs, the root in a browser, memfds. */
export class TmpFileSystem implements FileSystem {
  readonly root: TmpInode;
  private nextIno = 1;

  constructor(
    readonly cache: PageCache,
    readonly devices: Devices,
    readonly now: () => bigint,
    readonly dev: number,
    readonly type = "tmpfs",
    rootMode = 0o1777,
  ) {
    this.root = this.make(S_IFDIR | rootMode, NOBODY);
  }
  make(mode: number, cred: Pick<Cred, "fsuid" | "fsgid">, rdev = 0): TmpInode {
    return new TmpInode(this, this.nextIno++, mode, cred, rdev);
  }
  statfs(): Statfs {
    const { total, available } = this.cache.frames;
    const free = Math.floor(available / 4096);
    const blocks = Math.floor(total / 4096);
    return { type: TMPFS_MAGIC, bsize: 4096, blocks, bfree: free, bavail: free, files: blocks, ffree: free };
  }
}

export class TmpInode extends BaseInode {
  private mode: number;
  private uid: number;
  private gid: number;
  private atime: bigint;
  private mtime: bigint;
  private ctime: bigint;
  nlink = 1;
  /** Open descriptions of a regular file. */
  opens = 0;
  /** F_SEAL_ bits; only memfds that allow it get any beyond F_SEAL_SEAL. */
  seals = F_SEAL_SEAL;
  target = "";
  private extended: Map<string, Uint8Array> | undefined;
  private readonly entries: Map<string, TmpInode> | undefined;
  private content: TmpContent | undefined;

  constructor(
    override readonly fs: TmpFileSystem,
    ino: number,
    mode: number,
    cred: Pick<Cred, "fsuid" | "fsgid">,
    private readonly rdev: number,
  ) {
    super(fs, ino, mode & S_IFMT);
    this.mode = mode;
    this.uid = cred.fsuid;
    this.gid = cred.fsgid;
    this.atime = this.mtime = this.ctime = fs.now();
    if (this.type === S_IFDIR) {
      this.entries = new Map();
      this.nlink = 2;
    } else if (this.type === S_IFREG) this.content = new TmpContent(fs.cache.open(this));
  }

  stat(): Stat {
    const { ino, mode, nlink, uid, gid, rdev, atime, mtime, ctime } = this;
    const size = this.content?.size ?? (this.entries ? this.entries.size * 20 : this.target.length);
    const blocks = Math.ceil((this.content?.allocated ?? 0) / 512);
    return { dev: this.fs.dev, ino, mode, nlink, uid, gid, rdev, size, blksize: 4096, blocks, atime, mtime, ctime };
  }
  override setattr(a: SetAttr): number {
    if (a.size !== undefined) {
      const r = this.resize(a.size);
      if (r < 0) return r;
    }
    if (a.mode !== undefined) this.mode = this.type | (a.mode & 0o7777);
    this.uid = a.uid ?? this.uid;
    this.gid = a.gid ?? this.gid;
    this.atime = a.atime ?? this.atime;
    this.mtime = a.mtime ?? this.mtime;
    this.ctime = this.fs.now();
    return 0;
  }
  attributes(): Map<string, Uint8Array> {
    this.extended ??= new Map();
    return this.extended;
  }
  modified(): void {
    this.mtime = this.ctime = this.fs.now();
  }
  resize(size: number): number {
    if (!this.content) return -EINVAL;
    const r = checkSealedSize(this.seals, this.content.size, size);
    if (r < 0) return r;
    this.content.truncate(size);
    this.modified();
    return 0;
  }
  /** Gives a regular file contents that are kept as they are (an archive's). */
  setBase(bytes: Uint8Array): void {
    this.content?.free();
    this.content = new TmpContent(this.fs.cache.open(this), bytes);
  }
  freeIfUnused(): void {
    if (this.nlink === 0 && this.opens === 0) this.content?.free();
  }

  override lookup(name: string): Inode | number {
    return this.entries ? (this.entries.get(name) ?? -ENOENT) : -ENOTDIR;
  }
  override readdir(): DirEntry[] | number {
    if (!this.entries) return -ENOTDIR;
    return [...this.entries].map(([name, i]) => ({ name, ino: i.ino, type: i.type >>> 12 }));
  }
  /** Enters a new inode. The directory's group and bit go to what is made in a set-group-ID directory. */
  private add(name: string, mode: number, cred: Pick<Cred, "fsuid" | "fsgid">, rdev = 0): TmpInode | number {
    if (!this.entries) return -ENOTDIR;
    if (this.entries.has(name)) return -EEXIST;
    if (name.length > NAME_MAX || this.nlink === 0) return -ENOENT;
    const inherits = (this.mode & S_ISGID) !== 0;
    const isDir = (mode & S_IFMT) === S_IFDIR;
    const bits = mode | (inherits && isDir ? S_ISGID : 0);
    const inode = this.fs.make(bits, { fsuid: cred.fsuid, fsgid: inherits ? this.gid : cred.fsgid }, rdev);
    this.entries.set(name, inode);
    if (isDir) this.nlink++;
    this.modified();
    return inode;
  }
  override create(name: string, mode: number, cred: Pick<Cred, "fsuid" | "fsgid"> = NOBODY): TmpInode | number {
    return this.add(name, S_IFREG | (mode & 0o7777), cred);
  }
  override mkdir(name: string, mode: number, cred: Pick<Cred, "fsuid" | "fsgid"> = NOBODY): TmpInode | number {
    return this.add(name, S_IFDIR | (mode & 0o7777), cred);
  }
  override mknod(
    name: string,
    mode: number,
    dev: number,
    cred: Pick<Cred, "fsuid" | "fsgid"> = NOBODY,
  ): TmpInode | number {
    return this.add(name, mode, cred, dev);
  }
  override symlink(name: string, target: string, cred: Pick<Cred, "fsuid" | "fsgid"> = NOBODY): TmpInode | number {
    const inode = this.add(name, S_IFLNK | 0o777, cred);
    if (typeof inode !== "number") inode.target = target;
    return inode;
  }
  override readlink(): string | number {
    return this.type === S_IFLNK ? this.target : -EINVAL;
  }

  override link(name: string, target: Inode): number {
    if (!this.entries) return -ENOTDIR;
    if (!(target instanceof TmpInode) || target.fs !== this.fs) return -EXDEV;
    if (target.type === S_IFDIR) return -EPERM;
    if (this.entries.has(name)) return -EEXIST;
    this.entries.set(name, target);
    target.nlink++;
    target.ctime = this.fs.now();
    this.modified();
    return 0;
  }
  override unlink(name: string): number {
    const inode = this.entries?.get(name);
    if (!inode) return -ENOENT;
    if (inode.type === S_IFDIR) return -EISDIR;
    this.remove(name, inode);
    return 0;
  }
  override rmdir(name: string): number {
    const inode = this.entries?.get(name);
    if (!inode) return -ENOENT;
    if (!inode.entries) return -ENOTDIR;
    if (inode.entries.size > 0) return -ENOTEMPTY;
    this.remove(name, inode);
    return 0;
  }
  private remove(name: string, inode: TmpInode): void {
    this.entries?.delete(name);
    if (inode.entries) {
      inode.nlink = 0;
      this.nlink--;
    } else inode.nlink--;
    inode.ctime = this.fs.now();
    this.modified();
    inode.freeIfUnused();
  }
  override rename(name: string, toDir: Inode, toName: string, flags: number): number {
    if (!(toDir instanceof TmpInode) || toDir.fs !== this.fs) return -EXDEV;
    const moving = this.entries?.get(name);
    if (!moving || !toDir.entries) return -ENOENT;
    const old = toDir.entries.get(toName);
    if (flags & RENAME_EXCHANGE) {
      if (!old) return -ENOENT;
      this.entries?.set(name, old);
      toDir.entries.set(toName, moving);
      this.nlink += (old.entries ? 1 : 0) - (moving.entries ? 1 : 0);
      toDir.nlink += (moving.entries ? 1 : 0) - (old.entries ? 1 : 0);
    } else {
      if (old?.entries?.size) return -ENOTEMPTY;
      if (old) toDir.remove(toName, old);
      this.entries?.delete(name);
      toDir.entries.set(toName, moving);
      if (moving.entries) {
        this.nlink--;
        toDir.nlink++;
      }
    }
    moving.ctime = this.fs.now();
    this.modified();
    toDir.modified();
    return 0;
  }

  override open(flags: number, cred: Cred): File | number {
    if (this.content) return new TmpFile(this, this.content, flags);
    if (this.type === S_IFIFO) return openFifo(this, flags);
    if (this.type === S_IFCHR || this.type === S_IFBLK) return this.fs.devices.open(this.rdev, this, flags, cred);
    return -ENXIO;
  }
  tmpfile(flags: number, mode: number, cred: Cred): File | number {
    const inode = this.fs.make(S_IFREG | mode, cred);
    inode.nlink = 0;
    return inode.open(flags, cred);
  }
}
