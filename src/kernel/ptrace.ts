/** The stops of traced threads: ptrace(2), "Stopped states". */
import * as P from "../abi/ptrace.ts";
import {
  CLD_STOPPED,
  CLD_TRAPPED,
  SA_NOCLDSTOP,
  SI_USER,
  SIG_IGN,
  SIGCHLD,
  SIGKILL,
  SIGSTOP,
  SIGTRAP,
  type SigInfo,
  TRAP_BRKPT,
} from "../abi/signal.ts";
import { RAX } from "../cpu/layout.ts";
import type { Process } from "./process.ts";
import { makeReady } from "./sched.ts";
import { kernelInfo, sendToProcess, sendToTask } from "./send.ts";
import type { Task } from "./task.ts";
import { type ResumeMode, type Stop, Tracee } from "./tracee.ts";
import { wakeTask } from "./wait.ts";

/** The tracer learns of a stop by SIGCHLD and wait4(2). */
function tell(tracee: Tracee, code: number, status: number): void {
  const { waiter, task } = tracee;
  const action = tracee.tracer.sighand.actions[SIGCHLD];
  if (action.handler !== SIG_IGN && !(action.flags & SA_NOCLDSTOP))
    sendToProcess(waiter, { signo: SIGCHLD, code, pid: task.tid, uid: task.cred.uid, status });
  waiter.childEvents.wake();
}

/** The thread stops here. */
export function enterStop(tracee: Tracee, stop: Stop): void {
  const { task } = tracee;
  tracee.stop = stop;
  tracee.listening = false;
  if (stop.message !== undefined) tracee.message = stop.message;
  task.state = "traced";
  tell(tracee, stop.kind === "group" ? CLD_STOPPED : CLD_TRAPPED, stop.code & 0x7f);
}

export function signalStop(tracee: Tracee, info: SigInfo): void {
  enterStop(tracee, { kind: "signal", code: info.signo, info, reported: false });
}

function trapInfo(task: Task, code: number): SigInfo {
  return { signo: SIGTRAP, code, pid: task.tid, uid: task.cred.uid };
}

/** A stop at a call's entry or exit. */
export function callStop(tracee: Tracee, kind: "entry" | "exit"): Stop {
  const code = tracee.options & P.PTRACE_O_TRACESYSGOOD ? SIGTRAP | 0x80 : SIGTRAP;
  return { kind, code, info: trapInfo(tracee.task, code), message: kind === "entry" ? 1 : 2, reported: false };
}

function eventStop(task: Task, event: number, message?: number): Stop {
  const code = SIGTRAP | (event << 8);
  return { kind: "event", code, info: trapInfo(task, code), message, reported: false };
}

/** The event's stop is made before the thread runs user code again, if its tracer wants that. */
export function queueEvent(task: Task, event: number, message: number): boolean {
  const { tracee } = task;
  if (!tracee || !(tracee.options & (1 << event))) return false;
  tracee.queue.push(eventStop(task, event, message));
  return true;
}

/** A call of a traced thread is over. */
export function callDone(task: Task): void {
  const { tracee } = task;
  if (!tracee || task.state === "dead") return;
  if (tracee.mode === "syscall" || tracee.queue.length > 0) tracee.queue.push(callStop(tracee, "exit"));
  if (tracee.mode === "step") {
    sendToTask(task, { signo: SIGTRAP, code: TRAP_BRKPT, addr: task.regs.rip });
  }
}

/** execve worked. */
export function tracedExec(task: Task, formerTid: number): void {
  const { tracee } = task;
  if (!tracee || queueEvent(task, P.PTRACE_EVENT_EXEC, formerTid)) return;
  if (!tracee.seized) sendToTask(task, { signo: SIGTRAP, code: SI_USER, pid: task.process.pid, uid: task.cred.uid });
}

/** A thread that a traced one makes is traced too, if its tracer asked for that. */
export function tracedClone(task: Task, child: Task, event: number, always: boolean): void {
  const { tracee } = task;
  if (!tracee) return;
  const wanted = (tracee.options & (1 << event)) !== 0;
  if (!wanted && !always) return;
  const made = new Tracee(child, tracee.tracer, tracee.seized);
  made.options = tracee.options;
  if (made.seized) made.trapPending = true;
  else child.pending.add(kernelInfo(SIGSTOP));
  if (wanted) queueEvent(task, event, child.tid);
}

