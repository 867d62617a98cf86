/** Signals: signal(7). */
import { EAGAIN, EINVAL, ENOMEM, EPERM, ESRCH } from "../../abi/errno.ts";
import * as S from "../../abi/signal.ts";
import { readTimespec } from "../clock.ts";
import { CAP_KILL, capable } from "../cred.ts";
import { pidfdTarget } from "../pidfd.ts";
import type { Process } from "../process.ts";
import { forceSignal, isIgnored, kernelInfo, sendToProcess, sendToTask, userInfo } from "../send.ts";
import { altStackFlags, onAltStack, popFrame } from "../sigframe.ts";
import { sigBit, UNBLOCKABLE } from "../sighand.ts";
import { decodeSigInfo, encodeSigInfo } from "../siginfo.ts";
import type { Task } from "../task.ts";
import { type Call, NO_RETURN, park, type SyscallRow, type SysResult, sys } from "../types.ts";

const SIGSET_SIZE = 8;
const validSignal = (n: number): boolean => n >= 1 && n <= S.SIGRTMAX;

function rtSigaction(call: Call, signo: number, act: number, old: number, size: number): SysResult {
  if (size !== SIGSET_SIZE || !validSignal(signo)) return -EINVAL;
  if (act && sigBit(signo) & UNBLOCKABLE) return -EINVAL;
  const { task } = call;
  const { user } = task.mm;
  const before = task.sighand.actions[signo];
  const next = act
    ? {
        handler: user.u64(act),
        flags: user.u32(act + 8),
        restorer: user.u64(act + 16),
        mask: user.big(act + 24) & ~UNBLOCKABLE,
      }
    : undefined;
  if (old) {
    user.setU64(old, before.handler);
    user.setU64(old + 8, before.flags);
    user.setU64(old + 16, before.restorer);
    user.setU64(old + 24, before.mask);
  }
  if (!next) return 0;
  task.sighand.actions[signo] = next;
  // POSIX: what is pending and now ignored is forgotten.
  if (isIgnored(task, signo)) {
    task.process.pending.discard(sigBit(signo));
    for (const t of task.process.tasks) t.pending.discard(sigBit(signo));
  }
  return 0;
}

function rtSigprocmask(call: Call, how: number, set: number, old: number, size: number): SysResult {
  if (size !== SIGSET_SIZE) return -EINVAL;
  const { task } = call;
  const { user } = task.mm;
  const before = task.mask;
  let after = before;
  if (set) {
    const bits = user.big(set);
    if (how === S.SIG_BLOCK) after = before | bits;
    else if (how === S.SIG_UNBLOCK) after = before & ~bits;
    else if (how === S.SIG_SETMASK) after = bits;
    else return -EINVAL;
  }
  if (old) user.setU64(old, before);
  task.mask = after & ~UNBLOCKABLE;
  return 0;
}

function rtSigpending(call: Call, set: number, size: number): SysResult {
  if (size > SIGSET_SIZE) return -EINVAL;
  const { task } = call;
  task.mm.user.setU64(set, (task.pending.set | task.process.pending.set) & task.mask);
  return 0;
}

function rtSigsuspend(call: Call, set: number, size: number): SysResult {
  if (size !== SIGSET_SIZE) return -EINVAL;
  call.task.useMask(call.task.mm.user.big(set));
  return park([], { onSignal: "eintr" });
}

function pause(): SysResult {
  return park([], { onSignal: "eintr" });
}

function rtSigreturn(call: Call): SysResult {
  if (!popFrame(call.task)) forceSignal(call.task, kernelInfo(S.SIGSEGV));
  return NO_RETURN;
}

