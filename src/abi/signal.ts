/** signal(7), <asm/signal.h>, <asm-generic/siginfo.h>: numbers of x86-64. */
export const SIGHUP = 1;
export const SIGINT = 2;
export const SIGQUIT = 3;
export const SIGILL = 4;
export const SIGTRAP = 5;
export const SIGABRT = 6;
export const SIGBUS = 7;
export const SIGFPE = 8;
export const SIGKILL = 9;
export const SIGUSR1 = 10;
export const SIGSEGV = 11;
export const SIGUSR2 = 12;
export const SIGPIPE = 13;
export const SIGALRM = 14;
export const SIGTERM = 15;
export const SIGSTKFLT = 16;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGSTOP = 19;
export const SIGTSTP = 20;
export const SIGTTIN = 21;
export const SIGTTOU = 22;
export const SIGURG = 23;
export const SIGXCPU = 24;
export const SIGXFSZ = 25;
export const SIGVTALRM = 26;
export const SIGPROF = 27;
export const SIGWINCH = 28;
export const SIGIO = 29;
export const SIGPWR = 30;
export const SIGSYS = 31;
export const SIGRTMIN = 32;
export const SIGRTMAX = 64;

export const SIG_DFL = 0;
export const SIG_IGN = 1;

export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
export const SIG_SETMASK = 2;

export const SA_NOCLDSTOP = 1;
export const SA_NOCLDWAIT = 2;
export const SA_SIGINFO = 4;
export const SA_RESTORER = 0x04000000;
export const SA_ONSTACK = 0x08000000;
export const SA_RESTART = 0x10000000;
export const SA_NODEFER = 0x40000000;
export const SA_RESETHAND = 0x80000000;

export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;
export const SS_AUTODISARM = 0x80000000;
/** Smallest alternate stack that sigaltstack(2) takes. */
export const MINSIGSTKSZ = 2048;

/** si_code values. */
export const SI_USER = 0;
export const SI_KERNEL = 0x80;
export const SI_QUEUE = -1;
export const SI_TIMER = -2;
export const SI_MESGQ = -3;
export const SI_ASYNCIO = -4;
export const SI_SIGIO = -5;
/** Codes of SIGIO. */
export const POLL_IN = 1;
export const POLL_MSG = 3;
export const POLL_HUP = 6;
export const SI_TKILL = -6;
export const ILL_ILLOPN = 2;
export const FPE_INTDIV = 1;
export const FPE_INTOVF = 2;
export const FPE_FLTDIV = 3;
export const FPE_FLTOVF = 4;
export const FPE_FLTUND = 5;
export const FPE_FLTRES = 6;
export const FPE_FLTINV = 7;
export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;
export const BUS_ADRALN = 1;
export const BUS_ADRERR = 2;
export const TRAP_BRKPT = 1;
export const TRAP_TRACE = 2;
export const CLD_EXITED = 1;
export const CLD_KILLED = 2;
export const CLD_DUMPED = 3;
export const CLD_TRAPPED = 4;
export const CLD_STOPPED = 5;
export const CLD_CONTINUED = 6;

export const SIGEV_SIGNAL = 0;
export const SIGEV_NONE = 1;
export const SIGEV_THREAD = 2;
export const SIGEV_THREAD_ID = 4;

const NAMES =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(
    " ",
  );

/** "SIGINT", "SIGRT_3" as strace writes them. */
export function signalName(n: number): string {
  if (n >= 1 && n <= 31) return `SIG${NAMES[n - 1]}`;
  return n === SIGRTMIN ? "SIGRTMIN" : n > SIGRTMIN && n <= SIGRTMAX ? `SIGRT_${n - SIGRTMIN}` : `${n}`;
}

/** siginfo_t, decoded: only the members that the signal's kind has. Layout in kernel/siginfo.ts. */
export interface SigInfo {
  signo: number;
  code: number;
  errno?: number;
  /** kill, sigqueue, SIGCHLD. */
  pid?: number;
  uid?: number;
  /** SIGCHLD: exit code or signal; others: si_value. */
  status?: number;
  value?: bigint;
  /** Faults. */
  addr?: bigint;
  /** Timers: id and overrun. */
  timerId?: number;
  overrun?: number;
  /** SIGIO: band and descriptor. */
  band?: number;
  fd?: number;
  /** SIGCHLD: clock ticks. */
  utime?: number;
  stime?: number;
  /** SIGSYS. */
  syscall?: number;
  /** rt_sigqueueinfo: the 128 bytes as the sender gave them. */
  raw?: Uint8Array;
}

export const SIGINFO_SIZE = 128;
