/**
 * Why the engine returns to the machine: the exit codes. RIP is the next instruction's address or this one's, as each says;
 * details are in the EXIT_ fields of the register file (layout.ts).
 */
export const EXIT = {
  /** The slice's instruction budget is used up. RIP: where to go on. */
  BUDGET: 1,
  /** No record is known for RIP (inside the engine). */
  LOOKUP: 2,
  /** CPU exception: EXIT_VECTOR, EXIT_ERROR, EXIT_ADDR. RIP: this instruction (faults) or the next (traps: INT3, INTO). */
  FAULT: 3,
  /** SYSCALL. RIP: next instruction. */
  SYSCALL: 4,
  /** INT n with the vector in EXIT_VECTOR. RIP: next instruction. */
  INT: 5,
  /** HLT where it is allowed. RIP: next instruction. */
  HALT: 6,
  /** SYSENTER. RIP: next instruction. */
  SYSENTER: 7,
  /** An instruction that the machine's owner carries out (port I/O, descriptor tables, far transfers). RIP: this instruction. */
  SYSTEM: 8,
  /** Inside the engine: the record was dropped, or the page that its instruction runs into changed. RIP: this instruction. */
  RECHECK: 9,
  /** Inside the engine: the budget is used up at a jump, whose target is in RIP. */
  YIELD: 10,
  /** Inside the engine: a region's pages must be looked at again before it may run. RIP: this instruction. */
  REGION: 11,
  /** Inside the engine: code that a region called has returned to it. */
  RETURNED: 12,
  /** Inside the engine: RIP can't be fetched from; the exit fields are set. */
  FETCH: 13,
  /** Inside the engine: this instruction loads the trap flag, and must run alone. RIP: this instruction. */
  STEP: 14,
  /** An instruction that the debugger wants to see first. RIP: this instruction. */
  BREAK: 15,
  /** An access to watched memory that was not made yet. RIP: this instruction. */
  WATCH: 16,
  /** Inside the engine: CS is another segment now, maybe of another mode. RIP: where to go on. */
  MODE: 17,
  /** Inside the engine: too many guest calls are nested calls of the host, so all of them leave. RIP: where to go on. */
  DEPTH: 18,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
