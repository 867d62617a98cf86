/** Directories: chdir(2), getcwd(2), chroot(2), umask(2), getdents64(2). */

import { type Dirent, encodeDirent, encodeDirent64 } from "../../abi/dirent.ts";
import { EBADF, EINVAL, ENOENT, ENOTDIR, EPERM, ERANGE } from "../../abi/errno.ts";
import { AT_FDCWD, X_OK } from "../../abi/fcntl.ts";
import { S_IFDIR } from "../../abi/stat.ts";
import { permission } from "../../vfs/permission.ts";
import { placePath } from "../../vfs/place.ts";
import type { Place } from "../../vfs/types.ts";
import { CAP_SYS_CHROOT, capable } from "../cred.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { resolveAt } from "./paths.ts";
import { fileOf, userOf } from "./support.ts";

/** A directory that the task may enter, or why not. */
function enterable(call: Call, place: Place | number): Place | number {
  if (typeof place === "number") return place;
  if (place.inode.type !== S_IFDIR) return -ENOTDIR;
  return permission(place.inode, X_OK, call.task.cred) || place;
}

function chdir(call: Call, path: number): SysResult {
  const place = enterable(call, resolveAt(call, AT_FDCWD, path));
  if (typeof place === "number") return place;
  call.task.fs.cwd = place;
  return 0;
}

function fchdir(call: Call, fd: number): SysResult {
  const file = call.task.fds.get(fd);
  if (!file) return -EBADF;
  const place = enterable(call, file.place ?? -ENOTDIR);
  if (typeof place === "number") return place;
  call.task.fs.cwd = place;
  return 0;
}

function chroot(call: Call, path: number): SysResult {
  const place = enterable(call, resolveAt(call, AT_FDCWD, path));
  if (typeof place === "number") return place;
  if (!capable(call.task.cred, CAP_SYS_CHROOT)) return -EPERM;
  call.task.fs.root = place;
  return 0;
}

/** The call returns the length with the NUL. */
function getcwd(call: Call, buf: number, size: number): SysResult {
  const { cwd, root } = call.task.fs;
  if (cwd.gone) return -ENOENT;
  const path = placePath(cwd, root) ?? `(unreachable)${placePath(cwd)}`;
  if (path.length + 1 > size) return -ERANGE;
  userOf(call).writeBytes(
    buf,
    Uint8Array.from(`${path}\0`, (c) => c.charCodeAt(0)),
  );
  return path.length + 1;
}

function umask(call: Call, mask: number): SysResult {
  const old = call.task.fs.umask;
  call.task.fs.umask = mask & 0o777;
  return old;
}

/** Fills the buffer with as many entries as fit; the position counts entries. */
function readEntries(
  call: Call,
  fd: number,
  buf: number,
  size: number,
  encode: (e: Dirent, next: number) => Uint8Array,
) {
  const file = fileOf(call, fd);
  if (typeof file === "number") return file;
  if (file.inode?.type !== S_IFDIR || !file.readdir) return -ENOTDIR;
  const entries = file.readdir();
  if (typeof entries === "number") return entries;
  const records: Uint8Array[] = [];
  let length = 0;
  for (let pos = file.pos; pos < entries.length; pos++) {
    const record = encode(entries[pos], pos + 1);
    if (length + record.length > size) break;
    records.push(record);
    length += record.length;
  }
  if (records.length === 0) return file.pos < entries.length ? -EINVAL : 0;
  let at = buf;
  for (const record of records) {
    userOf(call).writeBytes(at, record);
    at += record.length;
  }
  file.pos += records.length;
  return length;
}

function getdents(call: Call, fd: number, buf: number, size: number): SysResult {
  return readEntries(call, fd, buf, size, encodeDirent);
}
function getdents64(call: Call, fd: number, buf: number, size: number): SysResult {
  return readEntries(call, fd, buf, size, encodeDirent64);
}

export const dirCalls = [
  sys(78, "getdents", "fd:fd dirp:ptr count:uint", getdents),
  sys(79, "getcwd", "buf:str_out size:size", getcwd),
  sys(80, "chdir", "path:path", chdir),
  sys(81, "fchdir", "fd:fd", fchdir),
  sys(95, "umask", "mask:mode", umask),
  sys(161, "chroot", "path:path", chroot),
  sys(217, "getdents64", "fd:fd dirp:ptr count:uint", getdents64),
];
