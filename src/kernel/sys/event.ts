/** eventfd(2) and epoll(7). */
import { EBADF, EINVAL, ELOOP, EPERM } from "../../abi/errno.ts";
import { O_CLOEXEC, O_NONBLOCK } from "../../abi/fcntl.ts";
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from "../../abi/poll.ts";
import { S_IFDIR, S_IFREG } from "../../abi/stat.ts";
import type { File } from "../../vfs/types.ts";
import { EpollFile } from "../epoll.ts";
import { EventFile } from "../eventfd.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { fileOf, installFile, userOf } from "./support.ts";
import { beginWait, parkUntil, waitOver } from "./wait.ts";

const EFD_SEMAPHORE = 1;

function eventfd2(call: Call, initial: number, flags: number): SysResult {
  if (flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
  const file = new EventFile(BigInt(initial), (flags & EFD_SEMAPHORE) !== 0, flags & O_NONBLOCK);
  return installFile(call, file, (flags & O_CLOEXEC) !== 0);
}
function eventfd(call: Call, initial: number): SysResult {
  return eventfd2(call, initial, 0);
}

function epollCreate1(call: Call, flags: number): SysResult {
  if (flags & ~O_CLOEXEC) return -EINVAL;
  return installFile(call, new EpollFile(), (flags & O_CLOEXEC) !== 0);
}
function epollCreate(call: Call, size: number): SysResult {
  return size <= 0 ? -EINVAL : epollCreate1(call, 0);
}

function epollOf(call: Call, fd: number): EpollFile | number {
  const file = fileOf(call, fd);
  if (typeof file === "number") return file;
  return file instanceof EpollFile ? file : -EINVAL;
}

/** Regular files and directories are always ready, so that epoll refuses them (epoll_ctl(2), EPERM). */
function canWatch(file: File): boolean {
  const type = file.inode?.type;
  return type !== S_IFREG && type !== S_IFDIR;
}

function epollCtl(call: Call, epfd: number, op: number, fd: number, address: number): SysResult {
  const file = fileOf(call, fd);
  if (typeof file === "number") return file;
  const epoll = epollOf(call, epfd);
  if (typeof epoll === "number") return epoll;
  if (file === epoll) return -EINVAL;
  if (!canWatch(file)) return -EPERM;
  if (op === EPOLL_CTL_DEL) return epoll.remove(fd, file);
  // struct epoll_event is packed: events (4), data (8).
  const user = userOf(call);
  const event = { events: user.u32(address), data: user.big(address + 4) };
  if (op === EPOLL_CTL_MOD) return epoll.modify(fd, file, event);
  if (op !== EPOLL_CTL_ADD) return -EINVAL;
  if (file instanceof EpollFile && file.reaches(epoll)) return -ELOOP;
  return epoll.add(fd, file, event);
}

function waitEvents(call: Call, epfd: number, events: number, max: number): SysResult {
  const epoll = epollOf(call, epfd);
  if (typeof epoll === "number") return epoll;
  const found = epoll.take(max);
  if (found.length === 0 && !waitOver(call)) return parkUntil(call, [epoll.queue]);
  const bytes = new Uint8Array(12 * found.length);
  const view = new DataView(bytes.buffer);
  found.forEach((e, i) => {
    view.setUint32(12 * i, e.events, true);
    view.setBigUint64(12 * i + 4, e.data, true);
  });
  userOf(call).writeBytes(events, bytes);
  return found.length;
}

function epollPwait(call: Call, epfd: number, ev: number, max: number, ms: number, mask: number, size: number) {
  if (max <= 0) return -EINVAL;
  if (call.task.fds.get(epfd) === undefined) return -EBADF;
  const bad = beginWait(call, ms < 0 ? undefined : BigInt(ms) * 1000000n, mask, size);
  return bad || waitEvents(call, epfd, ev, max);
}
function epollWait(call: Call, epfd: number, events: number, max: number, ms: number): SysResult {
  return epollPwait(call, epfd, events, max, ms, 0, 8);
}
function epollPwait2(call: Call, epfd: number, ev: number, max: number, ts: number, mask: number, size: number) {
  if (max <= 0) return -EINVAL;
  const user = userOf(call);
  const ns = ts ? BigInt(user.i64(ts)) * 1000000000n + BigInt(user.i64(ts + 8)) : undefined;
  const bad = beginWait(call, ns, mask, size);
  return bad || waitEvents(call, epfd, ev, max);
}

export const eventCalls = [
  sys(213, "epoll_create", "size:int", epollCreate),
  sys(232, "epoll_wait", "epfd:fd events:ptr maxevents:int timeout:int", epollWait),
  sys(233, "epoll_ctl", "epfd:fd op:epoll_op fd:fd event:epoll_event", epollCtl),
  sys(281, "epoll_pwait", "epfd:fd events:ptr maxevents:int timeout:int sigmask:sigset sigsetsize:size", epollPwait),
  sys(284, "eventfd", "initval:uint", eventfd),
  sys(290, "eventfd2", "initval:uint flags:flags:eventfd", eventfd2),
  sys(291, "epoll_create1", "flags:flags:create", epollCreate1),
  sys(
    441,
    "epoll_pwait2",
    "epfd:fd events:ptr maxevents:int timeout:timespec sigmask:sigset sigsetsize:size",
    epollPwait2,
  ),
];
