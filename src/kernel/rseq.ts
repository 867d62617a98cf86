/**
 * Restartable sequences, rseq(2): code that goes on elsewhere if another thread or a signal came between. All run on one
 * processor, number 0.
 */
import { EBUSY, EFAULT, EINVAL, EPERM } from "../abi/errno.ts";
import * as A from "../abi/rseq.ts";
import { UserFault } from "../mmu/access.ts";
import { USER_END } from "../mmu/space.ts";
import type { Task } from "./task.ts";

/** A thread's area, and what stands before each place where a sequence of it may be told to go on. */
export interface Rseq {
  address: number;
  length: number;
  signature: number;
}

export function registerRseq(task: Task, asked: Rseq): number {
  const { address, length, signature } = asked;
  const { rseq } = task;
  if (rseq) {
    if (rseq.address !== address || rseq.length !== length) return -EINVAL;
    return rseq.signature === signature ? -EBUSY : -EPERM;
  }
  if (length < A.ORIG_RSEQ_SIZE || address % A.RSEQ_ALIGN !== 0) return -EINVAL;
  if (address + length > USER_END) return -EFAULT;
  tellProcessor(task, address, 0);
  task.rseq = asked;
  return 0;
}

export function unregisterRseq(task: Task, { address, length, signature }: Rseq): number {
  const { rseq } = task;
  if (!rseq || rseq.address !== address || rseq.length !== length) return -EINVAL;
  if (rseq.signature !== signature) return -EPERM;
  tellProcessor(task, address, A.RSEQ_CPU_ID_UNINITIALIZED);
  task.rseq = undefined;
  return 0;
}

function tellProcessor(task: Task, address: number, id: number): void {
  const { user } = task.mm;
  user.setU32(address + A.RSEQ_CPU_ID_START, 0);
  user.setU32(address + A.RSEQ_CPU_ID, id);
  user.setU32(address + A.RSEQ_NODE_ID, 0);
  user.setU32(address + A.RSEQ_MM_CID, 0);
}

/** Something came between the thread's instructions. False if what it says of its sequence is no good: SIGSEGV. */
export function restartSequence(task: Task): boolean {
  const { rseq } = task;
  if (!rseq) return true;
  try {
    const sequence = task.mm.user.u64(rseq.address + A.RSEQ_CS);
    return sequence === 0 || restart(task, rseq, sequence);
  } catch (e) {
    if (e instanceof UserFault) return false;
    throw e;
  }
}

function restart({ mm, regs }: Task, rseq: Rseq, sequence: number): boolean {
  const { user } = mm;
  if (sequence >= USER_END) return false;
  const start = user.u64(sequence + A.CS_START_IP);
  const length = user.u64(sequence + A.CS_POST_COMMIT_OFFSET);
  const abort = user.u64(sequence + A.CS_ABORT_IP);
  if (start >= USER_END || abort >= USER_END || start + length >= 2 ** 64) return false;
  // The place to go on at must not lie in the sequence, and the program must mean it.
  if ((abort >= start && abort < start + length) || user.u32(abort - 4) !== rseq.signature) return false;
  if (user.u32(sequence + A.CS_VERSION) !== 0) return false;
  const ip = Number(regs.rip);
  const inside = ip >= start && ip < start + length;
  // Flags once said when not to begin anew; Linux takes none any more.
  const flags = user.u32(sequence + A.CS_FLAGS) | user.u32(rseq.address + A.RSEQ_FLAGS);
  if (inside && flags !== 0) return false;
  user.setU64(rseq.address + A.RSEQ_CS, 0);
  if (inside) regs.rip = BigInt(abort);
  return true;
}
