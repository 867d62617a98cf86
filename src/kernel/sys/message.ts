/** Sending and receiving: sendto(2), recvfrom(2), sendmsg(2), recvmsg(2) and their plural forms. */
import * as E from "../../abi/errno.ts";
import * as S from "../../abi/socket.ts";
import type { UserMemory } from "../../mmu/user.ts";
import type { File } from "../../vfs/types.ts";
import { readTimespec, writeTimespec } from "../clock.ts";
import { type Address, encodeAddress } from "../net/address.ts";
import type { Wishes } from "../net/ancillary.ts";
import type { Received } from "../net/inbox.ts";
import type { Outgoing, Socket } from "../net/socket.ts";
import { signalUrgent } from "../sigio.ts";
import { type Call, park, type SysResult, sys } from "../types.ts";
import { readControl, writeControl } from "./control.ts";
import { gather, type Iovec, MAX_TRANSFER, readIovecs, scatter, totalLength } from "./iovec.ts";
import { readAddress, senderOf, socketOf, withPaths, writeAddress } from "./socket.ts";
import { raiseSigpipe, userOf } from "./support.ts";

/** Bytes taken from one piece of the guest's memory at a time. */
const CHUNK = 0x40000;

/** A call that has moved `done` bytes and may wait until `until`. */
interface Progress {
  done: number;
  until: bigint | undefined;
}

function progress(call: Call, timeout: bigint): Progress {
  call.state ??= { done: 0, until: timeout ? call.kernel.now() + timeout : undefined } satisfies Progress;
  return call.state as Progress;
}

/** Waits for the socket, unless told not to or out of time. */
function wait(call: Call, s: Socket, flags: number, p: Progress): SysResult {
  const late = p.until !== undefined && (call.timedOut || p.until <= call.kernel.now());
  if (flags & S.MSG_DONTWAIT || s.flags & S.SOCK_NONBLOCK || late) return p.done || -E.EAGAIN;
  // With a time limit, a signal handler ends the call whatever SA_RESTART says (signal(7)).
  const onSignal = p.until === undefined ? "restart" : "eintr";
  return park([s.queue], { until: p.until, partial: p.done || undefined, onSignal });
}

interface Extra {
  to: Address | undefined;
  files: File[];
  wishes?: Wishes;
}

function sendOut(call: Call, s: Socket, list: readonly Iovec[], flags: number, extra: Extra): SysResult {
  if (flags & S.MSG_OOB && !s.takesUrgent) return -E.EOPNOTSUPP;
  const p = progress(call, s.sendTimeout);
  const total = totalLength(list);
  const stream = s.type === S.SOCK_STREAM;
  do {
    const bytes = new Uint8Array(stream ? Math.min(total - p.done, CHUNK) : total);
    const have = gather(userOf(call), list, p.done, bytes);
    if (have < bytes.length && (have === 0 || !stream)) return p.done || -E.EFAULT;
    const files = p.done === 0 ? extra.files : [];
    const { to, wishes } = extra;
    const m: Outgoing = { bytes: bytes.subarray(0, have), to, files, sender: senderOf(call), wishes };
    if (flags & S.MSG_OOB && p.done + have === total) m.urgent = (end) => signalUrgent(call.kernel, end);
    const n = withPaths(call, () => s.send(m));
    if (n === -E.EAGAIN) return wait(call, s, flags, p);
    if (n === -E.EPIPE && stream && !(flags & S.MSG_NOSIGNAL)) raiseSigpipe(call);
    if (n < 0) return p.done || n;
    p.done += n;
    if (!stream) break;
  } while (p.done < total);
  return p.done;
}

function sendto(call: Call, fd: number, buf: number, n: number, flags: number, at: number, length: number): SysResult {
  const s = socketOf(call, fd);
  if (typeof s === "number") return s;
  const to = at ? readAddress(call, s, at, length) : undefined;
  if (typeof to === "number") return to;
  const list = [{ base: buf, length: Math.min(n, MAX_TRANSFER) }];
  return sendOut(call, s, list, flags, { to, files: [] });
}

