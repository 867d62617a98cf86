/** namespaces(7): what a task sees of the machine. User namespaces belong to credentials, pid namespaces to processes. */
import { EINVAL, ENOSPC, EPERM } from "../abi/errno.ts";
import * as C from "../abi/sched.ts";
import { counters } from "../base/counters.ts";
import type { MountTable } from "../vfs/mount.ts";
import { CAP_ALL, CAP_SYS_ADMIN, capableIn, type TaskCred } from "./cred.ts";
import { IpcTable } from "./ipc.ts";
import type { PosixQueue } from "./mqueue.ts";
import type { MessageQueue } from "./msg.ts";
import { Net } from "./net/net.ts";
import { PidNs } from "./pid-ns.ts";
import type { SemSet } from "./sem.ts";
import type { Segment } from "./shm.ts";
import type { Task } from "./task.ts";
import { UserNs } from "./user-ns.ts";

/** Numbers of the initial namespaces as Linux has them (<linux/proc_ns.h>), and the first of the others. */
const FIRST = { ipc: 4026531839, uts: 4026531838, user: 4026531837, pid: 4026531836, cgroup: 4026531835 };
const FIRST_MORE = { time: 4026531834, net: 4026531840, mnt: 4026531841 };

/** One that only has an identity: what it would separate is not there. */
export class EmptyNs<K extends "cgroup" | "time"> {
  constructor(
    readonly kind: K,
    readonly ino: number,
    readonly owner: UserNs,
  ) {}
}
export class MountNs {
  readonly kind = "mnt";
  constructor(
    readonly ino: number,
    readonly owner: UserNs,
    readonly table: MountTable,
  ) {}
}
export class UtsNs {
  readonly kind = "uts";
  constructor(
    readonly ino: number,
    readonly owner: UserNs,
    public hostname: string,
    public domainname: string,
  ) {}
}
/** System V objects, POSIX message queues. */
export class IpcNs {
  readonly kind = "ipc";
  readonly segments = new IpcTable<Segment>();
  readonly semaphores = new IpcTable<SemSet>();
  readonly messageQueues = new IpcTable<MessageQueue>();
  /** By name, without the slash. */
  readonly posixQueues = new Map<string, PosixQueue>();
  constructor(
    readonly ino: number,
    readonly owner: UserNs,
  ) {}
}
export class NetNs {
  readonly kind = "net";
  constructor(
    readonly ino: number,
    readonly owner: UserNs,
    readonly net: Net,
  ) {}
}

export type AnyNs = MountNs | UtsNs | IpcNs | NetNs | PidNs | UserNs | EmptyNs<"cgroup"> | EmptyNs<"time">;

/** Those of a task. Replaced as a whole when changed, so that sharing is safe. */
export interface Namespaces {
  readonly mnt: MountNs;
  readonly uts: UtsNs;
  readonly ipc: IpcNs;
  readonly net: NetNs;
  readonly cgroup: EmptyNs<"cgroup">;
  readonly time: EmptyNs<"time">;
  /** For children; a process stays in its own. */
  readonly pidForChildren: PidNs;
}

export function initialNamespaces(user: UserNs, mounts: MountTable, hostname: string): Namespaces {
  return {
    mnt: new MountNs(FIRST_MORE.mnt, user, mounts),
    uts: new UtsNs(FIRST.uts, user, hostname, "(none)"),
    ipc: new IpcNs(FIRST.ipc, user),
    net: new NetNs(FIRST_MORE.net, user, new Net()),
    cgroup: new EmptyNs("cgroup", FIRST.cgroup, user),
    time: new EmptyNs("time", FIRST_MORE.time, user),
    pidForChildren: new PidNs(FIRST.pid, user),
  };
}

export const initialUserNs = (): UserNs => new UserNs(FIRST.user);

export const NEW_NAMESPACES =
  C.CLONE_NEWNS |
  C.CLONE_NEWCGROUP |
  C.CLONE_NEWUTS |
  C.CLONE_NEWIPC |
  C.CLONE_NEWUSER |
  C.CLONE_NEWPID |
  C.CLONE_NEWNET;

/** Credentials in a new user namespace, with all capabilities in it. */
function enterNewUser(cred: TaskCred): TaskCred | number {
  const { userNs } = cred;
  if (!userNs.nestable) return -ENOSPC;
  if (userNs.number("uid", cred.euid) === undefined || userNs.number("gid", cred.egid) === undefined) return -EPERM;
  return withAllCapabilities(cred, new UserNs(counters.namespace++, userNs, { uid: cred.euid, gid: cred.egid }));
}

