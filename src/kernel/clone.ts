/** clone(2), fork(2), vfork(2), clone3(2): one function makes threads and processes. */
import { EAGAIN, EINVAL, ENOMEM } from "../abi/errno.ts";
import { PTRACE_EVENT_CLONE, PTRACE_EVENT_FORK, PTRACE_EVENT_VFORK, PTRACE_EVENT_VFORK_DONE } from "../abi/ptrace.ts";
import { RLIMIT_NPROC } from "../abi/resource.ts";
import * as C from "../abi/sched.ts";
import { SIGCHLD } from "../abi/signal.ts";
import { RAX, RSP } from "../cpu/layout.ts";
import { WaitQueue } from "../vfs/types.ts";
import { CAP_SYS_RESOURCE, capableGlobally } from "./cred.ts";
import { exitTask } from "./exit.ts";
import type { Mm } from "./mm.ts";
import { makeNamespaces } from "./namespaces.ts";
import type { PidNs } from "./pid-ns.ts";
import { openPidfd } from "./pidfd.ts";
import { Process } from "./process.ts";
import { queueEvent, tracedClone } from "./ptrace.ts";
import type { SigHand } from "./sighand.ts";
import { Task } from "./task.ts";
import { type Call, park, type SysResult } from "./types.ts";

export interface CloneRequest {
  /** CLONE_ bits without the signal; above 2^32 for those of clone3. */
  flags: number;
  exitSignal: number;
  /** New stack pointer, 0 to keep it. */
  stack: number;
  parentTid: number;
  childTid: number;
  pidfd: number;
  tls: bigint;
}

function check(task: Task, flags: number): number {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(C.CLONE_THREAD) && !has(C.CLONE_SIGHAND)) return -EINVAL;
  if (has(C.CLONE_SIGHAND) && !has(C.CLONE_VM)) return -EINVAL;
  if (has(C.CLONE_NEWNS) && has(C.CLONE_FS)) return -EINVAL;
  if (has(C.CLONE_PIDFD) && has(C.CLONE_THREAD)) return -EINVAL;
  if (has(C.CLONE_NEWUSER) && has(C.CLONE_FS)) return -EINVAL;
  const elsewhere = task.ns.pidForChildren !== task.process.pidNs;
  if (has(C.CLONE_THREAD) && (has(C.CLONE_NEWUSER | C.CLONE_NEWPID) || elsewhere)) return -EINVAL;
  if (task.ns.pidForChildren.dead) return -ENOMEM;
  return 0;
}

function tooMany(task: Task): boolean {
  const { kernel, process, cred } = task;
  if (cred.uid === 0 || capableGlobally(cred, CAP_SYS_RESOURCE)) return false;
  let count = 0;
  for (const t of kernel.tasks.values()) if (t.cred.uid === cred.uid) count++;
  return count >= process.limits[RLIMIT_NPROC].soft;
}

/** Makes the child; the caller's result is its tid. With CLONE_VFORK the caller waits until it runs execve or ends. */
export function clone(call: Call, r: CloneRequest): SysResult {
  const vfork = call.state as { pid: number; done: boolean; queue: WaitQueue } | undefined;
  if (vfork) {
    if (!vfork.done) return park([vfork.queue], { uninterruptible: true });
    queueEvent(call.task, PTRACE_EVENT_VFORK_DONE, vfork.pid);
    return call.task.process.pidNs.shown(vfork.pid);
  }

  const { task } = call;
  const error = check(task, r.flags | 0);
  if (error < 0) return error;
  if (tooMany(task)) return -EAGAIN;
  const view = { cred: task.cred, ns: task.ns, fs: r.flags & C.CLONE_FS ? task.fs : task.fs.copy() };
  const denied = makeNamespaces(r.flags | 0, view);
  if (denied < 0) return denied;
  const mm = r.flags & C.CLONE_VM ? task.mm.retain() : task.mm.fork();
  if (!mm) return -ENOMEM;
  const child = makeChild(task, r, mm, view);
  if (r.flags & C.CLONE_PIDFD) {
    const fd = openPidfd(task, child.process);
    if (fd < 0) {
      exitTask(child, 0);
      return fd;
    }
    task.mm.user.setU32(r.pidfd, fd);
  }
  const tid = task.process.pidNs.shown(child.tid);
  if (r.flags & C.CLONE_PARENT_SETTID) task.mm.user.setU32(r.parentTid, tid);
  if (r.flags & C.CLONE_CHILD_SETTID)
    child.mm.user.writePartial(r.childTid, word(child.process.pidNs.shown(child.tid)));
  if (task.tracee && !(r.flags & C.CLONE_UNTRACED)) traceChild(task, child, r);
  call.kernel.ready.push(child);
  call.kernel.onEvent?.({ kind: "clone", task, child });
  if (!(r.flags & C.CLONE_VFORK)) return tid;

  const state = { pid: child.tid, done: false, queue: new WaitQueue() };
  call.state = state;
  child.onRelease = () => {
    state.done = true;
    state.queue.wake();
  };
  return park([state.queue], { uninterruptible: true });
}

