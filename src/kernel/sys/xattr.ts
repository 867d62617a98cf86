/** Extended attributes (xattr(7)): file systems in memory have them, the host's files don't (Node has no call for them). */
import * as E from "../../abi/errno.ts";
import { AT_FDCWD, R_OK, W_OK } from "../../abi/fcntl.ts";
import { IN_ATTRIB } from "../../abi/inotify.ts";
import { S_IFDIR, S_IFREG } from "../../abi/stat.ts";
import * as X from "../../abi/xattr.ts";
import { MS_RDONLY } from "../../vfs/mount.ts";
import { permission } from "../../vfs/permission.ts";
import type { Inode, Place } from "../../vfs/types.ts";
import { tell } from "../../vfs/watch.ts";
import { CAP_SYS_ADMIN, capableGlobally } from "../cred.ts";
import { type Call, type SyscallFn, type SysResult, sys } from "../types.ts";
import { placeOf, resolveAt } from "./paths.ts";
import { fileOf, userOf } from "./support.ts";

type Attributes = Map<string, Uint8Array>;
/** One of the four things that can be done, at a place; the rest of the arguments are those of the call. */
type Deed = (call: Call, place: Place, a: number, b: number, c: number, d: number) => SysResult;

const onPath =
  (follow: boolean, deed: Deed): SyscallFn =>
  (call, path, a, b, c, d) => {
    const place = resolveAt(call, AT_FDCWD, path, follow);
    return typeof place === "number" ? place : deed(call, place, a, b, c, d);
  };

const onFd =
  (deed: Deed): SyscallFn =>
  (call, fd, a, b, c, d) => {
    const file = fileOf(call, fd);
    if (typeof file === "number") return file;
    const place = placeOf(call, fd);
    return typeof place === "number" ? -E.EOPNOTSUPP : deed(call, place, a, b, c, d);
  };

function nameAt(call: Call, at: number): string | number {
  const name = userOf(call).cstring(at, X.XATTR_NAME_MAX + 1);
  return name === undefined || name === "" || name.length > X.XATTR_NAME_MAX ? -E.ERANGE : name;
}

const isAdmin = (call: Call): boolean => capableGlobally(call.task.cred, CAP_SYS_ADMIN);

/** xattr(7), "Extended attribute namespaces": may the caller do that to an attribute of this name? 0 or -errno. */
function allowed(call: Call, inode: Inode, name: string, mask: number): number {
  const writes = mask === W_OK;
  if (name.startsWith(X.XATTR_TRUSTED_PREFIX)) return isAdmin(call) ? 0 : writes ? -E.EPERM : -E.ENODATA;
  if (name.startsWith(X.XATTR_SECURITY_PREFIX)) return !writes || isAdmin(call) ? 0 : -E.EPERM;
  if (!name.startsWith(X.XATTR_USER_PREFIX)) return -E.EOPNOTSUPP;
  if (inode.type !== S_IFREG && inode.type !== S_IFDIR) return writes ? -E.EPERM : -E.ENODATA;
  return permission(inode, mask, call.task.cred);
}

/** The attributes for one that may be changed. */
function writable(call: Call, place: Place, name: string): Attributes | number {
  if ((place.mount?.flags ?? 0) & MS_RDONLY) return -E.EROFS;
  if (!place.inode.attributes) return -E.EOPNOTSUPP;
  const r = allowed(call, place.inode, name, W_OK);
  if (r < 0) return r;
  return name.endsWith(".") && name.indexOf(".") === name.length - 1 ? -E.EINVAL : place.inode.attributes();
}

function changed(place: Place): number {
  place.inode.setattr({});
  tell(place, IN_ATTRIB);
  return 0;
}

const set: Deed = (call, place, nameAddress, value, size, flags) => {
  if (flags & ~(X.XATTR_CREATE | X.XATTR_REPLACE)) return -E.EINVAL;
  const name = nameAt(call, nameAddress);
  if (typeof name === "number") return name;
  if (size < 0 || size > X.XATTR_SIZE_MAX) return -E.E2BIG;
  const bytes = userOf(call).readBytes(value, size);
  const attributes = writable(call, place, name);
  if (typeof attributes === "number") return attributes;
  const there = attributes.has(name);
  if (there && flags & X.XATTR_CREATE) return -E.EEXIST;
  if (!there && flags & X.XATTR_REPLACE) return -E.ENODATA;
  attributes.set(name, bytes);
  return changed(place);
};

/** Copies out; a size of 0 asks how much there is. */
function give(call: Call, bytes: Uint8Array, to: number, size: number): number {
  if (size === 0) return bytes.length;
  if (size < bytes.length) return -E.ERANGE;
  userOf(call).writeBytes(to, bytes);
  return bytes.length;
}

const get: Deed = (call, place, nameAddress, value, size) => {
  const name = nameAt(call, nameAddress);
  if (typeof name === "number") return name;
  const { inode } = place;
  if (!inode.attributes) return -E.ENODATA;
  const r = allowed(call, inode, name, R_OK);
  // Access control lists (system.) are looked for by many; no file has one.
  if (r < 0) return r === -E.EOPNOTSUPP && name.startsWith("system.") ? -E.ENODATA : r;
  const bytes = inode.attributes().get(name);
  return bytes ? give(call, bytes, value, size) : -E.ENODATA;
};

const list: Deed = (call, place, to, size) => {
  const names = [...(place.inode.attributes?.().keys() ?? [])];
  const shown = names.filter((n) => !n.startsWith(X.XATTR_TRUSTED_PREFIX) || isAdmin(call));
  const text = shown.map((n) => `${n}\0`).join("");
  return give(
    call,
    Uint8Array.from(text, (c) => c.charCodeAt(0)),
    to,
    size,
  );
};

const remove: Deed = (call, place, nameAddress) => {
  const name = nameAt(call, nameAddress);
  if (typeof name === "number") return name;
  const attributes = writable(call, place, name);
  if (typeof attributes === "number") return attributes;
  return attributes.delete(name) ? changed(place) : -E.ENODATA;
};

const NOTE = "only in file systems in memory; the host's files have none";
const SET = "name:str value:ptr size:size flags:int";
const GET = "name:str value:ptr size:size";
const LIST = "list:ptr size:size";
const REMOVE = "name:str";

export const xattrCalls = [
  sys(188, "setxattr", `path:path ${SET}`, onPath(true, set), "partial", NOTE),
  sys(189, "lsetxattr", `path:path ${SET}`, onPath(false, set), "partial", NOTE),
  sys(190, "fsetxattr", `fd:fd ${SET}`, onFd(set), "partial", NOTE),
  sys(191, "getxattr", `path:path ${GET}`, onPath(true, get), "partial", NOTE),
  sys(192, "lgetxattr", `path:path ${GET}`, onPath(false, get), "partial", NOTE),
  sys(193, "fgetxattr", `fd:fd ${GET}`, onFd(get), "partial", NOTE),
  sys(194, "listxattr", `path:path ${LIST}`, onPath(true, list), "partial", NOTE),
  sys(195, "llistxattr", `path:path ${LIST}`, onPath(false, list), "partial", NOTE),
  sys(196, "flistxattr", `fd:fd ${LIST}`, onFd(list), "partial", NOTE),
  sys(197, "removexattr", `path:path ${REMOVE}`, onPath(true, remove), "partial", NOTE),
  sys(198, "lremovexattr", `path:path ${REMOVE}`, onPath(false, remove), "partial", NOTE),
  sys(199, "fremovexattr", `fd:fd ${REMOVE}`, onFd(remove), "partial", NOTE),
];
