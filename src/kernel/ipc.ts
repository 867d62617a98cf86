/** What System V shared memory, semaphores and message queues have in common: ids, keys, permissions (svipc(7)). */
import { EACCES, EEXIST, EIDRM, EINVAL, ENOENT, EPERM } from "../abi/errno.ts";
import * as I from "../abi/ipc.ts";
import type { UserMemory } from "../mmu/user.ts";
import { CAP_SYS_ADMIN, capable, type TaskCred } from "./cred.ts";

/** Ids of one slot differ by this from one object to the next, so that stale ids are noticed. */
const SEQUENCE = 32768;

/** struct ipc_perm. */
export interface IpcPerm {
  key: number;
  uid: number;
  gid: number;
  cuid: number;
  cgid: number;
  mode: number;
  id: number;
}

export interface IpcObject {
  readonly perm: IpcPerm;
  removed: boolean;
}

export function makePerm(key: number, mode: number, cred: TaskCred): IpcPerm {
  const { euid, egid } = cred;
  return { key, uid: euid, gid: egid, cuid: euid, cgid: egid, mode: mode & 0o777, id: 0 };
}

/** May the task use the object so? `want` is 4 to read, 2 to write. */
export function ipcAllowed(perm: IpcPerm, want: number, cred: TaskCred): boolean {
  if (cred.euid === 0) return true;
  let bits = perm.mode;
  if (cred.euid === perm.uid || cred.euid === perm.cuid) bits >>= 6;
  else if ([cred.egid, ...cred.groups].some((g) => g === perm.gid || g === perm.cgid)) bits >>= 3;
  return (bits & want) === want;
}

export function ipcOwner(perm: IpcPerm, cred: TaskCred): boolean {
  return cred.euid === perm.uid || cred.euid === perm.cuid || capable(cred, CAP_SYS_ADMIN);
}

/** One kind's objects. */
export class IpcTable<T extends IpcObject> {
  private readonly slots: (T | undefined)[] = [];
  private sequence = 0;

  /** shmget(2), semget(2), msgget(2): finds by key or makes. `fits` checks what was found. */
  get(key: number, flags: number, cred: TaskCred, make: () => T | number, fits: (o: T) => number): number {
    const found = key === I.IPC_PRIVATE ? undefined : this.slots.find((o) => o?.perm.key === key);
    if (found) {
      if (flags & I.IPC_CREAT && flags & I.IPC_EXCL) return -EEXIST;
      const want = ((flags >> 6) | (flags >> 3) | flags) & 7;
      if (!ipcAllowed(found.perm, want & 6, cred)) return -EACCES;
      return fits(found) || found.perm.id;
    }
    if (key !== I.IPC_PRIVATE && !(flags & I.IPC_CREAT)) return -ENOENT;
    const made = make();
    if (typeof made === "number") return made;
    let slot = this.slots.indexOf(undefined);
    if (slot < 0) slot = this.slots.length;
    made.perm.id = slot + SEQUENCE * (this.sequence++ & 0xffff);
    this.slots[slot] = made;
    return made.perm.id;
  }
  /** The object of an id, or -EINVAL / -EIDRM. */
  find(id: number): T | number {
    if (id < 0) return -EINVAL;
    const o = this.slots[id % SEQUENCE];
    if (!o) return -EINVAL;
    return o.perm.id === id ? o : -EIDRM;
  }
  at(index: number): T | undefined {
    return this.slots[index];
  }
  /** Highest slot in use, -1 if none. */
  get top(): number {
    return this.slots.findLastIndex((o) => o !== undefined);
  }
  get count(): number {
    return this.slots.filter((o) => o !== undefined).length;
  }
  remove(o: T): void {
    o.removed = true;
    this.slots[o.perm.id % SEQUENCE] = undefined;
  }
  list(): T[] {
    return this.slots.filter((o) => o !== undefined);
  }
}

/** sizeof(struct ipc_perm) */
export const PERM_SIZE = 48;

export function writePerm(v: DataView, p: IpcPerm): void {
  v.setInt32(0, p.key, true);
  [p.uid, p.gid, p.cuid, p.cgid, p.mode].forEach((n, i) => {
    v.setUint32(4 + i * 4, n, true);
  });
  v.setUint16(24, Math.floor(p.id / SEQUENCE), true);
}

/** IPC_SET: owner and mode out of the structure in guest memory. */
export function setPerm(o: IpcObject, user: UserMemory, at: number, cred: TaskCred): number {
  if (!ipcOwner(o.perm, cred)) return -EPERM;
  o.perm.uid = user.u32(at + 4);
  o.perm.gid = user.u32(at + 8);
  o.perm.mode = (o.perm.mode & ~0o777) | (user.u32(at + 20) & 0o777);
  return 0;
}
