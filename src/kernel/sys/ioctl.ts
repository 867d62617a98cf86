/** ioctl(2): what concerns every descriptor; the rest is the file's own. */
import { EBADF, ENOTTY } from "../../abi/errno.ts";
import { O_ASYNC, O_NONBLOCK, O_PATH, SEEK_CUR } from "../../abi/fcntl.ts";
import { FIOASYNC, FIOCLEX, FIONBIO, FIONCLEX, FIONREAD } from "../../abi/ioctl.ts";
import { S_IFREG } from "../../abi/stat.ts";
import type { File } from "../../vfs/types.ts";
import { armSigio } from "../sigio.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { userOf } from "./support.ts";

function setFlag(call: Call, file: File, bit: number, address: number): number {
  const on = userOf(call).u32(address) !== 0;
  file.flags = on ? file.flags | bit : file.flags & ~bit;
  return 0;
}

/** FIONREAD of a regular file: bytes from the position to the end (ioctl_fioxxx). */
function bytesLeft(call: Call, file: File, address: number): number {
  const st = file.stat();
  if (typeof st === "number") return st;
  userOf(call).setU32(address, (st.size - file.seek(0, SEEK_CUR)) >>> 0);
  return 0;
}

function ioctl(call: Call, fd: number, request: number, arg: number): SysResult {
  const file = call.task.fds.get(fd);
  if (!file || file.flags & O_PATH) return -EBADF;
  switch (request) {
    case FIOCLEX:
      return call.task.fds.setCloexec(fd, true);
    case FIONCLEX:
      return call.task.fds.setCloexec(fd, false);
    case FIONBIO:
      return setFlag(call, file, O_NONBLOCK, arg);
    case FIOASYNC:
      setFlag(call, file, O_ASYNC, arg);
      armSigio(call.kernel, file);
      return 0;
  }
  if (request === FIONREAD && file.inode?.type === S_IFREG) return bytesLeft(call, file, arg);
  return file.ioctl?.(request, arg, userOf(call)) ?? -ENOTTY;
}

export const ioctlCalls = [sys(16, "ioctl", "fd:fd request:ioctl arg:ioctl_arg", ioctl)];
