import { EEXIST, EINVAL, EIO, ENOENT, ENOTDIR, ENOTEMPTY, ESTALE, EXDEV } from "../../abi/errno.ts";
import {
  O_ACCMODE,
  O_APPEND,
  O_CREAT,
  O_DSYNC,
  O_EXCL,
  O_RDWR,
  O_SYNC,
  O_TMPFILE,
  O_WRONLY,
  RENAME_EXCHANGE,
  X_OK,
} from "../../abi/fcntl.ts";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFREG, S_ISGID } from "../../abi/stat.ts";
import type { HostFs, HostStat } from "../../host/types.ts";
import { BaseInode } from "../../vfs/inode.ts";
import type { InodePages, PageCache } from "../../vfs/page-cache.ts";
import { checkMode } from "../../vfs/permission.ts";
import type { Cred, DirEntry, File, FileSystem, Inode, SetAttr, Stat, Statfs } from "../../vfs/types.ts";
import type { Devices } from "./devices.ts";
import { openHostFifo } from "./host-fifo.ts";
import { HostFile } from "./host-file.ts";
import { openFifo } from "./pipe.ts";
import { SpecialInode } from "./special.ts";

/** Flags of open that the host's descriptor gets. */
const PASSED = O_ACCMODE | O_APPEND | O_SYNC | O_DSYNC;

/** Subdirectories by name, and when (milliseconds) each was seen. */
export type DirectoryCache = Map<string, { inode: HostInode; at: number }>;
/** Milliseconds. */
const RECENT = 20;

/** What inodes ask of their file system (hostfs.ts). */
export interface HostTree extends FileSystem {
  readonly host: HostFs;
  readonly cache: PageCache;
  readonly devices: Devices;
  /** Whom the host runs us as. */
  readonly user: { uid: number; gid: number };
  now(): bigint;
  /** The inode of what the host found under that name. */
  inode(st: HostStat, parent: HostInode, name: string): HostInode;
  /** Directories with special files, which exist nowhere else. */
  readonly keep: Set<HostInode>;
  /** Files with pages that shared mappings may have stored to. */
  readonly dirty: Set<HostInode>;
  /** For a directory's subdirectories; all such caches together are kept small. */
  directoryCache(old: DirectoryCache | undefined): DirectoryCache;
  /** The inode whose `fresh` is still good. */
  lastFound: HostInode | undefined;
}

/** A file of the host. It is reached by path, through the directory where it was last found; open ones also by descriptor. */
export class HostInode extends BaseInode {
  readonly files = new Set<HostFile>();
  readonly pages: InodePages;
  /** The host's mtime and size when the cached pages were last known to agree. */
  private version: { mtime: bigint; size: number } | undefined;
  /** What the look-up that led here saw, for the stat that mostly follows at once. */
  fresh: HostStat | undefined;
  /** What a directory was like when last seen: for those who are still in it when it is removed. */
  private last: HostStat | undefined;
  /** FIFOs, sockets and devices that the guest made here: they exist in this machine only. */
  specials: Map<string, SpecialInode> | undefined;

  constructor(
    override readonly fs: HostTree,
    readonly dev: number,
    ino: number,
    type: number,
    public parent: HostInode | undefined,
    public name: string,
  ) {
    super(fs, ino, type);
    this.pages = fs.cache.open(this);
  }
  private get host() {
    return this.fs.host;
  }
  /** Path on the host's side of the seam. */
  get path(): string {
    if (!this.parent) return "/";
    const up = this.parent.path;
    return up === "/" ? `/${this.name}` : `${up}/${this.name}`;
  }
  private under(name: string): string {
    const path = this.path;
    return path === "/" ? `/${name}` : `${path}/${name}`;
  }

