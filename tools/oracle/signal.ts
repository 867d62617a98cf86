/** The signal that Linux sends for an exit (arch/x86/kernel/traps.c and mm/fault.c have the rules). */
import { EXIT } from "../../src/cpu/exit.ts";
import { RF } from "../../src/cpu/flags.ts";
import * as L from "../../src/cpu/layout.ts";
import { FAULT_ACCERR } from "../../src/mmu/access.ts";
import type { Ram } from "../../src/mmu/ram.ts";
import { VECTOR } from "../../src/sem/emit.ts";
import * as T from "./layout.ts";

const SIGILL = 4;
const SIGTRAP = 5;
const SIGBUS = 7;
const SIGFPE = 8;
const SIGALRM = 14;
const SIGSEGV = 11;
const SIGSYS = 31;
const SYS_SECCOMP = 1;
const SI_KERNEL = 0x80;

/** si_code of a SIGFPE by the exceptions that are raised and unmasked, in the kernel's order of looking. */
function floatCode(raised: number): number {
  if (raised & 1) return 7; // FPE_FLTINV
  if (raised & 4) return 3; // FPE_FLTDIV
  if (raised & 8) return 4; // FPE_FLTOVF
  if (raised & 0x12) return 5; // FPE_FLTUND
  if (raised & 0x20) return 6; // FPE_FLTRES
  return 0;
}

/** Fills in signal, trap and error of a result whose state is there. `kindOf`: what a page fault at an address is. */
export function storeSignal(ram: Ram, v: DataView, exit: number, kindOf: (address: number) => number): void {
  const set = (signo: number, code: number, addr: bigint): void => {
    v.setUint32(T.R_SIGNO, signo, true);
    v.setInt32(T.R_CODE, code, true);
    v.setBigUint64(T.R_ADDR, addr, true);
  };
  if (exit === EXIT.SYSCALL || (exit === EXIT.INT && ram.i32[L.EXIT_VECTOR >> 2] === 0x80)) {
    set(SIGSYS, SYS_SECCOMP, v.getBigUint64(T.S_RIP, true));
    return;
  }
  if (exit !== EXIT.FAULT && exit !== EXIT.INT) {
    // Nothing that a trial does leads elsewhere.
    set(exit === EXIT.BUDGET ? SIGALRM : 1000 + exit, 0, 0n);
    return;
  }
  const vector = ram.i32[L.EXIT_VECTOR >> 2] as number;
  // Faults push RF set, traps don't.
  if (exit === EXIT.FAULT && vector !== VECTOR.DB) v.setUint32(T.S_RFLAGS, v.getUint32(T.S_RFLAGS, true) | RF, true);
  v.setUint32(T.R_TRAPNO, vector, true);
  if (exit === EXIT.FAULT) v.setUint32(T.R_ERR, ram.u32[L.EXIT_ERROR >> 2] as number, true);
  const rip = v.getBigUint64(T.S_RIP, true);
  switch (vector) {
    case VECTOR.DE:
      set(SIGFPE, 1, rip); // FPE_INTDIV
      break;
    case VECTOR.DB:
      set(SIGTRAP, exit === EXIT.FAULT ? 2 : 1, rip); // TRAP_TRACE, TRAP_BRKPT
      break;
    case VECTOR.BP:
      set(SIGTRAP, SI_KERNEL, 0n);
      break;
    case VECTOR.UD:
      set(SIGILL, 2, rip); // ILL_ILLOPN
      break;
    case VECTOR.PF: {
      const address = ram.view.getBigUint64(L.EXIT_ADDR, true);
      set(SIGSEGV, kindOf(Number(address)) === FAULT_ACCERR ? 2 : 1, address);
      break;
    }
    case VECTOR.SS:
    case VECTOR.NP:
      set(SIGBUS, SI_KERNEL, 0n);
      break;
    case VECTOR.AC:
      set(SIGBUS, 1, 0n); // BUS_ADRALN
      break;
    case VECTOR.MF: {
      const fsw = ram.view.getUint16(L.FSW, true);
      set(SIGFPE, floatCode(fsw & ~ram.view.getUint16(L.FCW, true)), rip);
      break;
    }
    case VECTOR.XM: {
      const mxcsr = ram.view.getUint32(L.MXCSR, true);
      set(SIGFPE, floatCode(mxcsr & ~(mxcsr >> 7)), rip);
      break;
    }
    default:
      set(SIGSEGV, SI_KERNEL, 0n);
      break;
  }
}
