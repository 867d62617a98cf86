/** System V semaphores: semget(2), semop(2), semctl(2). */
import { E2BIG, EACCES, EAGAIN, EIDRM, EINVAL, EPERM, ERANGE } from "../../abi/errno.ts";
import * as I from "../../abi/ipc.ts";
import { readTimespec } from "../clock.ts";
import { ipcAllowed, ipcOwner, makePerm, setPerm, writePerm } from "../ipc.ts";
import { type SemOp, SemSet } from "../sem.ts";
import { type Call, park, type SyscallRow, type SysResult, sys } from "../types.ts";

const seconds = (call: Call): bigint => call.kernel.realtime() / 1000000000n;

function semget(call: Call, key: number, n: number, flags: number): SysResult {
  const { task } = call;
  if (n < 0 || n > I.SEMMSL) return -EINVAL;
  const make = (): SemSet | number => {
    if (n === 0) return -EINVAL;
    const set = new SemSet(makePerm(key, flags, task.cred), n);
    set.ctime = seconds(call);
    return set;
  };
  return task.ns.ipc.semaphores.get(key, flags, task.cred, make, (s) => (n > s.values.length ? -EINVAL : 0));
}

interface Wait {
  set: SemSet;
  until: bigint | undefined;
  ops: SemOp[];
  /** The counter that shows this wait (GETNCNT, GETZCNT). */
  counted: { list: number[]; num: number } | undefined;
}

function uncount(w: Wait): void {
  if (w.counted) w.counted.list[w.counted.num]--;
  w.counted = undefined;
}

function begin(call: Call, id: number, at: number, count: number, timeout: number): Wait | number {
  const { kernel, task } = call;
  const { user } = task.mm;
  if (count < 1) return -EINVAL;
  if (count > I.SEMOPM) return -E2BIG;
  const ops = Array.from({ length: count }, (_, i) => ({
    num: user.u16(at + i * 6),
    op: (user.u16(at + i * 6 + 2) << 16) >> 16,
    flags: user.u16(at + i * 6 + 4),
  }));
  let until: bigint | undefined;
  if (timeout) {
    const t = readTimespec(user, timeout);
    if (typeof t === "number") return t;
    until = kernel.now() + t;
  }
  const set = task.ns.ipc.semaphores.find(id);
  if (typeof set === "number") return set;
  for (const o of ops) if (set.check(o.num) < 0) return set.check(o.num);
  const alters = ops.some((o) => o.op !== 0);
  if (!ipcAllowed(set.perm, alters ? 2 : 4, task.cred)) return -EACCES;
  return { set, until, ops, counted: undefined };
}

function semtimedop(call: Call, id: number, at: number, count: number, timeout: number): SysResult {
  const w = (call.state as Wait | undefined) ?? begin(call, id, at, count, timeout);
  if (typeof w === "number") return w;
  call.state = w;
  uncount(w);
  if (w.set.removed) return -EIDRM;
  const r = w.set.attempt(w.ops, call.task.process);
  if (typeof r === "number") {
    if (r === 0) w.set.otime = seconds(call);
    return r;
  }
  if (w.until !== undefined && w.until <= call.kernel.now()) return -EAGAIN;
  const list = r.op === 0 ? w.set.zero : w.set.increase;
  list[r.num]++;
  w.counted = { list, num: r.num };
  const cancel = (): undefined => {
    uncount(w);
  };
  return park([w.set.queue], { until: w.until, onSignal: "eintr", cancel });
}

/** sizeof(struct semid_ds) */
const DS_SIZE = 104;

function writeDs(call: Call, s: SemSet, at: number): void {
  const v = new DataView(new ArrayBuffer(DS_SIZE));
  writePerm(v, s.perm);
  v.setBigInt64(48, s.otime, true);
  v.setBigInt64(64, s.ctime, true);
  v.setBigUint64(80, BigInt(s.values.length), true);
  call.task.mm.user.writeBytes(at, new Uint8Array(v.buffer));
}

/** struct seminfo: semmap semmni semmns semmnu semmsl semopm semume semusz semvmx semaem. */
const INFO = [1024000000, 32000, 1024000000, 1024000000, I.SEMMSL, I.SEMOPM, I.SEMOPM, 20, I.SEMVMX, I.SEMVMX];

function semctl(call: Call, id: number, num: number, command: number, arg: number): SysResult {
  const { task } = call;
  const { user } = task.mm;
  const table = task.ns.ipc.semaphores;
  if (command === I.IPC_INFO || command === I.SEM_INFO) {
    INFO.forEach((n, i) => {
      user.setU32(arg + i * 4, n);
    });
    return Math.max(0, table.top);
  }
  const s = command === I.SEM_STAT ? (table.at(id) ?? -EINVAL) : table.find(id);
  if (typeof s === "number") return s;
  switch (command) {
    case I.IPC_STAT:
    case I.SEM_STAT:
      if (!ipcAllowed(s.perm, 4, task.cred)) return -EACCES;
      writeDs(call, s, arg);
      return command === I.SEM_STAT ? s.perm.id : 0;
    case I.IPC_SET:
      s.ctime = seconds(call);
      return setPerm(s, user, arg, task.cred);
    case I.IPC_RMID:
      if (!ipcOwner(s.perm, task.cred)) return -EPERM;
      table.remove(s);
      s.queue.wake();
      return 0;
    default:
      return values(call, s, num, command, arg);
  }
}

function values(call: Call, s: SemSet, num: number, command: number, arg: number): number {
  const { task } = call;
  const { user } = task.mm;
  const sets = command === I.SETVAL || command === I.SETALL;
  if (!ipcAllowed(s.perm, sets ? 2 : 4, task.cred)) return -EACCES;
  const single = command !== I.GETALL && command !== I.SETALL;
  if (single && (num < 0 || num >= s.values.length)) return -EINVAL;
  switch (command) {
    case I.GETPID:
      return s.pids[num];
    case I.GETVAL:
      return s.values[num];
    case I.GETNCNT:
      return s.increase[num];
    case I.GETZCNT:
      return s.zero[num];
    case I.GETALL:
      s.values.forEach((v, i) => {
        user.writeBytes(arg + i * 2, Uint8Array.of(v, v >> 8));
      });
      return 0;
    case I.SETVAL:
      return assign(call, s, [num], [arg | 0]);
    case I.SETALL: {
      const all = s.values.map((_, i) => i);
      return assign(
        call,
        s,
        all,
        all.map((i) => user.u16(arg + i * 2)),
      );
    }
    default:
      return -EINVAL;
  }
}

function assign(call: Call, s: SemSet, nums: readonly number[], to: readonly number[]): number {
  if (to.some((v) => v < 0 || v > I.SEMVMX)) return -ERANGE;
  nums.forEach((n, i) => {
    s.values[n] = to[i];
    s.pids[n] = call.task.process.pid;
    s.clearUndo(n);
  });
  s.ctime = seconds(call);
  s.queue.wake();
  return 0;
}

export const rows: SyscallRow[] = [
  sys(64, "semget", "key:int nsems:int semflg:flags:ipc", semget),
  sys(65, "semop", "semid:int sops:ptr nsops:size", (c, id, at, n) => semtimedop(c, id, at, n, 0)),
  sys(66, "semctl", "semid:int semnum:int cmd:int arg:ulong", semctl),
  sys(220, "semtimedop", "semid:int sops:ptr nsops:size timeout:timespec", semtimedop),
];
