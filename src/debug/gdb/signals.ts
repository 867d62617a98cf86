/** GDB numbers signals its own way: include/gdb/signals.def. */
import * as S from "../../abi/signal.ts";

/** Linux's numbers to GDB's where they differ. */
const OTHERS: readonly (readonly [number, number])[] = [
  [S.SIGBUS, 10],
  [S.SIGUSR1, 30],
  [S.SIGUSR2, 31],
  [S.SIGSTKFLT, 143],
  [S.SIGCHLD, 20],
  [S.SIGCONT, 19],
  [S.SIGSTOP, 17],
  [S.SIGTSTP, 18],
  [S.SIGURG, 16],
  [S.SIGIO, 23],
  [S.SIGPWR, 32],
  [S.SIGSYS, 12],
  [32, 77],
  ...Array.from({ length: 31 }, (_, i) => [i + 33, i + 45] as const),
  [64, 78],
];
const TO_GDB = new Map(OTHERS);
const FROM_GDB = new Map(OTHERS.map(([linux, gdb]) => [gdb, linux]));
/** Numbers that mean the same: those below 32 that the list doesn't take for something else. */
const SAME = new Set([1, 2, 3, 4, 5, 6, 8, 9, 11, 13, 14, 15, 21, 22, 24, 25, 26, 27, 28]);

export const SIGNAL_UNKNOWN = 143;

export function toGdb(signo: number): number {
  return TO_GDB.get(signo) ?? (SAME.has(signo) ? signo : SIGNAL_UNKNOWN);
}

/** 0: none, or one that Linux doesn't have. */
export function fromGdb(signo: number): number {
  return FROM_GDB.get(signo) ?? (SAME.has(signo) ? signo : 0);
}
