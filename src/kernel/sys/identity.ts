/** Who a process is: ids, groups, sessions, credentials, capabilities. */
import { EACCES, EFAULT, EINVAL, EPERM, ESRCH } from "../../abi/errno.ts";
import { CAP_SETGID, CAP_SETUID, capable, type TaskCred } from "../cred.ts";
import { groupMembers } from "../groups.ts";
import type { Process } from "../process.ts";
import type { Task } from "../task.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";
import type { IdKind } from "../user-ns.ts";

const KEEP = 0xffffffff;

function processOf(call: Call, pid: number): Process | undefined {
  return pid === 0 ? call.task.process : call.kernel.processes.get(pid);
}

/** A number of the machine as the caller's pid namespace has it. */
function shownPid(call: Call, pid: number | undefined): number {
  return pid === undefined ? -ESRCH : call.task.process.pidNs.shown(pid);
}

function setpgid(call: Call, pid: number, group: number): SysResult {
  const me = call.task.process;
  const target = processOf(call, pid);
  const pgid = group || target?.pid || 0;
  if (group < 0) return -EINVAL;
  if (!target || (target !== me && target.parent !== me)) return -ESRCH;
  if (target.sid !== me.sid) return -EPERM;
  if (target !== me && target.didExec) return -EACCES;
  if (target.pid === target.sid) return -EPERM;
  if (pgid !== target.pid && !groupMembers(call.kernel, pgid).some((p) => p.sid === me.sid)) return -EPERM;
  target.pgid = pgid;
  return 0;
}

function setsid(call: Call): SysResult {
  const { process } = call.task;
  if (groupMembers(call.kernel, process.pid).length > 0) return -EPERM;
  process.sid = process.pid;
  process.pgid = process.pid;
  return shownPid(call, process.pid);
}

/** Replaces the credentials; all threads of a process keep their own, and glibc synchronizes them. */
function change(task: Task, next: Partial<TaskCred>): number {
  const old = task.cred;
  const cred: TaskCred = { ...old, ...next };
  if (next.fsuid === undefined) cred.fsuid = cred.euid;
  if (next.fsgid === undefined) cred.fsgid = cred.egid;
  adjustCapabilities(old, cred);
  if (old.euid !== cred.euid || old.egid !== cred.egid) task.process.dumpable = 0;
  task.cred = cred;
  task.process.uid = cred.uid;
  return 0;
}

/** capabilities(7), "Effect of user ID changes on capabilities". */
function adjustCapabilities(old: TaskCred, cred: TaskCred): void {
  const root = cred.userNs.id("uid", 0);
  const hadRoot = old.uid === root || old.euid === root || old.suid === root;
  const hasRoot = cred.uid === root || cred.euid === root || cred.suid === root;
  if (hadRoot && !hasRoot && !cred.keepCaps) {
    cred.capPermitted = 0n;
    cred.capEffective = 0n;
    cred.capAmbient = 0n;
  }
  if (old.euid === root && cred.euid !== root) cred.capEffective = 0n;
  if (old.euid !== root && cred.euid === root) cred.capEffective = cred.capPermitted;
}

function setuid(call: Call, uid: number): SysResult {
  const { cred } = call.task;
  if (uid === KEEP) return -EINVAL;
  if (capable(cred, CAP_SETUID)) return change(call.task, { uid, euid: uid, suid: uid });
  if (uid !== cred.uid && uid !== cred.suid) return -EPERM;
  return change(call.task, { euid: uid });
}

function setgid(call: Call, gid: number): SysResult {
  const { cred } = call.task;
  if (gid === KEEP) return -EINVAL;
  if (capable(cred, CAP_SETGID)) return change(call.task, { gid, egid: gid, sgid: gid });
  if (gid !== cred.gid && gid !== cred.sgid) return -EPERM;
  return change(call.task, { egid: gid });
}

function setreuid(call: Call, real: number, effective: number): SysResult {
  const { cred } = call.task;
  const uid = real === KEEP ? cred.uid : real;
  const euid = effective === KEEP ? cred.euid : effective;
  if (!capable(cred, CAP_SETUID)) {
    if (uid !== cred.uid && uid !== cred.euid) return -EPERM;
    if (![cred.uid, cred.euid, cred.suid].includes(euid)) return -EPERM;
  }
  const saved = real !== KEEP || (effective !== KEEP && euid !== cred.uid) ? euid : cred.suid;
  return change(call.task, { uid, euid, suid: saved });
}

