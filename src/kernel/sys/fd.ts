/** Descriptors: close(2), close_range(2), dup(2), fcntl(2), flock(2). */
import { EAGAIN, EBADF, EINVAL, ENOTDIR } from "../../abi/errno.ts";
import * as F from "../../abi/fcntl.ts";
import { POLLIN, POLLMSG, POLLRDNORM } from "../../abi/poll.ts";
import { POLL_MSG, SIGRTMAX } from "../../abi/signal.ts";
import { S_IFDIR } from "../../abi/stat.ts";
import type { File } from "../../vfs/types.ts";
import { askNotices, forgetNotices } from "../dnotify.ts";
import { fileLocks } from "../locks.ts";
import { armSigio, ownerOf, signalOwner } from "../sigio.ts";
import { type Call, park, type SysResult, sys } from "../types.ts";
import { lockCommand } from "./lock.ts";
import { ownerCommand } from "./owner.ts";
import { fdLimit } from "./support.ts";

function close(call: Call, fd: number): SysResult {
  return call.task.fds.close(fd);
}

const CLOSE_RANGE_UNSHARE = 2;
const CLOSE_RANGE_CLOEXEC = 4;

function closeRange(call: Call, first: number, last: number, flags: number): SysResult {
  if (first > last || flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) return -EINVAL;
  if (flags & CLOSE_RANGE_UNSHARE && call.task.fds.refs > 1) {
    const own = call.task.fds.fork();
    call.task.fds.release();
    call.task.fds = own;
  }
  const fds = call.task.fds;
  for (const fd of fds.list()) {
    if (fd < first || fd > last) continue;
    if (flags & CLOSE_RANGE_CLOEXEC) fds.setCloexec(fd, true);
    else fds.close(fd);
  }
  return 0;
}

function dup(call: Call, fd: number): SysResult {
  return call.task.fds.dup(fd, false, fdLimit(call));
}
function dup2(call: Call, from: number, to: number): SysResult {
  if (from === to) return call.task.fds.get(from) ? to : -EBADF;
  return call.task.fds.dupTo(from, to, false, fdLimit(call));
}
function dup3(call: Call, from: number, to: number, flags: number): SysResult {
  if (flags & ~F.O_CLOEXEC || from === to) return -EINVAL;
  return call.task.fds.dupTo(from, to, (flags & F.O_CLOEXEC) !== 0, fdLimit(call));
}

function dupAbove(call: Call, fd: number, min: number, cloexec: boolean): number {
  const limit = fdLimit(call);
  if (min < 0 || min >= limit) return -EINVAL;
  return call.task.fds.dup(fd, cloexec, limit, min);
}

/** The flags that F_SETFL changes. */
const SETTABLE = F.O_APPEND | F.O_NONBLOCK | F.O_ASYNC | F.O_DIRECT | F.O_NOATIME;

function setFlags(file: File, flags: number): void {
  file.flags = (file.flags & ~SETTABLE) | (flags & SETTABLE);
}

/** What F_GETFL shows: creation flags are gone, and O_LARGEFILE is always there for files opened by 64-bit programs. */
function getFlags(file: File): number {
  return file.flags & ~(F.O_CREAT | F.O_EXCL | F.O_NOCTTY | F.O_TRUNC | F.O_CLOEXEC);
}

/** Commands that an O_PATH descriptor takes too. */
function tableCommand(call: Call, fd: number, command: number, arg: number): number | undefined {
  const fds = call.task.fds;
  switch (command) {
    case F.F_DUPFD:
      return dupAbove(call, fd, arg | 0, false);
    case F.F_DUPFD_CLOEXEC:
      return dupAbove(call, fd, arg | 0, true);
    case F.F_GETFD:
      return fds.cloexec(fd) ? F.FD_CLOEXEC : 0;
    case F.F_SETFD:
      return fds.setCloexec(fd, (arg & F.FD_CLOEXEC) !== 0);
    case F.F_GETFL:
      return getFlags(fds.get(fd)!);
  }
  return undefined;
}

