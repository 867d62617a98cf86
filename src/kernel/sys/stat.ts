/** stat(2), statx(2), statfs(2) and relatives. */
import { EBADF, EINVAL } from "../../abi/errno.ts";
import * as F from "../../abi/fcntl.ts";
import { encodeStat, encodeStatx } from "../../abi/stat.ts";
import { ANON_INODE_FS_MAGIC, encodeStatfs } from "../../abi/statfs.ts";
import type { File, Inode, Stat } from "../../vfs/types.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { meansDescriptor, resolveAt, targetAt } from "./paths.ts";
import { userOf } from "./support.ts";

/** With the ids of the caller's user namespace. */
function asSeen(call: Call, st: Stat): Stat {
  const { userNs } = call.task.cred;
  if (!userNs.parent) return st;
  return { ...st, uid: userNs.shown("uid", st.uid), gid: userNs.shown("gid", st.gid) };
}

function copyOut(call: Call, to: number, st: Stat | number): SysResult {
  if (typeof st === "number") return st;
  userOf(call).writeBytes(to, encodeStat(asSeen(call, st)));
  return 0;
}

function openFile(call: Call, fd: number): File | number {
  return call.task.fds.get(fd) ?? -EBADF;
}

/** What the path (or, with AT_EMPTY_PATH and "", the descriptor) is. */
function statAt(call: Call, dirfd: number, path: number, flags: number): Stat | number {
  if (meansDescriptor(call, dirfd, path, flags)) {
    const file = openFile(call, dirfd);
    return typeof file === "number" ? file : file.stat();
  }
  const target = targetAt(call, dirfd, path, flags);
  return typeof target === "number" ? target : target.inode.stat();
}

const STAT_FLAGS = F.AT_SYMLINK_NOFOLLOW | F.AT_EMPTY_PATH | F.AT_NO_AUTOMOUNT;

function stat(call: Call, path: number, to: number): SysResult {
  return copyOut(call, to, statAt(call, F.AT_FDCWD, path, 0));
}
function lstat(call: Call, path: number, to: number): SysResult {
  return copyOut(call, to, statAt(call, F.AT_FDCWD, path, F.AT_SYMLINK_NOFOLLOW));
}
function fstat(call: Call, fd: number, to: number): SysResult {
  const file = openFile(call, fd);
  return typeof file === "number" ? file : copyOut(call, to, file.stat());
}
function newfstatat(call: Call, dirfd: number, path: number, to: number, flags: number): SysResult {
  if (flags & ~STAT_FLAGS) return -EINVAL;
  return copyOut(call, to, statAt(call, dirfd, path, flags));
}

const STATX_RESERVED = 0x80000000;

function statx(call: Call, dirfd: number, path: number, flags: number, mask: number, to: number): SysResult {
  if (flags & ~(STAT_FLAGS | F.AT_STATX_SYNC_TYPE) || (mask & STATX_RESERVED) !== 0) return -EINVAL;
  if ((flags & F.AT_STATX_SYNC_TYPE) === F.AT_STATX_SYNC_TYPE) return -EINVAL;
  const st = statAt(call, dirfd, path, flags);
  if (typeof st === "number") return st;
  userOf(call).writeBytes(to, encodeStatx(asSeen(call, st)));
  return 0;
}

/** Anonymous inodes have the figures of an empty file system. */
const NO_FS = { type: ANON_INODE_FS_MAGIC, bsize: 4096, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };

function copyStatfs(call: Call, inode: Inode | undefined, to: number): SysResult {
  const figures = inode ? call.kernel.vfs.statfs(inode) : NO_FS;
  if (typeof figures === "number") return figures;
  userOf(call).writeBytes(to, encodeStatfs(figures));
  return 0;
}
function statfs(call: Call, path: number, to: number): SysResult {
  const place = resolveAt(call, F.AT_FDCWD, path);
  return typeof place === "number" ? place : copyStatfs(call, place.inode, to);
}
function fstatfs(call: Call, fd: number, to: number): SysResult {
  const file = openFile(call, fd);
  return typeof file === "number" ? file : copyStatfs(call, file.inode, to);
}

export const statCalls = [
  sys(4, "stat", "path:path buf:struct:stat", stat),
  sys(5, "fstat", "fd:fd buf:struct:stat", fstat),
  sys(6, "lstat", "path:path buf:struct:stat", lstat),
  sys(137, "statfs", "path:path buf:struct:statfs", statfs),
  sys(138, "fstatfs", "fd:fd buf:struct:statfs", fstatfs),
  sys(262, "newfstatat", "dirfd:dirfd path:path buf:struct:stat flags:flags:at", newfstatat),
  sys(332, "statx", "dirfd:dirfd path:path flags:flags:at mask:flags:statx buf:struct:statx", statx),
];