  isVersion(st: HostStat): boolean {
    return this.version?.mtime === st.mtime && this.version.size === st.size;
  }
  setVersion(st: HostStat): void {
    this.version = { mtime: st.mtime, size: st.size };
  }
  noteDirty(): void {
    this.fs.dirty.add(this);
  }
  /** Writes dirty pages out, through any descriptor that can. */
  flush(): number {
    if (!this.pages.hasDirty) return 0;
    for (const f of this.files) if (f.writable) return f.writeback(0, Number.POSITIVE_INFINITY);
    return 0;
  }
  closed(file: HostFile): void {
    this.files.delete(file);
    if (![...this.files].some((f) => f.writable)) {
      this.pages.clean();
      this.fs.dirty.delete(this);
    }
  }
  /** pwrite through a fresh descriptor. */
  writeElsewhere(from: Uint8Array, at: number): number {
    const fd = this.host.open(this.path, O_WRONLY, 0);
    if (fd < 0) return fd;
    const n = this.host.pwrite(fd, from, at);
    this.host.close(fd);
    if (n > 0) this.pages.update(from.subarray(0, n), at);
    return n;
  }

  stat(): Stat | number {
    if (this.fresh) {
      const st = this.fresh;
      this.fresh = undefined;
      if (this.fs.lastFound === this) return st;
    }
    const st = this.host.stat(this.path, false);
    if (typeof st !== "number" && st.ino === this.ino && st.dev === this.dev) return this.seen(st);
    for (const f of this.files) return f.stat();
    if (this.last) return { ...this.last, nlink: 0, size: 0 };
    return typeof st === "number" ? st : -ESTALE;
  }
  private seen(st: HostStat): HostStat {
    if (this.type === S_IFDIR) this.last = st;
    return st;
  }
  permission(mask: number, cred: Cred): number {
    const { user } = this.fs;
    if (this.type === S_IFDIR && cred.fsuid === 0) return 0;
    if (this.isOwn(cred)) return this.host.access(this.path, mask);
    if (cred.fsuid === 0 && user.uid === 0 && !(mask & X_OK)) return 0;
    const st = this.host.stat(this.path, false);
    return typeof st === "number" ? st : checkMode(st, mask, cred);
  }
  /** The host itself judges what its own user does. */
  private isOwn(cred: Cred): boolean {
    const { user } = this.fs;
    return user.uid !== 0 && cred.fsuid === user.uid;
  }
  search(cred: Cred): number {
    return this.isOwn(cred) ? 0 : this.permission(X_OK, cred);
  }
  watchOutside(report: (kind: "changed" | "came" | "went", name: string) => void): (() => void) | undefined {
    return this.host.watch?.(this.path, (renamed, name) => {
      if (this.type !== S_IFDIR) report("changed", "");
      else if (!renamed) report("changed", name);
      else report(typeof this.host.stat(this.under(name), false) === "number" ? "went" : "came", name);
    });
  }
  statfs(): Statfs | number {
    return this.host.statfs(this.path);
  }

  override setattr(a: SetAttr): number {
    this.fs.lastFound = undefined;
    const open = this.openFile();
    const { host, path } = this;
    const named = this.isNamed();
    if (!named && !open) return -ENOENT;
    const fd = open?.fd ?? -1;
    if (a.size !== undefined) {
      const writer = this.openFile((f) => f.writable);
      const r = writer ? writer.truncate(a.size) : host.truncate(path, a.size);
      if (r < 0) return r;
      this.pages.truncate(a.size);
    }
    if (a.uid !== undefined || a.gid !== undefined) {
      const uid = a.uid ?? -1;
      const gid = a.gid ?? -1;
      const r = named ? host.chown(path, uid, gid, false) : host.fchown(fd, uid, gid);
      if (r < 0) return r;
    }
    if (a.mode !== undefined) {
      const r = named ? host.chmod(path, a.mode & 0o7777) : host.fchmod(fd, a.mode & 0o7777);
      if (r < 0) return r;
    }
    if (a.atime === undefined && a.mtime === undefined) return 0;
    const st = this.stat();
    if (typeof st === "number") return st;
    const atime = a.atime ?? st.atime;
    const mtime = a.mtime ?? st.mtime;
    return named ? host.utimes(path, atime, mtime, false) : host.futimes(fd, atime, mtime);
  }
  private openFile(which: (f: HostFile) => boolean = () => true): HostFile | undefined {
    return [...this.files].find(which);
  }
  /** Does the path still lead here? */
  private isNamed(): boolean {
    if (this.files.size === 0) return true;
    const st = this.host.stat(this.path, false);
    return typeof st !== "number" && st.ino === this.ino && st.dev === this.dev;
  }

