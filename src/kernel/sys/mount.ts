/** mount(2), umount2(2), pivot_root(2), swapon(2): of file systems, tmpfs and what the kernel has made up; bind mounts. */
import * as E from "../../abi/errno.ts";
import { AT_FDCWD } from "../../abi/fcntl.ts";
import { S_IFDIR } from "../../abi/stat.ts";
import { counters } from "../../base/counters.ts";
import { type MountTable, MS_BIND, MS_MOVE, MS_RDONLY, MS_REC, MS_REMOUNT } from "../../vfs/mount.ts";
import { type Dentry, samePlace } from "../../vfs/place.ts";
import type { FileSystem, Inode } from "../../vfs/types.ts";
import { CAP_SYS_ADMIN, capableIn } from "../cred.ts";
import { OverlayFs } from "../fs/overlayfs.ts";
import { TmpFileSystem } from "../fs/tmpfs.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { pathContext, resolveAt } from "./paths.ts";
import { userOf } from "./support.ts";

/** The flags that a mount keeps: MS_RDONLY, NOSUID, NODEV, NOEXEC. */
const KEPT = 15;
/** MS_UNBINDABLE, PRIVATE, SLAVE, SHARED: nothing propagates between mounts, so all are private. */
const PROPAGATION = 0x20000 | 0x40000 | 0x80000 | 0x100000;

const tableOf = (call: Call): MountTable => call.task.ns.mnt.table;

/** What a path leads to, in a mount of the caller's namespace. */
function placeAt(call: Call, path: number, follow = true): Dentry | number {
  const place = resolveAt(call, AT_FDCWD, path, follow);
  // All places that paths lead to are Dentries; the wider type keeps the seam narrow.
  return typeof place === "number" ? place : (place as Dentry);
}

function mayMount(call: Call): boolean {
  return capableIn(call.task.cred, call.task.ns.mnt.owner, CAP_SYS_ADMIN);
}

function remount(place: Dentry, flags: number): number {
  if (place.inode !== place.mount.root) return -E.EINVAL;
  place.mount.flags = flags & KEPT;
  return 0;
}

/** Directory and name on which a place is mounted over; over a root without a name nobody will find it. */
function spotOf(place: Dentry): { dir: Dentry; name: string } {
  return place.parent ? { dir: place.parent, name: place.name } : { dir: place, name: "" };
}

function bind(call: Call, place: Dentry, sourceAt: number, flags: number): number {
  const from = placeAt(call, sourceAt);
  if (typeof from === "number") return from;
  if ((from.inode.type === S_IFDIR) !== (place.inode.type === S_IFDIR)) return -E.ENOTDIR;
  const { dir, name } = spotOf(place);
  if (flags & MS_MOVE) return tableOf(call).move(from, dir, name);
  tableOf(call).bind(from, dir, name, from.mount.flags & KEPT, (flags & MS_REC) !== 0);
  return 0;
}

/** A directory that an option of overlay names. */
function layerAt(call: Call, path: string): Inode | number {
  const place = call.kernel.vfs.resolve(pathContext(call), call.task.fs.cwd, path);
  if (typeof place === "number") return place;
  return place.inode.type === S_IFDIR ? place.inode : -E.ENOTDIR;
}

/** "lowerdir=A:B,upperdir=C,workdir=D"; without the last two it can't be written to. */
function makeOverlay(call: Call, options: string): FileSystem | number {
  const option = (name: string): string | undefined =>
    options
      .split(",")
      .find((o) => o.startsWith(`${name}=`))
      ?.slice(name.length + 1);
  const lowers: Inode[] = [];
  for (const path of option("lowerdir")?.split(":") ?? []) {
    const layer = layerAt(call, path);
    if (typeof layer === "number") return layer;
    lowers.push(layer);
  }
  const upperPath = option("upperdir");
  const upper = upperPath === undefined ? undefined : layerAt(call, upperPath);
  if (typeof upper === "number") return upper;
  const work = option("workdir");
  if (lowers.length === 0 || (upper === undefined ? lowers.length < 2 : work === undefined)) return -E.EINVAL;
  return new OverlayFs(upper, lowers, counters.device++);
}

