/** POSIX message queues, mq_overview(7): the queue, and open descriptions of it. */
import { O_ACCMODE, O_RDONLY, O_WRONLY } from "../abi/fcntl.ts";
import * as M from "../abi/mqueue.ts";
import { POLLIN, POLLOUT } from "../abi/poll.ts";
import { SI_MESGQ } from "../abi/signal.ts";
import { S_IFREG } from "../abi/stat.ts";
import { BaseFile, seekWithin } from "../vfs/file.ts";
import { anonymousPlace } from "../vfs/place.ts";
import { type Stat, WaitQueue } from "../vfs/types.ts";
import { AnonFs, type AnonInode } from "./fs/anon.ts";
import type { NetlinkSocket } from "./net/netlink.ts";
import type { Process } from "./process.ts";
import { sendToProcess } from "./send.ts";
import type { Task } from "./task.ts";

const mqueueFs = new AnonFs("mqueue", 0x13, M.MQUEUE_MAGIC);

interface Message {
  priority: number;
  bytes: Uint8Array;
}

/** Who is told when a message comes to an empty queue, and how. */
export interface Notification {
  process: Process;
  /** The descriptors of the process: closing one of the queue's takes the notification back. */
  table: object;
  /** 0: nobody is told (SIGEV_NONE). */
  signo: number;
  value: bigint;
  /** SIGEV_THREAD: where the cookie goes. */
  socket?: { to: NetlinkSocket; cookie: Uint8Array };
}

export class PosixQueue {
  /** Highest priority first, then in order of arrival. */
  readonly messages: Message[] = [];
  readonly queue = new WaitQueue();
  readonly inode: AnonInode;
  notification: Notification | undefined;
  /** Tasks that wait for a message: with one of them, nobody is notified. */
  receivers = 0;

  constructor(
    readonly name: string,
    readonly maxMessages: number,
    readonly messageSize: number,
    readonly uid: number,
    mode: number,
    gid: number,
    time: bigint,
  ) {
    this.inode = mqueueFs.inode(S_IFREG | mode, uid, gid, time);
  }
  get full(): boolean {
    return this.messages.length >= this.maxMessages;
  }
  /** Bytes that count against RLIMIT_MSGQUEUE. */
  get charge(): number {
    return chargeOf(this.maxMessages, this.messageSize);
  }
  get bytes(): number {
    return this.messages.reduce((sum, m) => sum + m.bytes.length, 0);
  }
  push(m: Message, sender: Task): void {
    const behind = this.messages.findIndex((other) => other.priority < m.priority);
    this.messages.splice(behind < 0 ? this.messages.length : behind, 0, m);
    if (this.messages.length === 1 && this.receivers === 0) this.notify(sender);
    this.queue.wake();
  }
  take(): Message | undefined {
    const m = this.messages.shift();
    if (m) this.queue.wake();
    return m;
  }
  /** One notification is one message: mq_notify(3). */
  private notify(sender: Task): void {
    const n = this.notification;
    if (!n) return;
    this.notification = undefined;
    if (n.socket) sendCookie(n.socket, M.NOTIFY_WOKENUP);
    else if (n.signo)
      sendToProcess(n.process, {
        signo: n.signo,
        code: SI_MESGQ,
        pid: sender.process.pid,
        uid: sender.cred.uid,
        value: n.value,
      });
  }
  /** Nobody will be told any more. */
  forget(): void {
    if (this.notification?.socket) sendCookie(this.notification.socket, M.NOTIFY_REMOVED);
    this.notification = undefined;
  }
}

function sendCookie({ to, cookie }: { to: NetlinkSocket; cookie: Uint8Array }, reason: number): void {
  const bytes = cookie.slice();
  bytes[M.NOTIFY_COOKIE_LEN - 1] = reason;
  to.deliver(bytes);
}

export function chargeOf(maxMessages: number, messageSize: number): number {
  return maxMessages * (messageSize + M.MSG_OVERHEAD) + Math.min(maxMessages, M.MQ_PRIO_MAX) * M.NODE_OVERHEAD;
}

/** What mq_open(3) gives. */
export class PosixQueueFile extends BaseFile {
  override readonly queue: WaitQueue;
  constructor(
    readonly of: PosixQueue,
    flags: number,
  ) {
    super(of.inode, flags);
    this.queue = of.queue;
    this.place = anonymousPlace(of.inode, `/${of.name}`);
  }
  get receives(): boolean {
    return (this.flags & O_ACCMODE) !== O_WRONLY;
  }
  get sends(): boolean {
    return (this.flags & O_ACCMODE) !== O_RDONLY;
  }
  override poll(): number {
    return (this.of.messages.length > 0 ? POLLIN : 0) | (this.of.full ? 0 : POLLOUT);
  }
  /** mq_overview(7), "Mounting the message queue filesystem": what reading the file shows. */
  override read(into: Uint8Array, at?: number): number {
    const n = this.of.notification;
    const how = n ? (n.socket ? 2 : n.signo ? 0 : 1) : 0;
    const text = `QSIZE:${`${this.of.bytes}`.padEnd(10)} NOTIFY:${`${how}`.padEnd(5)} SIGNO:${`${n?.signo ?? 0}`.padEnd(5)} NOTIFY_PID:${`${n?.process.pid ?? 0}`.padEnd(6)}\n`;
    const from = at ?? this.pos;
    const bytes = new TextEncoder().encode(text).subarray(from, from + into.length);
    into.set(bytes);
    if (at === undefined) this.pos += bytes.length;
    return bytes.length;
  }
  override seek(offset: number, whence: number): number {
    return seekWithin(this, () => M.FILE_SIZE, offset, whence);
  }
  override stat(): Stat {
    return { ...this.of.inode.stat(), size: M.FILE_SIZE };
  }
  flush(table: object): void {
    if (this.of.notification?.table === table) this.of.forget();
  }
}
