/** seccomp(2), and prctl(PR_SET_SECCOMP). */
import { BPF_MAXINSNS, SOCK_FILTER_SIZE } from "../../abi/bpf.ts";
import { EACCES, EINVAL, ENOMEM, EOPNOTSUPP, ESRCH } from "../../abi/errno.ts";
import * as S from "../../abi/seccomp.ts";
import { type BpfInsn, checkBpf } from "../bpf.ts";
import { CAP_SYS_ADMIN, capable } from "../cred.ts";
import type { Filter } from "../seccomp.ts";
import type { Task } from "../task.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";

const FLAGS =
  S.SECCOMP_FILTER_FLAG_TSYNC |
  S.SECCOMP_FILTER_FLAG_LOG |
  S.SECCOMP_FILTER_FLAG_SPEC_ALLOW |
  S.SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
/** Instructions of a thread's filters together. */
const MOST_INSNS = 32768;
/** What a filter counts in addition. */
const FILTER_COST = 4;

function readProgram(call: Call, at: number, length: number): BpfInsn[] {
  const v = new DataView(call.task.mm.user.readBytes(at, length * SOCK_FILTER_SIZE).buffer);
  return Array.from({ length }, (_, i) => ({
    code: v.getUint16(i * 8, true),
    jt: v.getUint8(i * 8 + 2),
    jf: v.getUint8(i * 8 + 3),
    k: v.getUint32(i * 8 + 4, true),
  }));
}

/** struct sock_fprog at the address, checked: the task's filters with it on top. */
function makeFilter(call: Call, at: number, flags: number): Filter | number {
  const { task } = call;
  const { user } = task.mm;
  const length = user.u32(at) & 0xffff;
  const program = user.u64(at + 8);
  if (length === 0 || length > BPF_MAXINSNS) return -EINVAL;
  if (!task.cred.noNewPrivs && !capable(task.cred, CAP_SYS_ADMIN)) return -EACCES;
  const insns = readProgram(call, program, length);
  if (!checkBpf(insns, S.SECCOMP_DATA_SIZE)) return -EINVAL;
  const previous = task.seccomp.filter;
  const cost = (previous?.cost ?? 0) + length + FILTER_COST;
  if (cost > MOST_INSNS + FILTER_COST) return -ENOMEM;
  const log = (flags & S.SECCOMP_FILTER_FLAG_LOG) !== 0;
  return { program: insns, log, previous, depth: (previous?.depth ?? 0) + 1, cost };
}

/** Has the thread no filter that the caller lacks? */
function canFollow(task: Task, caller: Task): boolean {
  const { mode, filter } = task.seccomp;
  if (mode === S.SECCOMP_MODE_DISABLED) return true;
  for (let f = caller.seccomp.filter; f; f = f.previous) if (f === filter) return mode === S.SECCOMP_MODE_FILTER;
  return false;
}

function setFilter(call: Call, flags: number, at: number): number {
  const { task } = call;
  if (flags & ~FLAGS) {
    if (flags & S.SECCOMP_FILTER_FLAG_NEW_LISTENER) call.kernel.log("seccomp: listeners are not supported");
    return -EINVAL;
  }
  const filter = makeFilter(call, at, flags);
  if (typeof filter === "number") return filter;
  if (task.seccomp.mode === S.SECCOMP_MODE_STRICT) return -EINVAL;
  const all = (flags & S.SECCOMP_FILTER_FLAG_TSYNC) !== 0;
  const others = all ? task.process.tasks.filter((t) => t !== task) : [];
  const stubborn = others.find((t) => !canFollow(t, task));
  if (stubborn) return flags & S.SECCOMP_FILTER_FLAG_TSYNC_ESRCH ? -ESRCH : stubborn.tid;
  for (const t of [task, ...others]) {
    t.seccomp = { mode: S.SECCOMP_MODE_FILTER, filter };
    if (task.cred.noNewPrivs && !t.cred.noNewPrivs) t.cred = { ...t.cred, noNewPrivs: true };
  }
  return 0;
}

function setStrict(task: Task): number {
  if (task.seccomp.mode === S.SECCOMP_MODE_FILTER) return -EINVAL;
  task.seccomp = { mode: S.SECCOMP_MODE_STRICT };
  return 0;
}

const ACTIONS = [
  S.SECCOMP_RET_KILL_PROCESS,
  S.SECCOMP_RET_KILL_THREAD,
  S.SECCOMP_RET_TRAP,
  S.SECCOMP_RET_ERRNO,
  S.SECCOMP_RET_TRACE,
  S.SECCOMP_RET_LOG,
  S.SECCOMP_RET_ALLOW,
];

/** prctl(PR_SET_SECCOMP, mode, program). */
export function setSeccomp(call: Call, mode: number, at: number): number {
  if (mode === S.SECCOMP_MODE_STRICT) return setStrict(call.task);
  return mode === S.SECCOMP_MODE_FILTER ? setFilter(call, 0, at) : -EINVAL;
}

function seccomp(call: Call, operation: number, flags: number, at: number): SysResult {
  switch (operation) {
    case S.SECCOMP_SET_MODE_STRICT:
      return flags || at ? -EINVAL : setStrict(call.task);
    case S.SECCOMP_SET_MODE_FILTER:
      return setFilter(call, flags, at);
    case S.SECCOMP_GET_ACTION_AVAIL:
      if (flags) return -EINVAL;
      return ACTIONS.includes(call.task.mm.user.u32(at) | 0) ? 0 : -EOPNOTSUPP;
    default:
      if (operation === S.SECCOMP_GET_NOTIF_SIZES) call.kernel.log("seccomp: listeners are not supported");
      return -EINVAL;
  }
}

export const rows: SyscallRow[] = [
  sys(
    317,
    "seccomp",
    "operation:uint flags:uint args:ptr",
    seccomp,
    "partial",
    "no listeners (SECCOMP_RET_USER_NOTIF)",
  ),
];
