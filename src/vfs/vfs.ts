import {
  EACCES,
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  ENXIO,
  EOPNOTSUPP,
  EPERM,
  EROFS,
  EXDEV,
} from "../abi/errno.ts";
import {
  O_ACCMODE,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_LARGEFILE,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
  R_OK,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  W_OK,
  X_OK,
} from "../abi/fcntl.ts";
import * as IN from "../abi/inotify.ts";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG, S_IFSOCK } from "../abi/stat.ts";
import { DirFile, PathFile } from "./file.ts";
import { type MountTable, MS_RDONLY } from "./mount.ts";
import { type Found, type PathContext, resolve, walk } from "./path.ts";
import { checkSticky, permission } from "./permission.ts";
import type { Dentry } from "./place.ts";
import type { File, Inode, Mount, Place, SetAttr, Statfs } from "./types.ts";
import { nextCookie, tell, tellDirectory, tellSelf, watching } from "./watch.ts";

const O_TMPFILE_BIT = O_TMPFILE & ~O_DIRECTORY;

/**
 * What system calls do with paths: each method resolves, checks permissions and acts, and answers 0 (or what it found)
 * or -errno. `start` is the directory for relative paths. Modes come with the umask already taken off.
 */
export class Vfs {
  constructor(readonly mounts: MountTable) {}

  get root(): Dentry {
    return this.mounts.root;
  }

  resolve(ctx: PathContext, start: Place, path: string, follow = true): Place | number {
    return resolve(ctx, start, path, follow);
  }

  open(ctx: PathContext, start: Place, path: string, flags: number, mode: number): File | number {
    if ((flags & O_TMPFILE_BIT) !== 0 && (flags & O_TMPFILE) === O_TMPFILE)
      return this.openNameless(ctx, start, path, flags, mode);
    if (flags & O_PATH) flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
    const create = (flags & O_CREAT) !== 0;
    const follow = !(flags & O_NOFOLLOW) && !(create && flags & O_EXCL);
    const found = walk(ctx, start, path, follow);
    if (typeof found === "number") return found;
    const place = found.place;
    if (!place) return create ? this.openNew(ctx, found, flags, mode) : -ENOENT;
    if (create) {
      if (flags & O_EXCL) return -EEXIST;
      if (place.inode.type === S_IFDIR || found.slash) return -EISDIR;
    }
    return this.openPlace(ctx, place, flags);
  }

  private openNew(ctx: PathContext, found: Found, flags: number, mode: number): File | number {
    if (found.slash) return -EISDIR;
    if (flags & O_DIRECTORY) return -EINVAL;
    const r = this.mayAdd(ctx, found);
    if (r < 0) return r;
    const dir = found.dir.inode;
    const kept = flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
    if (dir.createOpen) {
      const file = dir.createOpen(found.name, kept | O_LARGEFILE, mode & 0o7777, ctx.cred);
      // Somebody else of the host was quicker.
      if (file === -EEXIST && !(flags & O_EXCL)) return this.retryOpen(ctx, found, flags);
      return this.placed(file, found);
    }
    const inode = dir.create(found.name, S_IFREG | (mode & 0o7777), ctx.cred);
    if (typeof inode === "number") return inode;
    return this.placed(inode.open(kept | O_LARGEFILE, ctx.cred), found);
  }
  private retryOpen(ctx: PathContext, found: Found, flags: number): File | number {
    const place = resolve(ctx, found.dir, found.name);
    return typeof place === "number" ? place : this.openPlace(ctx, place, flags);
  }
  private placed(file: File | number, found: Found): File | number {
    if (typeof file !== "number" && file.inode) {
      file.place = found.dir.child(found.name, file.inode, found.dir.mount);
      tellDirectory(found.dir.inode, IN.IN_CREATE, found.name, file.inode);
      tell(file.place, IN.IN_OPEN);
    }
    return file;
  }

  private openNameless(ctx: PathContext, start: Place, path: string, flags: number, mode: number): File | number {
    if ((flags & O_ACCMODE) === O_RDONLY) return -EINVAL;
    const dir = resolve(ctx, start, path);
    if (typeof dir === "number") return dir;
    if (dir.inode.type !== S_IFDIR) return -ENOTDIR;
    const r = this.mayWrite(dir) || permission(dir.inode, W_OK | X_OK, ctx.cred);
    if (r < 0) return r;
    if (!dir.inode.tmpfile) return -EOPNOTSUPP;
    const file = dir.inode.tmpfile((flags & ~O_TMPFILE) | O_LARGEFILE, mode & 0o7777, ctx.cred);
    if (typeof file !== "number" && file.inode) {
      const name = `#${file.inode.ino}`;
      const place = dir.child(name, file.inode, dir.mount);
      dir.removed(name);
      file.place = place;
    }
    return file;
  }

