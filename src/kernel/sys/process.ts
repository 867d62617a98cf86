/** Making and ending threads and processes. */
import { E2BIG, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ESRCH } from "../../abi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_NONBLOCK, PATH_MAX } from "../../abi/fcntl.ts";
import { PTRACE_EVENT_EXIT } from "../../abi/ptrace.ts";
import * as C from "../../abi/sched.ts";
import { SIGCHLD, SIGRTMAX } from "../../abi/signal.ts";
import { S_IFLNK } from "../../abi/stat.ts";
import type { UserMemory } from "../../mmu/user.ts";
import { clone } from "../clone.ts";
import { exec } from "../exec.ts";
import { exitProcess, exitTask } from "../exit.ts";
import { openPidfd } from "../pidfd.ts";
import { queueEvent } from "../ptrace.ts";
import { type Call, NO_RETURN, park, type SyscallRow, type SysResult, sys } from "../types.ts";
import { targetAt } from "./paths.ts";

const NONE = { stack: 0, parentTid: 0, childTid: 0, pidfd: 0, tls: 0n };

function fork(call: Call): SysResult {
  return clone(call, { ...NONE, flags: 0, exitSignal: SIGCHLD });
}

function vfork(call: Call): SysResult {
  return clone(call, { ...NONE, flags: C.CLONE_VFORK | C.CLONE_VM, exitSignal: SIGCHLD });
}

function clone1(call: Call, flags: number, stack: number, parentTid: number, childTid: number): SysResult {
  const exitSignal = flags & C.CSIGNAL;
  // The pidfd goes where the parent's tid would.
  if (flags & C.CLONE_PIDFD && flags & C.CLONE_PARENT_SETTID) return -EINVAL;
  const bits = (flags & ~C.CSIGNAL) >>> 0;
  return clone(call, { flags: bits, exitSignal, stack, parentTid, childTid, pidfd: parentTid, tls: call.argBig(4) });
}

function clone3(call: Call, args: number, size: number): SysResult {
  if (size < C.CLONE_ARGS_SIZE_VER0) return -EINVAL;
  if (size > 4096) return -E2BIG;
  const { user } = call.task.mm;
  for (let i = C.CLONE_ARGS_SIZE_VER2; i < size; i++) if (user.u8(args + i)) return -E2BIG;
  const word = (i: number): number => (i * 8 < size ? user.u64(args + i * 8) : 0);
  const flags = word(0);
  const exitSignal = word(4);
  const stack = word(5);
  const stackSize = word(6);
  if (
    exitSignal > SIGRTMAX ||
    flags >= C.CLONE_INTO_CGROUP ||
    flags & (C.CLONE_DETACHED | (C.CSIGNAL & ~C.CLONE_NEWTIME))
  )
    return -EINVAL;
  if (flags & (C.CLONE_THREAD | C.CLONE_PARENT) && exitSignal) return -EINVAL;
  if ((stack === 0) !== (stackSize === 0)) return -EINVAL;
  // set_tid: only for checkpoint and restore.
  if (word(8) || word(9)) return -EINVAL;
  if (flags >= C.CLONE_CLEAR_SIGHAND && flags & C.CLONE_SIGHAND) return -EINVAL;
  return clone(call, {
    flags,
    exitSignal,
    stack: stack + stackSize,
    pidfd: word(1),
    childTid: word(2),
    parentTid: word(3),
    tls: size >= 64 ? user.big(args + 56) : 0n,
  });
}

/** A NULL-terminated array of strings. -E2BIG for what could never fit. */
function stringArray(user: UserMemory, address: number): string[] | number {
  const out: string[] = [];
  if (address === 0) return out;
  for (let at = address; ; at += 8) {
    const p = user.u64(at);
    if (p === 0) return out;
    const s = user.cstring(p, 131072);
    if (s === undefined || out.length > 0x200000) return -E2BIG;
    out.push(s);
  }
}

