/** sched(7): policies are kept and reported; the scheduler is round robin for all. */
import { EACCES, EINVAL, EPERM, ESRCH } from "../../abi/errno.ts";
import * as C from "../../abi/sched.ts";
import { CAP_SYS_NICE, capableGlobally } from "../cred.ts";
import type { Task } from "../task.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";

const KEPT = "all tasks run round robin";

function taskOf(call: Call, tid: number): Task | undefined {
  return tid === 0 ? call.task : call.kernel.tasks.get(tid);
}

const realtime = (policy: number): boolean => policy === C.SCHED_FIFO || policy === C.SCHED_RR;
const known = (policy: number): boolean =>
  realtime(policy) || policy === C.SCHED_OTHER || policy === C.SCHED_BATCH || policy === C.SCHED_IDLE;

/** Gives up the rest of the slice: the machine ends it after the call. */
function schedYield(call: Call): SysResult {
  call.kernel.yielding = true;
  return 0;
}

function setPolicy(call: Call, tid: number, policyBits: number, priority: number): number {
  if (tid < 0) return -EINVAL;
  const target = taskOf(call, tid);
  if (!target) return -ESRCH;
  const policy = policyBits & ~C.SCHED_RESET_ON_FORK;
  if (!known(policy)) return -EINVAL;
  if (realtime(policy) ? priority < 1 || priority > 99 : priority !== 0) return -EINVAL;
  if (realtime(policy) && !capableGlobally(call.task.cred, CAP_SYS_NICE)) return -EPERM;
  target.policy = { policy, priority, resetOnFork: (policyBits & C.SCHED_RESET_ON_FORK) !== 0 };
  return 0;
}

function setparam(call: Call, tid: number, param: number): SysResult {
  const target = taskOf(call, tid);
  if (!param || tid < 0) return -EINVAL;
  return target ? setPolicy(call, tid, target.policy.policy, call.task.mm.user.i32(param)) : -ESRCH;
}

function getparam(call: Call, tid: number, param: number): SysResult {
  const target = taskOf(call, tid);
  if (!param || tid < 0) return -EINVAL;
  if (!target) return -ESRCH;
  call.task.mm.user.setU32(param, target.policy.priority);
  return 0;
}

function getscheduler(call: Call, tid: number): SysResult {
  if (tid < 0) return -EINVAL;
  const target = taskOf(call, tid);
  if (!target) return -ESRCH;
  return target.policy.policy | (target.policy.resetOnFork ? C.SCHED_RESET_ON_FORK : 0);
}

function setscheduler(call: Call, tid: number, policy: number, param: number): SysResult {
  if (!param || policy < 0) return -EINVAL;
  return setPolicy(call, tid, policy, call.task.mm.user.i32(param));
}

function rrGetInterval(call: Call, tid: number, at: number): SysResult {
  if (!taskOf(call, tid)) return -ESRCH;
  call.task.mm.user.setU64(at, 0);
  call.task.mm.user.setU64(at + 8, 100000000);
  return 0;
}

function setaffinity(call: Call, tid: number, size: number, mask: number): SysResult {
  const target = taskOf(call, tid);
  if (!target) return -ESRCH;
  let bits = 0n;
  call.task.mm.user.readBytes(mask, size < 0 ? 128 : Math.min(size, 128)).forEach((b, i) => {
    bits |= BigInt(b) << BigInt(i * 8);
  });
  bits &= (1n << BigInt(call.kernel.host.ids.cpus)) - 1n;
  if (bits === 0n) return -EINVAL;
  target.affinity = bits;
  return 0;
}

function getaffinity(call: Call, tid: number, size: number, mask: number): SysResult {
  const words = Math.ceil(call.kernel.host.ids.cpus / 64);
  if (size < words * 8 || size % 8 !== 0) return -EINVAL;
  const target = taskOf(call, tid);
  if (!target) return -ESRCH;
  for (let i = 0; i < words; i++)
    call.task.mm.user.setU64(mask + i * 8, BigInt.asUintN(64, target.affinity >> BigInt(i * 64)));
  return words * 8;
}

function getcpu(call: Call, cpu: number, node: number): SysResult {
  if (cpu) call.task.mm.user.setU32(cpu, 0);
  if (node) call.task.mm.user.setU32(node, 0);
  return 0;
}

