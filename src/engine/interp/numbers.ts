/** Numbers of handlers that serve no instruction (their indices in table 0), what else the index says, and answers of `quickInsn`. */

export const FN_EXIT = 0;
/** Looks RIP up again: the record was dropped. */
export const FN_STALE = 1;
/** Jump to R_IMM relative to CODE_BASE: joins blocks. */
export const FN_GOTO = 2;
/** Checks that the following page is still the frame (R_IMM) whose bytes the next record was decoded from. */
export const FN_CROSS = 3;
/** #UD, and #GP for instructions longer than 15 bytes. */
export const FN_UD = 4;
export const FN_GP = 5;
/** Runs a region (jit/). */
export const FN_REGION = 6;
/** Not to be executed without the debugger's leave; and where the budget ends in the middle of a block. */
export const FN_BREAK = 7;
export const FN_STOP = 8;
export const SPECIALS = 9;

/** Bit in the index: the handler ends a block. */
export const ENDS_BLOCK = 0x8000;
/** Bit in the index: regions can't hold the instruction (it leaves the engine or calls a helper). */
export const ALONE = 0x2000;
export const FN_MASK = 0x1fff;

/** Bit in an exit code: RIP is to be the next instruction's address. */
export const AT_NEXT = 0x100;

/**
 * What `quickInsn` answers beside the length; and if the instruction runs over the end of its page, or has its handler in
 * the module that is not loaded.
 */
export const ENDED = 0x10;
export const LENGTH = 0xf;
export const SHORT = -1;
export const LATER = -2;