  /** Opens what a path led to (also: reopening through /proc/self/fd). */
  openPlace(ctx: PathContext, place: Place, flags: number): File | number {
    const inode = place.inode;
    if (flags & O_DIRECTORY && inode.type !== S_IFDIR) return -ENOTDIR;
    if (flags & O_PATH) {
      const file = new PathFile(inode, flags);
      file.place = place;
      return file;
    }
    if (inode.type === S_IFLNK) return -ELOOP;
    if (inode.type === S_IFSOCK) return -ENXIO;
    const access = flags & O_ACCMODE;
    const writes = access !== O_RDONLY || (flags & O_TRUNC) !== 0;
    if (inode.type === S_IFDIR && writes) return -EISDIR;
    const isDevice = inode.type === S_IFCHR || inode.type === S_IFBLK;
    if (writes && !isDevice && inode.type === S_IFREG && this.mayWrite(place) < 0) return -EROFS;
    const mask = (access === O_WRONLY ? 0 : R_OK) | (access === O_RDONLY ? 0 : W_OK) | (flags & O_TRUNC ? W_OK : 0);
    const r = permission(inode, mask, ctx.cred);
    if (r < 0) return r;
    if (flags & O_NOATIME && !this.owns(ctx, inode)) return -EPERM;
    // Terminals want to know of O_NOCTTY.
    const dropped = O_CREAT | O_EXCL | O_TRUNC | (isDevice ? 0 : O_NOCTTY);
    const kept = (flags & ~dropped) | O_LARGEFILE;
    const file: File | number = inode.type === S_IFDIR ? new DirFile(inode, kept) : inode.open(kept, ctx.cred);
    if (typeof file === "number") return file;
    if (flags & O_TRUNC && inode.type === S_IFREG) {
      const t = file.truncate?.(0) ?? -EINVAL;
      if (t < 0) {
        file.close();
        return t;
      }
    }
    file.place ??= place;
    tell(place, IN.IN_OPEN);
    if (flags & O_TRUNC && inode.type === S_IFREG) tell(place, IN.IN_MODIFY);
    return file;
  }

  private owns(ctx: PathContext, inode: Inode): boolean {
    if (ctx.cred.fsuid === 0) return true;
    const st = inode.stat();
    return typeof st !== "number" && st.uid === ctx.cred.fsuid;
  }

  private mayWrite(place: Place): number {
    return place.mount && place.mount.flags & MS_RDONLY ? -EROFS : 0;
  }
  /** May a name be added to (or taken from) this directory? */
  private mayAdd(ctx: PathContext, found: Found): number {
    if (found.dir.gone) return -ENOENT;
    return this.mayWrite(found.dir) || permission(found.dir.inode, W_OK | X_OK, ctx.cred);
  }

  /** Resolves a path whose last component is to be made. */
  private toMake(ctx: PathContext, start: Place, path: string, directory: boolean): Found | number {
    const found = walk(ctx, start, path, false);
    if (typeof found === "number") return found;
    if (found.place) return -EEXIST;
    if (found.slash && !directory) return -ENOENT;
    const r = this.mayAdd(ctx, found);
    return r < 0 ? r : found;
  }

  mkdir(ctx: PathContext, start: Place, path: string, mode: number): number {
    const found = this.toMake(ctx, start, path, true);
    if (typeof found === "number") return found;
    return made(found, found.dir.inode.mkdir(found.name, mode & 0o1777, ctx.cred));
  }

  /** mknod(2): `mode` with its type; regular files too. */
  mknod(ctx: PathContext, start: Place, path: string, mode: number, dev: number): number {
    const found = this.toMake(ctx, start, path, false);
    if (typeof found === "number") return found;
    const type = mode & 0o170000;
    if (type === S_IFDIR) return -EPERM;
    const dir = found.dir.inode;
    if (type === 0 || type === S_IFREG) return made(found, dir.create(found.name, S_IFREG | (mode & 0o7777), ctx.cred));
    if ((type === S_IFCHR || type === S_IFBLK) && ctx.cred.fsuid !== 0) return -EPERM;
    return made(found, dir.mknod(found.name, mode, dev, ctx.cred));
  }

