/** setsockopt(2), getsockopt(2). */
import * as E from "../../abi/errno.ts";
import * as S from "../../abi/socket.ts";
import { TCP_INFO } from "../../abi/tcp.ts";
import type { Socket } from "../net/socket.ts";
import { TcpSocket } from "../net/tcp.ts";
import { tcpInfo } from "../net/tcp-info.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { senderAsSeen, socketOf } from "./socket.ts";
import { userOf } from "./support.ts";

/** Buffers are doubled for bookkeeping and have a least size (socket(7)). */
const MIN_RECEIVE_BUFFER = 2304;
const MIN_SEND_BUFFER = 4608;
const MAX_BUFFER = 425984;
const INT_MAX = 0x7fffffff;

function int(v: number): Uint8Array {
  return new Uint8Array(Int32Array.of(v).buffer);
}

/** struct timeval, from and to nanoseconds. */
function readTimeval(bytes: Uint8Array): bigint {
  const v = new DataView(bytes.buffer, bytes.byteOffset);
  return v.getBigInt64(0, true) * 1000000000n + v.getBigInt64(8, true) * 1000n;
}
function timeval(ns: bigint): Uint8Array {
  return new Uint8Array(BigInt64Array.of(ns / 1000000000n, (ns % 1000000000n) / 1000n).buffer);
}

/** Options of the socket level that mean something here; false: only kept. */
function setKnown(s: Socket, name: number, bytes: Uint8Array): boolean {
  const value = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
  switch (name) {
    case S.SO_REUSEADDR:
    case S.SO_REUSEPORT:
      s.reuse = value !== 0;
      return false;
    case S.SO_PASSCRED:
      s.passCred = value !== 0;
      return false;
    case S.SO_RCVLOWAT:
      s.options.set(S.SOL_SOCKET, name, int(value > 0 ? value : value < 0 ? INT_MAX : 1));
      return true;
    case S.SO_SNDBUF:
    case S.SO_SNDBUFFORCE:
      s.sendBuffer = Math.min(Math.max(value * 2, MIN_SEND_BUFFER), MAX_BUFFER);
      return true;
    case S.SO_RCVBUF:
    case S.SO_RCVBUFFORCE:
      s.inbox.limit = Math.min(Math.max(value * 2, MIN_RECEIVE_BUFFER), MAX_BUFFER);
      return true;
    case S.SO_RCVTIMEO:
      if (bytes.length >= 16) s.receiveTimeout = readTimeval(bytes);
      return true;
    case S.SO_SNDTIMEO:
      if (bytes.length >= 16) s.sendTimeout = readTimeval(bytes);
      return true;
  }
  return false;
}

const READ_ONLY = [S.SO_TYPE, S.SO_ERROR, S.SO_DOMAIN, S.SO_PROTOCOL, S.SO_ACCEPTCONN, S.SO_PEERCRED];

function setsockopt(call: Call, fd: number, level: number, name: number, at: number, length: number): SysResult {
  const s = socketOf(call, fd);
  if (typeof s === "number") return s;
  const named = level !== S.SOL_SOCKET || name === S.SO_BINDTODEVICE;
  if (length < (named ? 0 : 4)) return -E.EINVAL;
  const bytes = userOf(call).readBytes(at, Math.min(length, 256));
  if (!levelFits(s, level)) return level === S.SOL_SOCKET ? -E.EINVAL : -E.EOPNOTSUPP;
  if (level === S.SOL_SOCKET && READ_ONLY.includes(name)) return -E.ENOPROTOOPT;
  if (level === S.SOL_SOCKET && length >= 4 && setKnown(s, name, bytes)) return 0;
  const r = s.options.set(level, name, bytes);
  if (r === -E.ENOPROTOOPT) notThere(call, "setsockopt", level, name);
  return r;
}

function notThere(call: Call, what: string, level: number, name: number): void {
  call.kernel.log(`${what}: option ${name} of level ${level} is not supported`);
}

function levelFits(s: Socket, level: number): boolean {
  if (level === S.SOL_SOCKET) return true;
  if (s.domain === S.AF_UNIX) return false;
  if (level === S.IPPROTO_TCP) return s.protocol === S.IPPROTO_TCP;
  return level === S.IPPROTO_IP || (level === S.IPPROTO_IPV6 && s.domain === S.AF_INET6) || level === s.protocol;
}

/** The value of an option of the socket level; undefined for those that are only kept. */
function known(call: Call, s: Socket, name: number): Uint8Array | undefined {
  switch (name) {
    case S.SO_TYPE:
      return int(s.type);
    case S.SO_DOMAIN:
      return int(s.domain);
    case S.SO_PROTOCOL:
      return int(s.protocol);
    case S.SO_ERROR: {
      const e = s.error;
      s.error = 0;
      return int(e);
    }
    case S.SO_ACCEPTCONN:
      return int(s.listening ? 1 : 0);
    case S.SO_RCVBUF:
      return int(s.inbox.limit);
    case S.SO_SNDBUF:
      return int(s.sendBuffer);
    case S.SO_RCVTIMEO:
      return timeval(s.receiveTimeout);
    case S.SO_SNDTIMEO:
      return timeval(s.sendTimeout);
    case S.SO_PEERCRED: {
      const p = s.peerOwner ?? { pid: 0, uid: -1, gid: -1 };
      return new Uint8Array(senderAsSeen(call, p).buffer);
    }
  }
  return undefined;
}

function optionOf(call: Call, s: Socket, level: number, name: number): Uint8Array | undefined {
  if (level === S.IPPROTO_TCP && name === TCP_INFO && s instanceof TcpSocket) return tcpInfo(s);
  return (level === S.SOL_SOCKET ? known(call, s, name) : undefined) ?? s.options.get(level, name);
}

function getsockopt(call: Call, fd: number, level: number, name: number, at: number, lengthAt: number): SysResult {
  const s = socketOf(call, fd);
  if (typeof s === "number") return s;
  const user = userOf(call);
  const room = user.i32(lengthAt);
  if (room < 0) return -E.EINVAL;
  if (!levelFits(s, level)) return -E.EOPNOTSUPP;
  const value = optionOf(call, s, level, name);
  if (!value) {
    notThere(call, "getsockopt", level, name);
    return -E.ENOPROTOOPT;
  }
  const n = Math.min(room, value.length);
  user.writeBytes(at, value.subarray(0, n));
  user.setU32(lengthAt, n);
  return 0;
}

const NOTE = "options without effect here are checked, kept and read back; no packet filters, UDP_SEGMENT, multicast";

export const sockoptCalls = [
  sys(54, "setsockopt", "sockfd:fd level:int optname:int optval:ptr optlen:int", setsockopt, "partial", NOTE),
  sys(55, "getsockopt", "sockfd:fd level:int optname:int optval:ptr optlen:ptr", getsockopt, "partial", NOTE),
];
