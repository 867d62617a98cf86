/** What is done to an open file besides reading and writing: ftruncate(2), fallocate(2), fsync(2), fadvise64(2) ... */
import * as E from "../../abi/errno.ts";
import * as F from "../../abi/fcntl.ts";
import { S_IFDIR, S_IFIFO, S_IFREG } from "../../abi/stat.ts";
import type { File } from "../../vfs/types.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { fileOf } from "./support.ts";
import { mayGrow, readableFile, writableFile } from "./transfer.ts";

function ftruncate(call: Call, fd: number, size: number): SysResult {
  const file = writableFile(call, fd);
  if (size < 0) return -E.EINVAL;
  // EINVAL, not EBADF, for a descriptor that is open but not for writing (ftruncate(2)).
  if (typeof file === "number") return typeof fileOf(call, fd) === "number" ? file : -E.EINVAL;
  if (file.inode?.type !== S_IFREG) return -E.EINVAL;
  const r = mayGrow(call, sizeOf(file), size);
  return r || (file.truncate?.(size) ?? file.inode.setattr({ size }));
}

function sizeOf(file: File): number {
  const st = file.stat();
  return typeof st === "number" ? 0 : st.size;
}

function fallocate(call: Call, fd: number, mode: number, offset: number, length: number): SysResult {
  const file = writableFile(call, fd);
  if (typeof file === "number") return file;
  if (offset < 0 || length <= 0) return -E.EINVAL;
  if (file.inode?.type === S_IFIFO) return -E.ESPIPE;
  if (file.inode?.type === S_IFDIR) return -E.EISDIR;
  if (file.inode?.type !== S_IFREG) return -E.ENODEV;
  const keeps = (mode & F.FALLOC_FL_KEEP_SIZE) !== 0;
  const r = keeps ? 0 : mayGrow(call, sizeOf(file), offset + length);
  if (r < 0) return r;
  return file.allocate?.(mode, offset, length) ?? -E.EOPNOTSUPP;
}

/** Files that have nothing to force out refuse (fsync(2), EINVAL). */
function syncFile(file: File | number, dataOnly: boolean): number {
  if (typeof file === "number") return file;
  if (file.sync) return file.sync(dataOnly);
  const type = file.inode?.type;
  return type === S_IFREG || type === S_IFDIR ? 0 : -E.EINVAL;
}
function fsync(call: Call, fd: number): SysResult {
  return syncFile(fileOf(call, fd), false);
}
function fdatasync(call: Call, fd: number): SysResult {
  return syncFile(fileOf(call, fd), true);
}
function sync(call: Call): SysResult {
  call.kernel.vfs.sync();
  return 0;
}
function syncfs(call: Call, fd: number): SysResult {
  const file = fileOf(call, fd);
  if (typeof file === "number") return file;
  file.inode?.fs.sync?.();
  return 0;
}
function syncFileRange(call: Call, fd: number, offset: number, length: number, flags: number): SysResult {
  const file = fileOf(call, fd);
  if (typeof file === "number") return file;
  if (offset < 0 || length < 0 || flags & ~7) return -E.EINVAL;
  if (file.inode?.type === S_IFIFO) return -E.ESPIPE;
  return syncFile(file, true);
}

/** Advice only: checked, then not needed. */
function fadvise64(call: Call, fd: number, _offset: number, length: number, advice: number): SysResult {
  const file = fileOf(call, fd);
  if (typeof file === "number") return file;
  if (file.inode?.type === S_IFIFO) return -E.ESPIPE;
  return length < 0 || advice < F.POSIX_FADV_NORMAL || advice > F.POSIX_FADV_NOREUSE ? -E.EINVAL : 0;
}
function readahead(call: Call, fd: number): SysResult {
  const file = readableFile(call, fd);
  if (typeof file === "number") return file;
  return file.inode?.type === S_IFREG ? 0 : -E.EINVAL;
}

export const fileCalls = [
  sys(74, "fsync", "fd:fd", fsync),
  sys(75, "fdatasync", "fd:fd", fdatasync),
  sys(77, "ftruncate", "fd:fd length:off", ftruncate),
  sys(162, "sync", "", sync),
  sys(187, "readahead", "fd:fd offset:off count:size", readahead),
  sys(221, "fadvise64", "fd:fd offset:off len:off advice:fadvise", fadvise64),
  sys(277, "sync_file_range", "fd:fd offset:off nbytes:off flags:uint", syncFileRange),
  sys(285, "fallocate", "fd:fd mode:flags:fallocate offset:off len:off", fallocate),
  sys(306, "syncfs", "fd:fd", syncfs),
];
