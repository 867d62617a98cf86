/** modify_ldt(2): arch/x86/kernel/ldt.c. */
import { EFAULT, EINVAL, ENOSYS } from "../../abi/errno.ts";
import {
  decodeUserDesc,
  encodeDescriptor,
  isEmptyDesc,
  LDT_ENTRIES,
  LDT_ENTRY_SIZE,
  MODIFY_LDT_CONTENTS_CONFORMING,
  USER_DESC_SIZE,
} from "../../abi/ldt.ts";
import { UserFault } from "../../mmu/access.ts";
import { reloadSegments } from "../segments.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";

const READ = 0;
const WRITE_OLD = 1;
const READ_DEFAULT = 2;
const WRITE = 0x11;
const DEFAULT_SIZE = 128;

function read(call: Call, at: number, count: number): number {
  const { mm } = call.task;
  const { ldt } = mm.space;
  if (!ldt) return 0;
  const size = Math.min(count, LDT_ENTRIES * LDT_ENTRY_SIZE);
  const out = new Uint8Array(size);
  out.set(ldt.subarray(0, size));
  mm.user.writeBytes(at, out);
  return size;
}

function write(call: Call, at: number, count: number, old: boolean): number {
  if (count !== USER_DESC_SIZE) return -EINVAL;
  const { task, kernel } = call;
  const { space, user } = task.mm;
  const bytes = user.readBytes(at, USER_DESC_SIZE);
  const d = decodeUserDesc(new DataView(bytes.buffer, bytes.byteOffset));
  if (d.entry >= LDT_ENTRIES) return -EINVAL;
  if (d.contents === MODIFY_LDT_CONTENTS_CONFORMING && (old || !d.notPresent)) return -EINVAL;
  const clears = isEmptyDesc(d) || (old && d.base === 0 && d.limit === 0);
  const next = new Uint8Array(Math.max((d.entry + 1) * LDT_ENTRY_SIZE, space.ldt?.length ?? 0));
  if (space.ldt) next.set(space.ldt);
  new DataView(next.buffer).setBigUint64(d.entry * LDT_ENTRY_SIZE, clears ? 0n : encodeDescriptor(d, !old), true);
  space.ldt = next;
  for (const t of kernel.tasks.values()) if (t.mm === task.mm) reloadSegments(t);
  return 0;
}

function modifyLdt(call: Call, func: number, at: number, count: number): SysResult {
  // The result is an int: an error doesn't reach into RAX's upper half.
  try {
    return modify(call, func, at, count) >>> 0;
  } catch (e) {
    if (e instanceof UserFault) return -EFAULT >>> 0;
    throw e;
  }
}
function modify(call: Call, func: number, at: number, count: number): number {
  switch (func) {
    case READ:
      return read(call, at, count);
    case WRITE_OLD:
      return write(call, at, count, true);
    case READ_DEFAULT: {
      const size = Math.min(count, DEFAULT_SIZE);
      call.task.mm.user.writeBytes(at, new Uint8Array(size));
      return size;
    }
    case WRITE:
      return write(call, at, count, false);
    default:
      return -ENOSYS;
  }
}

export const rows: SyscallRow[] = [sys(154, "modify_ldt", "func:int ptr:ptr bytecount:size", modifyLdt)];