/**
 * The group stop or PTRACE_EVENT_STOP that is due; undefined if the reason for it is gone. Threads that were attached
 * know only group stops.
 */
export function takeTrap(tracee: Tracee): Stop | undefined {
  const { stopSignal } = tracee.task.process;
  tracee.trapPending = false;
  if (tracee.seized) {
    const signo = stopSignal || SIGTRAP;
    const code = signo | (P.PTRACE_EVENT_STOP << 8);
    const info = trapInfo(tracee.task, SIGTRAP | (P.PTRACE_EVENT_STOP << 8));
    return { kind: stopSignal ? "group" : "event", code, info: { ...info, signo }, reported: false };
  }
  return stopSignal ? { kind: "group", code: stopSignal, info: undefined, reported: false } : undefined;
}

/** Lets the thread out of its stop. */
export function resumeTracee(tracee: Tracee, mode: ResumeMode, signo: number): void {
  const { stop, task } = tracee;
  if (!stop) return;
  tracee.mode = mode;
  tracee.resumed = { stop, signo };
  tracee.stop = undefined;
  tracee.listening = false;
  task.state = "ready";
  task.kernel.ready.push(task);
}

/** Stops the thread soon, for its tracer. */
export function interruptTracee(tracee: Tracee): void {
  tracee.trapPending = true;
  const { task } = tracee;
  if (task.state === "traced" && tracee.listening) tracee.leave();
  else if (task.state === "waiting") wakeTask(task);
  else if (task.state === "stopped") makeReady(task);
}

export function listen(tracee: Tracee): void {
  tracee.listening = true;
  // News have come meanwhile: it traps again.
  if (tracee.trapPending) tracee.leave();
}

/** Ends the tracing; the thread goes on with the signal, or stays stopped with its process. */
export function detach(tracee: Tracee, signo: number): void {
  const { task, stop } = tracee;
  const wasStopped = task.state === "traced";
  tracee.unlink();
  if (tracee.exited !== undefined) return;
  if (!wasStopped) return;
  task.state = "stopped";
  if (signo && stop?.kind === "signal" && stop.info?.signo === signo) task.pending.add(stop.info);
  else if (signo) sendToTask(task, kernelInfo(signo));
  if (task.entering) finishEntry(task);
  makeReady(task);
}

/** The call at whose entry it stopped is made again from the instruction. */
function finishEntry(task: Task): void {
  task.entering = false;
  task.regs.rip -= 2n;
  task.regs.setGpr(RAX, task.origRax);
}

/**
 * A tracer is gone: its tracees go on alone, or die with it (PTRACE_O_EXITKILL). Those that have ended and waited for it
 * are returned.
 */
export function releaseTracees(tracer: Task): Process[] {
  const ended: Process[] = [];
  for (const tracee of [...tracer.process.tracees]) {
    if (tracee.tracer !== tracer) continue;
    const { task } = tracee;
    const kill = (tracee.options & P.PTRACE_O_EXITKILL) !== 0;
    detach(tracee, 0);
    if (kill) sendToProcess(task.process, kernelInfo(SIGKILL));
    if (task.process.held) ended.push(task.process);
  }
  return ended;
}

/** Tells of the end of a thread that its tracer alone waits for; true if the real parent shall not know yet. */
export function tracedExit(tracee: Tracee, status: number): void {
  tracee.exited = status;
  tracee.stop = undefined;
  tracee.queue.length = 0;
  const signo = status & 0x7f;
  tell(tracee, signo ? 2 : 1, signo || (status >> 8) & 0xff);
}

/** The signal that ends a stop becomes the thread's: as it was, or another. */
export function injected(tracee: Tracee, stop: Stop, signo: number): SigInfo | undefined {
  if (!signo) return undefined;
  if (stop.kind === "signal" && stop.info?.signo === signo) return stop.info;
  const { tracer } = tracee;
  return { signo, code: SI_USER, pid: tracer.process.pid, uid: tracer.cred.uid };
}
