import { EACCES, EPERM } from "../abi/errno.ts";
import { X_OK } from "../abi/fcntl.ts";
import { S_IFDIR, S_IFMT, S_ISVTX } from "../abi/stat.ts";
import type { Cred, Inode, Stat } from "./types.ts";

export function inGroup(cred: Cred, gid: number): boolean {
  return cred.fsgid === gid || cred.groups.includes(gid);
}

/** Checks mode bits as path_resolution(7) says; `mask` is R_OK | W_OK | X_OK. 0 or -EACCES. */
export function checkMode(st: Pick<Stat, "mode" | "uid" | "gid">, mask: number, cred: Cred): number {
  if (cred.fsuid === 0) {
    const searchable = (st.mode & S_IFMT) === S_IFDIR || (st.mode & 0o111) !== 0;
    return mask & X_OK && !searchable ? -EACCES : 0;
  }
  let bits = st.mode;
  if (st.uid === cred.fsuid) bits >>= 6;
  else if (inGroup(cred, st.gid)) bits >>= 3;
  return (bits & mask) === mask ? 0 : -EACCES;
}

/** May `cred` use the inode so? */
export function permission(inode: Inode, mask: number, cred: Cred): number {
  if (mask === 0) return 0;
  if (inode.permission) return inode.permission(mask, cred);
  // Root may search any directory: spares a stat per path component.
  if (cred.fsuid === 0 && (inode.type === S_IFDIR || !(mask & X_OK))) return 0;
  const st = inode.stat();
  return typeof st === "number" ? st : checkMode(st, mask, cred);
}

/** In a sticky directory only the owner of the file or of the directory may remove a name. */
export function checkSticky(dir: Inode, victim: Inode, cred: Cred): number {
  if (cred.fsuid === 0) return 0;
  const d = dir.stat();
  if (typeof d === "number") return d;
  if (!(d.mode & S_ISVTX) || d.uid === cred.fsuid) return 0;
  const v = victim.stat();
  if (typeof v === "number") return v;
  return v.uid === cred.fsuid ? 0 : -EPERM;
}
