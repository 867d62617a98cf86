/** Attributes of files: chmod(2), chown(2), utimensat(2), truncate(2), access(2). */
import * as E from "../../abi/errno.ts";
import * as F from "../../abi/fcntl.ts";
import { S_IFDIR, S_IFLNK, S_IFREG, S_ISGID, S_ISUID, S_IXGRP, UTIME_NOW, UTIME_OMIT } from "../../abi/stat.ts";
import { inGroup } from "../../vfs/permission.ts";
import type { Inode, Place, SetAttr } from "../../vfs/types.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { meansDescriptor, pathContext, placeOf, resolveAt, targetAt, withPath } from "./paths.ts";
import { userOf } from "./support.ts";
import { mayGrow } from "./transfer.ts";

type Target = Place | number;

/** Sets attributes of what a path or descriptor means. */
function change(call: Call, target: Target, attr: SetAttr, timesToNow = false): SysResult {
  if (typeof target === "number") return target;
  return call.kernel.vfs.setattr(pathContext(call), target, attr, timesToNow);
}

function setMode(call: Call, target: Target, mode: number): SysResult {
  if (typeof target === "number") return target;
  if (target.inode.type === S_IFLNK) return -E.EOPNOTSUPP;
  return change(call, target, { mode: mode & 0o7777 & ~groupIdBit(call, target.inode) });
}

/** A set-group-ID bit for a group that the task is not in is dropped silently (chmod(2)). */
function groupIdBit(call: Call, inode: Inode): number {
  const { cred } = call.task;
  const st = inode.stat();
  const keep = cred.fsuid === 0 || inode.type === S_IFDIR || typeof st === "number" || inGroup(cred, st.gid);
  return keep ? 0 : S_ISGID;
}

function fchmodat2(call: Call, dirfd: number, path: number, mode: number, flags: number): SysResult {
  if (flags & ~(F.AT_SYMLINK_NOFOLLOW | F.AT_EMPTY_PATH)) return -E.EINVAL;
  return setMode(call, targetAt(call, dirfd, path, flags), mode);
}
function fchmodat(call: Call, dirfd: number, path: number, mode: number): SysResult {
  return fchmodat2(call, dirfd, path, mode, 0);
}
function chmod(call: Call, path: number, mode: number): SysResult {
  return fchmodat2(call, F.AT_FDCWD, path, mode, 0);
}
function fchmod(call: Call, fd: number, mode: number): SysResult {
  return setMode(call, placeOf(call, fd), mode);
}

/** -1 leaves an id as it is. */
/** Leaves an id as it is. */
const KEEP = 0xffffffff;

function setOwner(call: Call, target: Target, uid: number, gid: number): SysResult {
  const attr: SetAttr = {};
  if (uid !== KEEP) attr.uid = uid;
  if (gid !== KEEP) attr.gid = gid;
  const r = change(call, target, attr);
  if (r !== 0 || typeof target === "number" || target.inode.type === S_IFDIR) return r;
  const st = target.inode.stat();
  if (typeof st === "number") return 0;
  // chown(2): takes away set-user-ID, and set-group-ID where it is not a mark for mandatory locking.
  const drop = st.mode & (S_ISUID | (st.mode & S_IXGRP ? S_ISGID : 0));
  return drop ? target.inode.setattr({ mode: st.mode & 0o7777 & ~drop }) : 0;
}

function fchownat(call: Call, dirfd: number, path: number, uid: number, gid: number, flags: number): SysResult {
  if (flags & ~(F.AT_SYMLINK_NOFOLLOW | F.AT_EMPTY_PATH)) return -E.EINVAL;
  return setOwner(call, targetAt(call, dirfd, path, flags), uid, gid);
}
function chown(call: Call, path: number, uid: number, gid: number): SysResult {
  return fchownat(call, F.AT_FDCWD, path, uid, gid, 0);
}
function lchown(call: Call, path: number, uid: number, gid: number): SysResult {
  return fchownat(call, F.AT_FDCWD, path, uid, gid, F.AT_SYMLINK_NOFOLLOW);
}
function fchown(call: Call, fd: number, uid: number, gid: number): SysResult {
  return setOwner(call, placeOf(call, fd), uid, gid);
}

/** Access and modification time; undefined leaves one as it is. `now` allows writers of the file, not only its owner. */
interface Times {
  atime: bigint | undefined;
  mtime: bigint | undefined;
  now: boolean;
}

function bothNow(call: Call): Times {
  const now = call.kernel.realtime();
  return { atime: now, mtime: now, now: true };
}

/** Two struct timespec; 0 stands for the present time. */
function readTimespecs(call: Call, address: number): Times | number {
  if (address === 0) return bothNow(call);
  const user = userOf(call);
  const present = call.kernel.realtime();
  const out: (bigint | undefined)[] = [];
  const nanos = [user.i64(address + 8), user.i64(address + 24)];
  for (const [i, n] of nanos.entries()) {
    if (n === UTIME_NOW) out.push(present);
    else if (n === UTIME_OMIT) out.push(undefined);
    else if (n < 0 || n >= 1e9) return -E.EINVAL;
    else out.push(BigInt(user.i64(address + 16 * i)) * 1000000000n + BigInt(n));
  }
  return { atime: out[0], mtime: out[1], now: nanos.every((n) => n === UTIME_NOW) };
}

