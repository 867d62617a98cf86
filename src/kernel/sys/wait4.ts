/** wait4(2), waitid(2). */
import { ECHILD, EINVAL, ENOENT } from "../../abi/errno.ts";
import { CLD_TRAPPED, SIGCHLD, type SigInfo } from "../../abi/signal.ts";
import * as W from "../../abi/wait.ts";
import { type ChildEvent, childCode } from "../childinfo.ts";
import { reap, unhold } from "../exit.ts";
import { PidFile } from "../pidfd.ts";
import { type Process, Usage } from "../process.ts";
import { processUsage, writeRusage } from "../rusage.ts";
import { encodeSigInfo } from "../siginfo.ts";
import type { Tracee } from "../tracee.ts";
import { type Call, park, type SyscallRow, type SysResult, sys } from "../types.ts";

interface Found {
  child: Process;
  /** Set if it is told because this process traces it. */
  tracee?: Tracee;
  event: ChildEvent | "trapped";
  /** As wait4 reports it. */
  status: number;
}

/** Processes by themselves, threads that are traced by their number. */
type Selects = (child: Process, pid: number) => boolean;

/** Children that the options allow: __WCLONE picks those with another exit signal than SIGCHLD. */
function eligible(child: Process, options: number): boolean {
  if (options & W.WALL) return true;
  return (child.exitSignal !== SIGCHLD) === ((options & W.WCLONE) !== 0);
}

function findEvent(child: Process, options: number): Found | undefined {
  if (child.status !== undefined && !child.held)
    return options & W.WEXITED ? { child, event: "exited", status: child.status } : undefined;
  const own = child.leaderTracee && child.leaderTracee.waiter === child.parent;
  if (options & W.WSTOPPED && !own && child.stopSignal && child.stopUnreported)
    return { child, event: "stopped", status: W.stoppedStatus(child.stopSignal) };
  if (options & W.WCONTINUED && child.continueUnreported)
    return { child, event: "continued", status: W.STATUS_CONTINUED };
  return undefined;
}

/** Stops of what is traced are told whether or not they were asked for. */
function findTraced(tracee: Tracee, options: number): Found | undefined {
  const { exited, stop } = tracee;
  const child = tracee.task.process;
  if (exited !== undefined) return options & W.WEXITED ? { child, tracee, event: "exited", status: exited } : undefined;
  if (!stop || stop.reported || tracee.listening) return undefined;
  return { child, tracee, event: "trapped", status: W.stoppedStatus(stop.code) };
}

/** The first event among the children chosen; 0 to say that there will be one, -ECHILD that there will be none. */
function look(parent: Process, selects: Selects, options: number): Found | 0 | number {
  let any = false;
  for (const child of parent.children) {
    if (!(eligible(child, options) || child.leaderTracee?.waiter === parent) || !selects(child, child.pid)) continue;
    any = true;
    const found = findEvent(child, options);
    if (found) return found;
  }
  for (const tracee of parent.tracees) {
    if (!selects(tracee.task.process, tracee.task.tid)) continue;
    any = true;
    const found = findTraced(tracee, options);
    if (found) return found;
  }
  return any ? 0 : -ECHILD;
}

/** Takes the event away; returns the resource use of a child that ended. */
function consume(found: Found, options: number): Usage {
  const { child, event } = found;
  const usage = processUsage(child);
  usage.add(child.childUsage);
  if (options & W.WNOWAIT) return usage;
  const { tracee } = found;
  if (tracee && event === "trapped" && tracee.stop) tracee.stop.reported = true;
  else if (tracee) {
    tracee.unlink();
    unhold(child);
  }
  if (tracee) return usage;
  if (event === "exited") reap(child);
  else if (event === "stopped") child.stopUnreported = false;
  else child.continueUnreported = false;
  return event === "exited" ? usage : new Usage();
}

function selector(parent: Process, pid: number): Selects {
  if (pid === -1) return () => true;
  if (pid === 0) return (c) => c.pgid === parent.pgid;
  return pid < 0 ? (c) => c.pgid === -pid : (_, own) => own === pid;
}

function wait4(call: Call, pid: number, status: number, options: number, rusage: number): SysResult {
  const known = W.WNOHANG | W.WUNTRACED | W.WCONTINUED | W.WNOTHREAD | W.WALL | W.WCLONE;
  if (options & ~known || pid === -0x80000000) return -EINVAL;
  const { process, mm } = call.task;
  const found = look(process, selector(process, pid), options | W.WEXITED);
  if (typeof found === "number") {
    if (found < 0 || options & W.WNOHANG) return found;
    return park([process.childEvents]);
  }
  const { child } = found;
  // Its number is gone with it.
  const number = process.pidNs.shown(found.tracee?.task.tid ?? child.pid);
  const usage = consume(found, options);
  if (status) mm.user.setU32(status, found.status);
  if (rusage) writeRusage(mm.user, rusage, usage);
  return number;
}

/** Which children idtype and id mean, or -errno. */
function waitidSelector(call: Call, type: number, id: number): Selects | number {
  const { process } = call.task;
  const { pidNs } = process;
  switch (type) {
    case W.P_ALL:
      return () => true;
    case W.P_PID:
      return id > 0 ? (_, own) => pidNs.shown(own) === id : -EINVAL;
    case W.P_PGID:
      return id >= 0 ? (c) => pidNs.shown(c.pgid) === (id || pidNs.shown(process.pgid)) : -EINVAL;
    case W.P_PIDFD: {
      const file = call.task.fds.get(id);
      return file instanceof PidFile ? (c) => c === file.process : file ? -EINVAL : -ENOENT;
    }
    default:
      return -EINVAL;
  }
}

function waitid(call: Call, type: number, id: number, info: number, options: number, rusage: number): SysResult {
  const kinds = W.WEXITED | W.WSTOPPED | W.WCONTINUED;
  const known = kinds | W.WNOHANG | W.WNOWAIT | W.WNOTHREAD | W.WALL | W.WCLONE;
  if (options & ~known || !(options & kinds)) return -EINVAL;
  const selects = waitidSelector(call, type, id);
  if (typeof selects === "number") return selects;
  const { process, mm } = call.task;
  const found = look(process, selects, options);
  if (typeof found === "number") {
    if (found < 0) return found;
    if (!(options & W.WNOHANG)) return park([process.childEvents]);
    // No child has anything to say: si_pid and si_signo are zero.
    if (info) mm.user.writeBytes(info, new Uint8Array(28));
    return 0;
  }
  const { child, event } = found;
  const what = event === "trapped" ? { code: CLD_TRAPPED, status: found.status >> 8 } : childCode(child, event);
  const pid = found.tracee?.task.tid ?? child.pid;
  const result: SigInfo = { signo: SIGCHLD, ...what, pid, uid: child.uid };
  const bytes = encodeSigInfo(result, call.task).subarray(0, 28);
  const usage = consume(found, options);
  if (info) mm.user.writeBytes(info, bytes);
  if (rusage) writeRusage(mm.user, rusage, usage);
  return 0;
}

export const rows: SyscallRow[] = [
  sys(61, "wait4", "pid:pid wstatus:wstatus options:flags:wait rusage:ptr", wait4),
  sys(247, "waitid", "idtype:int id:int infop:ptr options:flags:wait rusage:ptr", waitid),
];
