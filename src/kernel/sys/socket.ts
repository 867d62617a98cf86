/** Making and naming sockets: socket(2), socketpair(2), bind(2), listen(2), accept(2), connect(2), getsockname(2). */
import * as E from "../../abi/errno.ts";
import { NETLINK_ROUTE } from "../../abi/netlink.ts";
import * as S from "../../abi/socket.ts";
import { S_IFSOCK } from "../../abi/stat.ts";
import type { Inode } from "../../vfs/types.ts";
import { CAP_NET_ADMIN, capableIn } from "../cred.ts";
import { releaseFile } from "../fdtable.ts";
import { type Address, decodeAddress, encodeAddress } from "../net/address.ts";
import { DatagramSocket } from "../net/dgram.ts";
import type { Sender } from "../net/inbox.ts";
import { NetlinkSocket } from "../net/netlink.ts";
import { Socket } from "../net/socket.ts";
import { StreamSocket } from "../net/stream.ts";
import { TcpSocket } from "../net/tcp.ts";
import { type Call, park, type SysResult, sys } from "../types.ts";
import { pathContext } from "./paths.ts";
import { fdLimit, installFile, userOf, waitOn } from "./support.ts";

export function senderOf(call: Call): Sender {
  const { process, cred } = call.task;
  return { pid: process.pid, uid: cred.uid, gid: cred.gid };
}

/** struct ucred, in numbers of the caller's namespaces. */
export function senderAsSeen(call: Call, { pid, uid, gid }: Sender): Int32Array<ArrayBuffer> {
  const { process, cred } = call.task;
  const ids = [cred.userNs.shown("uid", uid), cred.userNs.shown("gid", gid)];
  return Int32Array.of(process.pidNs.shown(pid), ...ids);
}

/** The descriptor's socket, or -EBADF, or -ENOTSOCK. */
export function socketOf(call: Call, fd: number): Socket | number {
  const file = call.task.fds.get(fd);
  if (!file) return -E.EBADF;
  return file instanceof Socket ? file : -E.ENOTSOCK;
}

/** Runs `fn` while socket paths mean what they mean to the caller. */
export function withPaths<T>(call: Call, fn: () => T): T {
  const resolve = (path: string): Inode | number => {
    const place = call.kernel.vfs.resolve(pathContext(call), call.task.fs.cwd, path);
    return typeof place === "number" ? place : place.inode;
  };
  return call.task.ns.net.net.as(resolve, fn);
}

/** An address argument; undefined for AF_UNSPEC, with which connect(2) undoes a connection. */
export function readAddress(call: Call, socket: Socket, at: number, length: number): Address | undefined | number {
  if (length < 0 || length > S.SOCKADDR_MAX) return -E.EINVAL;
  const bytes = userOf(call).readBytes(at, length);
  if (bytes.length >= 2 && bytes[0] === S.AF_UNSPEC && bytes[1] === 0 && socket.domain !== S.AF_UNIX) return undefined;
  return decodeAddress(bytes, socket.domain);
}

/** Writes an address, cut to the room there is, and its full length (accept(2)). */
export function writeAddress(call: Call, a: Address | undefined, at: number, lengthAt: number): number {
  if (at === 0) return 0;
  const user = userOf(call);
  const room = user.i32(lengthAt);
  if (room < 0) return -E.EINVAL;
  const bytes = a ? encodeAddress(a) : new Uint8Array(0);
  user.writeBytes(at, bytes.subarray(0, room));
  user.setU32(lengthAt, bytes.length);
  return 0;
}

const INET = [S.AF_INET, S.AF_INET6];
const FLAGS = S.SOCK_NONBLOCK | S.SOCK_CLOEXEC;

