/** unshare(2), setns(2). */
import { EBADF, EINVAL } from "../../abi/errno.ts";
import * as C from "../../abi/sched.ts";
import { enterNamespace, makeNamespaces, NEW_NAMESPACES } from "../namespaces.ts";
import { NS_FLAGS, NsFile } from "../nsfs.ts";
import { PidFile } from "../pidfd.ts";
import type { Task } from "../task.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";

const THREADS = C.CLONE_THREAD | C.CLONE_SIGHAND | C.CLONE_VM;
const KNOWN = NEW_NAMESPACES | THREADS | C.CLONE_FS | C.CLONE_FILES | C.CLONE_SYSVSEM | C.CLONE_NEWTIME;

function unshare(call: Call, given: number): SysResult {
  const { task } = call;
  let flags = given | 0;
  if (flags & ~KNOWN) return -EINVAL;
  if (flags & C.CLONE_NEWTIME) {
    call.kernel.log("unshare: time namespaces are not supported");
    return -EINVAL;
  }
  if (flags & C.CLONE_NEWUSER) flags |= C.CLONE_THREAD | C.CLONE_FS;
  if (flags & C.CLONE_NEWNS) flags |= C.CLONE_FS;
  if (flags & THREADS && task.process.tasks.length > 1) return -EINVAL;
  const fs = flags & C.CLONE_FS ? task.fs.copy() : task.fs;
  const view = { cred: task.cred, ns: task.ns, fs };
  const denied = makeNamespaces(flags, view);
  if (denied < 0) return denied;
  Object.assign(task, view);
  if (flags & C.CLONE_FILES && task.fds.refs > 1) {
    const own = task.fds.fork();
    task.fds.release();
    task.fds = own;
  }
  return 0;
}

/** Enters those of a process's namespaces that the flags name, the user namespace first. */
function enterAll(task: Task, of: Task, flags: number): number {
  const { ns, cred, process } = of;
  const all = [cred.userNs, ns.mnt, ns.uts, ns.ipc, ns.net, process.pidNs, ns.cgroup, ns.time];
  const before = { ns: task.ns, cred: task.cred, root: task.fs.root, cwd: task.fs.cwd };
  for (const to of all) {
    if (!(flags & NS_FLAGS[to.kind])) continue;
    const r = enterNamespace(task, to);
    if (r >= 0) continue;
    task.ns = before.ns;
    task.cred = before.cred;
    Object.assign(task.fs, { root: before.root, cwd: before.cwd });
    return r;
  }
  return 0;
}

function setns(call: Call, fd: number, type: number): SysResult {
  const { task } = call;
  const file = task.fds.get(fd);
  if (!file) return -EBADF;
  if (file instanceof PidFile) {
    const of = file.process.leader;
    if (type === 0 || type & ~(NEW_NAMESPACES | C.CLONE_NEWTIME)) return -EINVAL;
    return of ? enterAll(task, of, type) : -EINVAL;
  }
  if (!(file instanceof NsFile) || (type !== 0 && type !== NS_FLAGS[file.ns.kind])) return -EINVAL;
  return enterNamespace(task, file.ns);
}

export const rows: SyscallRow[] = [
  sys(272, "unshare", "flags:flags:clone", unshare, "partial", "no time namespaces; cgroup namespaces are empty"),
  sys(308, "setns", "fd:fd nstype:flags:clone", setns),
];
