/**
 * Calls of traced threads that a signal ended. Their tracer sees RAX hold one of Linux's internal results, which say what
 * becomes of the call: made again, or -EINTR, depending on what the signal does (arch/x86's handle_signal).
 */
import { EINTR } from "../abi/errno.ts";
import { ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTNOINTR, ERESTARTSYS } from "../abi/ptrace.ts";
import { RAX } from "../cpu/layout.ts";
import { finishCall } from "./dispatch.ts";
import type { Task } from "./task.ts";
import { endWait } from "./wait.ts";

const NR_RESTART_SYSCALL = 219;

/** Ends the call that the thread waits in. */
export function abortCall(task: Task): void {
  const w = task.waiting;
  if (!w) return;
  // It may be traced only since after the call began.
  task.origRax = w.call.row.nr;
  const forced = endWait(task);
  const { partial, onSignal, until, cancel, resumes } = w.park;
  if (forced !== undefined) finishCall(task, w.call, forced);
  else if (partial) finishCall(task, w.call, partial);
  else if (onSignal === "always") finishCall(task, w.call, -ERESTARTNOINTR);
  else if (onSignal !== "eintr") finishCall(task, w.call, -ERESTARTSYS);
  else if (until !== undefined && (!cancel || resumes)) {
    task.restartCall = w.call;
    finishCall(task, w.call, -ERESTART_RESTARTBLOCK);
  } else finishCall(task, w.call, -ERESTARTNOHAND);
}

function again(task: Task, nr: number): void {
  // SYSCALL is two bytes long.
  task.regs.rip -= 2n;
  task.regs.setGpr(RAX, nr);
}

/** A handler is about to run. */
export function interruptAborted(task: Task, restart: boolean): void {
  const result = -Number(BigInt.asIntN(64, task.regs.gpr(RAX)));
  if (result === ERESTARTNOINTR || (result === ERESTARTSYS && restart)) again(task, task.origRax);
  else if ([ERESTARTSYS, ERESTARTNOHAND, ERESTART_RESTARTBLOCK].includes(result)) task.regs.setGpr(RAX, -EINTR);
  task.origRax = -1;
}

/** The thread goes on without a handler. */
export function restartAborted(task: Task): void {
  const result = -Number(BigInt.asIntN(64, task.regs.gpr(RAX)));
  if ([ERESTARTSYS, ERESTARTNOHAND, ERESTARTNOINTR].includes(result)) again(task, task.origRax);
  else if (result === ERESTART_RESTARTBLOCK) again(task, NR_RESTART_SYSCALL);
  task.origRax = -1;
}
