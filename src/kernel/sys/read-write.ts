/** read(2), write(2), readv(2), pread(2), preadv2(2), lseek(2) and relatives. */
import { EAGAIN, EBADF, EINVAL, EOPNOTSUPP } from "../../abi/errno.ts";
import { O_APPEND } from "../../abi/fcntl.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { type Iovec, MAX_TRANSFER, readIovecs } from "./iovec.ts";
import { fileOf, readableNow, userOf } from "./support.ts";
import { checkOffset, readableFile, readInto, writableFile, writeFrom } from "./transfer.ts";

function one(base: number, count: number): Iovec[] {
  return [{ base, length: Math.min(count, MAX_TRANSFER) }];
}

function doRead(call: Call, fd: number, list: Iovec[] | number, at?: number): SysResult {
  const file = readableFile(call, fd);
  if (typeof file === "number") return file;
  if (typeof list === "number") return list;
  const bad = at === undefined ? 0 : checkOffset(file, at);
  return bad || readInto(call, file, list, at);
}

function doWrite(call: Call, fd: number, list: Iovec[] | number, at?: number): SysResult {
  const file = writableFile(call, fd);
  if (typeof file === "number") return file;
  if (typeof list === "number") return list;
  const bad = at === undefined ? 0 : checkOffset(file, at);
  if (bad) return bad;
  if (at === undefined || !(file.flags & O_APPEND)) return writeFrom(call, file, list, at);
  // pwrite on an O_APPEND file appends whatever the offset says, as on Linux (pwrite(2), BUGS).
  const pos = file.pos;
  const r = writeFrom(call, file, list);
  file.pos = pos;
  return r;
}

function read(call: Call, fd: number, buf: number, n: number): SysResult {
  return n < 0 ? -EINVAL : doRead(call, fd, one(buf, n));
}
function write(call: Call, fd: number, buf: number, n: number): SysResult {
  return n < 0 ? -EINVAL : doWrite(call, fd, one(buf, n));
}
function pread64(call: Call, fd: number, buf: number, n: number, at: number): SysResult {
  return at < 0 || n < 0 ? -EINVAL : doRead(call, fd, one(buf, n), at);
}
function pwrite64(call: Call, fd: number, buf: number, n: number, at: number): SysResult {
  return at < 0 || n < 0 ? -EINVAL : doWrite(call, fd, one(buf, n), at);
}
function readv(call: Call, fd: number, iov: number, n: number): SysResult {
  return doRead(call, fd, readIovecs(userOf(call), iov, n));
}
function writev(call: Call, fd: number, iov: number, n: number): SysResult {
  return doWrite(call, fd, readIovecs(userOf(call), iov, n));
}
function preadv(call: Call, fd: number, iov: number, n: number, at: number): SysResult {
  return at < 0 ? -EINVAL : doRead(call, fd, readIovecs(userOf(call), iov, n), at);
}
function pwritev(call: Call, fd: number, iov: number, n: number, at: number): SysResult {
  return at < 0 ? -EINVAL : doWrite(call, fd, readIovecs(userOf(call), iov, n), at);
}

const RWF_HIPRI = 1;
const RWF_DSYNC = 2;
const RWF_SYNC = 4;
const RWF_NOWAIT = 8;

/** The flags that change nothing here; RWF_NOWAIT is served by asking first. */
function checkRwf(call: Call, fd: number, flags: number): number {
  if (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT)) return -EOPNOTSUPP;
  const file = fileOf(call, fd);
  if (typeof file === "number") return file;
  return flags & RWF_NOWAIT && !readableNow(file) ? -EAGAIN : 0;
}

/** On x86-64 the offset is one argument; the second half (pos_h) is ignored. -1: the file's position. */
function preadv2(call: Call, fd: number, iov: number, n: number, at: number, _high: number, flags: number): SysResult {
  const bad = checkRwf(call, fd, flags);
  if (bad) return bad;
  return at === -1 ? readv(call, fd, iov, n) : preadv(call, fd, iov, n, at);
}
function pwritev2(call: Call, fd: number, iov: number, n: number, at: number, _high: number, flags: number): SysResult {
  const bad = checkRwf(call, fd, flags & ~RWF_NOWAIT);
  if (bad) return bad;
  return at === -1 ? writev(call, fd, iov, n) : pwritev(call, fd, iov, n, at);
}

function lseek(call: Call, fd: number, offset: number, whence: number): SysResult {
  const file = fileOf(call, fd);
  if (typeof file === "number") return -EBADF;
  return file.seek(offset, whence);
}

export const readWriteCalls = [
  sys(0, "read", "fd:fd buf:buf_out count:size", read),
  sys(1, "write", "fd:fd buf:buf_in count:size", write),
  sys(8, "lseek", "fd:fd offset:off whence:whence", lseek),
  sys(17, "pread64", "fd:fd buf:buf_out count:size offset:off", pread64),
  sys(18, "pwrite64", "fd:fd buf:buf_in count:size offset:off", pwrite64),
  sys(19, "readv", "fd:fd iov:iov_out iovcnt:int", readv),
  sys(20, "writev", "fd:fd iov:iov_in iovcnt:int", writev),
  sys(295, "preadv", "fd:fd iov:iov_out iovcnt:int offset:off pos_h:long", preadv),
  sys(296, "pwritev", "fd:fd iov:iov_in iovcnt:int offset:off pos_h:long", pwritev),
  sys(327, "preadv2", "fd:fd iov:iov_out iovcnt:int offset:off pos_h:long flags:flags:rwf", preadv2),
  sys(328, "pwritev2", "fd:fd iov:iov_in iovcnt:int offset:off pos_h:long flags:flags:rwf", pwritev2),
];
