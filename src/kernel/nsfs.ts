/** Namespaces as files: what /proc/PID/ns leads to, and setns(2) takes. */
import { ENOTTY, EPERM } from "../abi/errno.ts";
import { NS_GET_NSTYPE, NS_GET_OWNER_UID } from "../abi/ioctl.ts";
import * as C from "../abi/sched.ts";
import { S_IFREG } from "../abi/stat.ts";
import { BaseFile } from "../vfs/file.ts";
import { anonymousPlace } from "../vfs/place.ts";
import type { File, IoctlMemory, Place } from "../vfs/types.ts";
import { AnonFs, AnonInode } from "./fs/anon.ts";
import type { AnyNs } from "./namespaces.ts";
import type { UserNs } from "./user-ns.ts";

const NSFS_MAGIC = 0x6e736673;
const nsfs = new AnonFs("nsfs", 4, NSFS_MAGIC);

/** The clone(2) flag of each kind. */
export const NS_FLAGS: Readonly<Record<AnyNs["kind"], number>> = {
  mnt: C.CLONE_NEWNS,
  uts: C.CLONE_NEWUTS,
  ipc: C.CLONE_NEWIPC,
  net: C.CLONE_NEWNET,
  pid: C.CLONE_NEWPID,
  user: C.CLONE_NEWUSER,
  cgroup: C.CLONE_NEWCGROUP,
  time: C.CLONE_NEWTIME,
};

export const nsName = (ns: AnyNs): string => `${ns.kind}:[${ns.ino}]`;

class NsInode extends AnonInode {
  constructor(readonly ns: AnyNs) {
    super(nsfs, S_IFREG | 0o444, ns.ino);
  }
  override setattr(): number {
    return -EPERM;
  }
  override open(flags: number): File {
    return new NsFile(this, flags);
  }
}

export class NsFile extends BaseFile {
  readonly ns: AnyNs;
  constructor(inode: NsInode, flags: number) {
    super(inode, flags);
    this.ns = inode.ns;
  }
  ioctl(request: number, arg: number, io: IoctlMemory): number {
    if (request === NS_GET_NSTYPE) return NS_FLAGS[this.ns.kind];
    if (request !== NS_GET_OWNER_UID || this.ns.kind !== "user") return -ENOTTY;
    io.writeBytes(arg, new Uint8Array(Uint32Array.of((this.ns as UserNs).owner.uid).buffer));
    return 0;
  }
}

const places = new WeakMap<AnyNs, Place>();

export function nsPlace(ns: AnyNs): Place {
  let place = places.get(ns);
  if (!place) {
    place = anonymousPlace(new NsInode(ns), nsName(ns));
    places.set(ns, place);
  }
  return place;
}