function makeFileSystem(call: Call, type: string, data: number): FileSystem | number {
  if (type === "overlay") return makeOverlay(call, data ? (userOf(call).cstring(data) ?? "") : "");
  const { memfds, mountable } = call.kernel;
  const { cache, devices, now } = memfds;
  if (type === "tmpfs" || type === "ramfs") return new TmpFileSystem(cache, devices, now, counters.device++, type);
  const made = mountable.get(type)?.(call.task.process.pidNs);
  if (made) return made;
  call.kernel.log(`mount: file system "${type}" is not supported`);
  return -E.ENODEV;
}

/** "mode=755" among a tmpfs's options. */
function applyOptions(call: Call, fs: FileSystem, data: number): void {
  const mode = data ? /(?:^|,)mode=([0-7]+)/.exec(userOf(call).cstring(data) ?? "") : null;
  if (fs.type === "tmpfs" && mode) fs.root.setattr({ mode: Number.parseInt(mode[1], 8) & 0o7777 });
}

function mount(call: Call, source: number, target: number, type: number, flags: number, data: number): SysResult {
  const user = userOf(call);
  const typeName = type ? (user.cstring(type) ?? "") : "";
  const sourceName = source ? (user.cstring(source) ?? "") : "none";
  const place = placeAt(call, target);
  if (typeof place === "number") return place;
  if (!mayMount(call)) return -E.EPERM;
  if (!tableOf(call).has(place.mount)) return -E.EINVAL;
  if (flags & MS_REMOUNT) return remount(place, flags);
  if (flags & (MS_BIND | MS_MOVE)) return bind(call, place, source, flags);
  if (flags & PROPAGATION) return place.inode === place.mount.root ? 0 : -E.EINVAL;
  if (place.inode.type !== S_IFDIR) return -E.ENOTDIR;
  const fs = makeFileSystem(call, typeName, data);
  if (typeof fs === "number") return fs;
  applyOptions(call, fs, data);
  const { dir, name } = spotOf(place);
  const fixed = fs instanceof OverlayFs && !fs.upper ? MS_RDONLY : 0;
  tableOf(call).mount(dir, name, fs, sourceName, (flags & KEPT) | fixed);
  return 0;
}

const UMOUNT_FLAGS = 15;
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

function umount2(call: Call, target: number, flags: number): SysResult {
  if (flags & ~UMOUNT_FLAGS) return -E.EINVAL;
  const place = placeAt(call, target, !(flags & UMOUNT_NOFOLLOW));
  if (typeof place === "number") return place;
  if (!mayMount(call)) return -E.EPERM;
  return tableOf(call).unmount(place, (flags & MNT_DETACH) !== 0);
}

/** Who had the old root as root or working directory has the new one now. */
function pivotRoot(call: Call, newRoot: number, putOld: number): SysResult {
  const to = placeAt(call, newRoot);
  if (typeof to === "number") return to;
  const old = placeAt(call, putOld);
  if (typeof old === "number") return old;
  if (!mayMount(call)) return -E.EPERM;
  if (to.inode.type !== S_IFDIR || old.inode.type !== S_IFDIR) return -E.ENOTDIR;
  const root = call.task.fs.root as Dentry;
  const r = tableOf(call).pivot(root, to, old);
  if (r < 0) return r;
  for (const { fs } of call.kernel.tasks.values()) {
    if (samePlace(fs.root, root)) fs.root = to;
    if (samePlace(fs.cwd, root)) fs.cwd = to;
  }
  return 0;
}

function refuse(): SysResult {
  return -E.EPERM;
}

export const mountCalls = [
  sys(155, "pivot_root", "new_root:path put_old:path", pivotRoot),
  sys(
    165,
    "mount",
    "source:str target:path type:str flags:hex data:ptr",
    mount,
    "partial",
    "tmpfs, overlay, proc, a part of sysfs, devpts, devtmpfs, bind mounts, moves, remounts; all mounts are private",
  ),
  sys(166, "umount2", "target:path flags:hex", umount2),
  sys(167, "swapon", "path:path flags:int", refuse, "partial", "always EPERM"),
  sys(168, "swapoff", "path:path", refuse, "partial", "always EPERM"),
];
