/** System V shared memory: shmget(2), shmat(2), shmctl(2). */
import { EACCES, EINVAL, EPERM } from "../../abi/errno.ts";
import * as I from "../../abi/ipc.ts";
import { RLIMIT_AS } from "../../abi/resource.ts";
import { alignUp } from "../../base/bits.ts";
import { EXEC, READ, WRITE } from "../../mmu/access.ts";
import { PAGE } from "../../mmu/frames.ts";
import { type IpcTable, ipcAllowed, ipcOwner, makePerm, setPerm, writePerm } from "../ipc.ts";
import { mapRegion, unmapRegion } from "../mmap.ts";
import { Segment } from "../shm.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";

const seconds = (call: Call): bigint => call.kernel.realtime() / 1000000000n;

function shmget(call: Call, key: number, size: number, flags: number): SysResult {
  const { kernel, task } = call;
  const { segments } = task.ns.ipc;
  const make = (): Segment | number => {
    if (size <= 0 || !Number.isSafeInteger(size)) return -EINVAL;
    const clock = (): bigint => seconds(call);
    return new Segment(
      kernel.frames,
      makePerm(key, flags, task.cred),
      size,
      alignUp(size, PAGE),
      task.process.pid,
      clock,
      (s) => {
        if (s.perm.mode & I.SHM_DEST) destroy(segments, s);
      },
    );
  };
  return segments.get(key, flags, task.cred, make, (s) => (size > s.length ? -EINVAL : 0));
}

function destroy(segments: IpcTable<Segment>, s: Segment): void {
  if (s.removed) return;
  segments.remove(s);
  s.drop();
}

function shmat(call: Call, id: number, address: number, flags: number): SysResult {
  const { task } = call;
  const s = task.ns.ipc.segments.find(id);
  if (typeof s === "number") return s;
  const readOnly = (flags & I.SHM_RDONLY) !== 0;
  if (!ipcAllowed(s.perm, readOnly ? 4 : 6, task.cred)) return -EACCES;
  let at = address;
  if (at % PAGE !== 0) {
    if (!(flags & I.SHM_RND)) return -EINVAL;
    at -= at % PAGE;
  }
  if (at === 0 && flags & I.SHM_REMAP) return -EINVAL;
  const replace = (flags & I.SHM_REMAP) !== 0;
  if (at && !replace && task.mm.vmas.overlapping(at, at + s.size).length > 0) return -EINVAL;
  s.retain();
  const prot = READ | (readOnly ? 0 : WRITE) | (flags & I.SHM_EXEC ? EXEC : 0);
  const r = mapRegion(task.mm, {
    address: at,
    length: s.size,
    prot,
    fixed: at !== 0,
    limit: task.process.limits[RLIMIT_AS].soft,
    vma: { shared: true, source: s, offset: 0 },
  });
  if (r < 0) return r;
  s.atime = seconds(call);
  s.lastPid = task.process.pid;
  return r;
}

function shmdt(call: Call, address: number): SysResult {
  const { mm, process } = call.task;
  const first = mm.vmas.list.find((v) => v.source instanceof Segment && v.start - v.offset === address);
  const s = first?.source;
  if (!(s instanceof Segment)) return -EINVAL;
  s.lastPid = process.pid;
  const parts = mm.vmas.overlapping(address, address + s.size).filter((v) => v.source === s);
  for (const v of parts) unmapRegion(mm, v.start, v.end - v.start);
  return 0;
}

/** sizeof(struct shmid_ds) */
const DS_SIZE = 112;

function writeDs(call: Call, s: Segment, at: number): void {
  const v = new DataView(new ArrayBuffer(DS_SIZE));
  writePerm(v, s.perm);
  v.setBigUint64(48, BigInt(s.length), true);
  [s.atime, s.dtime, s.ctime].forEach((t, i) => {
    v.setBigInt64(56 + i * 8, t, true);
  });
  v.setInt32(80, s.creator, true);
  v.setInt32(84, s.lastPid, true);
  v.setBigUint64(88, BigInt(s.attached), true);
  call.task.mm.user.writeBytes(at, new Uint8Array(v.buffer));
}

/** Limits as Linux has them: shmmax, shmmin, shmmni, shmseg, shmall. */
const INFO = [0xfffffffffeffffffn, 1n, 4096n, 4096n, 0xfffffffffeffffffn];

function shmctl(call: Call, id: number, command: number, at: number): SysResult {
  const { task } = call;
  const { user } = task.mm;
  const table = task.ns.ipc.segments;
  if (command === I.IPC_INFO) {
    INFO.forEach((n, i) => {
      user.setU64(at + i * 8, n);
    });
    return Math.max(0, table.top);
  }
  if (command === I.SHM_INFO) {
    const pages = table.list().reduce((sum, s) => sum + s.size / PAGE, 0);
    user.setU32(at, table.count);
    [pages, pages, 0, 0, 0].forEach((n, i) => {
      user.setU64(at + 8 + i * 8, n);
    });
    return Math.max(0, table.top);
  }
  const byIndex = command === I.SHM_STAT || command === I.SHM_STAT_ANY;
  const s = byIndex ? (table.at(id) ?? -EINVAL) : table.find(id);
  if (typeof s === "number") return s;
  switch (command) {
    case I.IPC_STAT:
    case I.SHM_STAT:
    case I.SHM_STAT_ANY:
      if (command !== I.SHM_STAT_ANY && !ipcAllowed(s.perm, 4, task.cred)) return -EACCES;
      writeDs(call, s, at);
      return byIndex ? s.perm.id : 0;
    case I.IPC_SET:
      s.ctime = seconds(call);
      return setPerm(s, user, at, task.cred);
    case I.IPC_RMID:
      if (!ipcOwner(s.perm, task.cred)) return -EPERM;
      s.perm.mode |= I.SHM_DEST;
      s.perm.key = I.IPC_PRIVATE;
      if (s.attached === 0) destroy(table, s);
      return 0;
    case I.SHM_LOCK:
    case I.SHM_UNLOCK:
      if (!ipcOwner(s.perm, task.cred)) return -EPERM;
      if (command === I.SHM_LOCK) s.perm.mode |= I.SHM_LOCKED;
      else s.perm.mode &= ~I.SHM_LOCKED;
      return 0;
    default:
      return -EINVAL;
  }
}

export const rows: SyscallRow[] = [
  sys(29, "shmget", "key:int size:size shmflg:flags:ipc", shmget),
  sys(30, "shmat", "shmid:int shmaddr:ptr shmflg:flags:shm", shmat),
  sys(31, "shmctl", "shmid:int cmd:int buf:ptr", shmctl),
  sys(67, "shmdt", "shmaddr:ptr", shmdt),
];
