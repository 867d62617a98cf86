/** Entering a signal handler and coming back: arch/x86's rt_sigframe. */
import { SA_ONSTACK, SA_RESTORER, type SigInfo, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK } from "../abi/signal.ts";
import * as U from "../abi/ucontext.ts";
import { AC, ARITH, DF, RF, TF } from "../cpu/flags.ts";
import * as L from "../cpu/layout.ts";
import { UserFault } from "../mmu/access.ts";
import { USER_END } from "../mmu/space.ts";
import { FPFRAME_SIZE, fpFrameSize, fpImageSize, resetFp, restoreFp, saveFp } from "./fpstate.ts";
import { codeSelector, returnTo, stackSelector, USER_CS, USER_SS } from "./segments.ts";
import { type SigAction, UNBLOCKABLE } from "./sighand.ts";
import { encodeSigInfo } from "./siginfo.ts";
import type { Task } from "./task.ts";

const RED_ZONE = 128;
/** Flags that a frame may change. */
const FIX_EFLAGS = ARITH | TF | DF | RF | AC;

/** sigaltstack(2): on it now? */
export function onAltStack(task: Task, sp = task.regs.rsp): boolean {
  const s = task.altStack;
  if (s.flags & SS_AUTODISARM) return false;
  return s.size > 0 && sp > s.sp && sp - s.sp <= s.size;
}

export function altStackFlags(task: Task): number {
  const { altStack } = task;
  if (altStack.size === 0) return SS_DISABLE;
  return (altStack.flags & SS_AUTODISARM) | (onAltStack(task) ? SS_ONSTACK : 0);
}

/** Where frame and fpstate go, or undefined when the alternate stack is too small. */
function place(task: Task, action: SigAction): { frame: number; fp: number } | undefined {
  const nested = onAltStack(task);
  const alt = (action.flags & SA_ONSTACK) !== 0 && task.altStack.size > 0 && !nested;
  const sp = alt ? task.altStack.sp + task.altStack.size : task.regs.rsp - RED_ZONE;
  const fp = Math.floor((sp - fpFrameSize(task.kernel.cpu.level)) / 64) * 64;
  // At the handler's first instruction RSP + 8 is a multiple of 16, as after a CALL.
  const frame = Math.floor((fp - U.FRAME_SIZE) / 16) * 16 - 8;
  if ((alt || nested) && frame < task.altStack.sp) return undefined;
  return frame > 0 && sp <= USER_END ? { frame, fp } : undefined;
}

/** Pushes the frame and points the registers at the handler. False if the stack cannot take it (SIGSEGV then). */
export function pushFrame(task: Task, info: SigInfo, action: SigAction): boolean {
  const at = place(task, action);
  if (!at || !(action.flags & SA_RESTORER)) return false;
  const { regs } = task;
  const bytes = new Uint8Array(U.FRAME_SIZE);
  const v = new DataView(bytes.buffer);
  v.setBigUint64(0, BigInt(action.restorer), true);
  fillContext(task, new DataView(bytes.buffer, U.FRAME_UC), at.fp);
  bytes.set(encodeSigInfo(info, task), U.FRAME_INFO);
  try {
    task.mm.user.writeBytes(at.fp, saveFp(regs, fpFrameSize(task.kernel.cpu.level)));
    task.mm.user.writeBytes(at.frame, bytes);
  } catch (e) {
    if (e instanceof UserFault) return false;
    throw e;
  }
  if (task.altStack.flags & SS_AUTODISARM) task.altStack = { sp: 0, flags: SS_DISABLE, size: 0 };
  regs.setGpr(L.RDI, info.signo);
  regs.setGpr(L.RSI, at.frame + U.FRAME_INFO);
  regs.setGpr(L.RDX, at.frame + U.FRAME_UC);
  regs.setGpr(L.RAX, 0);
  regs.setGpr(L.RSP, at.frame);
  regs.rip = BigInt(action.handler);
  regs.flags &= ~(DF | RF | TF);
  returnTo(task, USER_CS, USER_SS);
  resetFp(regs);
  return true;
}

