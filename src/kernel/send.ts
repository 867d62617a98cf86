/** Sending signals: signal(7), and in Linux kernel/signal.c's order of decisions. */

import { EAGAIN } from "../abi/errno.ts";
import { RLIMIT_SIGPENDING } from "../abi/resource.ts";
import {
  SI_KERNEL,
  SI_TKILL,
  SI_USER,
  SIG_DFL,
  SIG_IGN,
  SIGABRT,
  SIGBUS,
  SIGCHLD,
  SIGCONT,
  SIGFPE,
  SIGILL,
  SIGKILL,
  SIGQUIT,
  SIGRTMIN,
  SIGSEGV,
  SIGSTOP,
  SIGSYS,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGWINCH,
  SIGXCPU,
  SIGXFSZ,
  type SigInfo,
} from "../abi/signal.ts";
import { type ChildEvent, childSignal, vanishes } from "./childinfo.ts";
import type { Process } from "./process.ts";
import { makeReady } from "./sched.ts";
import { type Pending, sigBit } from "./sighand.ts";
import type { Task } from "./task.ts";
import { wakeTask } from "./wait.ts";

export const STOP_SIGNALS = sigBit(SIGSTOP) | sigBit(SIGTSTP) | sigBit(SIGTTIN) | sigBit(SIGTTOU);
/** Signals whose default action is to end the process with a core dump: signal(7). */
export const CORE_SIGNALS = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS]
  .map(sigBit)
  .reduce((a, b) => a | b);
/** Signals whose default action is to do nothing. */
const DEFAULT_IGNORED = sigBit(SIGCONT) | sigBit(SIGCHLD) | sigBit(SIGURG) | sigBit(SIGWINCH);

export function kernelInfo(signo: number): SigInfo {
  return { signo, code: SI_KERNEL, pid: 0, uid: 0 };
}
export function userInfo(sender: Task, signo: number, toThread = false): SigInfo {
  return { signo, code: toThread ? SI_TKILL : SI_USER, pid: sender.process.pid, uid: sender.cred.uid };
}

/** Would the signal do nothing? */
export function isIgnored(task: Task, signo: number): boolean {
  // A tracer sees all of them.
  if (task.tracee) return false;
  return ignores(task, signo);
}

/** Is that the signal's action? */
export function ignores(task: Task, signo: number): boolean {
  const { handler } = task.sighand.actions[signo];
  return handler === SIG_IGN || (handler === SIG_DFL && (DEFAULT_IGNORED & sigBit(signo)) !== 0n);
}

/** Signals that the task could take now. */
export function deliverable(task: Task): bigint {
  const [own, shared] = [task.pending.set, task.process.pending.set];
  // Asked after every system call: mostly there is nothing.
  return own === 0n && shared === 0n ? 0n : (own | shared) & ~task.mask;
}

/** To one thread (tgkill, faults). -EAGAIN when the queue of real-time signals is full. */
export function sendToTask(task: Task, info: SigInfo): number {
  return send(task.process, task, info, task.pending);
}

/** To a process: any thread that does not block it takes it. */
export function sendToProcess(process: Process, info: SigInfo): number {
  const leader = process.leader;
  return leader ? send(process, leader, info, process.pending) : 0;
}

/** To every process of a group; false if there is none. */
export function sendToGroup(of: { processes: Map<number, Process> }, pgid: number, info: SigInfo): boolean {
  let any = false;
  for (const p of [...of.processes.values()]) {
    if (p.pgid !== pgid || p.reaped) continue;
    any = true;
    sendToProcess(p, { ...info });
  }
  return any;
}

function send(process: Process, task: Task, info: SigInfo, pending: Pending): number {
  if (process.zombie || process.exiting !== undefined) return 0;
  const { signo } = info;
  prepare(process, signo);
  const bit = sigBit(signo);
  // sigwait may still take a signal that is blocked, so only those that are not blocked can be dropped.
  if (signo !== SIGKILL && isIgnored(task, signo) && !(task.mask & bit) && !waitsFor(process, bit)) return 0;
  const full = pending.length >= process.limits[RLIMIT_SIGPENDING].soft;
  if (full && signo >= SIGRTMIN && info.code !== SI_USER && info.code !== SI_KERNEL) return -EAGAIN;
  pending.add(info);
  process.kernel.signalEvents.wake();
  for (const t of process.tasks) if (t.sigwaitSet & bit && (pending === process.pending || t === task)) wakeTask(t);
  const taker = pending === process.pending ? pickTaker(process, task, bit) : task.mask & bit ? undefined : task;
  if (signo === SIGKILL) {
    resume(process);
    resumeTraced(process, true);
  }
  if (taker) interrupt(taker, signo === SIGKILL);
  return 0;
}

/** A fault of the task's own doing: cannot be blocked or ignored. */
export function forceSignal(task: Task, info: SigInfo): void {
  const action = task.sighand.actions[info.signo];
  const blocked = (task.mask & sigBit(info.signo)) !== 0n;
  if (blocked || action.handler === SIG_IGN) {
    task.sighand.actions[info.signo] = { ...action, handler: SIG_DFL };
    task.mask &= ~sigBit(info.signo);
  }
  task.pending.add(info);
}

function waitsFor(process: Process, bit: bigint): boolean {
  return process.tasks.some((t) => t.sigwaitSet & bit);
}

function pickTaker(process: Process, first: Task, bit: bigint): Task | undefined {
  if (!(first.mask & bit)) return first;
  return process.tasks.find((t) => !(t.mask & bit));
}

/** Wakes a task out of an interruptible wait. */
function interrupt(task: Task, kill: boolean): void {
  if (task.state !== "waiting") return;
  if (!task.waiting?.park.uninterruptible || kill) wakeTask(task);
}

/** Stop signals and SIGCONT take each other back; SIGCONT wakes a stopped process even when it is blocked or ignored. */
function prepare(process: Process, signo: number): void {
  const bit = sigBit(signo);
  if (bit & STOP_SIGNALS) discardEverywhere(process, sigBit(SIGCONT));
  if (signo !== SIGCONT) return;
  discardEverywhere(process, STOP_SIGNALS);
  if (!process.stopSignal) return;
  resume(process);
  resumeTraced(process, false);
  process.stopUnreported = false;
  process.continueUnreported = true;
  notifyParent(process, "continued");
}

function discardEverywhere(process: Process, signals: bigint): void {
  process.pending.discard(signals);
  for (const t of process.tasks) t.pending.discard(signals);
}

function resume(process: Process): void {
  process.stopSignal = 0;
  for (const t of process.tasks) if (t.state === "stopped") makeReady(t);
}

/** SIGKILL ends ptrace-stops; SIGCONT is news for those that listen. */
function resumeTraced(process: Process, kill: boolean): void {
  for (const { state, tracee } of [...process.tasks]) {
    if (!tracee) continue;
    if (!kill && !tracee.seized) continue;
    if (!kill) tracee.trapPending = true;
    if (state === "traced" && (kill || tracee.listening)) tracee.leave();
  }
}

/** Tells the parent of an event; true when an exited child shall vanish, because nobody will wait for it. */
export function notifyParent(process: Process, event: ChildEvent): boolean {
  const { parent } = process;
  if (!parent) return true;
  const action = parent.leader?.sighand.actions[SIGCHLD];
  const info = childSignal(process, event, action);
  if (info) sendToProcess(parent, info);
  parent.childEvents.wake();
  return event === "exited" && vanishes(process, action);
}