function fcntl(call: Call, fd: number, command: number, arg: number): SysResult {
  const file = call.task.fds.get(fd);
  if (!file) return -EBADF;
  const r = tableCommand(call, fd, command, arg);
  if (r !== undefined) return r;
  if (file.flags & F.O_PATH) return -EBADF;
  switch (command) {
    case F.F_SETFL:
      setFlags(file, arg);
      armSigio(call.kernel, file);
      return 0;
    case F.F_GETLK:
    case F.F_SETLK:
    case F.F_SETLKW:
    case F.F_OFD_GETLK:
    case F.F_OFD_SETLK:
    case F.F_OFD_SETLKW:
      return lockCommand(call, file, command, arg);
    case F.F_GETPIPE_SZ:
    case F.F_SETPIPE_SZ:
    case F.F_ADD_SEALS:
    case F.F_GET_SEALS:
      return (
        file.control?.(command, arg) ?? (command === F.F_GETPIPE_SZ || command === F.F_SETPIPE_SZ ? -EBADF : -EINVAL)
      );
    case F.F_GETSIG:
      return ownerOf(file).signo;
    case F.F_SETSIG:
      if (arg < 0 || arg > SIGRTMAX) return -EINVAL;
      ownerOf(file).signo = arg;
      return 0;
    case F.F_NOTIFY:
      return notifyOf(call, fd, file, arg);
    case F.F_GETLEASE:
      return F.F_UNLCK;
    case F.F_SETLEASE:
      return -EAGAIN;
  }
  return ownerCommand(call, file, command, arg) ?? unsupported(call, command);
}

/** F_NOTIFY: signals about a directory, to who owns the file; that is the caller where nobody was named. */
function notifyOf({ kernel, task }: Call, fd: number, file: File, bits: number): number {
  if ((bits & ~F.DN_MULTISHOT) === 0) {
    forgetNotices(file);
    return 0;
  }
  if (file.inode?.type !== S_IFDIR) return -ENOTDIR;
  const owner = ownerOf(file);
  if (owner.pid === 0) owner.pid = task.process.pid;
  const event = { code: POLL_MSG, band: POLLIN | POLLRDNORM | POLLMSG, fd };
  askNotices(file, file.inode, bits, () => signalOwner(kernel, owner, event));
  return 0;
}

function unsupported(call: Call, command: number): number {
  call.kernel.log(`fcntl: command ${command} is not supported`);
  return -EINVAL;
}

function flock(call: Call, fd: number, operation: number): SysResult {
  const file = call.task.fds.get(fd);
  if (!file || file.flags & F.O_PATH) return -EBADF;
  if (!file.inode) return -EINVAL;
  const kind = operation & ~F.LOCK_NB;
  if (kind !== F.LOCK_SH && kind !== F.LOCK_EX && kind !== F.LOCK_UN) return -EINVAL;
  const type = kind === F.LOCK_SH ? F.F_RDLCK : kind === F.LOCK_EX ? F.F_WRLCK : F.F_UNLCK;
  const set = fileLocks(file.inode);
  const want = { owner: file, type, start: 0, end: Number.POSITIVE_INFINITY, pid: call.task.process.pid };
  if (type !== F.F_UNLCK && set.conflict(want)) {
    return operation & F.LOCK_NB ? -EAGAIN : park([set.queue]);
  }
  set.apply(want);
  return 0;
}

export const fdCalls = [
  sys(3, "close", "fd:fd", close),
  sys(32, "dup", "oldfd:fd", dup),
  sys(33, "dup2", "oldfd:fd newfd:fd", dup2),
  sys(72, "fcntl", "fd:fd cmd:fcntl arg:fcntl_arg", fcntl, "partial", "no leases"),
  sys(73, "flock", "fd:fd operation:flags:flock", flock),
  sys(292, "dup3", "oldfd:fd newfd:fd flags:flags:create", dup3),
  sys(436, "close_range", "first:uint last:uint flags:flags:close_range", closeRange),
];
