/** Control messages of sendmsg(2) and recvmsg(2): files, credentials, and what datagrams carry along (cmsg(3)). */
import * as E from "../../abi/errno.ts";
import * as S from "../../abi/socket.ts";
import type { File } from "../../vfs/types.ts";
import { releaseFile, retainFile } from "../fdtable.ts";
import { arrivalControls, type Control, readWish, type Wishes } from "../net/ancillary.ts";
import type { Received } from "../net/inbox.ts";
import type { Socket } from "../net/socket.ts";
import type { Call } from "../types.ts";
import { senderAsSeen } from "./socket.ts";
import { fdLimit, userOf } from "./support.ts";

/** struct cmsghdr */
const HEADER = 16;
/** SCM_MAX_FD */
const MAX_FILES = 253;

const aligned = (length: number): number => Math.ceil(length / 8) * 8;

/** What a sender's control messages say: files, retained, and how the datagram is to travel; or -errno. */
export function readControl(call: Call, at: number, length: number): { files: File[]; wishes: Wishes } | number {
  const files: File[] = [];
  const wishes: Wishes = {};
  for (const c of messages(call, at, at ? length : 0)) {
    const r = c === undefined ? -E.EINVAL : take(call, c, files, wishes);
    if (r < 0) return fail(files, r);
  }
  return files.length > MAX_FILES ? fail(files, -E.EINVAL) : { files, wishes };
}

/** The messages one after the other; undefined for one with a bad length. */
function* messages(call: Call, from: number, length: number): Generator<Control | undefined> {
  const user = userOf(call);
  const end = from + length;
  for (let at = from; at + HEADER <= end; ) {
    const size = user.u64(at);
    if (size < HEADER || at + size > end) {
      yield undefined;
      return;
    }
    const data = user.readBytes(at + HEADER, size - HEADER);
    yield { level: user.i32(at + 8), type: user.i32(at + 12), data };
    at += aligned(size);
  }
}

function take(call: Call, c: Control, files: File[], wishes: Wishes): number {
  if (c.level !== S.SOL_SOCKET || c.type !== S.SCM_RIGHTS) return readWish(c, wishes);
  const fds = new DataView(c.data.buffer);
  for (let i = 0; i + 4 <= c.data.length; i += 4) {
    const file = call.task.fds.get(fds.getInt32(i, true));
    if (!file) return -E.EBADF;
    files.push(retainFile(file));
  }
  return 0;
}

function fail(files: readonly File[], error: number): number {
  for (const f of files) releaseFile(f);
  return error;
}

/** A receiver's buffer for control messages. What doesn't fit is cut off (put_cmsg). */
class ControlBuffer {
  readonly bytes: Uint8Array;
  used = 0;
  cut = false;

  constructor(room: number) {
    this.bytes = new Uint8Array(room);
  }
  get room(): number {
    return this.bytes.length - this.used;
  }
  add({ level, type, data }: Control): void {
    const whole = HEADER + data.length;
    const length = Math.min(whole, this.room);
    if (length < whole) this.cut = true;
    if (length < HEADER) return;
    const view = new DataView(this.bytes.buffer, this.used);
    view.setUint32(0, length, true);
    view.setInt32(8, level, true);
    view.setInt32(12, type, true);
    this.bytes.set(data.subarray(0, length - HEADER), this.used + HEADER);
    this.used += Math.min(aligned(length), this.room);
  }
}

/** The control messages that go with what was received, and whether some were cut. */
export function writeControl(
  call: Call,
  s: Socket,
  r: Received,
  room: number,
  flags: number,
): { bytes: Uint8Array; cut: boolean } {
  const buffer = new ControlBuffer(Math.min(room, MOST_CONTROL));
  const own = (type: number, data: Int32Array): void =>
    buffer.add({ level: S.SOL_SOCKET, type, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
  if (s.passCred && r.sender) own(S.SCM_CREDENTIALS, senderAsSeen(call, r.sender));
  const fit = Math.max(0, Math.floor((buffer.room - HEADER) / 4));
  if (r.files.length > 0) {
    const fds = installAll(call, r.files.slice(0, fit), (flags & S.MSG_CMSG_CLOEXEC) !== 0);
    for (const f of r.files.slice(fds.length)) releaseFile(f);
    if (fds.length < r.files.length) buffer.cut = true;
    if (fds.length > 0) own(S.SCM_RIGHTS, Int32Array.from(fds));
  }
  if (r.travel) for (const c of arrivalControls(s, r.travel)) buffer.add(c);
  return { bytes: buffer.bytes.subarray(0, buffer.used), cut: buffer.cut };
}

/** More bytes than all control messages of one datagram need. */
const MOST_CONTROL = 0x10000;

function installAll(call: Call, files: readonly File[], cloexec: boolean): number[] {
  const fds: number[] = [];
  for (const f of files) {
    const fd = call.task.fds.install(f, cloexec, fdLimit(call));
    if (fd < 0) break;
    fds.push(fd);
  }
  return fds;
}
