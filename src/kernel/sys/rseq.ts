/** What threads use to do without locked instructions: rseq(2), membarrier(2). */
import { EINVAL } from "../../abi/errno.ts";
import { RSEQ_FLAG_UNREGISTER } from "../../abi/rseq.ts";
import { registerRseq, unregisterRseq } from "../rseq.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";

function rseq(call: Call, address: number, length: number, flags: number, signature: number): SysResult {
  const asked = { address, length, signature };
  if (flags === RSEQ_FLAG_UNREGISTER) return unregisterRseq(call.task, asked);
  return flags ? -EINVAL : registerRseq(call.task, asked);
}

/** MEMBARRIER_CMD_QUERY, and the commands that one processor satisfies by doing nothing: no other thread is at work. */
const MEMBARRIER_COMMANDS = 0x1ff;
const MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ = 1 << 7;
/** With that command: only the threads on a processor. */
const MEMBARRIER_CMD_FLAG_CPU = 1;

function membarrier(_: Call, command: number, flags: number): SysResult {
  const known = command === MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ ? MEMBARRIER_CMD_FLAG_CPU : 0;
  if (flags & ~known) return -EINVAL;
  if (command === 0) return MEMBARRIER_COMMANDS;
  return command & ~MEMBARRIER_COMMANDS || (command & (command - 1)) !== 0 ? -EINVAL : 0;
}

export const rows: SyscallRow[] = [
  sys(
    324,
    "membarrier",
    "cmd:int flags:uint cpu_id:int",
    membarrier,
    "partial",
    "registering is not asked for, nor told",
  ),
  sys(334, "rseq", "rseq:ptr rseq_len:uint flags:int sig:uint", rseq),
];