/** A new socket of the kind, or why there is none. */
function make(call: Call, domain: number, kind: number, protocol: number): Socket | number {
  const type = kind & S.SOCK_TYPE_MASK;
  if (kind & ~(S.SOCK_TYPE_MASK | FLAGS)) return -E.EINVAL;
  const inet = INET.includes(domain) && !call.task.ns.net.net.unixOnly;
  if (domain === S.AF_NETLINK) return makeNetlink(call, type, protocol);
  if (domain !== S.AF_UNIX && !inet) {
    call.kernel.log(`socket: address family ${domain} is not supported`);
    return -E.EAFNOSUPPORT;
  }
  if (domain === S.AF_UNIX && protocol !== 0 && protocol !== S.AF_UNIX) return -E.EPROTONOSUPPORT;
  const { net } = call.task.ns.net;
  const lite = type === S.SOCK_DGRAM && protocol === S.IPPROTO_UDPLITE;
  const own = type === S.SOCK_STREAM ? S.IPPROTO_TCP : lite ? S.IPPROTO_UDPLITE : S.IPPROTO_UDP;
  if (inet && protocol !== 0 && protocol !== own) return type === S.SOCK_RAW ? -E.EPERM : -E.EPROTONOSUPPORT;
  const number = inet ? own : 0;
  const privileged = capableIn(call.task.cred, call.task.ns.net.owner, CAP_NET_ADMIN);
  const stream = type === S.SOCK_STREAM || (type === S.SOCK_SEQPACKET && !inet);
  if (inet && stream) return new TcpSocket(net, domain, type, number, senderOf(call), privileged);
  if (stream) return new StreamSocket(net, domain, type, number, senderOf(call), privileged);
  if (type === S.SOCK_DGRAM) return new DatagramSocket(net, domain, type, number, senderOf(call), privileged);
  if (type === S.SOCK_RAW && inet) return -E.EPERM;
  return -E.ESOCKTNOSUPPORT;
}

function makeNetlink(call: Call, type: number, protocol: number): Socket | number {
  if (type !== S.SOCK_RAW && type !== S.SOCK_DGRAM) return -E.ESOCKTNOSUPPORT;
  if (protocol !== NETLINK_ROUTE) return -E.EPROTONOSUPPORT;
  const { cred, ns } = call.task;
  return new NetlinkSocket(ns.net.net, type, senderOf(call), capableIn(cred, ns.net.owner, CAP_NET_ADMIN));
}

function install(call: Call, socket: Socket, kind: number): number {
  socket.flags |= kind & S.SOCK_NONBLOCK;
  return installFile(call, socket, (kind & S.SOCK_CLOEXEC) !== 0);
}

function socket(call: Call, domain: number, kind: number, protocol: number): SysResult {
  const made = make(call, domain, kind, protocol);
  return typeof made === "number" ? made : install(call, made, kind);
}

function socketpair(call: Call, domain: number, kind: number, protocol: number, at: number): SysResult {
  const a = make(call, domain, kind, protocol);
  if (typeof a === "number") return a;
  if (domain !== S.AF_UNIX) return -E.EOPNOTSUPP;
  const b = make(call, domain, kind, protocol);
  if (a instanceof StreamSocket && b instanceof StreamSocket) StreamSocket.join(a, b);
  else if (a instanceof DatagramSocket && b instanceof DatagramSocket) DatagramSocket.join(a, b);
  const fds = call.task.fds.peek(2, fdLimit(call));
  if (!fds) return -E.EMFILE;
  userOf(call).writeBytes(at, new Uint8Array(Int32Array.from(fds).buffer));
  for (const end of [a, b]) if (typeof end !== "number") install(call, end, kind);
  return 0;
}

function bind(call: Call, fd: number, at: number, length: number): SysResult {
  const s = socketOf(call, fd);
  if (typeof s === "number") return s;
  const a = readAddress(call, s, at, length);
  if (typeof a === "number") return a;
  if (!a || s.local) return -E.EINVAL;
  if (a.family === S.AF_NETLINK) return s instanceof NetlinkSocket ? s.bindPort(a) : -E.EAFNOSUPPORT;
  if (a.family !== S.AF_UNIX) {
    const r = s.net.bindInet(s, a);
    if (r === 0 && s instanceof DatagramSocket) s.open();
    return r;
  }
  if (a.path === "" || a.path.startsWith("\0")) return s.net.bindAbstract(s, a.path);
  return bindPath(call, s, a.path);
}

/** Makes the socket's node in the file tree (unix(7)); a name that exists is in use. */
function bindPath(call: Call, s: Socket, path: string): number {
  const ctx = pathContext(call);
  const { cwd, umask } = call.task.fs;
  const { vfs } = call.kernel;
  const r = vfs.mknod(ctx, cwd, path, S_IFSOCK | (0o777 & ~umask), 0);
  if (r < 0) return r === -E.EEXIST ? -E.EADDRINUSE : r;
  const place = vfs.resolve(ctx, cwd, path);
  if (typeof place === "number") return place;
  s.net.bindPath(s, path, place.inode);
  return 0;
}

