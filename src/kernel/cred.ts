import type { Cred } from "../vfs/types.ts";

/** Credentials of a task, with what file systems don't look at. Replaced as a whole when changed, so sharing is safe. */
export interface TaskCred extends Cred {
  capEffective: bigint;
  capPermitted: bigint;
  capInheritable: bigint;
  capBounding: bigint;
  capAmbient: bigint;
  keepCaps: boolean;
  noNewPrivs: boolean;
}

/** CAP_CHECKPOINT_RESTORE (40) is the last capability. */
export const CAP_ALL = (1n << 41n) - 1n;
export const CAP_CHOWN = 0n;
export const CAP_KILL = 5n;
export const CAP_SETGID = 6n;
export const CAP_SETUID = 7n;
export const CAP_SETPCAP = 8n;
export const CAP_SYS_CHROOT = 18n;
export const CAP_SYS_ADMIN = 21n;
export const CAP_SYS_NICE = 23n;
export const CAP_SYS_RESOURCE = 24n;
export const CAP_SYS_TIME = 25n;

export function makeCred(uid: number, gid: number): TaskCred {
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
  };
}

export function capable(cred: TaskCred, cap: bigint): boolean {
  return (cred.capEffective & (1n << cap)) !== 0n;
}
