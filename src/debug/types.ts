/**
 * What debuggers of every kind (panels, GDB's protocol, scripts) ask of the machine: go, stop, look, go back.
 *
 * Time is counted in guest instructions of all tasks together since the machine's start: position 0 is before the first
 * program's first instruction. Addresses are numbers below 2^47; register values are bigints.
 */

import type { Task } from "../kernel/task.ts";
import type { ExitStatus, Machine } from "../machine/machine.ts";

/** What a watchpoint looks for. */
export type WatchKind = "write" | "read" | "access";

export interface Watchpoint {
  readonly address: number;
  /** Bytes. */
  readonly length: number;
  readonly kind: WatchKind;
}

/** Why the machine stands still. */
export type Stop =
  /** As far as was asked. */
  | { kind: "done" }
  /** Before the instruction at the address. */
  | { kind: "breakpoint"; task: Task; address: number }
  /** Forwards: behind the instruction that made the access. Backwards: before it. */
  | { kind: "watchpoint"; task: Task; watchpoint: Watchpoint; access: "write" | "read" }
  /** The signal is about to be delivered, or to kill. */
  | { kind: "signal"; task: Task; signo: number }
  /** A system call: about to be made, or just made. */
  | { kind: "syscall"; task: Task; nr: number; at: "entry" | "return" }
  /** A process has a new program. */
  | { kind: "exec"; task: Task }
  /** A thread or process was made. */
  | { kind: "clone"; task: Task; child: Task }
  /** A process is gone; wait status. */
  | { kind: "exited"; pid: number; status: number }
  /** `interrupt` was called. */
  | { kind: "interrupted" }
  /** No process is left. */
  | { kind: "end"; status: ExitStatus }
  /** Forwards: the recording goes no farther, and there is nothing but the recording. */
  | { kind: "over" }
  /** Backwards: the start, or the first moment that the history holds. */
  | { kind: "beginning" };

/** How a run is limited. Which stops are wanted besides breakpoints, watchpoints and the end. */
export interface Until {
  /** Position at which to stop, exactly. */
  position?: number;
  /** Only breakpoints and steps of this task count; the others run as the scheduler wills. */
  task?: Task;
  /** Stop for these too. */
  signals?: boolean;
  events?: boolean;
  /** System calls by their numbers. Backwards only their ends. */
  calls?(nr: number, task: Task): boolean;
}

/**
 * One machine under a debugger. All methods that run the guest are asynchronous, because a guest may wait for the host;
 * one at a time. Between them everything stands still and may be looked at: `machine.kernel.tasks`, registers
 * (`task.regs`), memory (`task.mm`), files.
 */
export interface Debuggee {
  readonly machine: Machine;
  /** Instructions executed since the start. */
  readonly position: number;
  /** The task that runs or would run next; undefined when all wait or none is left. */
  readonly task: Task | undefined;
  /** First position that can be gone back to, and the last one that was reached. */
  readonly history: { first: number; last: number };
  /** It can go back. */
  readonly recorded: boolean;
  /** What was recorded is all there is: nothing can be changed. */
  readonly fixed: boolean;
  /** The machine has ended at this position. */
  readonly ended: ExitStatus | undefined;

  readonly breakpoints: Set<number>;
  /** Replaces the watchpoints. */
  watch(points: readonly Watchpoint[]): void;

  /**
   * One instruction of the task (default: of whichever runs next); system calls are made whole. Of `until`, the wish for
   * other stops counts.
   */
  step(task?: Task, until?: Pick<Until, "signals" | "events" | "calls">): Promise<Stop>;
  /** Runs until something stops it. In the past it runs on until the present and then live. */
  run(until?: Until): Promise<Stop>;
  /** One instruction back. */
  stepBack(task?: Task): Promise<Stop>;
  /** Back to the last breakpoint, watchpoint hit or event before now, or the beginning. */
  runBack(until?: Until): Promise<Stop>;
  /** To any position of the history. */
  goTo(position: number): Promise<Stop>;
  /** Ends the `run` that is under way, soon. */
  interrupt(): void;

  /** As far as it can be told without changing anything: fewer bytes where memory ends, or is of a file and was not read yet. */
  readMemory(task: Task, address: number, length: number): Uint8Array;
  /**
   * Bytes that could be written, none where all is fixed. Works on pages that the guest may not write, too. What was recorded after now is no
   * longer the future, and the past, which would not lead here, is forgotten: `changed`.
   */
  writeMemory(task: Task, address: number, bytes: Uint8Array): number;
  /** To be called after registers or anything else were changed: as `writeMemory`. */
  changed(): void;
}