export function withAllCapabilities(cred: TaskCred, userNs: UserNs): TaskCred {
  const all = { capEffective: CAP_ALL, capPermitted: CAP_ALL, capBounding: CAP_ALL };
  return { ...cred, ...all, capInheritable: 0n, capAmbient: 0n, keepCaps: false, userNs };
}

/** New namespaces for `task`, or for its child `of` with its own root and working directory; 0 or -errno. */
export function makeNamespaces(flags: number, of: Pick<Task, "cred" | "ns" | "fs">): number {
  let { cred } = of;
  if ((flags & NEW_NAMESPACES) === 0) return 0;
  if (flags & C.CLONE_NEWUSER) {
    const made = enterNewUser(cred);
    if (typeof made === "number") return made;
    cred = made;
  }
  const user = cred.userNs;
  if (flags & NEW_NAMESPACES & ~C.CLONE_NEWUSER && !capableIn(cred, user, CAP_SYS_ADMIN)) return -EPERM;
  const { ns } = of;
  const net = (): Net => {
    const fresh = new Net(false);
    fresh.unixOnly = ns.net.net.unixOnly;
    fresh.now = ns.net.net.now;
    return fresh;
  };
  const has = (bit: number): boolean => (flags & bit) !== 0;
  of.cred = cred;
  of.ns = {
    mnt: has(C.CLONE_NEWNS) ? copyMounts(of, user) : ns.mnt,
    uts: has(C.CLONE_NEWUTS) ? new UtsNs(counters.namespace++, user, ns.uts.hostname, ns.uts.domainname) : ns.uts,
    ipc: has(C.CLONE_NEWIPC) ? new IpcNs(counters.namespace++, user) : ns.ipc,
    net: has(C.CLONE_NEWNET) ? new NetNs(counters.namespace++, user, net()) : ns.net,
    cgroup: has(C.CLONE_NEWCGROUP) ? new EmptyNs("cgroup", counters.namespace++, user) : ns.cgroup,
    time: ns.time,
    pidForChildren: has(C.CLONE_NEWPID) ? new PidNs(counters.namespace++, user, ns.pidForChildren) : ns.pidForChildren,
  };
  return 0;
}

/** The same mounts once more; root and working directory then lie in the copy. */
function copyMounts({ ns, fs }: Pick<Task, "ns" | "fs">, user: UserNs): MountNs {
  const { table, place } = ns.mnt.table.copy();
  fs.root = place(fs.root) ?? fs.root;
  fs.cwd = place(fs.cwd) ?? fs.cwd;
  return new MountNs(counters.namespace++, user, table);
}

/** Do other threads share root and working directory? */
export function sharesFs(task: Task): boolean {
  return [...task.kernel.tasks.values()].some((t) => t !== task && t.fs === task.fs);
}

/** setns(2): the task enters one that exists. 0 or -errno. */
export function enterNamespace(task: Task, to: AnyNs): number {
  const { cred, ns, process } = task;
  if (to.kind === "user") return enterUser(task, to);
  if (!capableIn(cred, to.owner, CAP_SYS_ADMIN) || !capableIn(cred, cred.userNs, CAP_SYS_ADMIN)) return -EPERM;
  switch (to.kind) {
    case "pid":
      if (!to.isWithin(process.pidNs)) return -EINVAL;
      task.ns = { ...ns, pidForChildren: to };
      return 0;
    case "mnt":
      if (sharesFs(task)) return -EINVAL;
      task.ns = { ...ns, mnt: to };
      task.fs.root = task.fs.cwd = to.table.root;
      return 0;
    case "time":
      if (process.tasks.length > 1) return -EINVAL;
      task.ns = { ...ns, time: to };
      return 0;
    default:
      task.ns = { ...ns, [to.kind]: to };
      return 0;
  }
}

function enterUser(task: Task, to: UserNs): number {
  if (to === task.cred.userNs || task.process.tasks.length > 1 || sharesFs(task)) return -EINVAL;
  if (!capableIn(task.cred, to, CAP_SYS_ADMIN)) return -EPERM;
  task.cred = withAllCapabilities(task.cred, to);
  return 0;
}