function setregid(call: Call, real: number, effective: number): SysResult {
  const { cred } = call.task;
  const gid = real === KEEP ? cred.gid : real;
  const egid = effective === KEEP ? cred.egid : effective;
  if (!capable(cred, CAP_SETGID)) {
    if (gid !== cred.gid && gid !== cred.egid) return -EPERM;
    if (![cred.gid, cred.egid, cred.sgid].includes(egid)) return -EPERM;
  }
  const saved = real !== KEEP || (effective !== KEEP && egid !== cred.gid) ? egid : cred.sgid;
  return change(call.task, { gid, egid, sgid: saved });
}

/** setresuid, setresgid: each new id must be one of the old three, or the task privileged. */
function three(old: readonly number[], next: readonly number[], privileged: boolean): number[] | undefined {
  const out = next.map((v, i) => (v === KEEP ? old[i] : v));
  return privileged || out.every((v) => old.includes(v)) ? out : undefined;
}

function setresuid(call: Call, r: number, e: number, s: number): SysResult {
  const { cred } = call.task;
  const ids = three([cred.uid, cred.euid, cred.suid], [r, e, s], capable(cred, CAP_SETUID));
  return ids ? change(call.task, { uid: ids[0], euid: ids[1], suid: ids[2] }) : -EPERM;
}

function setresgid(call: Call, r: number, e: number, s: number): SysResult {
  const { cred } = call.task;
  const ids = three([cred.gid, cred.egid, cred.sgid], [r, e, s], capable(cred, CAP_SETGID));
  return ids ? change(call.task, { gid: ids[0], egid: ids[1], sgid: ids[2] }) : -EPERM;
}

function put3(call: Call, kind: IdKind, at: readonly number[], ids: readonly number[]): number {
  at.forEach((a, i) => {
    call.task.mm.user.setU32(a, call.task.cred.userNs.shown(kind, ids[i]));
  });
  return 0;
}

function setfsuid(call: Call, uid: number): SysResult {
  const { cred } = call.task;
  const allowed = capable(cred, CAP_SETUID) || [cred.uid, cred.euid, cred.suid, cred.fsuid].includes(uid);
  if (allowed && uid !== KEEP) call.task.cred = { ...cred, fsuid: uid };
  return cred.userNs.shown("uid", cred.fsuid);
}

function setfsgid(call: Call, gid: number): SysResult {
  const { cred } = call.task;
  const allowed = capable(cred, CAP_SETGID) || [cred.gid, cred.egid, cred.sgid, cred.fsgid].includes(gid);
  if (allowed && gid !== KEEP) call.task.cred = { ...cred, fsgid: gid };
  return cred.userNs.shown("gid", cred.fsgid);
}

const NGROUPS_MAX = 65536;

function getgroups(call: Call, size: number, list: number): SysResult {
  const { groups } = call.task.cred;
  if (size < 0) return -EINVAL;
  if (size === 0) return groups.length;
  if (size < groups.length) return -EINVAL;
  groups.forEach((g, i) => {
    call.task.mm.user.setU32(list + i * 4, call.task.cred.userNs.shown("gid", g));
  });
  return groups.length;
}

function setgroups(call: Call, size: number, list: number): SysResult {
  const { task } = call;
  const { userNs } = task.cred;
  if (!capable(task.cred, CAP_SETGID) || !userNs.setgroups || userNs.map("gid").length === 0) return -EPERM;
  if (size < 0 || size > NGROUPS_MAX) return -EINVAL;
  const numbers = Array.from({ length: size }, (_, i) => task.mm.user.u32(list + i * 4));
  const groups: number[] = [];
  for (const number of numbers) {
    const gid = userNs.id("gid", number);
    if (gid === undefined) return -EINVAL;
    groups.push(gid);
  }
  task.cred = { ...task.cred, groups };
  return 0;
}

/** _LINUX_CAPABILITY_VERSION_1, 2 and 3, and how many 32-bit triples each has. */
const CAP_VERSIONS = new Map([
  [0x19980330, 1],
  [0x20071026, 2],
  [0x20080522, 2],
]);
const CAP_VERSION_3 = 0x20080522;

