/** System V message queues: msgget(2), msgsnd(2), msgrcv(2), msgctl(2). */
import { E2BIG, EACCES, EAGAIN, EIDRM, EINVAL, ENOMSG, EPERM } from "../../abi/errno.ts";
import * as I from "../../abi/ipc.ts";
import { ipcAllowed, ipcOwner, makePerm, setPerm, writePerm } from "../ipc.ts";
import { MessageQueue } from "../msg.ts";
import { type Call, park, type SyscallRow, type SysResult, sys } from "../types.ts";

const seconds = (call: Call): bigint => call.kernel.realtime() / 1000000000n;

function msgget(call: Call, key: number, flags: number): SysResult {
  const { task } = call;
  const make = (): MessageQueue => {
    const q = new MessageQueue(makePerm(key, flags, task.cred));
    q.ctime = seconds(call);
    return q;
  };
  return task.ns.ipc.messageQueues.get(key, flags, task.cred, make, () => 0);
}

/** The queue, the same one through all retries: it may be removed meanwhile. */
function queueOf(call: Call, id: number, want: number): MessageQueue | number {
  const q = (call.state as MessageQueue | undefined) ?? call.task.ns.ipc.messageQueues.find(id);
  if (typeof q === "number") return q;
  call.state = q;
  if (q.removed) return -EIDRM;
  return ipcAllowed(q.perm, want, call.task.cred) ? q : -EACCES;
}

function msgsnd(call: Call, id: number, at: number, size: number, flags: number): SysResult {
  const { user } = call.task.mm;
  if (size < 0 || size > I.MSGMAX) return -EINVAL;
  const type = user.i64(at);
  if (type < 1) return -EINVAL;
  const q = queueOf(call, id, 2);
  if (typeof q === "number") return q;
  if (q.bytes + size > q.limit) return flags & I.IPC_NOWAIT ? -EAGAIN : park([q.queue], { onSignal: "eintr" });
  q.messages.push({ type, bytes: user.readBytes(at + 8, size) });
  q.stime = seconds(call);
  q.sender = call.task.process.pid;
  q.queue.wake();
  return 0;
}

/** Which message msgrcv takes: its index, or -1. */
function choose(q: MessageQueue, type: number, flags: number): number {
  const { messages } = q;
  if (flags & I.MSG_COPY) return type < messages.length ? type : -1;
  if (type === 0) return messages.length > 0 ? 0 : -1;
  if (type > 0) return messages.findIndex((m) => (m.type === type) !== ((flags & I.MSG_EXCEPT) !== 0));
  let best = -1;
  messages.forEach((m, i) => {
    if (m.type <= -type && (best < 0 || m.type < messages[best].type)) best = i;
  });
  return best;
}

function msgrcv(call: Call, id: number, at: number, size: number, type: number, flags: number): SysResult {
  if (size < 0) return -EINVAL;
  if (flags & I.MSG_COPY && (flags & I.MSG_EXCEPT || !(flags & I.IPC_NOWAIT))) return -EINVAL;
  const q = queueOf(call, id, 4);
  if (typeof q === "number") return q;
  const i = choose(q, type, flags);
  if (i < 0) return flags & I.IPC_NOWAIT ? -ENOMSG : park([q.queue], { onSignal: "eintr" });
  const m = q.messages[i];
  if (m.bytes.length > size && !(flags & I.MSG_NOERROR)) return -E2BIG;
  const n = Math.min(size, m.bytes.length);
  call.task.mm.user.setU64(at, m.type);
  call.task.mm.user.writeBytes(at + 8, m.bytes.subarray(0, n));
  if (flags & I.MSG_COPY) return n;
  q.messages.splice(i, 1);
  q.rtime = seconds(call);
  q.receiver = call.task.process.pid;
  q.queue.wake();
  return n;
}

/** sizeof(struct msqid_ds) */
const DS_SIZE = 120;
const MSG_STAT = 11;
const MSG_INFO = 12;

function writeDs(call: Call, q: MessageQueue, at: number): void {
  const v = new DataView(new ArrayBuffer(DS_SIZE));
  writePerm(v, q.perm);
  [q.stime, q.rtime, q.ctime].forEach((t, i) => {
    v.setBigInt64(48 + i * 8, t, true);
  });
  [q.bytes, q.messages.length, q.limit].forEach((n, i) => {
    v.setBigUint64(72 + i * 8, BigInt(n), true);
  });
  v.setInt32(96, q.sender, true);
  v.setInt32(100, q.receiver, true);
  call.task.mm.user.writeBytes(at, new Uint8Array(v.buffer));
}

function msgctl(call: Call, id: number, command: number, at: number): SysResult {
  const { task } = call;
  const { user } = task.mm;
  const table = task.ns.ipc.messageQueues;
  if (command === I.IPC_INFO || command === MSG_INFO) {
    // msgpool msgmap msgmax msgmnb msgmni msgssz msgtql; msgseg is 16 bits.
    [0, 0, I.MSGMAX, I.MSGMNB, 32000, 16, 0].forEach((n, i) => {
      user.setU32(at + i * 4, n);
    });
    return Math.max(0, table.top);
  }
  const q = command === MSG_STAT ? (table.at(id) ?? -EINVAL) : table.find(id);
  if (typeof q === "number") return q;
  switch (command) {
    case I.IPC_STAT:
    case MSG_STAT:
      if (!ipcAllowed(q.perm, 4, task.cred)) return -EACCES;
      writeDs(call, q, at);
      return command === MSG_STAT ? q.perm.id : 0;
    case I.IPC_SET: {
      const r = setPerm(q, user, at, task.cred);
      if (r === 0) q.limit = user.u64(at + 88);
      q.ctime = seconds(call);
      q.queue.wake();
      return r;
    }
    case I.IPC_RMID:
      if (!ipcOwner(q.perm, task.cred)) return -EPERM;
      table.remove(q);
      q.queue.wake();
      return 0;
    default:
      return -EINVAL;
  }
}

export const rows: SyscallRow[] = [
  sys(68, "msgget", "key:int msgflg:flags:ipc", msgget),
  sys(69, "msgsnd", "msqid:int msgp:ptr msgsz:size msgflg:flags:ipc", msgsnd),
  sys(70, "msgrcv", "msqid:int msgp:ptr msgsz:size msgtyp:long msgflg:flags:ipc", msgrcv),
  sys(71, "msgctl", "msqid:int cmd:int buf:ptr", msgctl),
];
