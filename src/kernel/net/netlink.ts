/** netlink(7): sockets at whose other end is the kernel. Only NETLINK_ROUTE. */
import { EAGAIN, ECONNREFUSED, EINVAL, EOPNOTSUPP } from "../../abi/errno.ts";
import * as N from "../../abi/netlink.ts";
import { POLLIN, POLLOUT } from "../../abi/poll.ts";
import { AF_NETLINK, MSG_PEEK } from "../../abi/socket.ts";
import type { Address, NetlinkAddress } from "./address.ts";
import type { Received, Sender } from "./inbox.ts";
import type { Net } from "./net.ts";
import { type Answer, act, dump, type Request } from "./rtnetlink.ts";
import { type Outgoing, Socket } from "./socket.ts";

const KERNEL: NetlinkAddress = { family: AF_NETLINK, port: 0, groups: 0 };
/** Messages of a dump are packed together up to this size. */
const PACK = 8192;

export class NetlinkSocket extends Socket {
  readonly peerOwner = undefined;
  private port = 0;
  private groups = 0;

  constructor(net: Net, type: number, owner: Sender, privileged: boolean) {
    super(net, AF_NETLINK, type, N.NETLINK_ROUTE, owner, privileged);
  }
  /** bind(2): port 0 asks for any. */
  bindPort({ port, groups }: NetlinkAddress): number {
    if (this.port && port && port !== this.port) return -EINVAL;
    this.port ||= this.net.netlinkPort(this, port || this.owner.pid);
    this.groups = groups;
    return 0;
  }
  override get shownLocal(): Address {
    return { family: AF_NETLINK, port: this.port, groups: this.groups };
  }
  connect(to: Address | undefined): number {
    if (to && (to.family !== AF_NETLINK || to.port !== 0)) return -ECONNREFUSED;
    this.peerAddress = to;
    return 0;
  }
  send({ bytes, to }: Outgoing): number {
    if (to && (to.family !== AF_NETLINK || to.port !== 0)) return -ECONNREFUSED;
    this.port ||= this.net.netlinkPort(this, this.owner.pid);
    const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + N.NLMSG_HDRLEN <= bytes.length; ) {
      const length = v.getUint32(at, true);
      if (length < N.NLMSG_HDRLEN || at + length > bytes.length) break;
      this.request(new DataView(v.buffer, v.byteOffset + at, length));
      at += (length + 3) & ~3;
    }
    return bytes.length;
  }
  private request(v: DataView): void {
    const type = v.getUint16(4, true);
    const flags = v.getUint16(6, true);
    // Control messages and those that ask nothing are passed over.
    if (!(flags & N.NLM_F_REQUEST) || type < N.RTM_NEWLINK) return;
    const payload = new DataView(v.buffer, v.byteOffset + N.NLMSG_HDRLEN, v.byteLength - N.NLMSG_HDRLEN);
    const request: Request = { type, flags, payload };
    const sequence = v.getUint32(8, true);
    // Among the GET types (RTM_GETLINK and every fourth behind it) the bits mean a dump, else how something is made.
    const dumps = type % 4 === N.RTM_GETLINK % 4 && (flags & N.NLM_F_DUMP) === N.NLM_F_DUMP;
    const answers = dumps ? dump(this.net, request) : act(this.net, request, this.privileged);
    if (typeof answers === "number") this.acknowledge(v, answers);
    else if (dumps) this.deliverDump(answers, sequence);
    else {
      for (const a of answers) this.deliver(this.message(a, 0, sequence));
      if (flags & N.NLM_F_ACK) this.acknowledge(v, 0);
    }
  }
  private deliverDump(answers: readonly Answer[], sequence: number): void {
    let pack: Uint8Array[] = [];
    let size = 0;
    for (const a of answers) {
      const m = this.message(a, N.NLM_F_MULTI, sequence);
      if (size + m.length > PACK) {
        this.deliver(...pack);
        pack = [];
        size = 0;
      }
      pack.push(m);
      size += m.length;
    }
    if (pack.length > 0) this.deliver(...pack);
    this.deliver(this.message({ type: N.NLMSG_DONE, payload: new Uint8Array(4) }, N.NLM_F_MULTI, sequence));
  }
  /** struct nlmsgerr: the error, and the header of what it is about. */
  private acknowledge(request: DataView, error: number): void {
    const payload = new Uint8Array(4 + N.NLMSG_HDRLEN);
    new DataView(payload.buffer).setInt32(0, error, true);
    payload.set(new Uint8Array(request.buffer, request.byteOffset, N.NLMSG_HDRLEN), 4);
    this.deliver(this.message({ type: N.NLMSG_ERROR, payload }, N.NLM_F_CAPPED, request.getUint32(8, true)));
  }
  private message({ type, payload }: Answer, flags: number, sequence: number): Uint8Array {
    const out = new Uint8Array(N.NLMSG_HDRLEN + ((payload.length + 3) & ~3));
    const v = new DataView(out.buffer);
    v.setUint32(0, N.NLMSG_HDRLEN + payload.length, true);
    v.setUint16(4, type, true);
    v.setUint16(6, flags, true);
    v.setUint32(8, sequence, true);
    v.setInt32(12, this.port, true);
    out.set(payload, N.NLMSG_HDRLEN);
    return out;
  }
  /** One packet from the kernel. */
  deliver(...messages: Uint8Array[]): void {
    const bytes = new Uint8Array(messages.reduce((n, m) => n + m.length, 0));
    let at = 0;
    for (const m of messages) {
      bytes.set(m, at);
      at += m.length;
    }
    this.inbox.push({ bytes, from: KERNEL, files: [], sender: { pid: 0, uid: 0, gid: 0 } });
    this.queue.wake();
  }
  receive(into: Uint8Array, flags: number): Received | number {
    return this.inbox.takeMessage(into, (flags & MSG_PEEK) !== 0) ?? -EAGAIN;
  }
  override shutdown(): number {
    return -EOPNOTSUPP;
  }
  override poll(): number {
    return (this.inbox.empty ? 0 : POLLIN) | POLLOUT;
  }
  override close(): void {
    this.net.freeNetlinkPort(this.port);
    super.close();
  }
}
