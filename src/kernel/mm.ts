import type { AddressSpace } from "../mmu/space.ts";
import { UserMemory } from "../mmu/user.ts";
import type { Place } from "../vfs/types.ts";
import type { Kernel } from "./kernel.ts";
import type { Vma } from "./vma.ts";

/** A process's memory: page tables, mappings, and what execve put where. Shared by CLONE_VM. */
export class Mm {
  /** Tasks that use it. */
  refs = 1;
  readonly user: UserMemory;
  /** In ascending order, not overlapping. */
  vmas: Vma[] = [];
  brkStart = 0;
  brk = 0;
  /** The program, for /proc/PID/exe. */
  exe: Place | undefined;
  /** Byte ranges for /proc/PID/{cmdline,environ}. */
  argStart = 0;
  argEnd = 0;
  envStart = 0;
  envEnd = 0;
  startStack = 0;
  startCode = 0;
  endCode = 0;
  startData = 0;
  endData = 0;
  /** Pairs, for /proc/PID/auxv. */
  auxv: bigint[] = [];

  constructor(
    readonly kernel: Kernel,
    readonly space: AddressSpace,
  ) {
    this.user = new UserMemory(space, (host, length) => kernel.cpu.onCodeStore(host, length));
  }
}
