/** mount(2), umount2(2), pivot_root(2), swapon(2): of file systems, tmpfs and bind mounts. */

import * as E from "../../abi/errno.ts";
import { AT_FDCWD } from "../../abi/fcntl.ts";
import { S_IFDIR } from "../../abi/stat.ts";
import { counters } from "../../base/counters.ts";
import { MS_BIND, MS_REMOUNT } from "../../vfs/mount.ts";
import type { Place } from "../../vfs/types.ts";
import { CAP_SYS_ADMIN, capable } from "../cred.ts";
import { TmpFileSystem } from "../fs/tmpfs.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { resolveAt } from "./paths.ts";
import { userOf } from "./support.ts";

/** The flags that a mount keeps: MS_RDONLY, NOSUID, NODEV, NOEXEC. */
const KEPT = 15;
/** MS_REC, MS_PRIVATE and the other kinds of propagation: there is one namespace, so nothing propagates. */
const PROPAGATION = 0x4000 | 0x20000 | 0x40000 | 0x80000 | 0x100000;

function remount(place: Place, flags: number): number {
  if (!place.mount || place.inode !== place.mount.root) return -E.EINVAL;
  place.mount.flags = flags & KEPT;
  return 0;
}

function mountAt(call: Call, place: Place, source: string, type: string, sourceAt: number, flags: number): number {
  const { mounts } = call.kernel.vfs;
  const dir = place.parent;
  // Something over the root itself is not to be had: it has no name in a directory.
  if (!dir) return -E.EBUSY;
  if (flags & MS_BIND) {
    const from = resolveAt(call, AT_FDCWD, sourceAt);
    if (typeof from === "number") return from;
    if ((from.inode.type === S_IFDIR) !== (place.inode.type === S_IFDIR)) return -E.ENOTDIR;
    mounts.mount(dir, place.name, from.inode.fs, source, flags & KEPT, from.inode);
    return 0;
  }
  if (place.inode.type !== S_IFDIR) return -E.ENOTDIR;
  if (type !== "tmpfs" && type !== "ramfs") {
    call.kernel.log(`mount: file system "${type}" is not supported`);
    return -E.ENODEV;
  }
  const { cache, devices, now } = call.kernel.memfds;
  mounts.mount(dir, place.name, new TmpFileSystem(cache, devices, now, counters.device++, type), source, flags & KEPT);
  return 0;
}

function mount(call: Call, source: number, target: number, type: number, flags: number): SysResult {
  const user = userOf(call);
  const typeName = type ? (user.cstring(type) ?? "") : "";
  const sourceName = source ? (user.cstring(source) ?? "") : "none";
  const place = resolveAt(call, AT_FDCWD, target);
  if (typeof place === "number") return place;
  if (!capable(call.task.cred, CAP_SYS_ADMIN)) return -E.EPERM;
  if (flags & MS_REMOUNT) return remount(place, flags);
  if (flags & PROPAGATION && !(flags & MS_BIND) && typeName === "") return 0;
  return mountAt(call, place, sourceName, typeName, source, flags);
}

const UMOUNT_FLAGS = 15;
const UMOUNT_NOFOLLOW = 8;

function umount2(call: Call, target: number, flags: number): SysResult {
  if (flags & ~UMOUNT_FLAGS) return -E.EINVAL;
  const place = resolveAt(call, AT_FDCWD, target, !(flags & UMOUNT_NOFOLLOW));
  if (typeof place === "number") return place;
  if (!capable(call.task.cred, CAP_SYS_ADMIN)) return -E.EPERM;
  return call.kernel.vfs.mounts.unmount(place);
}

function refuse(): SysResult {
  return -E.EPERM;
}

export const mountCalls = [
  sys(155, "pivot_root", "new_root:path put_old:path", refuse, "partial", "always EPERM"),
  sys(
    165,
    "mount",
    "source:str target:path type:str flags:hex data:ptr",
    mount,
    "partial",
    "tmpfs, bind mounts, remount",
  ),
  sys(166, "umount2", "target:path flags:hex", umount2),
  sys(167, "swapon", "path:path flags:int", refuse, "partial", "always EPERM"),
  sys(168, "swapoff", "path:path", refuse, "partial", "always EPERM"),
];