function sigaltstack(call: Call, next: number, old: number): SysResult {
  const { task } = call;
  const { user } = task.mm;
  const before = { ...task.altStack, flags: altStackFlags(task) };
  let after: typeof before | undefined;
  if (next) {
    const sp = user.u64(next);
    const flags = user.u32(next + 8);
    const size = user.u64(next + 16);
    const mode = flags & ~S.SS_AUTODISARM;
    if (onAltStack(task)) return -EPERM;
    if (mode !== 0 && mode !== S.SS_DISABLE && mode !== S.SS_ONSTACK) return -EINVAL;
    if (mode === S.SS_DISABLE) after = { sp: 0, flags: S.SS_DISABLE, size: 0 };
    else if (size < S.MINSIGSTKSZ) return -ENOMEM;
    else after = { sp, flags: (flags & S.SS_AUTODISARM) >>> 0, size };
  }
  if (old) {
    user.setU64(old, before.sp);
    user.setU64(old + 8, before.flags >>> 0);
    user.setU64(old + 16, before.size);
  }
  if (after) task.altStack = after;
  return 0;
}

/** kill(2), "Permission": same real or effective user, or SIGCONT inside a session. */
function mayKill(sender: Task, target: Process, signo: number): boolean {
  const to = target.leader?.cred;
  if (!to || capable(sender.cred, CAP_KILL)) return true;
  const { uid, euid } = sender.cred;
  if (uid === to.uid || uid === to.suid || euid === to.uid || euid === to.suid) return true;
  return signo === S.SIGCONT && sender.process.sid === target.sid;
}

function killOne(task: Task, target: Process | undefined, signo: number): number {
  if (!target || target.reaped) return -ESRCH;
  if (!mayKill(task, target, signo)) return -EPERM;
  // Nothing inside can kill the init of a pid namespace (pid_namespaces(7)).
  if (
    target === task.process.pidNs.init &&
    target.pidNs === task.process.pidNs &&
    (signo === S.SIGKILL || signo === S.SIGSTOP)
  )
    return 0;
  return signo === 0 ? 0 : sendToProcess(target, userInfo(task, signo));
}

/** Success if any process got it. */
function killMany(task: Task, targets: Process[], signo: number): number {
  if (targets.length === 0) return -ESRCH;
  const results = targets.map((p) => killOne(task, p, signo));
  return results.includes(0) ? 0 : results[0];
}

function kill(call: Call, pid: number, signo: number): SysResult {
  const { kernel, task } = call;
  if (signo !== 0 && !validSignal(signo)) return -EINVAL;
  const { pidNs } = task.process;
  const all = [...kernel.processes.values()].filter((p) => !p.reaped && p.pidNs.isWithin(pidNs));
  if (pid > 0) return killOne(task, kernel.processes.get(pid) ?? kernel.tasks.get(pid)?.process, signo);
  if (pid === -1)
    return killMany(
      task,
      all.filter((p) => p !== task.process && p !== pidNs.init),
      signo,
    );
  const group = pid === 0 ? task.process.pgid : -pid;
  return killMany(
    task,
    all.filter((p) => p.pgid === group),
    signo,
  );
}

function tgkill(call: Call, tgid: number, tid: number, signo: number): SysResult {
  return tgid <= 0 ? -EINVAL : killThread(call, tgid, tid, signo);
}

function killThread(call: Call, tgid: number, tid: number, signo: number): number {
  const { kernel, task } = call;
  if (tid <= 0 || (signo !== 0 && !validSignal(signo))) return -EINVAL;
  const target = kernel.tasks.get(tid);
  if (!target || (tgid > 0 && target.process.pid !== tgid)) return zombieLeader(call, tgid, tid) ? 0 : -ESRCH;
  if (!mayKill(task, target.process, signo)) return -EPERM;
  return signo === 0 ? 0 : sendToTask(target, userInfo(task, signo, true));
}

/** A leader that ended is still there until its process is reaped. */
function zombieLeader(call: Call, tgid: number, tid: number): boolean {
  return call.kernel.processes.has(tid) && (tgid <= 0 || tgid === tid);
}

function rtSigqueueinfo(call: Call, pid: number, signo: number, info: number): SysResult {
  const target = call.kernel.processes.get(pid);
  return queueInfo(call, target, signo, info, (i) => (target ? sendToProcess(target, i) : -ESRCH), pid);
}

