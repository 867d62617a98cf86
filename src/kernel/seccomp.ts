/** Which system calls a thread may make: seccomp(2), as kernel/seccomp.c decides it. */
import { ENOSYS, MAX_ERRNO } from "../abi/errno.ts";
import { AUDIT_ARCH_X86_64, PTRACE_O_SUSPEND_SECCOMP } from "../abi/ptrace.ts";
import * as S from "../abi/seccomp.ts";
import { SIGKILL, SIGSYS } from "../abi/signal.ts";
import { RDI, RDX, RSI } from "../cpu/layout.ts";
import { type BpfInsn, runBpf } from "./bpf.ts";
import type { Task } from "./task.ts";

/** A filter and those that were there before it; shared by all threads that inherited it. */
export interface Filter {
  readonly program: readonly BpfInsn[];
  /** SECCOMP_FILTER_FLAG_LOG */
  readonly log: boolean;
  readonly previous: Filter | undefined;
  /** Filters in this chain. */
  readonly depth: number;
  /** Instructions in this chain, with four more a filter. */
  readonly cost: number;
}

/** Replaced as a whole when changed, so that a fork may share it. */
export interface Seccomp {
  readonly mode: number;
  readonly filter?: Filter;
}

export const NO_SECCOMP: Seccomp = { mode: S.SECCOMP_MODE_DISABLED };

/** Call numbers that strict mode leaves: read, write, rt_sigreturn, exit. */
const STRICT = [0, 1, 15, 60];
const ARGUMENTS = [RDI, RSI, RDX, 10, 8, 9];

/** What shall happen to a call. */
export type Verdict =
  | { kind: "allow" }
  /** The thread, or its whole process, ends with this signal. */
  | { kind: "kill"; signo: number; whole: boolean }
  /** The call's result. */
  | { kind: "result"; value: number }
  /** SIGSYS; `data` becomes si_errno. */
  | { kind: "trap"; data: number }
  /** Its tracer decides, and is told `data`; without one the result is -ENOSYS. */
  | { kind: "trace"; data: number };

const ALLOW: Verdict = { kind: "allow" };

function dataOf(task: Task, nr: number): DataView {
  const v = new DataView(new ArrayBuffer(S.SECCOMP_DATA_SIZE));
  v.setInt32(0, nr, true);
  v.setUint32(4, AUDIT_ARCH_X86_64, true);
  v.setBigUint64(8, task.regs.rip, true);
  ARGUMENTS.forEach((r, i) => {
    v.setBigUint64(16 + i * 8, task.regs.gpr(r), true);
  });
  return v;
}

interface Answer {
  action: number;
  data: number;
  log: boolean;
}

/** Asks every filter, the newest first; of equal actions the newest filter's counts. */
function ask(filter: Filter, data: DataView): Answer {
  let answer: Answer | undefined;
  for (let f: Filter | undefined = filter; f; f = f.previous) {
    const value = runBpf(f.program, data) | 0;
    const action = value & S.SECCOMP_RET_ACTION;
    if (!answer || action < answer.action) answer = { action, data: value & S.SECCOMP_RET_DATA, log: f.log };
  }
  return answer ?? { action: S.SECCOMP_RET_ALLOW, data: 0, log: false };
}

/**
 * May the task make the call? `asked`: its tracer has seen it already (SECCOMP_RET_TRACE), and may have changed it; then
 * the filters are asked again, and only that answer is not given twice.
 */
export function screen(task: Task, nr: number, asked: boolean): Verdict {
  const { mode, filter } = task.seccomp;
  if ((task.tracee?.options ?? 0) & PTRACE_O_SUSPEND_SECCOMP) return ALLOW;
  if (mode === S.SECCOMP_MODE_STRICT)
    return STRICT.includes(nr) ? ALLOW : { kind: "kill", signo: SIGKILL, whole: false };
  if (!filter) return ALLOW;
  const { action, data, log } = ask(filter, dataOf(task, nr));
  if (action === S.SECCOMP_RET_ALLOW) return ALLOW;
  const verdict = verdictOf(action, data, asked);
  if (log || verdict.kind === "kill" || action === S.SECCOMP_RET_LOG) report(task, nr, action);
  return verdict;
}

function verdictOf(action: number, data: number, asked: boolean): Verdict {
  switch (action) {
    case S.SECCOMP_RET_LOG:
      return ALLOW;
    case S.SECCOMP_RET_ERRNO:
      return { kind: "result", value: -Math.min(data, MAX_ERRNO) };
    case S.SECCOMP_RET_TRAP:
      return { kind: "trap", data };
    case S.SECCOMP_RET_TRACE:
      return asked ? ALLOW : { kind: "trace", data };
    case S.SECCOMP_RET_USER_NOTIF:
      // No filter here has a listener (SECCOMP_FILTER_FLAG_NEW_LISTENER).
      return { kind: "result", value: -ENOSYS };
    default:
      return { kind: "kill", signo: SIGSYS, whole: action !== S.SECCOMP_RET_KILL_THREAD };
  }
}

function report(task: Task, nr: number, action: number): void {
  const code = (action >>> 0).toString(16).padStart(8, "0");
  task.kernel.log(`seccomp: process ${task.process.pid} (${task.name}), system call ${nr}, action 0x${code}`);
}
