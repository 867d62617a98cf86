/** CPU exceptions become signals, as Linux's arch/x86 does it: SDM volume 3, chapter 6, and sigaction(2). */
import * as S from "../abi/signal.ts";
import { RF } from "../cpu/flags.ts";
import * as L from "../cpu/layout.ts";
import { forceSignal } from "../kernel/send.ts";
import type { Task } from "../kernel/task.ts";
import { EXEC, FAULT_ACCERR, FAULT_BUS, FAULT_OK, FAULT_OOM, READ, WRITE } from "../mmu/access.ts";
import { VECTOR } from "../sem/emit.ts";

/** Bits of a page fault's error code. */
const PF_PRESENT = 1;
const PF_WRITE = 2;
const PF_USER = 4;
const PF_FETCH = 16;

/** These are reported behind the instruction; the others, faults, with the resume flag set in what is saved of RFLAGS. */
const TRAPS: readonly number[] = [VECTOR.DB, VECTOR.BP, VECTOR.OF];

interface Cause {
  signo: number;
  code: number;
  /** si_addr is the instruction's address. */
  atRip?: boolean;
}

const CAUSES: Readonly<Record<number, Cause>> = {
  [VECTOR.DE]: { signo: S.SIGFPE, code: S.FPE_INTDIV, atRip: true },
  [VECTOR.DB]: { signo: S.SIGTRAP, code: S.TRAP_TRACE, atRip: true },
  [VECTOR.BP]: { signo: S.SIGTRAP, code: S.SI_KERNEL },
  [VECTOR.OF]: { signo: S.SIGSEGV, code: S.SI_KERNEL },
  [VECTOR.BR]: { signo: S.SIGSEGV, code: S.SI_KERNEL },
  [VECTOR.UD]: { signo: S.SIGILL, code: S.ILL_ILLOPN, atRip: true },
  [VECTOR.NP]: { signo: S.SIGBUS, code: S.SI_KERNEL },
  [VECTOR.SS]: { signo: S.SIGBUS, code: S.SI_KERNEL },
  [VECTOR.GP]: { signo: S.SIGSEGV, code: S.SI_KERNEL },
  [VECTOR.AC]: { signo: S.SIGBUS, code: S.BUS_ADRALN },
};

/** The task's instruction raised the exception that the exit fields in RAM describe. */
export function onFault(task: Task): void {
  const { view } = task.kernel.ram;
  const vector = view.getUint32(L.EXIT_VECTOR, true);
  const error = view.getUint32(L.EXIT_ERROR, true);
  if (vector === VECTOR.PF) pageFault(task, error, view.getBigUint64(L.EXIT_ADDR, true));
  else raise(task, vector, error);
}

/** INT1: a trap that is no single step. */
export function onInt1(task: Task): void {
  task.fault = { trap: VECTOR.DB, error: 0, cr2: task.fault.cr2 };
  forceSignal(task, { signo: S.SIGTRAP, code: S.TRAP_BRKPT, addr: task.regs.rip });
}

/** Raises the signal of an exception that is not a page fault. */
export function raise(task: Task, vector: number, error: number): void {
  task.fault = { trap: vector, error, cr2: task.fault.cr2 };
  if (!TRAPS.includes(vector)) task.regs.flags |= RF;
  const { rip } = task.regs;
  if (vector === VECTOR.MF || vector === VECTOR.XM) {
    forceSignal(task, { signo: S.SIGFPE, code: floatCode(task, vector), addr: rip });
    return;
  }
  const cause = CAUSES[vector] ?? { signo: S.SIGSEGV, code: S.SI_KERNEL };
  forceSignal(task, { signo: cause.signo, code: cause.code, addr: cause.atRip ? rip : 0n });
}

function pageFault(task: Task, error: number, address: bigint): void {
  const access = error & PF_FETCH ? EXEC : error & PF_WRITE ? WRITE : READ;
  task.kernel.pageFaults++;
  const at = Number(address);
  const result = task.mm.space.fault(at, access);
  if (result === FAULT_OK) return;
  const { kernel } = task;
  const present = result === FAULT_ACCERR && task.mm.space.entry(at - (at % 4096)) !== 0;
  task.regs.flags |= RF;
  const bits = (error & (PF_WRITE | PF_FETCH)) | PF_USER | (present ? PF_PRESENT : 0);
  task.fault = { trap: VECTOR.PF, error: bits, cr2: address };
  if (result === FAULT_OOM) {
    kernel.log(`out of memory: killed process ${task.process.pid} (${task.name})`);
    forceSignal(task, { signo: S.SIGKILL, code: S.SI_KERNEL });
  } else if (result === FAULT_BUS) {
    forceSignal(task, { signo: S.SIGBUS, code: S.BUS_ADRERR, addr: address });
  } else {
    const code = result === FAULT_ACCERR ? S.SEGV_ACCERR : S.SEGV_MAPERR;
    forceSignal(task, { signo: S.SIGSEGV, code, addr: address });
  }
}

/** si_code of an unmasked floating-point exception, in Linux's order of precedence. */
function floatCode(task: Task, vector: number): number {
  const { regs } = task;
  const mxcsr = regs.u32(L.MXCSR);
  const flags = vector === VECTOR.MF ? regs.u16(L.FSW) & ~regs.u16(L.FCW) : mxcsr & ~(mxcsr >>> 7);
  // Bits: invalid, denormal, zero divide, overflow, underflow, precision.
  if (flags & 1) return S.FPE_FLTINV;
  if (flags & 4) return S.FPE_FLTDIV;
  if (flags & 8) return S.FPE_FLTOVF;
  if (flags & 0x12) return S.FPE_FLTUND;
  return flags & 0x20 ? S.FPE_FLTRES : 0;
}
