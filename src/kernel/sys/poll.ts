/** poll(2), ppoll(2), select(2), pselect6(2). */
import { EBADF, EINVAL } from "../../abi/errno.ts";
import * as P from "../../abi/poll.ts";
import type { WaitQueue } from "../../vfs/types.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { fdLimit, userOf } from "./support.ts";
import { beginWait, parkUntil, readTimeout, waitOver, writeRemaining } from "./wait.ts";

/** What a file is ready for, with the "normal data" bits that go along with POLLIN and POLLOUT. */
function readiness(ready: number): number {
  return ready | (ready & P.POLLIN ? P.POLLRDNORM : 0) | (ready & P.POLLOUT ? P.POLLWRNORM : 0);
}

/** struct pollfd: fd (4), events (2), revents (2). Fills in revents, returns how many are non-zero. */
function scan(call: Call, list: DataView, queues: WaitQueue[]): number {
  let count = 0;
  for (let at = 0; at < list.byteLength; at += 8) {
    const fd = list.getInt32(at, true);
    let revents = 0;
    if (fd >= 0) {
      const file = call.task.fds.get(fd);
      const wanted = list.getUint16(at + 4, true) | P.POLLERR | P.POLLHUP;
      revents = file ? readiness(file.poll()) & wanted : P.POLLNVAL;
      if (file) queues.push(file.queue);
    }
    list.setUint16(at + 6, revents, true);
    if (revents) count++;
  }
  return count;
}

function pollFds(call: Call, fds: number, nfds: number): SysResult {
  const user = userOf(call);
  const bytes = user.readBytes(fds, 8 * nfds);
  const queues: WaitQueue[] = [];
  const count = scan(call, new DataView(bytes.buffer), queues);
  if (count === 0 && !waitOver(call)) return parkUntil(call, queues);
  user.writeBytes(fds, bytes);
  return count;
}

function poll(call: Call, fds: number, nfds: number, timeout: number): SysResult {
  if (nfds > fdLimit(call)) return -EINVAL;
  beginWait(call, timeout < 0 ? undefined : BigInt(timeout) * 1000000n);
  return pollFds(call, fds, nfds);
}

function ppoll(call: Call, fds: number, nfds: number, timeout: number, mask: number, size: number): SysResult {
  if (nfds > fdLimit(call)) return -EINVAL;
  const ns = readTimeout(call, timeout, 1);
  if (typeof ns === "number") return ns;
  const bad = beginWait(call, ns, mask, size);
  if (bad) return bad;
  const r = pollFds(call, fds, nfds);
  if (typeof r === "number") writeRemaining(call, timeout, 1);
  return r;
}

/** The three sets of select(2) and what readiness each asks for. */
const SETS = [
  P.POLLIN | P.POLLRDNORM | P.POLLRDBAND | P.POLLHUP | P.POLLERR,
  P.POLLOUT | P.POLLWRNORM | P.POLLWRBAND | P.POLLERR,
  P.POLLPRI,
];

function selectFds(call: Call, nfds: number, sets: readonly number[]): SysResult {
  const user = userOf(call);
  const size = Math.ceil(nfds / 64) * 8;
  const asked = sets.map((at) => (at ? user.readBytes(at, size) : new Uint8Array(size)));
  const found = sets.map(() => new Uint8Array(size));
  const queues: WaitQueue[] = [];
  let count = 0;
  for (let fd = 0; fd < nfds; fd++) {
    const bit = 1 << (fd & 7);
    if (!asked.some((s) => s[fd >> 3] & bit)) continue;
    const file = call.task.fds.get(fd);
    if (!file) return -EBADF;
    const ready = readiness(file.poll());
    queues.push(file.queue);
    SETS.forEach((mask, i) => {
      if (!(asked[i][fd >> 3] & bit) || !(ready & mask)) return;
      found[i][fd >> 3] |= bit;
      count++;
    });
  }
  if (count === 0 && !waitOver(call)) return parkUntil(call, queues);
  sets.forEach((at, i) => {
    if (at) user.writeBytes(at, found[i]);
  });
  return count;
}

function doSelect(call: Call, n: number, sets: number[], timeout: number, unit: 1 | 1000, mask: number, size: number) {
  if (n < 0) return -EINVAL;
  const ns = readTimeout(call, timeout, unit);
  if (typeof ns === "number") return ns;
  const bad = beginWait(call, ns, mask, size);
  if (bad) return bad;
  const r = selectFds(call, Math.min(n, 1024), sets);
  if (typeof r === "number") writeRemaining(call, timeout, unit);
  return r;
}

function select(call: Call, n: number, rd: number, wr: number, ex: number, timeout: number): SysResult {
  return doSelect(call, n, [rd, wr, ex], timeout, 1000, 0, 8);
}

/** The sixth argument points to a pair: address and size of the mask (select(2), "C library/kernel differences"). */
function pselect6(call: Call, n: number, rd: number, wr: number, ex: number, timeout: number, sig: number): SysResult {
  const mask = sig ? userOf(call).u64(sig) : 0;
  const size = sig ? userOf(call).u64(sig + 8) : 8;
  return doSelect(call, n, [rd, wr, ex], timeout, 1, mask, size);
}

export const pollCalls = [
  sys(7, "poll", "fds:pollfds nfds:uint timeout:int", poll),
  sys(23, "select", "nfds:int readfds:fd_set writefds:fd_set exceptfds:fd_set timeout:timeval", select),
  sys(270, "pselect6", "nfds:int readfds:fd_set writefds:fd_set exceptfds:fd_set timeout:timespec sig:ptr", pselect6),
  sys(271, "ppoll", "fds:pollfds nfds:uint tmo_p:timespec sigmask:sigset sigsetsize:size", ppoll),
];
