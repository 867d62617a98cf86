/** One slice of one task: the engine's exits go to the kernel until the slice or the task's readiness ends. */
import { SI_KERNEL, SIGSEGV } from "../abi/signal.ts";
import { EXIT } from "../cpu/exit.ts";
import { BUDGET, EXIT_VECTOR } from "../cpu/layout.ts";
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
  /** Runs about `budget` instructions at most; an EXIT code. What is left of the budget stands in RAM. */
  run(budget: number): number;
  /** Runs one instruction. */
  step(): number;
  readonly instructions: number;
}

/** Instructions a task may execute before it is another's turn. */
export const SLICE = 200000;

/** Runs the task until its slice is over or it cannot go on. */
export function runTask(processor: Processor, task: Task): void {
  const { kernel } = task;
  kernel.switchTo(task);
  processor.use(task.mm.space);
  const begun = kernel.now();
  kernel.sliceStart = begun;
  kernel.yielding = false;
  let budget = kernel.slices?.() ?? SLICE;
  if (prepareUser(task)) {
    while (budget > 0) {
      task.origRax = -1;
      const stepping = task.tracee?.mode === "step";
      const exit = stepping ? processor.step() : processor.run(budget);
      budget = stepping ? budget - 1 : kernel.ram.i32[BUDGET >> 2];
      if (exit === EXIT.SYSCALL) startCall(task);
      else if (stepping && exit === EXIT.BUDGET) raise(task, VECTOR.DB, 0);
      else if (exit === EXIT.BUDGET) break;
      else onExit(task, exit);
      if (task.state !== "ready") break;
      if ((deliverable(task) || task.process.stopSignal || task.tracee?.due) && !prepareUser(task)) break;
      if (kernel.yielding) break;
    }
  }
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
      task.kernel.log("SYSENTER: system calls of 32-bit programs are not supported");
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
