/** What a parent learns of its child through SIGCHLD and waitid(2). */
import {
  CLD_CONTINUED,
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  SA_NOCLDSTOP,
  SA_NOCLDWAIT,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  type SigInfo,
} from "../abi/signal.ts";
import type { Process } from "./process.ts";
import type { SigAction } from "./sighand.ts";

export type ChildEvent = "exited" | "stopped" | "continued";

/** si_code and si_status of a wait status. */
export function childCode(process: Process, event: ChildEvent): { code: number; status: number } {
  if (event === "continued") return { code: CLD_CONTINUED, status: SIGCONT };
  if (event === "stopped") return { code: CLD_STOPPED, status: process.stopSignal };
  const status = process.status ?? 0;
  if ((status & 0x7f) === 0) return { code: CLD_EXITED, status: (status >> 8) & 0xff };
  return { code: status & 0x80 ? CLD_DUMPED : CLD_KILLED, status: status & 0x7f };
}

/** The signal that tells the parent, or undefined for none. */
export function childSignal(process: Process, event: ChildEvent, action: SigAction | undefined): SigInfo | undefined {
  const signo = event === "exited" ? process.exitSignal : SIGCHLD;
  if (signo <= 0) return undefined;
  if (event !== "exited" && action && action.flags & SA_NOCLDSTOP) return undefined;
  return {
    signo,
    ...childCode(process, event),
    pid: process.pid,
    uid: process.uid,
    utime: Math.round(process.usage.utime / 1e7),
    stime: Math.round(process.usage.stime / 1e7),
  };
}

/** A parent that ignores SIGCHLD, or set SA_NOCLDWAIT, never waits for this child: it vanishes at once. */
export function vanishes(process: Process, action: SigAction | undefined): boolean {
  if (process.exitSignal !== SIGCHLD || !action) return false;
  return action.handler === SIG_IGN || (action.flags & SA_NOCLDWAIT) !== 0;
}
