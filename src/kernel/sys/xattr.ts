/** Extended attributes (xattr(7)): file systems here have none, and say so as Linux's do. */
import { EBADF, ENODATA, EOPNOTSUPP } from "../../abi/errno.ts";
import { AT_FDCWD } from "../../abi/fcntl.ts";
import { type Call, type SyscallFn, type SysResult, sys } from "../types.ts";
import { resolveAt } from "./paths.ts";

/** The answer for a path (links followed or not), once the file is known to exist. */
function onPath(follow: boolean, answer: number): SyscallFn {
  return (call: Call, path: number): SysResult => {
    const place = resolveAt(call, AT_FDCWD, path, follow);
    return typeof place === "number" ? place : answer;
  };
}
function onFd(answer: number): SyscallFn {
  return (call: Call, fd: number): SysResult => (call.task.fds.get(fd) ? answer : -EBADF);
}

const NOTE = "no file has extended attributes, and none can be set";

export const xattrCalls = [
  sys(188, "setxattr", "path:path name:str value:ptr size:size flags:int", onPath(true, -EOPNOTSUPP), "partial", NOTE),
  sys(
    189,
    "lsetxattr",
    "path:path name:str value:ptr size:size flags:int",
    onPath(false, -EOPNOTSUPP),
    "partial",
    NOTE,
  ),
  sys(190, "fsetxattr", "fd:fd name:str value:ptr size:size flags:int", onFd(-EOPNOTSUPP), "partial", NOTE),
  sys(191, "getxattr", "path:path name:str value:ptr size:size", onPath(true, -ENODATA), "partial", NOTE),
  sys(192, "lgetxattr", "path:path name:str value:ptr size:size", onPath(false, -ENODATA), "partial", NOTE),
  sys(193, "fgetxattr", "fd:fd name:str value:ptr size:size", onFd(-ENODATA), "partial", NOTE),
  sys(194, "listxattr", "path:path list:ptr size:size", onPath(true, 0), "partial", NOTE),
  sys(195, "llistxattr", "path:path list:ptr size:size", onPath(false, 0), "partial", NOTE),
  sys(196, "flistxattr", "fd:fd list:ptr size:size", onFd(0), "partial", NOTE),
  sys(197, "removexattr", "path:path name:str", onPath(true, -ENODATA), "partial", NOTE),
  sys(198, "lremovexattr", "path:path name:str", onPath(false, -ENODATA), "partial", NOTE),
  sys(199, "fremovexattr", "fd:fd name:str", onFd(-ENODATA), "partial", NOTE),
];
