/** Slices of tasks: the engine's exits go to the kernel until the slice or the task's readiness ends. */
import { SI_KERNEL, SIGSEGV } from "../abi/signal.ts";
import { EXIT } from "../cpu/exit.ts";
import { EXIT_VECTOR } from "../cpu/layout.ts";
import { prepareUser } from "../kernel/deliver.ts";
import { startCall } from "../kernel/dispatch.ts";
import { chargeCpu } from "../kernel/itimer.ts";
import { deliverable, forceSignal } from "../kernel/send.ts";
import type { Task } from "../kernel/task.ts";
import type { AddressSpace } from "../mmu/space.ts";
import { VECTOR } from "../sem/emit.ts";
import { onFault, onInt1, raise } from "./faults.ts";

/** What executes instructions. */
export interface Processor {
  /** The address space of what runs from now on. */
  use(space: AddressSpace): void;
  /** Runs about `budget` instructions at most, or exactly no more; an EXIT code. */
  run(budget: number, exact?: boolean): number;
  /** Runs one instruction. */
  step(): number;
  readonly instructions: number;
}

/** Instructions a task may execute before it is another's turn. */
export const SLICE = 200000;

/** One task's turn. All that is known of it is here, so it may be left at any instruction and gone on with. */
export interface Slice {
  readonly task: Task;
  /** Monotonic nanoseconds. */
  readonly begun: bigint;
  /** Instructions left. */
  budget: number;
  /** What comes next: signals and other work of the kernel, the task's code, or the system call that it asked for. */
  phase: "prepare" | "run" | "call";
}

/** Who may make the machine stand still between instructions: a debugger. */
export interface Overseer {
  /** True to stand still before the task's next instruction. */
  hold(task: Task): boolean;
  /** True to stand still before the kernel looks after the task: delivers signals, makes a call again. */
  holdPrepare(task: Task): boolean;
  /** True to stand still before the system call that the task just asked for. */
  holdCall(task: Task): boolean;
  /** True to stand still while no task runs. */
  readonly stopped: boolean;
  /** Runs the task's code as the processor would; EXIT.BUDGET to be asked again. */
  execute(task: Task, budget: number, exact: boolean): number;
}

/** Decides when a slice's time is over, and is told: a recording. */
export interface Pace {
  /** Instructions until then; undefined where the slice's own budget counts. */
  left(position: number): number | undefined;
  over(position: number): void;
}

export function beginSlice(processor: Processor, task: Task): Slice {
  const { kernel } = task;
  kernel.switchTo(task);
  processor.use(task.mm.space);
  const begun = kernel.now();
  kernel.sliceStart = begun;
  kernel.yielding = false;
  return { task, begun, budget: kernel.slices?.next() ?? SLICE, phase: "prepare" };
}

/** Goes on until the slice is over, or the task cannot go on: true. False if it is to stand still. */
export function runSlice(processor: Processor, slice: Slice, overseer?: Overseer, pace?: Pace): boolean {
  const { task } = slice;
  const { kernel } = task;
  for (;;) {
    if (slice.phase === "call") {
      startCall(task);
      if (task.state !== "ready") return true;
      slice.phase = interrupted(task) ? "prepare" : "run";
    }
    if (slice.phase === "prepare") {
      if (overseer?.holdPrepare(task)) return false;
      if (!prepareUser(task)) return true;
      slice.phase = "run";
    }
    if (kernel.yielding) return true;
    const before = processor.instructions;
    const paced = pace?.left(before);
    const left = paced ?? slice.budget;
    if (left <= 0) {
      pace?.over(before);
      return true;
    }
    if (overseer?.hold(task)) return false;
    task.origRax = -1;
    const stepping = task.tracee?.mode === "step";
    const exact = paced !== undefined;
    const run = (): number => overseer?.execute(task, left, exact) ?? processor.run(left, exact);
    const exit = stepping ? processor.step() : run();
    slice.budget -= processor.instructions - before;
    if (exit === EXIT.BUDGET && !stepping) continue;
    if (exit === EXIT.SYSCALL) {
      if (overseer?.holdCall(task)) {
        slice.phase = "call";
        return false;
      }
      startCall(task);
    } else if (exit === EXIT.BUDGET) raise(task, VECTOR.DB, 0);
    else onExit(task, exit);
    if (task.state !== "ready") return true;
    if (interrupted(task)) slice.phase = "prepare";
  }
}

/** There is work for the kernel before the task's code goes on. */
function interrupted(task: Task): boolean {
  return deliverable(task) !== 0n || task.process.stopSignal !== 0 || (task.tracee?.due ?? false);
}

export function endSlice({ task, begun }: Slice): void {
  const { kernel } = task;
  const ran = kernel.now() - begun;
  task.usage.utime += Number(ran);
  chargeCpu(task.process, ran);
  if (task.state === "ready") {
    task.usage.nivcsw++;
    kernel.ready.push(task);
  } else task.usage.nvcsw++;
}

function onExit(task: Task, exit: number): void {
  switch (exit) {
    case EXIT.FAULT:
      onFault(task);
      break;
    case EXIT.INT:
      onInterrupt(task, task.kernel.ram.u32[EXIT_VECTOR >> 2]);
      break;
    case EXIT.HALT:
    case EXIT.SYSTEM:
      raise(task, VECTOR.GP, 0);
      break;
    case EXIT.SYSENTER:
      task.kernel.log("SYSENTER, or SYSCALL in 16- or 32-bit code: system calls of 32-bit programs are not supported");
      forceSignal(task, { signo: SIGSEGV, code: SI_KERNEL });
      break;
    default:
      throw new Error(`engine exit ${exit}`);
  }
}

/** INT n, RIP behind it: vectors that user code may raise, and general protection for the others. */
function onInterrupt(task: Task, vector: number): void {
  if (vector === VECTOR.DB) {
    onInt1(task);
    return;
  }
  if (vector === VECTOR.BP || vector === VECTOR.OF) {
    raise(task, vector, 0);
    return;
  }
  if (vector === 0x80) task.kernel.log("INT 0x80: system calls of 32-bit programs are not supported");
  task.regs.rip -= 2n;
  // Error code: the vector as an index into the interrupt table.
  raise(task, VECTOR.GP, vector * 8 + 2);
}