function fillContext(task: Task, v: DataView, fp: number): void {
  const { regs } = task;
  const extended = fpFrameSize(task.kernel.cpu.level) === FPFRAME_SIZE ? U.UC_FP_XSTATE : 0;
  // The stack segment of 16- and 32-bit code is taken as it is.
  const strict = codeSelector(task) === USER_CS ? U.UC_STRICT_RESTORE_SS : 0;
  v.setBigUint64(U.UC_FLAGS, BigInt(extended | U.UC_SIGCONTEXT_SS | strict), true);
  v.setBigUint64(U.UC_STACK_SP, BigInt(task.altStack.sp), true);
  v.setUint32(U.UC_STACK_FLAGS, altStackFlags(task), true);
  v.setBigUint64(U.UC_STACK_SIZE, BigInt(task.altStack.size), true);
  U.MC_GPRS.forEach((r, i) => {
    v.setBigUint64(U.UC_MCONTEXT + i * 8, regs.gpr(r), true);
  });
  v.setBigUint64(U.MC_RIP, regs.rip, true);
  v.setBigUint64(U.MC_EFLAGS, BigInt(regs.flags >>> 0), true);
  v.setUint16(U.MC_CS, codeSelector(task), true);
  v.setUint16(U.MC_SS, stackSelector(task), true);
  v.setBigUint64(U.MC_ERR, BigInt(task.fault.error), true);
  v.setBigUint64(U.MC_TRAPNO, BigInt(task.fault.trap), true);
  const mask = task.savedMask ?? task.mask;
  v.setBigUint64(U.MC_OLDMASK, mask, true);
  v.setBigUint64(U.MC_CR2, BigInt.asUintN(64, task.fault.cr2), true);
  v.setBigUint64(U.MC_FPSTATE, BigInt(fp), true);
  v.setBigUint64(U.UC_SIGMASK, mask, true);
}

/** rt_sigreturn(2): registers, mask and alternate stack out of the frame that RSP points behind. False: SIGSEGV. */
export function popFrame(task: Task): boolean {
  const { regs } = task;
  const { user } = task.mm;
  const uc = user.readBytes(regs.rsp - 8 + U.FRAME_UC, U.UCONTEXT_SIZE);
  const v = new DataView(uc.buffer);
  const fp = Number(v.getBigUint64(U.MC_FPSTATE, true));
  if (fp === 0) {
    resetFp(regs);
  } else {
    const legacy = user.readBytes(fp, 512);
    const size = fpImageSize(new DataView(legacy.buffer));
    if (!restoreFp(regs, size > 512 ? user.readBytes(fp, size) : legacy)) return false;
  }
  U.MC_GPRS.forEach((r, i) => {
    regs.setGpr(r, v.getBigUint64(U.UC_MCONTEXT + i * 8, true));
  });
  regs.rip = v.getBigUint64(U.MC_RIP, true);
  const flags = Number(v.getBigUint64(U.MC_EFLAGS, true) & 0xffffffffn);
  // RF lasts until the next instruction has run.
  regs.flags = (regs.flags & ~FIX_EFLAGS) | (flags & FIX_EFLAGS & ~RF);
  task.mask = v.getBigUint64(U.UC_SIGMASK, true) & ~UNBLOCKABLE;
  const stackFlags = v.getUint32(U.UC_STACK_FLAGS, true);
  const size = Number(v.getBigUint64(U.UC_STACK_SIZE, true));
  const disabled = (stackFlags & SS_DISABLE) !== 0;
  if (!onAltStack(task))
    task.altStack = disabled
      ? { sp: 0, flags: SS_DISABLE, size: 0 }
      : { sp: Number(v.getBigUint64(U.UC_STACK_SP, true)), flags: stackFlags & SS_AUTODISARM, size };
  const cs = v.getUint16(U.MC_CS, true) | 3;
  const ss = v.getUint16(U.MC_SS, true) | 3;
  if (returnTo(task, cs, ss)) return true;
  // 64-bit code gets a stack segment that works, unless it asks for what it had.
  const strict = Number(v.getBigUint64(U.UC_FLAGS, true)) & U.UC_STRICT_RESTORE_SS;
  return cs === USER_CS && !strict && returnTo(task, cs, USER_SS);
}
