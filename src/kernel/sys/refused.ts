/** Calls that are there to say no, with the error by which programs know to do without. */
import { EBADF, EINVAL, EOPNOTSUPP, EPERM } from "../../abi/errno.ts";
import { AT_EMPTY_PATH, AT_SYMLINK_FOLLOW } from "../../abi/fcntl.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";
import { targetAt } from "./paths.ts";

const RING_NOTE = "EPERM, as with kernel.io_uring_disabled=2";

/** Nobody has a ring. */
function onRing(call: Call, fd: number): SysResult {
  return call.task.fds.get(fd) ? -EOPNOTSUPP : -EBADF;
}

/** name_to_handle_at(2): the file systems here can't find a file again by a handle. */
function nameToHandle(
  call: Call,
  dirfd: number,
  path: number,
  _handle: number,
  _mountId: number,
  flags: number,
): SysResult {
  if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_FOLLOW)) return -EINVAL;
  const place = targetAt(call, dirfd, path, flags);
  return typeof place === "number" ? place : -EOPNOTSUPP;
}

export const rows: SyscallRow[] = [
  sys(
    303,
    "name_to_handle_at",
    "dirfd:dirfd path:path handle:ptr mount_id:ptr flags:int",
    nameToHandle,
    "none",
    "EOPNOTSUPP, as on file systems without handles",
  ),
  sys(304, "open_by_handle_at", "mount_fd:fd handle:ptr flags:flags:open", () => -EPERM, "none", "EPERM"),
  sys(425, "io_uring_setup", "entries:uint params:ptr", () => -EPERM, "none", RING_NOTE),
  sys(426, "io_uring_enter", "fd:fd to_submit:uint min_complete:uint flags:uint sig:ptr", onRing, "none", RING_NOTE),
  sys(427, "io_uring_register", "fd:fd opcode:uint arg:ptr nr_args:uint", onRing, "none", RING_NOTE),
];
