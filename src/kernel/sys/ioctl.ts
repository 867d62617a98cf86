/** ioctl(2): what concerns every descriptor; the rest is the file's own. */
import { EBADF, ENOTTY } from "../../abi/errno.ts";
import { O_ASYNC, O_CLOEXEC, O_NONBLOCK, O_PATH, SEEK_CUR } from "../../abi/fcntl.ts";
import {
  FIOASYNC,
  FIOCLEX,
  FIONBIO,
  FIONCLEX,
  FIONREAD,
  TIOCGPGRP,
  TIOCGPTPEER,
  TIOCGSID,
  TIOCSPGRP,
} from "../../abi/ioctl.ts";
import { S_IFREG } from "../../abi/stat.ts";
import type { File, IoctlMemory } from "../../vfs/types.ts";
import { PtyMaster } from "../fs/pty.ts";
import { armSigio } from "../sigio.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { installFile, userOf } from "./support.ts";

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
  if (request === TIOCGPTPEER && file instanceof PtyMaster) {
    return installFile(call, file.openPeer(arg & ~O_CLOEXEC), (arg & O_CLOEXEC) !== 0);
  }
  if (request === FIONREAD && file.inode?.type === S_IFREG) return bytesLeft(call, file, arg);
  const memory = GROUPS.includes(request) ? groupMemory(call) : userOf(call);
  return file.ioctl?.(request, arg, memory) ?? -ENOTTY;
}

/** Requests of terminals that read or write the number of a group or session. */
const GROUPS = [TIOCGPGRP, TIOCSPGRP, TIOCGSID];

/** Guest memory in which such a number is one of the caller's pid namespace. */
function groupMemory(call: Call): IoctlMemory {
  const user = userOf(call);
  const { pidNs } = call.task.process;
  const word = (n: number): Uint8Array => new Uint8Array(Int32Array.of(n).buffer);
  const number = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
  return {
    readBytes: (at, length) => word(pidNs.machine(number(user.readBytes(at, length)))),
    writeBytes: (at, bytes) => user.writeBytes(at, word(pidNs.shown(number(bytes)))),
  };
}

export const ioctlCalls = [sys(16, "ioctl", "fd:fd request:ioctl arg:ioctl_arg", ioctl)];
