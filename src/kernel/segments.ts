/** The segment registers of a task, wherever its registers are. */
import * as L from "../cpu/layout.ts";
import { reloadLocal, restoreSegments, type SegmentHost } from "../sem/helpers/segments.ts";
import type { Task } from "./task.ts";

export const USER_CS = 0x33;
export const USER_SS = 0x2b;

/** Runs `fn` on the registers at their addresses in RAM, or on a copy that is laid out so. */
function withSegments<T>(task: Task, fn: (host: SegmentHost) => T): T {
  const { regs } = task;
  const { ldt } = task.mm.space;
  if (regs.loaded) {
    const { u16, view } = task.kernel.ram;
    return fn({ u16, view, ldt });
  }
  const copy = new Uint8Array(L.STATE_END + L.SCRATCH);
  copy.set(regs.bytes(), L.STATE);
  const r = fn({ u16: new Uint16Array(copy.buffer), view: new DataView(copy.buffer), ldt });
  regs.bytes().set(copy.subarray(L.STATE, L.STATE_END));
  return r;
}

/** As a return to user code: loads CS and SS and completes RIP. False, with nothing changed, if the selectors won't do. */
export function returnTo(task: Task, cs: number, ss: number): boolean {
  return withSegments(task, (host) => restoreSegments(host, cs, ss, task.regs.rip));
}
/** After a change of the LDT: what was loaded from it is loaded again. */
export function reloadSegments(task: Task): void {
  withSegments(task, reloadLocal);
}
export const codeSelector = (task: Task): number => task.regs.u16(L.SEL + L.CS * 2);
export const stackSelector = (task: Task): number => task.regs.u16(L.SEL + L.SS * 2);
