/** inotify_init1(2), inotify_add_watch(2), inotify_rm_watch(2). */
import { EBADF, EINVAL, ENOTDIR } from "../../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_NONBLOCK, R_OK } from "../../abi/fcntl.ts";
import { IN_DONT_FOLLOW, IN_MASK_ADD, IN_MASK_CREATE, IN_ONLYDIR } from "../../abi/inotify.ts";
import { S_IFDIR } from "../../abi/stat.ts";
import { permission } from "../../vfs/permission.ts";
import { InotifyFile } from "../inotify.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { resolveAt } from "./paths.ts";
import { fileOf, installFile } from "./support.ts";

function inotifyInit1(call: Call, flags: number): SysResult {
  if (flags & ~(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
  return installFile(
    call,
    new InotifyFile(flags & O_NONBLOCK, () => Number(call.kernel.now()) / 1e6),
    (flags & O_CLOEXEC) !== 0,
  );
}

function inotifyOf(call: Call, fd: number): InotifyFile | number {
  const file = fileOf(call, fd);
  if (typeof file === "number") return -EBADF;
  return file instanceof InotifyFile ? file : -EINVAL;
}

function addWatch(call: Call, fd: number, path: number, mask: number): SysResult {
  if (mask & IN_MASK_ADD && mask & IN_MASK_CREATE) return -EINVAL;
  const inotify = inotifyOf(call, fd);
  if (typeof inotify === "number") return inotify;
  const place = resolveAt(call, AT_FDCWD, path, !(mask & IN_DONT_FOLLOW));
  if (typeof place === "number") return place;
  if (mask & IN_ONLYDIR && place.inode.type !== S_IFDIR) return -ENOTDIR;
  const denied = permission(place.inode, R_OK, call.task.cred);
  return denied < 0 ? denied : inotify.add(place.inode, mask);
}

function removeWatch(call: Call, fd: number, wd: number): SysResult {
  const inotify = inotifyOf(call, fd);
  return typeof inotify === "number" ? inotify : inotify.remove(wd);
}

const OUTSIDE = "of changes made outside of the machine only contents, names that come and names that go are seen";

export const inotifyCalls = [
  sys(253, "inotify_init", "", (call) => inotifyInit1(call, 0)),
  sys(254, "inotify_add_watch", "fd:fd pathname:path mask:uint", addWatch, "partial", OUTSIDE),
  sys(255, "inotify_rm_watch", "fd:fd wd:int", removeWatch),
  sys(294, "inotify_init1", "flags:flags:create", inotifyInit1),
];