/** Takes what has come; with MSG_WAITALL until the buffers are full. */
function takeIn(call: Call, s: Socket, list: readonly Iovec[], flags: number): Received | SysResult {
  if (flags & S.MSG_OOB && s.domain === S.AF_UNIX) return -E.EOPNOTSUPP;
  const p = progress(call, s.receiveTimeout);
  const total = totalLength(list);
  const bytes = new Uint8Array(Math.min(total - p.done, CHUNK));
  const r = s.receive(bytes, flags);
  if (r === -E.EAGAIN) return wait(call, s, flags, p);
  if (typeof r === "number") return p.done || r;
  if (scatter(userOf(call), list, p.done, bytes.subarray(0, r.count)) < r.count) {
    s.net.drop(r.files);
    return -E.EFAULT;
  }
  p.done += r.count;
  const more =
    flags & S.MSG_WAITALL && !(flags & S.MSG_OOB) && s.type === S.SOCK_STREAM && !(flags & S.MSG_PEEK) && r.count > 0;
  if (more && p.done < total && r.files.length === 0 && !s.atMark) return takeIn(call, s, list, flags);
  return { ...r, count: p.done };
}

function recvfrom(
  call: Call,
  fd: number,
  buf: number,
  n: number,
  flags: number,
  at: number,
  lengthAt: number,
): SysResult {
  const s = socketOf(call, fd);
  if (typeof s === "number") return s;
  const r = takeIn(call, s, [{ base: buf, length: Math.min(n, MAX_TRANSFER) }], flags);
  if (typeof r !== "object" || "park" in r) return r;
  s.net.drop(r.files);
  const bad = writeAddress(call, r.from, at, lengthAt);
  if (bad < 0) return bad;
  return flags & S.MSG_TRUNC && s.type !== S.SOCK_STREAM ? r.length : r.count;
}

/** struct msghdr (recvmsg(2)), 56 bytes. */
interface MessageHeader {
  name: number;
  nameLength: number;
  list: Iovec[];
  control: number;
  controlLength: number;
}

function readHeader(user: UserMemory, at: number): MessageHeader | number {
  const list = readIovecs(user, user.u64(at + 16), user.u64(at + 24));
  if (typeof list === "number") return list === -E.EINVAL ? -E.EMSGSIZE : list;
  return {
    name: user.u64(at),
    nameLength: user.i32(at + 8),
    list,
    control: user.u64(at + 32),
    controlLength: user.u64(at + 40),
  };
}

function sendmsg(call: Call, fd: number, at: number, flags: number): SysResult {
  const s = socketOf(call, fd);
  if (typeof s === "number") return s;
  const h = readHeader(userOf(call), at);
  if (typeof h === "number") return h;
  const to = h.name && h.nameLength ? readAddress(call, s, h.name, h.nameLength) : undefined;
  if (typeof to === "number") return to;
  const sent = readControl(call, h.control, h.controlLength);
  if (typeof sent === "number") return sent;
  const before = (call.state as Progress | undefined)?.done ?? 0;
  const r = sendOut(call, s, h.list, flags, { to, ...sent });
  // They have gone out only with the first bytes.
  const gone = before === 0 && ((call.state as Progress).done > 0 || (typeof r === "number" && r >= 0));
  if (!gone) s.net.drop(sent.files);
  return r;
}