function rtTgsigqueueinfo(call: Call, tgid: number, tid: number, signo: number, info: number): SysResult {
  if (tgid <= 0 || tid <= 0) return -EINVAL;
  const target = call.kernel.tasks.get(tid);
  const inGroup = target?.process.pid === tgid ? target : undefined;
  return queueInfo(call, inGroup?.process, signo, info, (i) => (inGroup ? sendToTask(inGroup, i) : -ESRCH), tgid);
}

function queueInfo(
  call: Call,
  target: Process | undefined,
  signo: number,
  address: number,
  deliver: (info: S.SigInfo) => number,
  pid: number,
): number {
  const { task } = call;
  const info = decodeSigInfo(task.mm.user.readBytes(address, S.SIGINFO_SIZE), signo);
  // Nobody may pretend to be the kernel or kill(2), except to itself.
  if ((info.code >= 0 || info.code === S.SI_TKILL) && pid !== task.process.pid) return -EPERM;
  if (!validSignal(signo) && signo !== 0) return -EINVAL;
  if (!target) return -ESRCH;
  if (!mayKill(task, target, signo)) return -EPERM;
  return signo === 0 ? 0 : deliver(info);
}

function rtSigtimedwait(call: Call, set: number, info: number, timeout: number, size: number): SysResult {
  if (size !== SIGSET_SIZE) return -EINVAL;
  const { task } = call;
  const { user } = task.mm;
  const wanted = user.big(set) & ~UNBLOCKABLE;
  let until = call.state as bigint | undefined;
  if (timeout && until === undefined) {
    const t = readTimespec(user, timeout);
    if (typeof t === "number") return t;
    until = call.kernel.now() + t;
    call.state = until;
  }
  const taken = task.pending.take(wanted) ?? task.process.pending.take(wanted);
  task.sigwaitSet = 0n;
  if (taken) {
    if (info) user.writeBytes(info, encodeSigInfo(taken, call.task));
    return taken.signo;
  }
  if (until !== undefined && until <= call.kernel.now()) return -EAGAIN;
  task.sigwaitSet = wanted;
  const cancel = (): undefined => {
    task.sigwaitSet = 0n;
  };
  return park([], { until, onSignal: "eintr", cancel });
}

function pidfdSendSignal(call: Call, fd: number, signo: number, info: number, flags: number): SysResult {
  if (flags !== 0) return -EINVAL;
  const process = pidfdTarget(call.task, fd);
  if (typeof process === "number") return process;
  if (info === 0) return killOne(call.task, process, signo);
  return queueInfo(
    call,
    process.reaped ? undefined : process,
    signo,
    info,
    (i) => sendToProcess(process, i),
    process.pid,
  );
}

export const rows: SyscallRow[] = [
  sys(13, "rt_sigaction", "signum:sig act:sigaction oldact:sigaction_out sigsetsize:size", rtSigaction),
  sys(14, "rt_sigprocmask", "how:sig_how set:sigset oldset:sigset_out sigsetsize:size", rtSigprocmask),
  sys(15, "rt_sigreturn", "", rtSigreturn),
  sys(34, "pause", "", pause),
  sys(62, "kill", "pid:pid sig:sig", kill),
  sys(127, "rt_sigpending", "set:ptr sigsetsize:size", rtSigpending),
  sys(128, "rt_sigtimedwait", "set:sigset info:ptr timeout:timespec sigsetsize:size", rtSigtimedwait),
  sys(129, "rt_sigqueueinfo", "tgid:pid sig:sig info:ptr", rtSigqueueinfo),
  sys(130, "rt_sigsuspend", "mask:sigset sigsetsize:size", rtSigsuspend),
  sys(131, "sigaltstack", "ss:struct:stack old_ss:ptr", sigaltstack),
  sys(200, "tkill", "tid:pid sig:sig", (c, tid, sig) => killThread(c, 0, tid, sig)),
  sys(234, "tgkill", "tgid:pid tid:pid sig:sig", tgkill),
  sys(297, "rt_tgsigqueueinfo", "tgid:pid tid:pid sig:sig info:ptr", rtTgsigqueueinfo),
  sys(424, "pidfd_send_signal", "pidfd:fd sig:sig info:ptr flags:uint", pidfdSendSignal),
];
