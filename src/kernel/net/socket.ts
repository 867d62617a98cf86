import { EINVAL, EOPNOTSUPP } from "../../abi/errno.ts";
import { O_RDWR } from "../../abi/fcntl.ts";
import { IPV6_V6ONLY } from "../../abi/in.ts";
import { FIONREAD, SIOCATMARK, TIOCOUTQ } from "../../abi/ioctl.ts";
import { AF_INET6, AF_UNIX, IPPROTO_IPV6, IPPROTO_TCP, MSG_PEEK, SHUT_RD, SHUT_WR } from "../../abi/socket.ts";
import { S_IFSOCK } from "../../abi/stat.ts";
import { SOCKFS_MAGIC } from "../../abi/statfs.ts";
import { BaseFile } from "../../vfs/file.ts";
import { anonymousPlace } from "../../vfs/place.ts";
import type { File, Inode, IoctlMemory } from "../../vfs/types.ts";
import { AnonFs } from "../fs/anon.ts";
import type { Address } from "./address.ts";
import type { Wishes } from "./ancillary.ts";
import { interfaceIoctl } from "./ifreq.ts";
import { Inbox, type Received, type Sender } from "./inbox.ts";
import type { Net } from "./net.ts";
import { KeptOptions } from "./options.ts";

const sockfs = new AnonFs("sockfs", 8, SOCKFS_MAGIC);

/** net.core.wmem_default; the second number of net.ipv4.tcp_wmem. */
const SEND_BUFFER = 212992;
const TCP_SEND_BUFFER = 16384;

/** What goes out in one call. */
export interface Outgoing {
  bytes: Uint8Array;
  to: Address | undefined;
  files: File[];
  sender: Sender;
  wishes?: Wishes;
  /** The last byte is urgent (MSG_OOB); is called with the end that it came to, if that takes such. */
  urgent?: (end: File) => void;
}

/** socket(7): what the kinds have in common. Results below zero are -errno; -EAGAIN means wait on `queue`. */
export abstract class Socket extends BaseFile {
  readonly inbox = new Inbox();
  readonly options = new KeptOptions();
  /** SO_SNDBUF: only kept, what may wait is up to the receiver. */
  sendBuffer: number;
  local: Address | undefined;
  peerAddress: Address | undefined;
  /** Where a path name was made for it. */
  boundInode: Inode | undefined;
  /** SO_ERROR. */
  error = 0;
  /** A call at it waits for the host. */
  readonly asking: boolean = false;
  /** It knows MSG_OOB. */
  readonly takesUrgent: boolean = false;
  /** SO_PASSCRED. */
  passCred = false;
  /** SO_REUSEADDR */
  reuse = false;
  /** SO_RCVTIMEO and SO_SNDTIMEO, nanoseconds; 0: none. */
  receiveTimeout = 0n;
  sendTimeout = 0n;
  protected readShut = false;
  protected writeShut = false;

  constructor(
    readonly net: Net,
    readonly domain: number,
    readonly type: number,
    readonly protocol: number,
    /** Who made it: SO_PEERCRED of the other side. */
    readonly owner: Sender,
    /** Made with CAP_NET_ADMIN in the network namespace. */
    readonly privileged = false,
  ) {
    super(sockfs.inode(S_IFSOCK | 0o777, owner.uid, owner.gid), O_RDWR);
    this.sendBuffer = protocol === IPPROTO_TCP ? TCP_SEND_BUFFER : SEND_BUFFER;
    if (this.inode) this.place = anonymousPlace(this.inode, `socket:[${this.inode.ino}]`);
  }
  abstract connect(to: Address | undefined): number;
  abstract send(m: Outgoing): number;
  /** What has come; 0 bytes at the end of a stream; -EAGAIN when there is nothing yet. */
  abstract receive(into: Uint8Array, flags: number): Received | number;
  /** Who is at the other side, for SO_PEERCRED. */
  abstract readonly peerOwner: Sender | undefined;

  /** Lengths of the plain addresses that it takes, once bound to this one. */
  families(ip: readonly number[]): readonly number[] {
    if (this.domain !== AF_INET6 || ip.length === 4) return [4];
    const only = this.options.number(IPPROTO_IPV6, IPV6_V6ONLY) !== 0;
    return only || ip.some((b) => b !== 0) ? [16] : [4, 16];
  }
  listen(_backlog: number): number {
    return -EOPNOTSUPP;
  }
  /** What became of a call that waited for the host: 0, -errno, or -EINPROGRESS. */
  takeResult(): number {
    return 0;
  }
  accept(): Socket | number {
    return -EOPNOTSUPP;
  }
  get listening(): boolean {
    return false;
  }
  /** Reading stands at urgent data (sockatmark(3)). */
  get atMark(): boolean {
    return false;
  }
  shutdown(how: number): number {
    if (how !== SHUT_WR) this.readShut = true;
    if (how !== SHUT_RD) this.writeShut = true;
    this.queue.wake();
    return 0;
  }
  /** A bound name of the local family, as getsockname(2) shows it. */
  get shownLocal(): Address {
    return this.local ?? this.net.unnamed(this.domain);
  }
  /** Who getpeername(2) says is at the other side. */
  get shownPeer(): Address | undefined {
    return this.peerAddress;
  }
  override read(into: Uint8Array, at?: number): number {
    if (at !== undefined) return -EINVAL;
    const r = this.receive(into, 0);
    if (typeof r === "number") return r;
    this.net.drop(r.files);
    return r.count;
  }
  override write(from: Uint8Array, at?: number): number {
    if (at !== undefined) return -EINVAL;
    return this.send({ bytes: from.slice(), to: undefined, files: [], sender: this.owner });
  }
  ioctl(request: number, arg: number, io: IoctlMemory): number {
    if (request === TIOCOUTQ || request === SIOCATMARK) {
      // TIOCOUTQ: what was sent is with the receiver at once.
      io.writeBytes(arg, Uint8Array.of(request === SIOCATMARK && this.atMark ? 1 : 0, 0, 0, 0));
      return 0;
    }
    if (request !== FIONREAD) return interfaceIoctl(this.net, request, arg, io, this.privileged);
    const peeked = this.domain === AF_UNIX ? this.inbox.size : this.pending();
    io.writeBytes(arg, new Uint8Array(Int32Array.of(peeked).buffer));
    return 0;
  }
  /** Length of the next message, or of everything in a stream. */
  protected pending(): number {
    const next = this.receive(new Uint8Array(0), MSG_PEEK);
    return typeof next === "number" ? 0 : Math.max(next.length, 0);
  }
  override close(): void {
    this.net.unbind(this);
    this.inbox.clear();
  }
  protected takeError(): number {
    const e = this.error;
    this.error = 0;
    return -e;
  }
}
