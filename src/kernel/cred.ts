import type { Cred } from "../vfs/types.ts";
import type { UserNs } from "./user-ns.ts";

/** Credentials of a task, with what file systems don't look at. Replaced as a whole when changed, so sharing is safe. */
export interface TaskCred extends Cred {
  capEffective: bigint;
  capPermitted: bigint;
  capInheritable: bigint;
  capBounding: bigint;
  capAmbient: bigint;
  keepCaps: boolean;
  noNewPrivs: boolean;
  /** Capabilities are those in this namespace, and in those that lie in it. */
  userNs: UserNs;
}

/** CAP_CHECKPOINT_RESTORE (40) is the last capability. */
export const CAP_ALL = (1n << 41n) - 1n;
export const CAP_CHOWN = 0n;
export const CAP_KILL = 5n;
export const CAP_SETGID = 6n;
export const CAP_SETUID = 7n;
export const CAP_SETPCAP = 8n;
export const CAP_NET_ADMIN = 12n;
export const CAP_SYS_CHROOT = 18n;
export const CAP_SYS_ADMIN = 21n;
export const CAP_SYS_NICE = 23n;
export const CAP_SYS_RESOURCE = 24n;
export const CAP_SYS_TIME = 25n;

export function makeCred(uid: number, gid: number, userNs: UserNs): TaskCred {
  const caps = uid === 0 ? CAP_ALL : 0n;
  return {
    uid,
    gid,
    euid: uid,
    egid: gid,
    suid: uid,
    sgid: gid,
    fsuid: uid,
    fsgid: gid,
    groups: [gid],
    capEffective: caps,
    capPermitted: caps,
    capInheritable: 0n,
    capBounding: CAP_ALL,
    capAmbient: 0n,
    keepCaps: false,
    noNewPrivs: false,
    userNs,
  };
}

/** Has the task the capability in its own user namespace? */
export function capable(cred: TaskCred, cap: bigint): boolean {
  return (cred.capEffective & (1n << cap)) !== 0n;
}

/** And over the whole machine? */
export function capableGlobally(cred: TaskCred, cap: bigint): boolean {
  return cred.userNs.parent === undefined && capable(cred, cap);
}

/**
 * And over what belongs to this namespace? Whoever made a namespace has all capabilities in it (user_namespaces(7),
 * "Capabilities").
 */
export function capableIn(cred: TaskCred, ns: UserNs, cap: bigint): boolean {
  for (let at: UserNs | undefined = ns; at; at = at.parent) {
    if (at === cred.userNs) return capable(cred, cap);
    if (at.parent === cred.userNs && at.owner.uid === cred.euid) return true;
  }
  return false;
}

/** What execve leaves of the capabilities: capabilities(7), for files without any. */
export function afterExec(cred: TaskCred): TaskCred {
  const root = cred.userNs.id("uid", 0);
  if (cred.uid !== root && cred.euid !== root)
    return { ...cred, capPermitted: cred.capAmbient, capEffective: cred.capAmbient, keepCaps: false };
  const capPermitted = cred.capInheritable | cred.capBounding;
  return {
    ...cred,
    capPermitted,
    capEffective: cred.euid === root ? capPermitted : 0n,
    capAmbient: 0n,
    keepCaps: false,
  };
}
