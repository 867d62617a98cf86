import { S_ISGID, S_ISUID, S_IXGRP } from "../abi/stat.ts";
import { MS_NOSUID } from "../vfs/mount.ts";
import type { File } from "../vfs/types.ts";
import type { TaskCred } from "./cred.ts";
import type { Task } from "./task.ts";

/**
 * Credentials with which the task will run this program: execve(2), "Effect of set-user-ID". Where the host runs us as an
 * ordinary user the bits are ignored, as a guest's root could then do nothing with the host's files.
 */
export function credentialsFor(task: Task, file: File): TaskCred {
  const { cred } = task;
  const st = file.stat();
  if (typeof st === "number" || !(st.mode & (S_ISUID | S_ISGID)) || !honoured(task, file)) return cred;
  const changed = { ...cred };
  if (st.mode & S_ISUID) {
    if (cred.userNs.number("uid", st.uid) === undefined) return cred;
    Object.assign(changed, { euid: st.uid, suid: st.uid, fsuid: st.uid });
  }
  // Without the bit to execute, set-group-ID once meant mandatory locking.
  if ((st.mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP)) {
    if (cred.userNs.number("gid", st.gid) === undefined) return cred;
    Object.assign(changed, { egid: st.gid, sgid: st.gid, fsgid: st.gid });
  }
  return changed;
}

function honoured(task: Task, file: File): boolean {
  const { host } = task.kernel;
  if (host.fs && host.ids.uid !== 0) return false;
  return !task.cred.noNewPrivs && !task.tracee && !((file.place?.mount?.flags ?? 0) & MS_NOSUID);
}

/** AT_SECURE: does the program get rights that its caller had not? */
export function isSecure(cred: TaskCred): boolean {
  return cred.euid !== cred.uid || cred.egid !== cred.gid;
}