function execveat(call: Call, dirfd: number, path: number, argv: number, envp: number, flags: number): SysResult {
  const { task } = call;
  if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) return -EINVAL;
  const name = task.mm.user.cstring(path, PATH_MAX);
  if (name === undefined) return -ENAMETOOLONG;
  if (name === "" && !(flags & AT_EMPTY_PATH)) return -ENOENT;
  const args = stringArray(task.mm.user, argv);
  if (typeof args === "number") return args;
  const env = stringArray(task.mm.user, envp);
  if (typeof env === "number") return env;
  const place = targetAt(call, dirfd, path, flags);
  if (typeof place === "number") return place;
  if (flags & AT_SYMLINK_NOFOLLOW && place.inode.type === S_IFLNK) return -ELOOP;
  const shown = dirfd === AT_FDCWD || name.startsWith("/") ? name : `/dev/fd/${dirfd}${name && `/${name}`}`;
  const r = exec(task, place, shown, args, env);
  return r < 0 ? r : NO_RETURN;
}

function execve(call: Call, path: number, argv: number, envp: number): SysResult {
  return execveat(call, AT_FDCWD, path, argv, envp, 0);
}

/** A traced thread stops once before it ends, if its tracer wants that. */
function stopsFirst(call: Call, status: number): boolean {
  if (call.state !== undefined) return false;
  call.state = status;
  return queueEvent(call.task, PTRACE_EVENT_EXIT, status);
}

function exit(call: Call, code: number): SysResult {
  if (stopsFirst(call, (code & 0xff) << 8)) return park([], { uninterruptible: true });
  exitTask(call.task, (code & 0xff) << 8);
  return NO_RETURN;
}

function exitGroup(call: Call, code: number): SysResult {
  if (stopsFirst(call, (code & 0xff) << 8)) return park([], { uninterruptible: true });
  exitProcess(call.task.process, (code & 0xff) << 8);
  return NO_RETURN;
}

function pidfdOpen(call: Call, pid: number, flags: number): SysResult {
  if (flags & ~O_NONBLOCK || pid <= 0) return -EINVAL;
  const process = call.kernel.processes.get(pid);
  if (!process) return call.kernel.tasks.has(pid) ? -EINVAL : -ESRCH;
  return openPidfd(call.task, process, flags);
}

function setTidAddress(call: Call, address: number): SysResult {
  call.task.clearTid = address;
  return call.task.process.pidNs.shown(call.task.tid);
}

const ROBUST_HEAD_SIZE = 24;

function setRobustList(call: Call, head: number, size: number): SysResult {
  if (size !== ROBUST_HEAD_SIZE) return -EINVAL;
  call.task.robustList = head;
  return 0;
}

function getRobustList(call: Call, tid: number, head: number, size: number): SysResult {
  const task = tid === 0 ? call.task : call.kernel.tasks.get(tid);
  if (!task) return -ESRCH;
  call.task.mm.user.setU64(size, ROBUST_HEAD_SIZE);
  call.task.mm.user.setU64(head, task.robustList);
  return 0;
}

export const rows: SyscallRow[] = [
  sys(56, "clone", "flags:flags:clone stack:ptr parent_tid:ptr child_tid:ptr tls:ulong", clone1),
  sys(57, "fork", "", fork),
  sys(58, "vfork", "", vfork),
  sys(
    59,
    "execve",
    "pathname:path argv:str_array envp:str_array",
    execve,
    "partial",
    "set-user-ID bits count only where the host runs blink as root; no file capabilities",
  ),
  sys(60, "exit", "status:int", exit),
  sys(218, "set_tid_address", "tidptr:ptr", setTidAddress),
  sys(231, "exit_group", "status:int", exitGroup),
  sys(273, "set_robust_list", "head:ptr len:size", setRobustList),
  sys(274, "get_robust_list", "pid:pid head_ptr:ptr len_ptr:ptr", getRobustList),
  sys(322, "execveat", "dirfd:dirfd pathname:path argv:str_array envp:str_array flags:flags:at", execveat),
  sys(434, "pidfd_open", "pid:pid flags:uint", pidfdOpen),
  sys(435, "clone3", "cl_args:ptr size:size", clone3, "partial", "no set_tid"),
];
