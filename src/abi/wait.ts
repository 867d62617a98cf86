/** wait4(2), waitid(2). */
export const WNOHANG = 1;
export const WUNTRACED = 2;
export const WSTOPPED = 2;
export const WEXITED = 4;
export const WCONTINUED = 8;
export const WNOWAIT = 0x01000000;
export const WNOTHREAD = 0x20000000;
export const WALL = 0x40000000;
export const WCLONE = 0x80000000;
export const P_ALL = 0;
export const P_PID = 1;
export const P_PGID = 2;
export const P_PIDFD = 3;
/** In the status of a process that a signal killed: a core was written. */
export const WCOREFLAG = 0x80;
/** Status words that no exit or signal gives. */
export const STATUS_CONTINUED = 0xffff;
export const stoppedStatus = (signo: number): number => (signo << 8) | 0x7f;