/** Two struct timeval; 0 stands for the present time. */
function readTimevals(call: Call, address: number): Times | number {
  if (address === 0) return bothNow(call);
  const user = userOf(call);
  const at = (a: number): bigint => BigInt(user.i64(a)) * 1000000000n + BigInt(user.i64(a + 8)) * 1000n;
  const valid = [address + 8, address + 24].every((a) => user.i64(a) >= 0 && user.i64(a) < 1e6);
  return valid ? { atime: at(address), mtime: at(address + 16), now: false } : -E.EINVAL;
}

function applyTimes(call: Call, target: Target, times: Times | number): SysResult {
  if (typeof times === "number") return times;
  const attr: SetAttr = {};
  if (times.atime !== undefined) attr.atime = times.atime;
  if (times.mtime !== undefined) attr.mtime = times.mtime;
  return change(call, target, attr, times.now);
}

function utimensat(call: Call, dirfd: number, path: number, times: number, flags: number): SysResult {
  if (flags & ~(F.AT_SYMLINK_NOFOLLOW | F.AT_EMPTY_PATH)) return -E.EINVAL;
  // A null path means the descriptor itself: futimens(3).
  const target = path === 0 ? placeOf(call, dirfd) : targetAt(call, dirfd, path, flags);
  return applyTimes(call, target, readTimespecs(call, times));
}
function futimesat(call: Call, dirfd: number, path: number, times: number): SysResult {
  const target = path === 0 ? placeOf(call, dirfd) : targetAt(call, dirfd, path, 0);
  return applyTimes(call, target, readTimevals(call, times));
}
function utimes(call: Call, path: number, times: number): SysResult {
  return futimesat(call, F.AT_FDCWD, path, times);
}
/** struct utimbuf: seconds of access and modification. */
function utime(call: Call, path: number, times: number): SysResult {
  const target = targetAt(call, F.AT_FDCWD, path, 0);
  if (times === 0) return applyTimes(call, target, bothNow(call));
  const user = userOf(call);
  const second = (a: number): bigint => BigInt(user.i64(a)) * 1000000000n;
  return applyTimes(call, target, { atime: second(times), mtime: second(times + 8), now: false });
}

function truncate(call: Call, path: number, size: number): SysResult {
  const place = resolveAt(call, F.AT_FDCWD, path);
  const st = typeof place === "number" || place.inode.type !== S_IFREG ? -1 : place.inode.stat();
  const r = typeof st === "number" ? 0 : mayGrow(call, st.size, size);
  if (r < 0) return r;
  return withPath(call, F.AT_FDCWD, path, (ctx, start, text) => call.kernel.vfs.truncate(ctx, start, text, size));
}

/** With the real ids unless AT_EACCESS (access(2)). */
function accessAt(call: Call, dirfd: number, path: number, mode: number, flags: number): SysResult {
  if (mode & ~7 || flags & ~(F.AT_EACCESS | F.AT_SYMLINK_NOFOLLOW | F.AT_EMPTY_PATH)) return -E.EINVAL;
  const { cred } = call.task;
  const own = flags & F.AT_EACCESS ? cred : { ...cred, fsuid: cred.uid, fsgid: cred.gid };
  const { vfs } = call.kernel;
  if (meansDescriptor(call, dirfd, path, flags)) {
    const place = placeOf(call, dirfd);
    return typeof place === "number" ? place : vfs.access({ ...pathContext(call), cred: own }, place, mode);
  }
  return withPath(call, dirfd, path, (ctx, start, text) => {
    const real = { ...ctx, cred: own };
    const place = vfs.resolve(real, start, text, !(flags & F.AT_SYMLINK_NOFOLLOW));
    return typeof place === "number" ? place : vfs.access(real, place, mode);
  });
}
function access(call: Call, path: number, mode: number): SysResult {
  return accessAt(call, F.AT_FDCWD, path, mode, 0);
}
function faccessat(call: Call, dirfd: number, path: number, mode: number): SysResult {
  return accessAt(call, dirfd, path, mode, 0);
}

export const attributeCalls = [
  sys(21, "access", "path:path mode:flags:access", access),
  sys(76, "truncate", "path:path length:off", truncate),
  sys(90, "chmod", "path:path mode:mode", chmod),
  sys(91, "fchmod", "fd:fd mode:mode", fchmod),
  sys(92, "chown", "path:path owner:uid group:gid", chown),
  sys(93, "fchown", "fd:fd owner:uid group:gid", fchown),
  sys(94, "lchown", "path:path owner:uid group:gid", lchown),
  sys(132, "utime", "path:path times:utimbuf", utime),
  sys(235, "utimes", "path:path times:timevals", utimes),
  sys(260, "fchownat", "dirfd:dirfd path:path owner:uid group:gid flags:flags:at", fchownat),
  sys(261, "futimesat", "dirfd:dirfd path:path times:timevals", futimesat),
  sys(268, "fchmodat", "dirfd:dirfd path:path mode:mode", fchmodat),
  sys(269, "faccessat", "dirfd:dirfd path:path mode:flags:access", faccessat),
  sys(280, "utimensat", "dirfd:dirfd path:path times:timespecs flags:flags:at", utimensat),
  sys(439, "faccessat2", "dirfd:dirfd path:path mode:flags:access flags:flags:faccessat", accessAt),
  sys(452, "fchmodat2", "dirfd:dirfd path:path mode:mode flags:flags:at", fchmodat2),
];
