import { ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from "../abi/errno.ts";
import {
  NAME_MAX,
  PATH_MAX,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  X_OK,
} from "../abi/fcntl.ts";
import { S_IFDIR, S_IFLNK } from "../abi/stat.ts";
import { permission } from "./permission.ts";
import { type Dentry, samePlace } from "./place.ts";
import type { Cred, Place } from "./types.ts";

/** Links followed in one resolution before ELOOP. */
const MAX_LINKS = 40;

/** Whose path it is. */
export interface PathContext {
  root: Place;
  cwd: Place;
  cred: Cred;
  /** RESOLVE_ flags of openat2(2). With RESOLVE_IN_ROOT, `root` is where the path starts. */
  restrict?: number;
}

/** What a path leads to. */
export interface Found {
  /** The directory in which the last component was looked up. */
  dir: Dentry;
  /** Last component, without slashes. For paths that end in the root, "." or ".." see `last`. */
  name: string;
  last: "name" | "dot" | "dotdot" | "root";
  /** Undefined when the last component does not exist but could be created. */
  place: Dentry | undefined;
  /** A slash followed the last component: it must be a directory. */
  slash: boolean;
}

/** A path that is being walked: what is left of it, and how many links were followed. */
class Walk {
  links = 0;
  private readonly restrict: number;
  private readonly start: Dentry;
  constructor(
    readonly ctx: PathContext,
    public at: Dentry,
  ) {
    this.restrict = ctx.restrict ?? 0;
    this.start = at;
  }

  /** Resolves `path` from `this.at`; `follow` says what to do with a link in the last component. */
  run(path: string, follow: boolean): Found | number {
    let rest = path;
    for (;;) {
      if (rest.startsWith("/")) {
        const jumped = this.toRoot();
        if (jumped < 0) return jumped;
      }
      rest = trimStart(rest);
      if (rest === "") return { dir: this.at, name: "", last: "root", place: this.at, slash: false };
      const end = rest.indexOf("/");
      const name = end < 0 ? rest : rest.slice(0, end);
      const after = end < 0 ? "" : trimStart(rest.slice(end));
      const slash = end >= 0;
      const isLast = after === "";

      const searched = this.search();
      if (searched < 0) return searched;
      const dir = this.at;
      const next = this.allowed(this.step(name));
      if (typeof next === "number") {
        if (next !== -ENOENT || !isLast) return next;
        return { dir, name, last: "name", place: undefined, slash };
      }
      if (next.inode.type === S_IFLNK && name !== "." && name !== ".." && (!isLast || follow || slash)) {
        const target = this.link(next);
        if (typeof target === "number") return target;
        if (typeof target !== "string") {
          this.at = target;
          if (isLast) return this.finish(dir, name, target, slash);
          rest = after;
          continue;
        }
        // The target takes the link's place in the path; a slash after the link binds to the target.
        rest = isLast ? target + (slash ? "/" : "") : `${target}/${after}`;
        this.at = dir;
        continue;
      }
      this.at = next;
      if (isLast) return this.finish(dir, name, next, slash);
      rest = after;
    }
  }

  private finish(dir: Dentry, name: string, place: Dentry, slash: boolean): Found | number {
    if (slash && place.inode.type !== S_IFDIR) return -ENOTDIR;
    return { dir, name, last: name === "." ? "dot" : name === ".." ? "dotdot" : "name", place, slash };
  }

  /** Is `this.at` a directory that may be searched? */
  private search(): number {
    if (this.at.inode.type !== S_IFDIR) return -ENOTDIR;
    const { inode } = this.at;
    return inode.search ? inode.search(this.ctx.cred) : permission(inode, X_OK, this.ctx.cred);
  }

  /** A path or a link begins with a slash. */
  private toRoot(): number {
    const root = this.ctx.root as Dentry;
    if (this.restrict & RESOLVE_BENEATH) return -EXDEV;
    if (this.restrict & RESOLVE_NO_XDEV && this.links > 0 && root.mount !== this.at.mount) return -EXDEV;
    this.at = root;
    return 0;
  }

  /** May the walk go there from `this.at`? */
  private allowed(next: Dentry | number): Dentry | number {
    if (typeof next === "number" || !(this.restrict & RESOLVE_NO_XDEV)) return next;
    return next.mount === this.at.mount ? next : -EXDEV;
  }

  private step(name: string): Dentry | number {
    if (name === ".") return this.at;
    if (name === ".." && this.restrict & RESOLVE_BENEATH && samePlace(this.at, this.start)) return -EXDEV;
    if (name === "..") return samePlace(this.at, this.ctx.root) ? this.at : (this.at.parent ?? this.at);
    if (name.length > NAME_MAX) return -ENAMETOOLONG;
    return lookupChild(this.at, name);
  }

  /** Where a link leads: text, or the place itself for magic links. */
  private link(at: Dentry): string | Dentry | number {
    if (++this.links > MAX_LINKS || this.restrict & RESOLVE_NO_SYMLINKS) return -ELOOP;
    const place = at.inode.follow?.();
    if (place !== undefined) return typeof place === "number" ? place : this.jump(place as Dentry);
    const target = at.inode.readlink();
    if (target === "") return -ENOENT;
    return target;
  }

  /** A magic link leads anywhere: out of every scope (openat2(2)). */
  private jump(to: Dentry): Dentry | number {
    if (this.restrict & RESOLVE_NO_MAGICLINKS) return -ELOOP;
    if (this.restrict & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) return -EXDEV;
    return this.allowed(to);
  }
}

function trimStart(path: string): string {
  let i = 0;
  while (path.charCodeAt(i) === 47) i++;
  return i === 0 ? path : path.slice(i);
}

/** Looks one name up in a directory, crossing into what is mounted there. No permission check. */
export function lookupChild(dir: Dentry, name: string): Dentry | number {
  const { mounted } = dir.mount;
  const mount = mounted.size > 0 ? mounted.get(dir.inode)?.get(name) : undefined;
  if (mount) return dir.child(name, mount.root, mount);
  const inode = dir.inode.lookup(name);
  return typeof inode === "number" ? inode : dir.child(name, inode, dir.mount);
}

/**
 * Walks a path from `start` (used for relative paths). The directory parts must exist; the last component may be
 * missing (`place` undefined).
 */
export function walk(ctx: PathContext, start: Place, path: string, follow: boolean): Found | number {
  if (path === "") return -ENOENT;
  if (path.length >= PATH_MAX) return -ENAMETOOLONG;
  // All Places are Dentries; the wider type keeps the seam narrow.
  return new Walk(ctx, start as Dentry).run(path, follow);
}

/** Walks a path that must exist. */
export function resolve(ctx: PathContext, start: Place, path: string, follow = true): Dentry | number {
  const found = walk(ctx, start, path, follow);
  if (typeof found === "number") return found;
  return found.place ?? -ENOENT;
}