function traceChild(task: Task, child: Task, r: CloneRequest): void {
  const plain = r.exitSignal === SIGCHLD && !(r.flags & C.CLONE_THREAD) ? PTRACE_EVENT_FORK : PTRACE_EVENT_CLONE;
  const event = r.flags & C.CLONE_VFORK ? PTRACE_EVENT_VFORK : plain;
  tracedClone(task, child, event, (r.flags & C.CLONE_PTRACE) !== 0);
}

function word(v: number): Uint8Array {
  return Uint8Array.of(v, v >> 8, v >> 16, v >> 24);
}

function makeChild(task: Task, r: CloneRequest, mm: Mm, view: Pick<Task, "cred" | "ns" | "fs">): Task {
  const { kernel } = task;
  const { flags } = r;
  const tid = kernel.allocPid();
  const process = flags & C.CLONE_THREAD ? task.process : forkProcess(task, tid, r, view.ns.pidForChildren);
  const shareFds = flags & C.CLONE_FILES;
  if (shareFds) task.fds.refs++;
  const child = new Task(kernel, tid, process, {
    mm,
    fds: shareFds ? task.fds : task.fds.fork(),
    sighand: flags & C.CLONE_SIGHAND ? task.sighand : copyHandlers(task.sighand, flags >= C.CLONE_CLEAR_SIGHAND),
    ...view,
  });
  process.pidNs.add(tid);

  kernel.tasks.set(tid, child);
  child.name = task.name;
  child.mask = task.mask;
  child.nice = task.nice;
  child.ioPriority = task.ioPriority;
  child.affinity = task.affinity;
  child.timerSlack = task.timerSlack;
  child.policy = { ...task.policy };
  child.seccomp = task.seccomp;
  if (!(flags & C.CLONE_VM) || flags & C.CLONE_VFORK) child.altStack = { ...task.altStack };
  if (!(flags & C.CLONE_VM)) child.rseq = task.rseq;
  if (flags & C.CLONE_CHILD_CLEARTID) child.clearTid = r.childTid;
  child.regs.copyFrom(task.regs);
  child.regs.setGpr(RAX, 0);
  if (r.stack) child.regs.setGpr(RSP, r.stack);
  if (flags & C.CLONE_SETTLS) child.regs.fsBase = r.tls;
  return child;
}

function forkProcess(task: Task, pid: number, r: CloneRequest, pidNs: PidNs): Process {
  const parent = r.flags & C.CLONE_PARENT ? task.process.parent : task.process;
  const process = new Process(task.kernel, pid, parent, pidNs);
  if (pidNs.parent) pidNs.init ??= process;
  process.inherit(task.process);
  process.exitSignal = r.flags & C.CLONE_PARENT ? task.process.exitSignal : r.exitSignal;
  process.uid = task.cred.uid;
  task.kernel.processes.set(pid, process);
  return process;
}

function copyHandlers(from: SigHand, clear: boolean): SigHand {
  const copy = from.copy();
  if (clear) copy.resetCaught();
  return copy;
}
