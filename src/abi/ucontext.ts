/** <asm/sigcontext.h>, <asm/ucontext.h> of x86-64: the frame that a signal handler finds on its stack. Offsets in bytes. */
import { SIGINFO_SIZE } from "./signal.ts";

export const UC_FLAGS = 0;
export const UC_LINK = 8;
export const UC_STACK_SP = 16;
export const UC_STACK_FLAGS = 24;
export const UC_STACK_SIZE = 32;
export const UC_MCONTEXT = 40;
/** Order of general registers in the mcontext, as their encoding numbers: R8..R15 RDI RSI RBP RBX RDX RAX RCX RSP. */
export const MC_GPRS = [8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 3, 2, 0, 1, 4];
export const MC_RIP = UC_MCONTEXT + 128;
export const MC_EFLAGS = UC_MCONTEXT + 136;
export const MC_CS = UC_MCONTEXT + 144;
export const MC_GS = UC_MCONTEXT + 146;
export const MC_FS = UC_MCONTEXT + 148;
export const MC_SS = UC_MCONTEXT + 150;
export const MC_ERR = UC_MCONTEXT + 152;
export const MC_TRAPNO = UC_MCONTEXT + 160;
export const MC_OLDMASK = UC_MCONTEXT + 168;
export const MC_CR2 = UC_MCONTEXT + 176;
export const MC_FPSTATE = UC_MCONTEXT + 184;
export const UC_SIGMASK = UC_MCONTEXT + 256;
export const UCONTEXT_SIZE = UC_SIGMASK + 8;

/** struct rt_sigframe: return address, ucontext, siginfo. */
export const FRAME_UC = 8;
export const FRAME_INFO = FRAME_UC + UCONTEXT_SIZE;
export const FRAME_SIZE = FRAME_INFO + SIGINFO_SIZE;

export const UC_FP_XSTATE = 1;
export const UC_SIGCONTEXT_SS = 2;
export const UC_STRICT_RESTORE_SS = 4;
