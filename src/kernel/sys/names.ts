/** Calls that add, remove and move names: link(2), unlink(2), symlink(2), mkdir(2), rmdir(2), mknod(2), rename(2). */
import * as E from "../../abi/errno.ts";
import * as F from "../../abi/fcntl.ts";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK } from "../../abi/stat.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { pathArgument, targetAt, withPath } from "./paths.ts";
import { userOf } from "./support.ts";

function mkdirat(call: Call, dirfd: number, path: number, mode: number): SysResult {
  const bits = mode & 0o1777 & ~call.task.fs.umask;
  return withPath(call, dirfd, path, (ctx, start, text) => call.kernel.vfs.mkdir(ctx, start, text, bits));
}
function mkdir(call: Call, path: number, mode: number): SysResult {
  return mkdirat(call, F.AT_FDCWD, path, mode);
}

const KINDS = [0, S_IFREG, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, S_IFDIR];

function mknodat(call: Call, dirfd: number, path: number, mode: number, dev: number): SysResult {
  const type = mode & S_IFMT;
  if (!KINDS.includes(type)) return -E.EINVAL;
  const bits = type | (mode & 0o7777 & ~call.task.fs.umask);
  return withPath(call, dirfd, path, (ctx, start, text) => call.kernel.vfs.mknod(ctx, start, text, bits, dev));
}
function mknod(call: Call, path: number, mode: number, dev: number): SysResult {
  return mknodat(call, F.AT_FDCWD, path, mode, dev);
}

function symlinkat(call: Call, target: number, dirfd: number, path: number): SysResult {
  const content = pathArgument(call, target);
  if (typeof content === "number") return content;
  return withPath(call, dirfd, path, (ctx, start, text) => call.kernel.vfs.symlink(ctx, content, start, text));
}
function symlink(call: Call, target: number, path: number): SysResult {
  return symlinkat(call, target, F.AT_FDCWD, path);
}

function linkat(call: Call, fromDir: number, from: number, toDir: number, to: number, flags: number): SysResult {
  if (flags & ~(F.AT_SYMLINK_FOLLOW | F.AT_EMPTY_PATH)) return -E.EINVAL;
  const nofollow = flags & F.AT_SYMLINK_FOLLOW ? 0 : F.AT_SYMLINK_NOFOLLOW;
  const source = targetAt(call, fromDir, from, (flags & F.AT_EMPTY_PATH) | nofollow);
  if (typeof source === "number") return source;
  return withPath(call, toDir, to, (ctx, start, text) => call.kernel.vfs.link(ctx, source, start, text));
}
function link(call: Call, from: number, to: number): SysResult {
  return linkat(call, F.AT_FDCWD, from, F.AT_FDCWD, to, 0);
}

function unlinkat(call: Call, dirfd: number, path: number, flags: number): SysResult {
  if (flags & ~F.AT_REMOVEDIR) return -E.EINVAL;
  const { vfs } = call.kernel;
  return withPath(call, dirfd, path, (ctx, start, text) =>
    flags & F.AT_REMOVEDIR ? vfs.rmdir(ctx, start, text) : vfs.unlink(ctx, start, text),
  );
}
function unlink(call: Call, path: number): SysResult {
  return unlinkat(call, F.AT_FDCWD, path, 0);
}
function rmdir(call: Call, path: number): SysResult {
  return unlinkat(call, F.AT_FDCWD, path, F.AT_REMOVEDIR);
}

function renameat2(call: Call, fromDir: number, from: number, toDir: number, to: number, flags: number): SysResult {
  if (flags === (F.RENAME_NOREPLACE | F.RENAME_EXCHANGE)) return -E.EINVAL;
  return withPath(call, fromDir, from, (ctx, fromStart, source) =>
    withPath(call, toDir, to, (_, toStart, target) =>
      call.kernel.vfs.rename(ctx, fromStart, source, toStart, target, flags),
    ),
  );
}
function renameat(call: Call, fromDir: number, from: number, toDir: number, to: number): SysResult {
  return renameat2(call, fromDir, from, toDir, to, 0);
}
function rename(call: Call, from: number, to: number): SysResult {
  return renameat2(call, F.AT_FDCWD, from, F.AT_FDCWD, to, 0);
}

/** The text of a link, cut to the buffer, without a NUL (readlink(2)). An empty path means an O_PATH descriptor of a link. */
function readlinkat(call: Call, dirfd: number, path: number, buf: number, size: number): SysResult {
  if (size <= 0) return -E.EINVAL;
  const target = targetAt(call, dirfd, path, F.AT_SYMLINK_NOFOLLOW | (dirfd === F.AT_FDCWD ? 0 : F.AT_EMPTY_PATH));
  if (typeof target === "number") return target;
  const text = target.inode.readlink();
  if (typeof text === "number") return text;
  const bytes = Uint8Array.from(text.slice(0, size), (c) => c.charCodeAt(0));
  userOf(call).writeBytes(buf, bytes);
  return bytes.length;
}
function readlink(call: Call, path: number, buf: number, size: number): SysResult {
  return readlinkat(call, F.AT_FDCWD, path, buf, size);
}

export const nameCalls = [
  sys(82, "rename", "oldpath:path newpath:path", rename),
  sys(83, "mkdir", "path:path mode:mode", mkdir),
  sys(84, "rmdir", "path:path", rmdir),
  sys(86, "link", "oldpath:path newpath:path", link),
  sys(87, "unlink", "path:path", unlink),
  sys(88, "symlink", "target:path linkpath:path", symlink),
  sys(89, "readlink", "path:path buf:buf_out bufsiz:int", readlink),
  sys(133, "mknod", "path:path mode:mode dev:dev", mknod),
  sys(258, "mkdirat", "dirfd:dirfd path:path mode:mode", mkdirat),
  sys(259, "mknodat", "dirfd:dirfd path:path mode:mode dev:dev", mknodat),
  sys(263, "unlinkat", "dirfd:dirfd path:path flags:flags:unlink", unlinkat),
  sys(264, "renameat", "olddirfd:dirfd oldpath:path newdirfd:dirfd newpath:path", renameat),
  sys(265, "linkat", "olddirfd:dirfd oldpath:path newdirfd:dirfd newpath:path flags:flags:at", linkat),
  sys(266, "symlinkat", "target:path newdirfd:dirfd linkpath:path", symlinkat),
  sys(267, "readlinkat", "dirfd:dirfd path:path buf:buf_out bufsiz:int", readlinkat),
  sys(316, "renameat2", "olddirfd:dirfd oldpath:path newdirfd:dirfd newpath:path flags:flags:rename", renameat2),
];
