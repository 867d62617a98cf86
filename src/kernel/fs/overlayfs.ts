/** mount -t overlay: a directory that takes changes laid over others that stay as they are (Linux's overlayfs.rst). */
import { EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, EOPNOTSUPP, EROFS, EXDEV } from "../../abi/errno.ts";
import { O_ACCMODE, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import { S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } from "../../abi/stat.ts";
import { OVERLAYFS_SUPER_MAGIC } from "../../abi/statfs.ts";
import { BaseInode } from "../../vfs/inode.ts";
import type { Cred, DirEntry, File, FileSystem, Inode, SetAttr, Stat, Statfs } from "../../vfs/types.ts";

const OPAQUE = "trusted.overlay.opaque";
const ROOT: Cred = { uid: 0, gid: 0, euid: 0, egid: 0, suid: 0, sgid: 0, fsuid: 0, fsgid: 0, groups: [] };

/** A character device 0/0 stands for a name that is gone. */
function isWhiteout(inode: Inode): boolean {
  if (inode.type !== S_IFCHR) return false;
  const st = inode.stat();
  return typeof st !== "number" && st.rdev === 0;
}

export class OverlayFs implements FileSystem {
  readonly type = "overlay";
  readonly root: OverlayInode;
  /** Directories that hide what lies below, where the file system has no attributes to say so. */
  readonly opaque = new WeakSet<Inode>();
  private readonly numbers = new WeakMap<Inode, number>();
  private last = 0;

  /** Without `upper` nothing can be changed. Lower directories: the first hides the others. */
  constructor(
    readonly upper: Inode | undefined,
    readonly lowers: readonly Inode[],
    readonly dev: number,
  ) {
    this.root = new OverlayInode(this, upper, lowers, undefined, "");
  }
  /** The same number for all names of one file, and after it was copied up. */
  number(real: Inode, number?: number): number {
    const known = number ?? this.numbers.get(real) ?? ++this.last;
    this.numbers.set(real, known);
    return known;
  }
  isOpaque(dir: Inode): boolean {
    return this.opaque.has(dir) || dir.attributes?.().get(OPAQUE)?.[0] === "y".charCodeAt(0);
  }
  makeOpaque(dir: Inode): void {
    if (dir.attributes) dir.attributes().set(OPAQUE, Uint8Array.of("y".charCodeAt(0)));
    else this.opaque.add(dir);
  }
  statfs(): Statfs {
    const { fs } = this.upper ?? this.lowers[0];
    return { ...fs.statfs(), type: OVERLAYFS_SUPER_MAGIC };
  }
  sync(): void {
    this.upper?.fs.sync?.();
  }
}

class OverlayInode extends BaseInode {
  /** Names that were looked up: each has one identity. */
  private readonly children = new Map<string, OverlayInode>();

  constructor(
    override readonly fs: OverlayFs,
    public upper: Inode | undefined,
    /** Of a directory all that are merged, of a file the one that shows. */
    private readonly lowers: readonly Inode[],
    private parent: OverlayInode | undefined,
    private name: string,
  ) {
    const real = upper ?? lowers[0];
    super(fs, fs.number(real), real.type);
  }
  private get real(): Inode {
    return this.upper ?? this.lowers[0];
  }
  stat(): Stat | number {
    return this.shown(this.real.stat());
  }
  /** Numbers are the overlay's own. */
  private shown(st: Stat | number): Stat | number {
    if (typeof st === "number") return st;
    const merged = this.type === S_IFDIR && this.lowers.length > 0;
    return { ...st, dev: this.fs.dev, ino: this.ino, nlink: merged ? 1 : st.nlink };
  }

  override lookup(name: string): OverlayInode | number {
    if (this.type !== S_IFDIR) return -ENOTDIR;
    const found = this.find(name);
    if (typeof found === "number") return found;
    const { upper, lowers } = found;
    const known = this.children.get(name);
    if (known && known.upper === upper && known.lowers[0] === lowers[0]) return known;
    return this.keep(name, new OverlayInode(this.fs, upper, lowers, this, name));
  }
  private keep(name: string, child: OverlayInode): OverlayInode {
    this.children.set(name, child);
    return child;
  }
  /** What the layers have under that name, as far as it shows. */
  private find(name: string): { upper: Inode | undefined; lowers: Inode[] } | number {
    const lowers: Inode[] = [];
    const upper = this.upper?.lookup(name) ?? -ENOENT;
    if (typeof upper !== "number") {
      if (isWhiteout(upper)) return -ENOENT;
      if (upper.type !== S_IFDIR || this.fs.isOpaque(upper)) return { upper, lowers };
    } else if (upper !== -ENOENT) return upper;
    const covered = typeof upper !== "number";
    for (const layer of this.lowers) {
      const inode = layer.lookup(name);
      if (inode === -ENOENT) continue;
      if (typeof inode === "number") return inode;
      const isDir = inode.type === S_IFDIR;
      if (isWhiteout(inode) || (!isDir && (covered || lowers.length > 0))) break;
      lowers.push(inode);
      if (!isDir || this.fs.isOpaque(inode)) break;
    }
    if (!covered && lowers.length === 0) return -ENOENT;
    return { upper: covered ? upper : undefined, lowers };
  }
  /** Would the name show again if the upper layer had nothing? */
  private isBelow(name: string): boolean {
    for (const layer of this.lowers) {
      const inode = layer.lookup(name);
      if (typeof inode !== "number") return !isWhiteout(inode);
    }
    return false;
  }
  override readdir(): DirEntry[] | number {
    if (this.type !== S_IFDIR) return -ENOTDIR;
    const names = new Set<string>();
    for (const layer of [this.upper, ...this.lowers]) {
      const list = layer?.readdir() ?? [];
      if (typeof list === "number") return list;
      for (const { name } of list) names.add(name);
    }
    const entries: DirEntry[] = [];
    for (const name of names) {
      const inode = this.lookup(name);
      if (typeof inode !== "number") entries.push({ name, ino: inode.ino, type: inode.type >>> 12 });
    }
    return entries;
  }
  override readlink(): string | number {
    return this.real.readlink();
  }

  /** Makes sure that the upper layer has it. 0 or -errno. */
  private copyUp(): number {
    if (this.upper) return 0;
    if (!this.parent) return -EROFS;
    const r = this.parent.copyUp();
    const dir = this.parent.upper;
    if (r < 0 || !dir) return r || -EROFS;
    const st = this.real.stat();
    if (typeof st === "number") return st;
    const copy = this.copyInto(dir, st);
    if (typeof copy === "number") return copy;
    const { uid, gid, atime, mtime } = st;
    copy.setattr({ uid, gid, atime, mtime, ...(this.type === S_IFLNK ? {} : { mode: st.mode & 0o7777 }) });
    this.upper = copy;
    this.fs.number(copy, this.ino);
    return 0;
  }
  private copyInto(dir: Inode, st: Stat): Inode | number {
    const { name, real } = this;
    if (this.type === S_IFDIR) return dir.mkdir(name, st.mode & 0o7777, ROOT);
    if (this.type === S_IFLNK) {
      const target = real.readlink();
      return typeof target === "number" ? target : dir.symlink(name, target, ROOT);
    }
    if (this.type !== S_IFREG) return dir.mknod(name, st.mode, st.rdev, ROOT);
    const made = dir.create(name, 0o600, ROOT);
    if (typeof made === "number") return made;
    const r = copyContents(real, made);
    if (r >= 0) return made;
    dir.unlink(name);
    return r;
  }

  override setattr(a: SetAttr): number {
    return this.copyUp() || (this.upper?.setattr(a) ?? -EROFS);
  }
  override open(flags: number, cred: Cred): File | number {
    const r = (flags & O_ACCMODE) !== O_RDONLY && this.type === S_IFREG ? this.copyUp() : 0;
    if (r < 0) return r;
    const file = this.real.open(flags, cred);
    if (typeof file === "number") return file;
    const stat = file.stat.bind(file);
    file.stat = () => this.shown(stat());
    return file;
  }
  tmpfile(flags: number, mode: number, cred: Cred): File | number {
    return this.copyUp() || (this.upper?.tmpfile?.(flags, mode, cred) ?? -EOPNOTSUPP);
  }

  override create(name: string, mode: number, cred: Cred): Inode | number {
    return this.add(name, (dir) => dir.create(name, mode, cred));
  }
  override mkdir(name: string, mode: number, cred: Cred): Inode | number {
    const made = this.add(name, (dir) => dir.mkdir(name, mode, cred));
    if (typeof made !== "number" && made.upper && this.isBelow(name)) this.fs.makeOpaque(made.upper);
    return made;
  }
  override mknod(name: string, mode: number, dev: number, cred: Cred): Inode | number {
    return this.add(name, (dir) => dir.mknod(name, mode, dev, cred));
  }
  override symlink(name: string, target: string, cred: Cred): Inode | number {
    return this.add(name, (dir) => dir.symlink(name, target, cred));
  }
  override link(name: string, target: Inode): number {
    if (!(target instanceof OverlayInode) || target.fs !== this.fs) return -EXDEV;
    const r = target.copyUp();
    const { upper } = target;
    if (r < 0 || !upper) return r || -EROFS;
    const made = this.add(name, (dir) => dir.link(name, upper) || upper);
    return typeof made === "number" ? made : 0;
  }
  /** A new name in the upper layer, in the place of a whiteout if there is one. */
  private add(name: string, make: (dir: Inode) => Inode | number): OverlayInode | number {
    const r = this.copyUp();
    const dir = this.upper;
    if (r < 0 || !dir) return r || -EROFS;
    this.takeWhiteout(name);
    const made = make(dir);
    if (typeof made !== "number") return this.keep(name, new OverlayInode(this.fs, made, [], this, name));
    this.putWhiteout(name);
    return made;
  }
  private takeWhiteout(name: string): void {
    const there = this.upper?.lookup(name) ?? -ENOENT;
    if (typeof there !== "number" && isWhiteout(there)) this.upper?.unlink(name);
  }
  /** Hides what the lower layers have under that name. */
  private putWhiteout(name: string): number {
    if (!this.upper || !this.isBelow(name)) return 0;
    const made = this.upper.mknod(name, S_IFCHR, 0, ROOT);
    return typeof made === "number" ? made : 0;
  }

  override unlink(name: string): number {
    const child = this.lookup(name);
    if (typeof child === "number") return child;
    return child.type === S_IFDIR ? -EISDIR : this.remove(name, child, (dir) => dir.unlink(name));
  }
  override rmdir(name: string): number {
    const child = this.lookup(name);
    if (typeof child === "number") return child;
    return child.clear() || this.remove(name, child, (dir) => dir.rmdir(name));
  }
  private remove(name: string, child: OverlayInode, take: (dir: Inode) => number): number {
    const r = this.copyUp();
    const dir = this.upper;
    if (r < 0 || !dir) return r || -EROFS;
    const taken = child.upper ? take(dir) : 0;
    if (taken < 0) return taken;
    this.children.delete(name);
    return this.putWhiteout(name);
  }
  /** Takes the whiteouts out of a directory that shows nothing, so that it can go. */
  private clear(): number {
    const list = this.readdir();
    if (typeof list === "number") return list;
    if (list.length > 0) return -ENOTEMPTY;
    const left = this.upper?.readdir() ?? [];
    for (const { name } of typeof left === "number" ? [] : left) this.upper?.unlink(name);
    return 0;
  }
  override rename(name: string, toDir: Inode, toName: string, flags: number): number {
    if (!(toDir instanceof OverlayInode) || toDir.fs !== this.fs) return -EXDEV;
    if (flags !== 0) return -EINVAL;
    const moving = this.lookup(name);
    if (typeof moving === "number") return moving;
    // A directory of a lower layer would have to be copied as a whole: mv(1) does so when told.
    if (moving.type === S_IFDIR && moving.lowers.length > 0) return -EXDEV;
    const target = toDir.lookup(toName);
    const cleared = typeof target !== "number" && target.type === S_IFDIR ? target.clear() : 0;
    const r = cleared || moving.copyUp() || toDir.copyUp();
    if (r < 0 || !this.upper || !toDir.upper || !moving.upper) return r || -EROFS;
    toDir.takeWhiteout(toName);
    const done = this.upper.rename(name, toDir.upper, toName, 0);
    if (done < 0) return done;
    if (moving.type === S_IFDIR && toDir.isBelow(toName)) this.fs.makeOpaque(moving.upper);
    this.children.delete(name);
    toDir.keep(toName, moving);
    moving.parent = toDir;
    moving.name = toName;
    return this.putWhiteout(name);
  }
}

function copyContents(from: Inode, to: Inode): number {
  const [source, sink] = [from.open(O_RDONLY, ROOT), to.open(O_WRONLY, ROOT)];
  let r = typeof source === "number" ? source : typeof sink === "number" ? sink : 0;
  if (typeof source !== "number" && typeof sink !== "number") {
    const buffer = new Uint8Array(65536);
    for (let n = source.read(buffer); n !== 0 && r >= 0; n = source.read(buffer)) {
      r = n < 0 ? n : sink.write(buffer.subarray(0, n));
      if (n < 0) break;
    }
  }
  for (const file of [source, sink]) if (typeof file !== "number") file.close();
  return Math.min(r, 0);
}