function recvmsg(call: Call, fd: number, at: number, flags: number): SysResult {
  const s = socketOf(call, fd);
  if (typeof s === "number") return s;
  const user = userOf(call);
  const h = readHeader(user, at);
  if (typeof h === "number") return h;
  const r = takeIn(call, s, h.list, flags);
  if (typeof r !== "object" || "park" in r) return r;
  const name = r.from ? encodeAddress(r.from) : new Uint8Array(0);
  if (h.name) {
    user.writeBytes(h.name, name.subarray(0, h.nameLength));
    user.setU32(at + 8, name.length);
  }
  const control = writeControl(call, s, r, h.control ? h.controlLength : 0, flags);
  if (control.bytes.length > 0) user.writeBytes(h.control, control.bytes);
  user.setU64(at + 40, control.bytes.length);
  const truncated = r.length > r.count && s.type !== S.SOCK_STREAM;
  const urgent = s.takesUrgent ? flags & S.MSG_OOB : 0;
  const kept = urgent | (flags & S.MSG_CMSG_CLOEXEC);
  user.setU32(at + 48, (truncated ? S.MSG_TRUNC : 0) | (control.cut ? S.MSG_CTRUNC : 0) | kept);
  return flags & S.MSG_TRUNC && truncated ? r.length : r.count;
}

/** struct mmsghdr: a msghdr and the length that was moved. */
const MMSG_SIZE = 64;
const MMSG_LENGTH = 56;

/** UIO_MAXIOV */
const MOST_MESSAGES = 1024;

/** How far sendmmsg or recvmmsg has come, beside what its current message keeps in `call.state`. */
interface Batch {
  done: number;
  /** Monotonic time at which no further message is taken. */
  until: bigint | undefined;
}
const batches = new WeakMap<Call, Batch>();

/** One message after another until one fails; a signal then finds those that are done. */
function many(call: Call, p: Batch, at: number, count: number, one: (at: number) => SysResult): SysResult {
  batches.set(call, p);
  while (p.done < Math.min(count, MOST_MESSAGES)) {
    const r = one(at + MMSG_SIZE * p.done);
    if (typeof r === "object") return p.done > 0 ? { ...r, partial: p.done } : r;
    if (typeof r !== "number") return r;
    if (r < 0) return p.done || r;
    userOf(call).setU32(at + MMSG_SIZE * p.done + MMSG_LENGTH, r);
    p.done++;
    call.state = undefined;
    if (p.until !== undefined && call.kernel.now() >= p.until) break;
  }
  return p.done;
}
function sendmmsg(call: Call, fd: number, at: number, count: number, flags: number): SysResult {
  const p = batches.get(call) ?? { done: 0, until: undefined };
  return many(call, p, at, count, (message) => sendmsg(call, fd, message, flags));
}

/** The timeout is looked at only between messages (recvmmsg(2), BUGS); what is left of it is written back. */
function recvmmsg(call: Call, fd: number, at: number, count: number, flags: number, timeout: number): SysResult {
  const { kernel, task } = call;
  let p = batches.get(call);
  if (!p) {
    const given = timeout ? readTimespec(task.mm.user, timeout) : undefined;
    if (typeof given === "number") return given;
    p = { done: 0, until: given === undefined ? undefined : kernel.now() + given };
  }
  const { until } = p;
  const r = many(call, p, at, count, (message) => {
    const waits = p.done === 0 || !(flags & S.MSG_WAITFORONE);
    return recvmsg(call, fd, message, (flags & ~S.MSG_WAITFORONE) | (waits ? 0 : S.MSG_DONTWAIT));
  });
  if (until !== undefined && typeof r === "number" && r > 0) {
    const left = until - kernel.now();
    writeTimespec(task.mm.user, timeout, left > 0n ? left : 0n);
  }
  return r;
}

export const messageCalls = [
  sys(44, "sendto", "sockfd:fd buf:buf_in len:size flags:flags:msg dest_addr:ptr addrlen:int", sendto),
  sys(45, "recvfrom", "sockfd:fd buf:buf_out len:size flags:flags:msg src_addr:ptr addrlen:ptr", recvfrom),
  sys(46, "sendmsg", "sockfd:fd msg:msghdr flags:flags:msg", sendmsg),
  sys(47, "recvmsg", "sockfd:fd msg:msghdr_out flags:flags:msg", recvmsg),
  sys(299, "recvmmsg", "sockfd:fd msgvec:ptr vlen:uint flags:flags:msg timeout:timespec", recvmmsg),
  sys(307, "sendmmsg", "sockfd:fd msgvec:ptr vlen:uint flags:flags:msg", sendmmsg),
];