  override lookup(name: string): Inode | number {
    if (this.type !== S_IFDIR) return -ENOTDIR;
    const special = this.specials?.get(name) ?? this.recentDirectory(name);
    if (special) return special;
    const st = this.host.stat(this.under(name), false);
    if (typeof st === "number") return st;
    const inode = this.fs.inode(st, this, name);
    if (inode.type === S_IFDIR) this.rememberDirectory(name, inode);
    inode.fresh = inode.seen(st);
    this.fs.lastFound = inode;
    return inode;
  }
  /**
   * A subdirectory that was seen moments ago is taken to be there still: walks of long paths ask the host less often. It
   * only stands for a part of a path string, so if it did change, the host's answer for the whole path decides.
   */
  private recentDirectory(name: string): HostInode | undefined {
    const seen = this.directories?.get(name);
    if (!seen || this.host.now() - seen.at > RECENT) return undefined;
    return seen.inode;
  }
  private rememberDirectory(name: string, inode: HostInode): void {
    this.directories = this.fs.directoryCache(this.directories);
    this.directories.set(name, { inode, at: this.host.now() });
  }
  private directories: DirectoryCache | undefined;

  override readdir(): DirEntry[] | number {
    const list = this.host.readdir(this.path);
    if (typeof list === "number" || !this.specials?.size) return list;
    return [...list, ...[...this.specials].map(([name, s]) => ({ name, ino: s.ino, type: s.type >>> 12 }))];
  }
  override readlink(): string | number {
    return this.host.readlink(this.path);
  }

  override open(flags: number, cred: Cred): File | number {
    this.fs.lastFound = undefined;
    if (this.type === S_IFIFO)
      return this.host.later ? openHostFifo(this, this.host, this.path, flags) : openFifo(this, flags);
    if (this.type === S_IFCHR || this.type === S_IFBLK) {
      const st = this.stat();
      return typeof st === "number" ? st : this.fs.devices.open(st.rdev, this, flags, cred);
    }
    if (this.type !== S_IFREG) return -EINVAL;
    const fd = this.host.open(this.path, flags & PASSED, 0);
    return fd < 0 ? fd : new HostFile(this, this.host, fd, flags);
  }
  createOpen(name: string, flags: number, mode: number, cred: Cred): File | number {
    if (this.specials?.has(name)) return -EEXIST;
    return this.opened(this.host.open(this.under(name), (flags & PASSED) | O_CREAT | O_EXCL, mode), flags, name, cred);
  }
  tmpfile(flags: number, mode: number, cred: Cred): File | number {
    return this.opened(this.host.open(this.path, (flags & PASSED) | O_TMPFILE, mode), flags, "", cred);
  }
  private opened(fd: number, flags: number, name: string, cred: Cred): File | number {
    if (fd < 0) return fd;
    this.own(cred, (uid, gid) => this.host.fchown(fd, uid, gid));
    const st = this.host.fstat(fd);
    if (typeof st !== "number") return new HostFile(this.fs.inode(st, this, name), this.host, fd, flags);
    this.host.close(fd);
    return st;
  }
  /** New files belong to the guest's user when the host's may give them away. A set-group-ID directory passes on its group. */
  private own(cred: Cred, chown: (uid: number, gid: number) => number): void {
    const { user } = this.fs;
    if (cred.fsuid === user.uid && cred.fsgid === user.gid) return;
    if (user.uid !== 0) return;
    const st = this.stat();
    const inherits = typeof st !== "number" && (st.mode & S_ISGID) !== 0;
    chown(cred.fsuid, inherits ? -1 : cred.fsgid);
  }

