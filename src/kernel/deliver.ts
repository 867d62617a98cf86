/** The way back to user code: calls that waited are tried again, then signals are acted upon. */
import { EINTR } from "../abi/errno.ts";
import {
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SI_KERNEL,
  SIG_DFL,
  SIG_IGN,
  SIGCONT,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  type SigInfo,
} from "../abi/signal.ts";
import { WCOREFLAG } from "../abi/wait.ts";
import { RAX } from "../cpu/layout.ts";
import { finishCall, makeCall, retryCall } from "./dispatch.ts";
import { exitProcess } from "./exit.ts";
import { orphaned } from "./groups.ts";
import { callDone, enterStop, injected, interruptTracee, signalStop, takeTrap } from "./ptrace.ts";
import { abortCall, interruptAborted, restartAborted } from "./restart.ts";
import { restartSequence } from "./rseq.ts";
import { CORE_SIGNALS, deliverable, forceSignal, ignores, kernelInfo, notifyParent, STOP_SIGNALS } from "./send.ts";
import { pushFrame } from "./sigframe.ts";
import { type SigAction, sigBit, UNBLOCKABLE } from "./sighand.ts";
import type { Task } from "./task.ts";
import type { Tracee } from "./tracee.ts";
import { endWait, parkTask } from "./wait.ts";

/** Everything that has to happen before the task may run user code. False if it may not run now. */
export function prepareUser(task: Task): boolean {
  for (;;) {
    if (task.state === "dead") return false;
    if (task.tracee) {
      if (!beforeUser(task, task.tracee)) return false;
    } else if (task.process.stopSignal && !(deliverable(task) & sigBit(SIGKILL))) {
      task.state = "stopped";
      return false;
    }
    const waiting = task.waiting !== undefined && !retryCall(task);
    if (isDead(task)) return false;
    if (task.tracee?.queue.length) continue;
    const info = nextSignal(task);
    if (info && task.tracee && info.signo !== SIGKILL) {
      signalStop(task.tracee, info);
      return false;
    }
    if (info) {
      act(task, info);
      continue;
    }
    if (!waiting) {
      task.restoreMask();
      if (task.origRax >= 0) restartAborted(task);
      if (restartSequence(task)) return true;
      forceSignal(task, kernelInfo(SIGSEGV));
      continue;
    }
    const w = task.waiting;
    if (!w) continue;
    parkTask(task, w.call, w.park);
    return false;
  }
}

/**
 * What a traced thread has to do before anything else: end the stop that it was let out of, and make those that are due.
 * False if it may not run now.
 */
function beforeUser(task: Task, tracee: Tracee): boolean {
  if (task.state === "traced") return false;
  if (deliverable(task) & sigBit(SIGKILL)) return true;
  const { resumed } = tracee;
  if (resumed) {
    tracee.resumed = undefined;
    const info = injected(tracee, resumed.stop, resumed.signo);
    if (info && resumed.stop.kind !== "signal") task.pending.add(info);
    else if (info && task.mask & sigBit(info.signo)) task.pending.add(info);
    else if (info) act(task, info);
    if (isDead(task)) return false;
  }
  if (task.entering && !tracee.queue.length) enterCall(task, tracee);
  if (isParked(task) || isDead(task)) return false;
  const interruptible = task.waiting && !task.waiting.park.uninterruptible;
  if (interruptible && !tracee.queue.length && (tracee.trapPending || deliverable(task))) abortCall(task);
  for (let stop = tracee.queue.shift(); stop; stop = tracee.queue.shift()) {
    if (stop.kind === "exit" && tracee.mode !== "syscall") continue;
    enterStop(tracee, stop);
    return false;
  }
  if (!tracee.trapPending || task.waiting) return true;
  const trap = takeTrap(tracee);
  if (trap) enterStop(tracee, trap);
  return !trap;
}

/** The call at whose entry it stopped is made, as its tracer left the registers. */
function enterCall(task: Task, tracee: Tracee): void {
  const { screened } = tracee;
  task.entering = false;
  tracee.screened = false;
  if (tracee.mode === "sysemu") return;
  if (task.origRax >= 0) makeCall(task, task.origRax, screened);
  else callDone(task);
}

