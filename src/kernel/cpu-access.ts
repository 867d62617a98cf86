import type { CpuLevel } from "../sem/cpu-features.ts";

/**
 * What the kernel needs of the processor, beside the register file in RAM: injected by machine/, so that the kernel
 * knows no engine. The registers of the task that runs are in RAM at cpu/layout.ts addresses; those of the others are
 * in `Task.saved` (a copy of STATE..STATE_END).
 */
export interface CpuAccess {
  /** Code in these bytes of RAM (host address) is about to change: drop what was decoded from it. */
  onCodeStore(host: number, length: number): void;
  /** A frame that held code is freed. */
  onFrameFreed(frame: number): void;
  /** What the processor has; the default level if left out. */
  readonly level?: CpuLevel;
  /** Instructions executed so far by the machine. */
  instructions(): number;
  /** Resets the register file in RAM to a fresh process's (FCW 0x37f, MXCSR 0x1f80, flags, selectors). */
  reset(): void;
}
