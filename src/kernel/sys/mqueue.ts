/** POSIX message queues: mq_open(3), mq_unlink(3), mq_send(3), mq_receive(3), mq_notify(3), mq_getattr(3). */
import * as E from "../../abi/errno.ts";
import { NAME_MAX, O_ACCMODE, O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_RDWR, R_OK, W_OK } from "../../abi/fcntl.ts";
import * as M from "../../abi/mqueue.ts";
import { RLIMIT_MSGQUEUE } from "../../abi/resource.ts";
import { SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, SIGRTMAX } from "../../abi/signal.ts";
import { CLOCK_REALTIME } from "../../abi/time.ts";
import { permission } from "../../vfs/permission.ts";
import { readTimespec, toMonotonic } from "../clock.ts";
import { CAP_SYS_RESOURCE, capableGlobally } from "../cred.ts";
import { chargeOf, type Notification, PosixQueue, PosixQueueFile } from "../mqueue.ts";
import { NetlinkSocket } from "../net/netlink.ts";
import { type Call, park, type SyscallRow, type SysResult, sys } from "../types.ts";
import { installFile, userOf } from "./support.ts";

const queuesOf = (call: Call): Map<string, PosixQueue> => call.task.ns.ipc.posixQueues;

/** The name without its slash, which the C library takes off. */
function nameAt(call: Call, at: number): string | number {
  const name = userOf(call).cstring(at, 4096);
  if (name === undefined || name.length > NAME_MAX) return -E.ENAMETOOLONG;
  if (name === "") return -E.ENOENT;
  return name === "." || name === ".." || name.includes("/") ? -E.EACCES : name;
}

interface Sizes {
  maxMessages: number;
  messageSize: number;
}

/** struct mq_attr, as far as mq_open(3) looks at it. */
function sizesAt(call: Call, at: number): Sizes | number {
  if (at === 0) return { maxMessages: M.MSG_DEFAULT, messageSize: M.MSGSIZE_DEFAULT };
  const user = userOf(call);
  const [maxMessages, messageSize] = [user.i64(at + 8), user.i64(at + 16)];
  const mighty = capableGlobally(call.task.cred, CAP_SYS_RESOURCE);
  const [most, longest] = mighty ? [M.HARD_MSGMAX, M.HARD_MSGSIZEMAX] : [M.MSG_DEFAULT, M.MSGSIZE_DEFAULT];
  if (maxMessages <= 0 || messageSize <= 0 || maxMessages > most || messageSize > longest) return -E.EINVAL;
  return { maxMessages, messageSize };
}

function make(call: Call, name: string, mode: number, attr: number): PosixQueue | number {
  const queues = queuesOf(call);
  const { cred, fs, process } = call.task;
  if (queues.size >= M.QUEUES_MAX && !capableGlobally(cred, CAP_SYS_RESOURCE)) return -E.ENOSPC;
  const sizes = sizesAt(call, attr);
  if (typeof sizes === "number") return sizes;
  const { maxMessages, messageSize } = sizes;
  const own = [...queues.values()].filter((q) => q.uid === cred.fsuid);
  const charged = own.reduce((sum, q) => sum + q.charge, chargeOf(maxMessages, messageSize));
  if (charged > process.limits[RLIMIT_MSGQUEUE].soft) return -E.EMFILE;
  const bits = mode & 0o777 & ~fs.umask;
  const made = new PosixQueue(name, maxMessages, messageSize, cred.fsuid, bits, cred.fsgid, call.kernel.realtime());
  queues.set(name, made);
  return made;
}

/** Looks at what is there already. */
function find(call: Call, found: PosixQueue, flags: number): PosixQueue | number {
  if (flags & O_CREAT && flags & O_EXCL) return -E.EEXIST;
  const access = flags & O_ACCMODE;
  if (access === O_ACCMODE) return -E.EINVAL;
  const mask = access === O_RDONLY ? R_OK : access === O_RDWR ? R_OK | W_OK : W_OK;
  return permission(found.inode, mask, call.task.cred) || found;
}

function mqOpen(call: Call, nameAddress: number, flags: number, mode: number, attr: number): SysResult {
  const name = nameAt(call, nameAddress);
  if (typeof name === "number") return name;
  const there = queuesOf(call).get(name);
  if (!there && !(flags & O_CREAT)) return -E.ENOENT;
  const queue = there ? find(call, there, flags) : make(call, name, mode, attr);
  if (typeof queue === "number") return queue;
  // Message queue descriptors are always close-on-exec (mq_overview(7)).
  return installFile(call, new PosixQueueFile(queue, flags & (O_ACCMODE | O_NONBLOCK)), true);
}

function mqUnlink(call: Call, nameAddress: number): SysResult {
  const name = nameAt(call, nameAddress);
  if (typeof name === "number") return name;
  const queue = queuesOf(call).get(name);
  if (!queue) return -E.ENOENT;
  const { fsuid } = call.task.cred;
  // The directory that they lie in is sticky.
  if (fsuid !== 0 && fsuid !== queue.uid) return -E.EPERM;
  queuesOf(call).delete(name);
  return 0;
}

function queueOf(call: Call, fd: number): PosixQueueFile | number {
  const file = call.task.fds.get(fd);
  return file instanceof PosixQueueFile ? file : -E.EBADF;
}

/** What mq_timedsend and mq_timedreceive keep while they wait. */
interface Waiting {
  until: bigint | undefined;
  /** The task is among the queue's receivers. */
  counted: boolean;
}

