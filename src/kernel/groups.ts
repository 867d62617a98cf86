/** Process groups and sessions. */
import type { Kernel } from "./kernel.ts";
import type { Process } from "./process.ts";

export function groupMembers(kernel: Kernel, pgid: number): Process[] {
  return [...kernel.processes.values()].filter((p) => p.pgid === pgid && !p.reaped);
}

/** A group is orphaned when no member's parent is outside of the group but in its session (setpgid(2)). */
export function orphanedGroup(kernel: Kernel, pgid: number, except?: Process): boolean {
  return !groupMembers(kernel, pgid).some(
    (p) => p !== except && !p.zombie && p.parent && p.parent.pgid !== pgid && p.parent.sid === p.sid,
  );
}

export function orphaned(process: Process): boolean {
  return orphanedGroup(process.kernel, process.pgid);
}

export function hasStopped(kernel: Kernel, pgid: number): boolean {
  return groupMembers(kernel, pgid).some((p) => p.stopSignal !== 0);
}