/** The task a capability header names and the number of triples, or -errno. */
function capHeader(call: Call, header: number, data: number): { task: Task; words: number } | number {
  const { user } = call.task.mm;
  const words = CAP_VERSIONS.get(user.u32(header));
  if (words === undefined) {
    user.setU32(header, CAP_VERSION_3);
    return data ? -EINVAL : 0;
  }
  const pid = user.i32(header + 4);
  if (pid < 0) return -EINVAL;
  const task = pid === 0 ? call.task : call.kernel.tasks.get(pid);
  return task ? { task, words } : -ESRCH;
}

function capget(call: Call, header: number, data: number): SysResult {
  const h = capHeader(call, header, data);
  if (typeof h === "number") return h;
  if (!data) return 0;
  const { capEffective, capPermitted, capInheritable } = h.task.cred;
  for (let i = 0; i < h.words; i++)
    [capEffective, capPermitted, capInheritable].forEach((set, j) => {
      call.task.mm.user.setU32(data + i * 12 + j * 4, Number((set >> BigInt(i * 32)) & 0xffffffffn));
    });
  return 0;
}

function capset(call: Call, header: number, data: number): SysResult {
  const h = capHeader(call, header, data);
  if (typeof h === "number") return h;
  if (h.task !== call.task) return -EPERM;
  if (!data) return -EFAULT;
  const sets = [0n, 0n, 0n];
  for (let i = 0; i < h.words; i++)
    for (let j = 0; j < 3; j++) sets[j] |= BigInt(call.task.mm.user.u32(data + i * 12 + j * 4)) << BigInt(i * 32);
  const [capEffective, capPermitted, capInheritable] = sets;
  const { cred } = call.task;
  if (capPermitted & ~cred.capPermitted || capEffective & ~capPermitted) return -EPERM;
  if (capInheritable & ~(cred.capInheritable | cred.capPermitted | cred.capBounding)) return -EPERM;
  call.task.cred = { ...cred, capEffective, capPermitted, capInheritable };
  return 0;
}

export const rows: SyscallRow[] = [
  sys(39, "getpid", "", (c) => shownPid(c, c.task.process.pid)),
  sys(102, "getuid", "", (c) => c.task.cred.userNs.shown("uid", c.task.cred.uid)),
  sys(104, "getgid", "", (c) => c.task.cred.userNs.shown("gid", c.task.cred.gid)),
  sys(105, "setuid", "uid:uid", setuid),
  sys(106, "setgid", "gid:gid", setgid),
  sys(107, "geteuid", "", (c) => c.task.cred.userNs.shown("uid", c.task.cred.euid)),
  sys(108, "getegid", "", (c) => c.task.cred.userNs.shown("gid", c.task.cred.egid)),
  sys(109, "setpgid", "pid:pid pgid:pid", setpgid),
  sys(110, "getppid", "", (c) => shownPid(c, c.task.process.ppid)),
  sys(111, "getpgrp", "", (c) => shownPid(c, c.task.process.pgid)),
  sys(112, "setsid", "", setsid),
  sys(113, "setreuid", "ruid:uid euid:uid", setreuid),
  sys(114, "setregid", "rgid:gid egid:gid", setregid),
  sys(115, "getgroups", "size:int list:ptr", getgroups),
  sys(116, "setgroups", "size:int list:ptr", setgroups),
  sys(117, "setresuid", "ruid:uid euid:uid suid:uid", setresuid),
  sys(118, "getresuid", "ruid:ptr euid:ptr suid:ptr", (c, ...at) =>
    put3(c, "uid", at.slice(0, 3), [c.task.cred.uid, c.task.cred.euid, c.task.cred.suid]),
  ),
  sys(119, "setresgid", "rgid:gid egid:gid sgid:gid", setresgid),
  sys(120, "getresgid", "rgid:ptr egid:ptr sgid:ptr", (c, ...at) =>
    put3(c, "gid", at.slice(0, 3), [c.task.cred.gid, c.task.cred.egid, c.task.cred.sgid]),
  ),
  sys(121, "getpgid", "pid:pid", (c, pid) => shownPid(c, processOf(c, pid)?.pgid)),
  sys(122, "setfsuid", "fsuid:uid", setfsuid),
  sys(123, "setfsgid", "fsgid:gid", setfsgid),
  sys(124, "getsid", "pid:pid", (c, pid) => shownPid(c, processOf(c, pid)?.sid)),
  sys(125, "capget", "hdrp:ptr datap:ptr", capget),
  sys(126, "capset", "hdrp:ptr datap:ptr", capset),
  sys(186, "gettid", "", (c) => shownPid(c, c.task.tid)),
];