// The state changes under calls that the compiler does not look into.
const isDead = (task: Task): boolean => task.state === "dead";
const isParked = (task: Task): boolean => task.state === "waiting";

/** Takes the next signal that may interrupt the task. */
function nextSignal(task: Task): SigInfo | undefined {
  let allowed = ~task.mask;
  if (task.waiting?.park.uninterruptible) allowed &= sigBit(SIGKILL);
  const kill = sigBit(SIGKILL);
  if (task.process.pending.set & kill) return task.process.pending.take(kill);
  return task.pending.take(allowed) ?? task.process.pending.take(allowed);
}

function act(task: Task, info: SigInfo): void {
  const { signo } = info;
  const action = task.sighand.actions[signo];
  task.kernel.trace?.signal?.(task, info);
  if (action.handler !== SIG_DFL && action.handler !== SIG_IGN && signo !== SIGKILL && signo !== SIGSTOP) {
    handle(task, info, action);
  } else if (sparesInit(task, info)) {
    // The init of a pid namespace takes only what it handles.
  } else if (ignores(task, signo) && signo !== SIGKILL && signo !== SIGSTOP) {
    // Nothing; a call that waits goes on.
  } else if (sigBit(signo) & STOP_SIGNALS) {
    if (signo === SIGSTOP || !orphaned(task.process)) stop(task, signo);
    else task.kernel.onOrphanStop?.(task.process);
  } else if (signo !== SIGCONT) {
    const dumped = sigBit(signo) & CORE_SIGNALS ? task.kernel.onCrash?.(task, info) : false;
    endWait(task);
    exitProcess(task.process, dumped ? signo | WCOREFLAG : signo);
  }
}

/** Is it the init of a pid namespace, and the signal neither SIGKILL nor SIGSTOP, nor for a fault of its own? */
function sparesInit(task: Task, { signo, code }: SigInfo): boolean {
  if (task.process.pidNs.init !== task.process || signo === SIGKILL || signo === SIGSTOP) return false;
  return code <= 0 || code === SI_KERNEL;
}

function stop(task: Task, signo: number): void {
  const { process } = task;
  process.stopSignal = signo;
  process.stopUnreported = true;
  process.continueUnreported = false;
  for (const t of process.tasks) {
    if (t.tracee) interruptTracee(t.tracee);
    else if (t.state === "ready" && t !== task) t.state = "stopped";
  }
  notifyParent(process, "stopped");
}

function handle(task: Task, info: SigInfo, action: SigAction): void {
  const restart = (action.flags & SA_RESTART) !== 0;
  interruptCall(task, restart);
  if (task.origRax >= 0) interruptAborted(task, restart);
  const ok = restartSequence(task) && pushFrame(task, info, action);
  if (!ok) {
    // No room for the frame: a SIGSEGV that cannot be handled either, if that is what this was.
    if (info.signo === SIGSEGV) task.sighand.actions[SIGSEGV] = { ...action, handler: SIG_DFL };
    forceSignal(task, kernelInfo(SIGSEGV));
    return;
  }
  task.savedMask = undefined;
  let mask = task.mask | action.mask;
  if (!(action.flags & SA_NODEFER)) mask |= sigBit(info.signo);
  task.mask = mask & ~UNBLOCKABLE;
  if (action.flags & SA_RESETHAND) task.sighand.actions[info.signo] = { ...action, handler: SIG_DFL };
}

/** A handler is about to run while a call waits: the call is over, or will be made again after the handler. */
function interruptCall(task: Task, restart: boolean): void {
  const w = task.waiting;
  if (!w) return;
  const forced = endWait(task);
  if (forced !== undefined) finishCall(task, w.call, forced);
  else if (w.park.partial) finishCall(task, w.call, w.park.partial);
  else if (w.park.onSignal === "always" || (restart && w.park.onSignal !== "eintr")) {
    task.kernel.trace?.exit?.(w.call, "restart");
    // SYSCALL is two bytes long.
    task.regs.rip -= 2n;
    task.regs.setGpr(RAX, w.call.row.nr);
  } else finishCall(task, w.call, -EINTR);
}