  symlink(ctx: PathContext, target: string, start: Place, path: string): number {
    if (target === "") return -ENOENT;
    const found = this.toMake(ctx, start, path, false);
    if (typeof found === "number") return found;
    return made(found, found.dir.inode.symlink(found.name, target, ctx.cred));
  }

  link(ctx: PathContext, from: Place, start: Place, path: string): number {
    const found = this.toMake(ctx, start, path, false);
    if (typeof found === "number") return found;
    if (from.inode.type === S_IFDIR) return -EPERM;
    if (from.mount !== found.dir.mount || from.inode.fs !== found.dir.inode.fs) return -EXDEV;
    const done = found.dir.inode.link(found.name, from.inode);
    if (done < 0) return done;
    tellSelf(from.inode, IN.IN_ATTRIB);
    tellDirectory(found.dir.inode, IN.IN_CREATE, found.name, from.inode);
    return done;
  }

  readlink(ctx: PathContext, start: Place, path: string): string | number {
    const place = resolve(ctx, start, path, false);
    if (typeof place === "number") return place;
    return place.inode.type === S_IFLNK ? place.inode.readlink() : -EINVAL;
  }

  unlink(ctx: PathContext, start: Place, path: string): number {
    const found = walk(ctx, start, path, false);
    if (typeof found === "number") return found;
    if (!found.place) return -ENOENT;
    if (found.last !== "name") return -EISDIR;
    const r = this.mayRemove(ctx, found, found.place);
    if (r < 0) return r;
    if (found.place.inode.type === S_IFDIR) return -EISDIR;
    const last = isLastName(found.place.inode);
    const done = found.dir.inode.unlink(found.name);
    if (done === 0) removed(found, found.place, last);
    return done;
  }

  rmdir(ctx: PathContext, start: Place, path: string): number {
    const found = walk(ctx, start, path, false);
    if (typeof found === "number") return found;
    if (!found.place) return -ENOENT;
    if (found.last === "dot") return -EINVAL;
    if (found.last === "dotdot") return -ENOTEMPTY;
    if (found.last === "root") return -EBUSY;
    const r = this.mayRemove(ctx, found, found.place);
    if (r < 0) return r;
    if (found.place.inode.type !== S_IFDIR) return -ENOTDIR;
    if (found.place.mount.mounted.get(found.place.inode)?.size) return -EBUSY;
    const done = found.dir.inode.rmdir(found.name);
    if (done === 0) removed(found, found.place, true);
    return done;
  }

  private mayRemove(ctx: PathContext, found: Found, victim: Place): number {
    const r = this.mayAdd(ctx, found) || checkSticky(found.dir.inode, victim.inode, ctx.cred);
    if (r < 0) return r;
    return this.mounts.isMountpoint(victim) ? -EBUSY : 0;
  }