/** getpriority(2): which is a process, group or user. */
export function chosen(call: Call, which: number, who: number): Task[] | number {
  const all = [...call.kernel.tasks.values()];
  const { process, cred } = call.task;
  switch (which) {
    case 0:
      return who === 0 ? [call.task] : all.filter((t) => t.tid === who);
    case 1:
      return all.filter((t) => t.process.pgid === (who || process.pgid));
    case 2:
      return all.filter((t) => t.cred.uid === (who || cred.uid));
    default:
      return -EINVAL;
  }
}

function getpriority(call: Call, which: number, who: number): SysResult {
  const tasks = chosen(call, which, who);
  if (typeof tasks === "number") return tasks;
  return tasks.length === 0 ? -ESRCH : Math.max(...tasks.map((t) => 20 - t.nice));
}

function setpriority(call: Call, which: number, who: number, prio: number): SysResult {
  const tasks = chosen(call, which, who);
  if (typeof tasks === "number") return tasks;
  if (tasks.length === 0) return -ESRCH;
  const nice = Math.max(-20, Math.min(19, prio));
  const allowed = capableGlobally(call.task.cred, CAP_SYS_NICE);
  if (!allowed && tasks.some((t) => nice < t.nice)) return -EACCES;
  for (const t of tasks) t.nice = nice;
  return 0;
}

const SCHED_ATTR_SIZE = 48;

function setattr(call: Call, tid: number, attr: number, flags: number): SysResult {
  if (!attr || flags !== 0) return -EINVAL;
  const { user } = call.task.mm;
  const reset = user.u64(attr + 8) & 1 ? C.SCHED_RESET_ON_FORK : 0;
  const r = setPolicy(call, tid, user.u32(attr + 4) | reset, user.u32(attr + 20));
  const target = taskOf(call, tid);
  if (r === 0 && target && !realtime(target.policy.policy)) target.nice = user.i32(attr + 16);
  return r;
}

function getattr(call: Call, tid: number, attr: number, size: number, flags: number): SysResult {
  const target = taskOf(call, tid);
  if (!attr || flags !== 0 || size < SCHED_ATTR_SIZE || size > 4096) return -EINVAL;
  if (!target) return -ESRCH;
  const v = new DataView(new ArrayBuffer(SCHED_ATTR_SIZE));
  v.setUint32(0, SCHED_ATTR_SIZE, true);
  v.setUint32(4, target.policy.policy, true);
  v.setUint32(8, target.policy.resetOnFork ? 1 : 0, true);
  v.setInt32(16, realtime(target.policy.policy) ? 0 : target.nice, true);
  v.setUint32(20, target.policy.priority, true);
  call.task.mm.user.writeBytes(attr, new Uint8Array(v.buffer));
  return 0;
}

const limit =
  (top: number, others: number) =>
  (_: Call, policy: number): SysResult =>
    realtime(policy) ? top : known(policy) || policy === C.SCHED_DEADLINE ? others : -EINVAL;

export const rows: SyscallRow[] = [
  sys(24, "sched_yield", "", schedYield),
  sys(140, "getpriority", "which:int who:int", getpriority),
  sys(141, "setpriority", "which:int who:int prio:int", setpriority, "partial", KEPT),
  sys(142, "sched_setparam", "pid:pid param:ptr", setparam, "partial", KEPT),
  sys(143, "sched_getparam", "pid:pid param:ptr", getparam),
  sys(144, "sched_setscheduler", "pid:pid policy:int param:ptr", setscheduler, "partial", KEPT),
  sys(145, "sched_getscheduler", "pid:pid", getscheduler),
  sys(146, "sched_get_priority_max", "policy:int", limit(99, 0)),
  sys(147, "sched_get_priority_min", "policy:int", limit(1, 0)),
  sys(148, "sched_rr_get_interval", "pid:pid tp:ptr", rrGetInterval),
  sys(203, "sched_setaffinity", "pid:pid cpusetsize:size mask:ptr", setaffinity, "partial", "kept, without effect"),
  sys(204, "sched_getaffinity", "pid:pid cpusetsize:size mask:ptr", getaffinity),
  sys(309, "getcpu", "cpu:ptr node:ptr tcache:ptr", getcpu),
  sys(314, "sched_setattr", "pid:pid attr:ptr flags:uint", setattr, "partial", KEPT),
  sys(315, "sched_getattr", "pid:pid attr:ptr size:uint flags:uint", getattr),
];