/** Reads the deadline, once: the clock may be asked only then. */
function waitingOf(call: Call, timeout: number): Waiting | number {
  if (call.state) return call.state as Waiting;
  const at = timeout ? readTimespec(userOf(call), timeout) : undefined;
  if (typeof at === "number") return at;
  const waiting: Waiting = {
    until: at === undefined ? undefined : toMonotonic(call.task, CLOCK_REALTIME, at),
    counted: false,
  };
  call.state = waiting;
  return waiting;
}

function mqTimedsend(call: Call, fd: number, at: number, length: number, priority: number, timeout: number): SysResult {
  if (priority >= M.MQ_PRIO_MAX) return -E.EINVAL;
  const waiting = waitingOf(call, timeout);
  if (typeof waiting === "number") return waiting;
  const file = queueOf(call, fd);
  if (typeof file === "number" || !file.sends) return -E.EBADF;
  const { of } = file;
  if (length < 0 || length > of.messageSize) return -E.EMSGSIZE;
  const bytes = userOf(call).readBytes(at, length);
  if (!of.full) {
    of.push({ priority, bytes }, call.task);
    return 0;
  }
  if (file.flags & O_NONBLOCK) return -E.EAGAIN;
  return call.timedOut ? -E.ETIMEDOUT : park([of.queue], { until: waiting.until });
}

function mqTimedreceive(
  call: Call,
  fd: number,
  at: number,
  length: number,
  priorityAt: number,
  timeout: number,
): SysResult {
  const waiting = waitingOf(call, timeout);
  if (typeof waiting === "number") return waiting;
  const file = queueOf(call, fd);
  if (typeof file === "number" || !file.receives) return -E.EBADF;
  const { of } = file;
  if (waiting.counted) of.receivers--;
  waiting.counted = false;
  if (length >= 0 && length < of.messageSize) return -E.EMSGSIZE;
  const message = of.take();
  if (message) {
    if (priorityAt) userOf(call).setU32(priorityAt, message.priority);
    userOf(call).writeBytes(at, message.bytes);
    return message.bytes.length;
  }
  if (file.flags & O_NONBLOCK) return -E.EAGAIN;
  if (call.timedOut) return -E.ETIMEDOUT;
  of.receivers++;
  waiting.counted = true;
  const cancel = (): undefined => {
    of.receivers--;
    waiting.counted = false;
  };
  return park([of.queue], { until: waiting.until, cancel });
}

/** struct sigevent, as mq_notify(3) reads it; a number is -errno. */
function notificationAt(call: Call, at: number): Notification | number {
  const user = userOf(call);
  const { process, fds } = call.task;
  const [value, signo, how] = [user.big(at), user.i32(at + 8), user.i32(at + 12)];
  const common = { process, table: fds, value };
  if (how === SIGEV_NONE) return { ...common, signo: 0 };
  if (how === SIGEV_SIGNAL) return signo < 0 || signo > SIGRTMAX ? -E.EINVAL : { ...common, signo };
  if (how !== SIGEV_THREAD) return -E.EINVAL;
  // The "signal" is a netlink socket on which a thread of the C library waits.
  const to = fds.get(signo);
  if (!(to instanceof NetlinkSocket)) return to ? -E.ENOTSOCK : -E.EBADF;
  return { ...common, signo: 0, socket: { to, cookie: user.readBytes(Number(value), M.NOTIFY_COOKIE_LEN) } };
}

function mqNotify(call: Call, fd: number, event: number): SysResult {
  const wanted = event === 0 ? undefined : notificationAt(call, event);
  if (typeof wanted === "number") return wanted;
  const file = queueOf(call, fd);
  if (typeof file === "number") return file;
  const { of } = file;
  if (!wanted) {
    if (of.notification?.process === call.task.process) of.forget();
    return 0;
  }
  if (of.notification) return -E.EBUSY;
  of.notification = wanted;
  return 0;
}

function mqGetsetattr(call: Call, fd: number, next: number, old: number): SysResult {
  const user = userOf(call);
  const flags = next ? user.i64(next) : 0;
  if (flags & ~O_NONBLOCK) return -E.EINVAL;
  const file = queueOf(call, fd);
  if (typeof file === "number") return file;
  const { of } = file;
  if (old) {
    const words = [file.flags & O_NONBLOCK, of.maxMessages, of.messageSize, of.messages.length, 0, 0, 0, 0];
    user.writeBytes(old, new Uint8Array(BigInt64Array.from(words, BigInt).buffer));
  }
  if (next) file.flags = (file.flags & ~O_NONBLOCK) | flags;
  return 0;
}

export const rows: SyscallRow[] = [
  sys(240, "mq_open", "name:str oflag:flags:open mode:mode attr:ptr", mqOpen),
  sys(241, "mq_unlink", "name:str", mqUnlink),
  sys(242, "mq_timedsend", "mqdes:fd msg:ptr msg_len:size msg_prio:uint abs_timeout:timespec", mqTimedsend),
  sys(243, "mq_timedreceive", "mqdes:fd msg:ptr msg_len:size msg_prio:ptr abs_timeout:timespec", mqTimedreceive),
  sys(244, "mq_notify", "mqdes:fd sevp:ptr", mqNotify),
  sys(245, "mq_getsetattr", "mqdes:fd newattr:ptr oldattr:ptr", mqGetsetattr),
];