  override create(name: string, mode: number, cred: Cred): Inode | number {
    const file = this.createOpen(name, O_RDWR, mode & 0o7777, cred);
    if (typeof file === "number") return file;
    file.close();
    return file.inode ?? -EIO;
  }
  override mkdir(name: string, mode: number, cred: Cred): Inode | number {
    if (this.specials?.has(name)) return -EEXIST;
    return this.made(name, this.host.mkdir(this.under(name), mode), cred);
  }
  override symlink(name: string, target: string, cred: Cred): Inode | number {
    if (this.specials?.has(name)) return -EEXIST;
    return this.made(name, this.host.symlink(target, this.under(name)), cred);
  }
  private made(name: string, r: number, cred: Cred): Inode | number {
    if (r < 0) return r;
    this.own(cred, (uid, gid) => this.host.chown(this.under(name), uid, gid, false));
    return this.lookup(name);
  }
  override mknod(name: string, mode: number, dev: number, cred: Cred): Inode | number {
    if (typeof this.lookup(name) !== "number") return -EEXIST;
    return this.addSpecial(name, new SpecialInode(this.fs, mode, dev, cred, this.fs.now(), this.fs.devices));
  }
  private addSpecial(name: string, inode: SpecialInode): SpecialInode {
    (this.specials ??= new Map()).set(name, inode);
    this.fs.keep.add(this);
    return inode;
  }
  private takeSpecial(name: string): SpecialInode | undefined {
    const special = this.specials?.get(name);
    if (special) this.specials?.delete(name);
    return special;
  }

  override link(name: string, target: Inode): number {
    this.fs.lastFound = undefined;
    if (target instanceof SpecialInode) {
      if (typeof this.lookup(name) !== "number") return -EEXIST;
      this.addSpecial(name, target);
      target.nlink++;
      return 0;
    }
    if (!(target instanceof HostInode)) return -EXDEV;
    if (target.name === "") return this.host.link(`/proc/self/fd/${target.openFile()?.fd ?? -1}`, this.under(name));
    return this.host.link(target.path, this.under(name));
  }
  override unlink(name: string): number {
    this.fs.lastFound = undefined;
    const special = this.takeSpecial(name);
    if (special) {
      special.nlink--;
      return 0;
    }
    return this.host.unlink(this.under(name));
  }
  override rmdir(name: string): number {
    const inode = this.lookup(name);
    if (inode instanceof HostInode && inode.specials?.size) return -ENOTEMPTY;
    this.directories?.delete(name);
    this.fs.lastFound = undefined;
    return this.host.rmdir(this.under(name));
  }
  /** Node has no call for it: three renames, which only programs of the host could come between. */
  private exchange(name: string, toDir: HostInode, toName: string): number {
    const [a, b] = [this.lookup(name), toDir.lookup(toName)];
    if (typeof a === "number" || typeof b === "number") return -ENOENT;
    // What exists only in this machine can't be renamed on the host.
    if (!(a instanceof HostInode && b instanceof HostInode)) return -EINVAL;
    this.directories?.delete(name);
    toDir.directories?.delete(toName);
    this.fs.lastFound = undefined;
    const { host } = this;
    const [first, second, between] = [this.under(name), toDir.under(toName), this.under(`.exchange-${a.ino}-${b.ino}`)];
    const steps: [string, string][] = [
      [first, between],
      [second, first],
      [between, second],
    ];
    for (const [i, [from, to]] of steps.entries()) {
      const r = host.rename(from, to);
      if (r >= 0) continue;
      for (const [back, there] of steps.slice(0, i).reverse()) host.rename(there, back);
      return r;
    }
    Object.assign(a, { parent: toDir, name: toName });
    Object.assign(b, { parent: this, name });
    return 0;
  }
  override rename(name: string, toDir: Inode, toName: string, flags: number): number {
    if (!(toDir instanceof HostInode)) return -EXDEV;
    if (flags & RENAME_EXCHANGE) return this.exchange(name, toDir, toName);
    const special = this.specials?.get(name);
    if (special) {
      const old = toDir.lookup(toName);
      if (old instanceof HostInode) toDir.unlink(toName);
      this.specials?.delete(name);
      toDir.addSpecial(toName, special);
      return 0;
    }
    const moving = this.lookup(name);
    this.directories?.delete(name);
    toDir.directories?.delete(toName);
    this.fs.lastFound = undefined;
    const r = this.host.rename(this.under(name), toDir.under(toName));
    if (r < 0) return r;
    toDir.specials?.delete(toName);
    if (moving instanceof HostInode) {
      moving.parent = toDir;
      moving.name = toName;
    }
    return 0;
  }
}
