/** ioprio_set(2), ioprio_get(2): priorities of reading and writing are kept and reported; all files are served alike. */
import { EINVAL, EPERM, ESRCH } from "../../abi/errno.ts";
import * as C from "../../abi/sched.ts";
import { CAP_SYS_ADMIN, CAP_SYS_NICE, capableGlobally } from "../cred.ts";
import type { Task } from "../task.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";
import { chosen } from "./sched.ts";

/** The tasks meant; IOPRIO_WHO_PROCESS and its like are one more than PRIO_PROCESS and its like. */
function tasksOf(call: Call, which: number, who: number): Task[] | number {
  const tasks = chosen(call, which - C.IOPRIO_WHO_PROCESS, who);
  return typeof tasks !== "number" && tasks.length === 0 ? -ESRCH : tasks;
}

/** Is it a class with a level that there is, and may the caller have it? */
function check(call: Call, priority: number): number {
  const level = priority & C.IOPRIO_LEVEL_MASK;
  const { cred } = call.task;
  switch (priority >> C.IOPRIO_CLASS_SHIFT) {
    case C.IOPRIO_CLASS_RT:
      return capableGlobally(cred, CAP_SYS_ADMIN) || capableGlobally(cred, CAP_SYS_NICE) ? 0 : -EPERM;
    case C.IOPRIO_CLASS_BE:
    case C.IOPRIO_CLASS_IDLE:
      return 0;
    case C.IOPRIO_CLASS_NONE:
      return level === 0 ? 0 : -EINVAL;
  }
  return -EINVAL;
}

function ioprioSet(call: Call, which: number, who: number, priority: number): SysResult {
  const bad = check(call, priority);
  if (bad) return bad;
  const tasks = tasksOf(call, which, who);
  if (typeof tasks === "number") return tasks;
  const { cred } = call.task;
  const foreign = tasks.some((t) => t.cred.uid !== cred.euid && t.cred.uid !== cred.uid);
  if (foreign && !capableGlobally(cred, CAP_SYS_NICE)) return -EPERM;
  for (const t of tasks) t.ioPriority = priority;
  return 0;
}

/** Of several tasks the best: the lowest number, where none set is the middle of "best effort". */
function ioprioGet(call: Call, which: number, who: number): SysResult {
  const tasks = tasksOf(call, which, who);
  if (typeof tasks === "number") return tasks;
  if (which === C.IOPRIO_WHO_PROCESS) return tasks[0].ioPriority;
  const usual = (C.IOPRIO_CLASS_BE << C.IOPRIO_CLASS_SHIFT) | C.IOPRIO_USUAL_LEVEL;
  return Math.min(...tasks.map((t) => t.ioPriority || usual));
}

const NOTE = "kept, without effect";

export const rows: SyscallRow[] = [
  sys(251, "ioprio_set", "which:int who:int ioprio:int", ioprioSet, "partial", NOTE),
  sys(252, "ioprio_get", "which:int who:int", ioprioGet),
];
