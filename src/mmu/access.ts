/** Kinds of access, also bits of a page-table entry's permissions. */
export const READ = 1;
export const WRITE = 2;
export const EXEC = 4;

/** What became of a page fault that the page tables alone could not serve. */
export const FAULT_OK = 0;
/** No mapping: SIGSEGV, SEGV_MAPERR. */
export const FAULT_MAPERR = 1;
/** Mapping without that permission: SIGSEGV, SEGV_ACCERR. */
export const FAULT_ACCERR = 2;
/** Page of a file mapping past the end of file: SIGBUS, BUS_ADRERR. */
export const FAULT_BUS = 3;
/** No frame left. */
export const FAULT_OOM = 4;
export type FaultResult = 0 | 1 | 2 | 3 | 4;

/** Thrown by user-memory access from the kernel; the syscall dispatcher turns it into -EFAULT. */
export class UserFault extends Error {
  constructor(readonly address: number) {
    super(`user memory fault at 0x${address.toString(16)}`);
  }
}
