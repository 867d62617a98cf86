/** memfd_create(2). */
import { EFAULT, EINVAL, EOPNOTSUPP } from "../../abi/errno.ts";
import { F_SEAL_SEAL, MFD_ALLOW_SEALING, MFD_CLOEXEC, MFD_HUGETLB, O_LARGEFILE, O_RDWR } from "../../abi/fcntl.ts";
import { S_IFREG } from "../../abi/stat.ts";
import { anonymousPlace } from "../../vfs/place.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { installFile, userOf } from "./support.ts";

/** Longest name, without the "memfd:" that the kernel puts before it. */
const NAME_LIMIT = 249;

function memfdCreate(call: Call, address: number, flags: number): SysResult {
  if (flags & MFD_HUGETLB) return -EOPNOTSUPP;
  if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING)) return -EINVAL;
  if (address === 0) return -EFAULT;
  const name = userOf(call).cstring(address, NAME_LIMIT + 1);
  if (name === undefined) return -EINVAL;
  const { cred } = call.task;
  const inode = call.kernel.memfds.make(S_IFREG | 0o777, cred);
  // No name leads to it: it goes with its last open file.
  inode.nlink = 0;
  inode.seals = flags & MFD_ALLOW_SEALING ? 0 : F_SEAL_SEAL;
  const file = inode.open(O_RDWR | O_LARGEFILE, cred);
  if (typeof file !== "number") file.place = anonymousPlace(inode, `/memfd:${name} (deleted)`);
  return installFile(call, file, (flags & MFD_CLOEXEC) !== 0);
}

export const memfdCalls = [sys(319, "memfd_create", "name:str flags:flags:memfd", memfdCreate)];
