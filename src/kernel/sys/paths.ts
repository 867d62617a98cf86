/** Paths in guest memory, resolved for the calling task: what the *at(2) calls share. */
import { EBADF, ENAMETOOLONG, ENOENT, ENOTDIR } from "../../abi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, PATH_MAX, RESOLVE_IN_ROOT } from "../../abi/fcntl.ts";
import { S_IFDIR } from "../../abi/stat.ts";
import type { PathContext } from "../../vfs/path.ts";
import type { Place } from "../../vfs/types.ts";
import type { Call } from "../types.ts";
import { userOf } from "./support.ts";

export function pathContext(call: Call): PathContext {
  const { root, cwd } = call.task.fs;
  return { root, cwd, cred: call.task.cred };
}

/** Like `withPath`, with RESOLVE_ flags of openat2(2). RESOLVE_IN_ROOT lets absolute paths start at `dirfd` too. */
export function withRestrictedPath<T>(
  call: Call,
  dirfd: number,
  address: number,
  restrict: number,
  fn: (ctx: PathContext, start: Place, path: string) => T,
): T | number {
  const path = pathArgument(call, address);
  if (typeof path === "number") return path;
  const inRoot = (restrict & RESOLVE_IN_ROOT) !== 0;
  const start = startOf(call, dirfd, inRoot ? path.replace(/^\//, "./") : path);
  if (typeof start === "number") return start;
  const ctx = pathContext(call);
  return fn({ ...ctx, root: inRoot ? start : ctx.root, restrict }, start, path);
}

/** The path argument at an address, or -ENAMETOOLONG. */
export function pathArgument(call: Call, address: number): string | number {
  return userOf(call).cstring(address, PATH_MAX) ?? -ENAMETOOLONG;
}

/** Where a path starts: the directory of `dirfd`, which need not be valid for absolute paths. */
function startOf(call: Call, dirfd: number, path: string): Place | number {
  if (dirfd === AT_FDCWD || path.startsWith("/")) return call.task.fs.cwd;
  const file = call.task.fds.get(dirfd);
  if (!file) return -EBADF;
  if (path === "") return -ENOENT;
  if (file.place?.inode.type !== S_IFDIR) return -ENOTDIR;
  return file.place;
}

/** Reads a path argument and calls `fn` with where it starts and its text. */
export function withPath<T>(
  call: Call,
  dirfd: number,
  address: number,
  fn: (ctx: PathContext, start: Place, path: string) => T,
): T | number {
  const path = pathArgument(call, address);
  if (typeof path === "number") return path;
  const start = startOf(call, dirfd, path);
  return typeof start === "number" ? start : fn(pathContext(call), start, path);
}

/** What a path leads to. */
export function resolveAt(call: Call, dirfd: number, address: number, follow = true): Place | number {
  return withPath(call, dirfd, address, (ctx, start, path) => call.kernel.vfs.resolve(ctx, start, path, follow));
}

/** With AT_EMPTY_PATH, "" stands for the descriptor itself. */
export function meansDescriptor(call: Call, dirfd: number, address: number, flags: number): boolean {
  return (flags & AT_EMPTY_PATH) !== 0 && dirfd !== AT_FDCWD && pathArgument(call, address) === "";
}

/** What a path with AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH means. */
export function targetAt(call: Call, dirfd: number, address: number, flags: number): Place | number {
  if (meansDescriptor(call, dirfd, address, flags)) return placeOf(call, dirfd);
  if (flags & AT_EMPTY_PATH && pathArgument(call, address) === "") return call.task.fs.cwd;
  return resolveAt(call, dirfd, address, !(flags & AT_SYMLINK_NOFOLLOW));
}

/** The place that a descriptor was opened at; what has none in the tree (a pipe) gets one of its own. */
export function placeOf(call: Call, fd: number): Place | number {
  const file = call.task.fds.get(fd);
  if (!file) return -EBADF;
  if (file.place) return file.place;
  return file.inode ? { inode: file.inode, parent: undefined, name: "" } : -EBADF;
}
