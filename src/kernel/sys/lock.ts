/** The record locks of fcntl(2): POSIX locks and open-file-description locks. */
import { EAGAIN, EBADF, EINVAL } from "../../abi/errno.ts";
import * as F from "../../abi/fcntl.ts";
import type { UserMemory } from "../../mmu/user.ts";
import type { File } from "../../vfs/types.ts";
import { type Lock, rangeLocks } from "../locks.ts";
import { type Call, park, type SysResult } from "../types.ts";
import { userOf } from "./support.ts";

/** struct flock: l_type (2), l_whence (2), l_start (8 at 8), l_len (8 at 16), l_pid (4 at 24). */
function readFlock(user: UserMemory, address: number) {
  return {
    type: user.u16(address),
    whence: user.u16(address + 2),
    start: user.i64(address + 8),
    length: user.i64(address + 16),
    pid: user.i32(address + 24),
  };
}

function writeFlock(user: UserMemory, address: number, lock: Lock): void {
  user.writeBytes(address, Uint8Array.of(lock.type, 0, F.SEEK_SET, 0));
  user.setU64(address + 8, lock.start);
  user.setU64(address + 16, lock.end === Number.POSITIVE_INFINITY ? 0 : lock.end - lock.start);
  user.setU32(address + 24, lock.pid >>> 0);
}

function base(file: File, whence: number): number {
  if (whence === F.SEEK_SET) return 0;
  if (whence === F.SEEK_CUR) return file.pos;
  const st = file.stat();
  return typeof st === "number" ? st : st.size;
}

/** The request as absolute bytes; a negative length means the bytes before `l_start` (fcntl(2)). */
function parse(call: Call, file: File, address: number, ofd: boolean): Lock | number {
  const l = readFlock(userOf(call), address);
  if (l.whence > F.SEEK_END || l.type > F.F_UNLCK || (ofd && l.pid !== 0)) return -EINVAL;
  let start = base(file, l.whence) + l.start;
  let end = l.length === 0 ? Number.POSITIVE_INFINITY : start + l.length;
  if (l.length < 0) [start, end] = [end, start];
  if (start < 0) return -EINVAL;
  return { owner: ofd ? file : call.task.fds, type: l.type, start, end, pid: ofd ? -1 : call.task.process.pid };
}

function mayLock(file: File, type: number): boolean {
  const mode = file.flags & F.O_ACCMODE;
  if (type === F.F_RDLCK) return mode !== F.O_WRONLY;
  return type === F.F_UNLCK || mode !== F.O_RDONLY;
}

export function lockCommand(call: Call, file: File, command: number, address: number): SysResult {
  if (!file.inode) return -EINVAL;
  const ofd = command === F.F_OFD_GETLK || command === F.F_OFD_SETLK || command === F.F_OFD_SETLKW;
  const want = parse(call, file, address, ofd);
  if (typeof want === "number") return want;
  const set = rangeLocks(file.inode);
  const other = want.type === F.F_UNLCK ? undefined : set.conflict(want);
  if (command === F.F_GETLK || command === F.F_OFD_GETLK) {
    if (other) writeFlock(userOf(call), address, other);
    else userOf(call).writeBytes(address, Uint8Array.of(F.F_UNLCK, 0));
    return 0;
  }
  if (!mayLock(file, want.type)) return -EBADF;
  if (other) return command === F.F_SETLK || command === F.F_OFD_SETLK ? -EAGAIN : park([set.queue]);
  set.apply(want);
  return 0;
}