  rename(ctx: PathContext, fromStart: Place, from: string, toStart: Place, to: string, flags = 0): number {
    if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) return -EINVAL;
    const a = walk(ctx, fromStart, from, false);
    if (typeof a === "number") return a;
    const b = walk(ctx, toStart, to, false);
    if (typeof b === "number") return b;
    if (a.last !== "name" || b.last !== "name") return -EBUSY;
    if (!a.place) return -ENOENT;
    const r = this.mayRename(ctx, a, a.place, b, flags);
    if (r !== 0) return Math.min(r, 0);
    const last = isLastName(b.place?.inode);
    const done = a.dir.inode.rename(a.name, b.dir.inode, b.name, flags);
    if (done < 0) return done;
    if (flags & RENAME_EXCHANGE) a.dir.exchanged(a.name, b.dir, b.name);
    else a.dir.moved(a.name, b.dir, b.name);
    const cookie = nextCookie();
    tellDirectory(a.dir.inode, IN.IN_MOVED_FROM, a.name, a.place.inode, cookie);
    tellDirectory(b.dir.inode, IN.IN_MOVED_TO, b.name, a.place.inode, cookie);
    tellSelf(a.place.inode, IN.IN_MOVE_SELF);
    if (b.place && !(flags & RENAME_EXCHANGE)) lostName(b.place.inode, last);
    return 0;
  }
  /** 0: go on; 1: nothing to do; or -errno. */
  private mayRename(ctx: PathContext, a: Found, moving: Dentry, b: Found, flags: number): number {
    if (a.dir.mount !== b.dir.mount || a.dir.inode.fs !== b.dir.inode.fs) return -EXDEV;
    const isDir = moving.inode.type === S_IFDIR;
    if (b.slash && !isDir && !b.place) return -ENOTDIR;
    for (let d: Dentry | undefined = b.dir; d; d = d.parent) if (isDir && d.inode === moving.inode) return -EINVAL;
    if (b.place) {
      if (flags & RENAME_NOREPLACE) return -EEXIST;
      for (let d: Dentry | undefined = a.dir; d; d = d.parent) if (d.inode === b.place.inode) return -ENOTEMPTY;
    } else if (flags & RENAME_EXCHANGE) return -ENOENT;
    const r = this.mayRemove(ctx, a, moving) || (b.place ? this.mayRemove(ctx, b, b.place) : this.mayAdd(ctx, b));
    if (r < 0) return r;
    if (!b.place) return 0;
    if (b.place.inode === moving.inode) return 1;
    if (flags & RENAME_EXCHANGE) return 0;
    const overDir = b.place.inode.type === S_IFDIR;
    if (isDir && !overDir) return -ENOTDIR;
    if (!isDir && overDir) return -EISDIR;
    return 0;
  }

  /** truncate(2). */
  truncate(ctx: PathContext, start: Place, path: string, size: number): number {
    if (size < 0) return -EINVAL;
    const place = resolve(ctx, start, path);
    if (typeof place === "number") return place;
    if (place.inode.type === S_IFDIR) return -EISDIR;
    if (place.inode.type !== S_IFREG) return -EINVAL;
    const r = this.mayWrite(place) || permission(place.inode, W_OK, ctx.cred);
    const done = r < 0 ? r : place.inode.setattr({ size });
    if (done === 0) tell(place, IN.IN_MODIFY);
    return done;
  }

  /** faccessat(2) once the caller has put real or effective ids into `ctx.cred`. */
  access(ctx: PathContext, place: Place, mask: number): number {
    const r = permission(place.inode, mask, ctx.cred);
    if (r < 0) return r;
    const type = place.inode.type;
    return mask & W_OK && (type === S_IFREG || type === S_IFDIR) ? this.mayWrite(place) : 0;
  }

  /** chmod, chown, utimensat: checks that `ctx.cred` may change these attributes, and does so. */
  setattr(ctx: PathContext, place: Place, a: SetAttr, timesToNow = false): number {
    const r = this.mayWrite(place);
    if (r < 0) return r;
    const cred = ctx.cred;
    if (cred.fsuid !== 0) {
      const st = place.inode.stat();
      if (typeof st === "number") return st;
      const owner = st.uid === cred.fsuid;
      if (a.mode !== undefined && !owner) return -EPERM;
      if (a.uid !== undefined && (a.uid !== st.uid || !owner)) return -EPERM;
      if (a.gid !== undefined && (!owner || (cred.fsgid !== a.gid && !cred.groups.includes(a.gid)))) return -EPERM;
      if ((a.atime !== undefined || a.mtime !== undefined) && !owner) {
        if (!timesToNow) return -EPERM;
        if (permission(place.inode, W_OK, cred) < 0) return -EACCES;
      }
    }
    const done = place.inode.setattr(a);
    if (done === 0) tell(place, IN.IN_ATTRIB);
    return done;
  }

  statfs(inode: Inode): Statfs | number {
    return inode.statfs ? inode.statfs() : inode.fs.statfs();
  }

  sync(): void {
    for (const fs of new Set(this.mounts.list.map((m: Mount) => m.fs))) fs.sync?.();
  }
}

/** The outcome of making a name. */
function made(found: Found, r: Inode | number): number {
  if (typeof r === "number") return r;
  tellDirectory(found.dir.inode, IN.IN_CREATE, found.name, r);
  return 0;
}

/** A name was removed; `last`: it was the inode's only one. */
function removed(found: Found, victim: Place, last: boolean): void {
  found.dir.removed(found.name);
  lostName(victim.inode, last);
  tellDirectory(found.dir.inode, IN.IN_DELETE, found.name, victim.inode);
}

/** Will the inode be gone with this name? Only asked when somebody wants to know. */
function isLastName(inode: Inode | undefined): boolean {
  if (!inode || !watching()) return false;
  const st = inode.stat();
  return typeof st !== "number" && (inode.type === S_IFDIR || st.nlink === 1);
}
/** An inode has one name less; without any it is taken to be gone, even if it is open still. */
function lostName(inode: Inode, last: boolean): void {
  if (inode.type !== S_IFDIR) tellSelf(inode, IN.IN_ATTRIB);
  if (last) tellSelf(inode, IN.IN_DELETE_SELF);
}
