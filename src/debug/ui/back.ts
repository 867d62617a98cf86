/** Ways back: over calls, to where a function was called. */
import type { Task } from "../../kernel/task.ts";
import type { Debuggee, Stop } from "../types.ts";
import { insnAt, type Look } from "./look.ts";
import type { Frame } from "./symbols.ts";

/** A CALL with prefixes is no longer than that. */
const LONGEST_CALL = 9;

/** Where a CALL may stand that returns to an address. */
function callsBefore(look: Look, returnsTo: number): number[] {
  const out: number[] = [];
  for (let n = 2; n <= LONGEST_CALL; n++) {
    const insn = insnAt(look, returnsTo - n);
    if (insn?.length === n && insn.row.mnemonic === "CALL") out.push(returnsTo - n);
  }
  return out;
}

/** Back to before the call that returns to an address, where the stack pointer was `sp`. */
async function toCall(debuggee: Debuggee, look: Look, task: Task, returnsTo: number, sp: bigint): Promise<Stop> {
  const { breakpoints } = debuggee;
  const calls = callsBefore(look, returnsTo);
  const own = calls.filter((a) => !breakpoints.has(a));
  for (const a of own) breakpoints.add(a);
  try {
    for (;;) {
      const stop = await debuggee.runBack();
      if (stop.kind !== "breakpoint" || !calls.includes(stop.address)) return stop;
      // After going back a thread may be another object.
      if (stop.task.tid === task.tid && stop.task.regs.gpr(RSP) === sp) return { kind: "done" };
      // Another thread or a recursion came by.
      if (!own.includes(stop.address)) return stop;
    }
  } finally {
    for (const a of own) breakpoints.delete(a);
  }
}
const RSP = 4;

/** One instruction back, or a whole call. */
export async function nextBack(debuggee: Debuggee, look: Look, task: Task): Promise<Stop> {
  const returned = Number(task.regs.rip);
  const sp = task.regs.gpr(RSP);
  const { tid } = task;
  const stop = await debuggee.stepBack(task);
  const now = debuggee.machine.kernel.tasks.get(tid);
  if (stop.kind !== "done" || !now || callsBefore(look, returned).length === 0) return stop;
  // A return from there: all of the call is to be undone.
  return insnAt(look, Number(now.regs.rip))?.row.mnemonic === "RET" && now.regs.gpr(RSP) < sp
    ? toCall(debuggee, look, now, returned, sp)
    : stop;
}

/** To the call of the innermost function; undefined if it isn't known where that was. */
export async function finishBack(
  debuggee: Debuggee,
  look: Look,
  task: Task,
  frames: readonly Frame[],
): Promise<Stop | undefined> {
  const [inner, outer] = frames;
  return outer ? toCall(debuggee, look, task, outer.pc, BigInt(inner.cfa)) : undefined;
}