function listen(call: Call, fd: number, backlog: number): SysResult {
  const s = socketOf(call, fd);
  if (typeof s === "number") return s;
  return awaitHost(call, s, call.state === HOST ? s.takeResult() : s.listen(backlog));
}

function accept4(call: Call, fd: number, at: number, lengthAt: number, flags: number): SysResult {
  if (flags & ~FLAGS) return -E.EINVAL;
  const s = socketOf(call, fd);
  if (typeof s === "number") return s;
  const next = s.accept();
  if (typeof next === "number") return next === -E.EAGAIN ? waitOn(s, next) : next;
  const bad = writeAddress(call, next.peerAddress, at, lengthAt);
  if (bad < 0) {
    releaseFile(next);
    return bad;
  }
  return install(call, next, flags);
}
function accept(call: Call, fd: number, at: number, lengthAt: number): SysResult {
  return accept4(call, fd, at, lengthAt, 0);
}

/** State of a call that waits for the host's answer. */
const HOST = Symbol("host");

function awaitHost(call: Call, s: Socket, r: number): SysResult {
  if (s.flags & S.SOCK_NONBLOCK && call.row.name === "connect") return r;
  if (!s.asking) return r === -E.EINPROGRESS ? s.takeResult() : r;
  call.state = HOST;
  return park([s.queue]);
}

function connect(call: Call, fd: number, at: number, length: number): SysResult {
  const s = socketOf(call, fd);
  if (typeof s === "number") return s;
  const a = readAddress(call, s, at, length);
  if (typeof a === "number") return a;
  if (call.state === HOST) return awaitHost(call, s, s.takeResult());
  const r = withPaths(call, () => s.connect(a));
  if (r === -E.EINPROGRESS || r === -E.EALREADY) return awaitHost(call, s, r);
  if (r !== -E.EAGAIN) return r;
  // The backlog is full: whoever accepts next wakes the listener's queue.
  const target = a && withPaths(call, () => s.net.find(s, a));
  if (!(target instanceof Socket) || s.flags & S.SOCK_NONBLOCK) return r;
  return park([target.queue]);
}

function getsockname(call: Call, fd: number, at: number, lengthAt: number): SysResult {
  const s = socketOf(call, fd);
  return typeof s === "number" ? s : writeAddress(call, s.shownLocal, at, lengthAt);
}
function getpeername(call: Call, fd: number, at: number, lengthAt: number): SysResult {
  const s = socketOf(call, fd);
  if (typeof s === "number") return s;
  return s.shownPeer ? writeAddress(call, s.shownPeer, at, lengthAt) : -E.ENOTCONN;
}

function shutdown(call: Call, fd: number, how: number): SysResult {
  const s = socketOf(call, fd);
  if (typeof s === "number") return s;
  return how < 0 || how > S.SHUT_RDWR ? -E.EINVAL : s.shutdown(how);
}

const NOTE =
  "AF_UNIX, AF_NETLINK (routes), AF_INET and AF_INET6 (`--net`: the loopback only, or TCP and UDP of the host)";

export const socketCalls = [
  sys(41, "socket", "domain:af type:flags:sock protocol:int", socket, "partial", NOTE),
  sys(42, "connect", "sockfd:fd addr:sockaddr addrlen:int", connect, "partial", NOTE),
  sys(43, "accept", "sockfd:fd addr:ptr addrlen:ptr", accept),
  sys(48, "shutdown", "sockfd:fd how:int", shutdown),
  sys(49, "bind", "sockfd:fd addr:sockaddr addrlen:int", bind, "partial", NOTE),
  sys(50, "listen", "sockfd:fd backlog:int", listen),
  sys(51, "getsockname", "sockfd:fd addr:ptr addrlen:ptr", getsockname),
  sys(52, "getpeername", "sockfd:fd addr:ptr addrlen:ptr", getpeername),
  sys(53, "socketpair", "domain:af type:flags:sock protocol:int sv:fd_pair", socketpair),
  sys(288, "accept4", "sockfd:fd addr:ptr addrlen:ptr flags:flags:sock", accept4),
];
