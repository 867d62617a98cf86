/** The end of threads and processes: exit(2), exit_group(2), _exit by signal. */
import { SIGCONT, SIGHUP, SIGKILL } from "../abi/signal.ts";
import { UserFault } from "../mmu/access.ts";
import { exitRobustList, futexKey } from "./futex.ts";
import { hasStopped, orphanedGroup } from "./groups.ts";
import type { Process } from "./process.ts";
import { releaseTracees, tracedExit } from "./ptrace.ts";
import { kernelInfo, notifyParent, sendToGroup, sendToProcess } from "./send.ts";
import type { Task } from "./task.ts";
import { endWait } from "./wait.ts";

/** Ends every thread of the process. `status` is the wait status: exit code << 8, or the signal. */
export function exitProcess(process: Process, status: number): void {
  if (process.exiting !== undefined || process.zombie) return;
  process.exiting = status;
  for (const t of [...process.tasks]) exitTask(t, status);
}

/** execve: all threads but this one end, silently. */
export function killOthers(task: Task): void {
  for (const t of [...task.process.tasks]) {
    if (t === task) continue;
    t.tracee?.unlink();
    exitTask(t, SIGKILL);
  }
}

/** Ends one thread; the last one ends its process. */
export function exitTask(task: Task, status: number): void {
  if (task.state === "dead") return;
  const { kernel, process } = task;
  endWait(task);
  exitRobustList(task);
  kernel.piFutexes.exited(task);
  clearTid(task);
  task.state = "dead";
  process.uid = task.cred.uid;
  process.usage.add(task.usage);
  process.usage.maxrss = Math.max(process.usage.maxrss, task.mm.peakPages * 4);
  process.tasks.splice(process.tasks.indexOf(task), 1);
  kernel.tasks.delete(task.tid);
  if (task.tid === process.pid) process.endedLeader = task;
  task.fds.release();
  releaseMm(task);
  if (kernel.current === task) kernel.current = undefined;
  task.regs.loaded = false;
  task.entering = false;
  for (const p of releaseTracees(task)) unhold(p);
  if (task.tracee && task.tid !== process.pid) tracedExit(task.tracee, process.exiting ?? status);
  if (process.tasks.length > 0) {
    if (task.tid !== process.pid) process.pidNs.remove(task.tid);
    return;
  }
  for (const set of task.ns.ipc.semaphores.list()) set.exited(process);
  becomeZombie(process, process.exiting ?? status);
}

/** The task lets go of its memory: a parent in vfork goes on. */
export function releaseMm(task: Task): void {
  task.mm.release();
  const resume = task.onRelease;
  task.onRelease = undefined;
  resume?.();
}

/** CLONE_CHILD_CLEARTID: pthread_join waits for this. */
export function clearTid(task: Task): void {
  const address = task.clearTid;
  task.clearTid = 0;
  if (!address || task.mm.refs <= 1) return;
  try {
    task.mm.user.setU32(address, 0);
    task.kernel.futexes.wake(futexKey(task.mm, address, false), 1);
  } catch (e) {
    if (!(e instanceof UserFault)) throw e;
  }
}

function becomeZombie(process: Process, status: number): void {
  const { kernel } = process;
  process.status = status;
  process.stopSignal = 0;
  kernel.timers.cancel(process.real.timer);
  for (const t of process.posixTimers.values()) kernel.timers.cancel(t.timer);
  process.posixTimers.clear();
  if (process.pid === process.sid) endSession(process);
  endPidNs(process);
  reparentChildren(process);
  orphanGroup(process);
  kernel.trace?.exited?.(process, status);
  kernel.onEvent?.({ kind: "exited", pid: process.pid, status });
  process.exitQueue.wake();
  const tracee = process.leaderTracee;
  if (tracee && tracee.waiter !== process.parent) {
    process.held = true;
    tracedExit(tracee, status);
  } else if (notifyParent(process, "exited") && !tracee) reap(process);
}

/** The tracer has waited for the end of a process that is another's child: now it is its parent's turn. */
export function unhold(process: Process): void {
  if (!process.held) return;
  process.held = false;
  if (notifyParent(process, "exited")) reap(process);
}

/** The session's leader is gone: the terminal's foreground group gets SIGHUP and SIGCONT. */
function endSession(process: Process): void {
  process.kernel.onSessionEnd?.(process);
}

/** With its init a pid namespace ends (pid_namespaces(7)). */
function endPidNs(process: Process): void {
  const { pidNs, kernel } = process;
  if (pidNs.init !== process) return;
  pidNs.dead = true;
  for (const p of [...kernel.processes.values()])
    if (p !== process && p.pidNs.isWithin(pidNs)) sendToProcess(p, kernelInfo(SIGKILL));
}

/** Whose its children become: the next subreaper's, or its namespace's init's. The first init is the kernel itself. */
function heirOf(process: Process): Process | undefined {
  const { pidNs } = process;
  if (pidNs.init === process) return undefined;
  for (let up = process.parent; up && up.pidNs === pidNs; up = up.parent) if (up.subreaper) return up;
  return pidNs.init;
}

function reparentChildren(process: Process): void {
  const heir = heirOf(process);
  for (const child of [...process.children]) {
    process.children.delete(child);
    child.parent = heir;
    heir?.children.add(child);
    child.exitSignal = 17;
    if (child.zombie && (!heir || notifyParent(child, "exited"))) reap(child);
    for (const t of child.tasks) if (t.deathSignal) t.sendSignal(t.deathSignal);
    if (child.pgid !== process.pgid && child.sid === process.sid) wakeOrphans(child);
  }
}

/** Its own group may have lost the last member with a parent outside. */
function orphanGroup(process: Process): void {
  if (process.parent && process.parent.pgid !== process.pgid && process.parent.sid === process.sid)
    wakeOrphans(process);
}

/** A newly orphaned group with stopped members gets SIGHUP, then SIGCONT (setpgid(2), POSIX). */
function wakeOrphans(member: Process): void {
  const { kernel, pgid } = member;
  if (!orphanedGroup(kernel, pgid) || !hasStopped(kernel, pgid)) return;
  sendToGroup(kernel, pgid, kernelInfo(SIGHUP));
  sendToGroup(kernel, pgid, kernelInfo(SIGCONT));
}

/** Forgets a zombie; its resource use goes to the parent's account of children. */
export function reap(process: Process): void {
  if (process.reaped) return;
  process.reaped = true;
  const { parent, kernel } = process;
  if (parent) {
    parent.childUsage.add(process.usage);
    parent.childUsage.add(process.childUsage);
    parent.children.delete(process);
  }
  process.leaderTracee?.unlink();
  kernel.processes.delete(process.pid);
  if (process.pidNs.parent && !isNamed(process)) process.pidNs.remove(process.pid);
}

/** Is its number still that of a group or session? */
function isNamed({ pid, kernel }: Process): boolean {
  for (const p of kernel.processes.values()) if (p.pgid === pid || p.sid === pid) return true;
  return false;
}
