import * as E from "../../abi/errno.ts";
import { POLLERR, POLLIN, POLLOUT } from "../../abi/poll.ts";
import { AF_INET, AF_INET6, AF_UNIX, IPPROTO_UDP, MSG_PEEK } from "../../abi/socket.ts";
import type { HostDatagrams } from "../../host/types.ts";
import { type Address, asFamily, type InetAddress, isInet } from "./address.ts";
import { specific, type Travel, travelFrom, type Wishes, wantsTime } from "./ancillary.ts";
import { fromHost, type Gateway, toHost } from "./gateway.ts";
import type { Received, Sender } from "./inbox.ts";
import { type Outgoing, Socket } from "./socket.ts";

/** Longest datagram: udp(7) over IPv4. Of unix(7), what the buffer takes. */
const UDP_MAX = 65507;
/** Datagrams that may wait at a unix(7) socket: /proc/sys/net/unix/max_dgram_qlen and one. */
const UNIX_QUEUE = 11;

/** unix(7) datagrams, udp(7) over the loopback. */
export class DatagramSocket extends Socket {
  private peer: DatagramSocket | undefined;
  private waiting = 0;
  /** The host's socket of the same address, once something was sent there or it was bound. */
  private outer: HostDatagrams | undefined;

  static join(a: DatagramSocket, b: DatagramSocket): void {
    a.peer = b;
    b.peer = a;
    a.peerAddress = b.peerAddress = a.net.unnamed(a.domain);
  }
  get peerOwner(): Sender | undefined {
    return this.peer?.owner;
  }
  connect(to: Address | undefined): number {
    // AF_UNSPEC takes the connection back (connect(2)).
    this.peer = undefined;
    this.peerAddress = to;
    if (!to) return 0;
    if (to.family !== AF_UNIX) {
      if (!this.gateway && this.net.find(this, to) === -E.ENETUNREACH) {
        this.peerAddress = undefined;
        return -E.ENETUNREACH;
      }
      return this.local ? 0 : Math.min(0, this.net.bindEphemeral(this));
    }
    const target = this.net.find(this, to);
    if (typeof target !== "number" && target instanceof DatagramSocket) {
      this.peer = target;
      return 0;
    }
    this.peerAddress = undefined;
    return typeof target === "number" ? target : -E.EPROTOTYPE;
  }
  send(m: Outgoing): number {
    if (this.error) return this.takeError();
    if (this.writeShut) return -E.EPIPE;
    const target = this.target(m.to);
    if (typeof target === "number") return this.sendOut(m, target);
    const limit = this.domain === AF_UNIX ? target.inbox.limit : UDP_MAX;
    if (m.bytes.length > limit) return -E.EMSGSIZE;
    if (!this.local && this.domain !== AF_UNIX) this.net.bindEphemeral(this);
    if (target.inbox.room < m.bytes.length || (this.domain === AF_UNIX && target.waiting >= UNIX_QUEUE)) {
      // UDP loses what does not fit.
      return this.domain === AF_UNIX ? -E.EAGAIN : m.bytes.length;
    }
    target.arrive(m, this);
    target.waiting++;
    target.queue.wake();
    return m.bytes.length;
  }
  private arrive({ bytes, files, sender, to, wishes }: Outgoing, by: DatagramSocket): void {
    const { local } = by;
    if (this.domain === AF_UNIX || !local || !isInet(local)) {
      this.inbox.push({ bytes, from: local, files, sender, travel: this.stamp(undefined, by, {}) });
      return;
    }
    const family = this.domain === AF_INET6 ? AF_INET6 : AF_INET;
    const given = to ?? by.peerAddress;
    const where = given && isInet(given) ? specific(given, local) : undefined;
    const from = asFamily(specific(local, where), family);
    const travel = this.stamp(where && asFamily(where, family), by, wishes ?? {});
    this.inbox.push({ bytes, from, files, sender, travel });
  }
  /** How a datagram came, and when. */
  private stamp(to: InetAddress | undefined, by: DatagramSocket, wishes: Wishes): Travel {
    return { ...travelFrom(by, to, wishes), at: wantsTime(this) ? this.net.now() : 0n };
  }
  /** To an address that nobody in here has. */
  private sendOut(m: Outgoing, otherwise: number): number {
    const to = m.to ?? this.peerAddress;
    const refused = otherwise === -E.ECONNREFUSED || otherwise === -E.ENETUNREACH;
    if (!to || !isInet(to) || !refused) return otherwise;
    if (m.bytes.length > UDP_MAX) return -E.EMSGSIZE;
    if (!this.gateway) return otherwise === -E.ECONNREFUSED ? this.lost(m) : otherwise;
    if (!this.local) this.net.bindEphemeral(this);
    this.open()?.send(m.bytes.slice(), toHost(to));
    return m.bytes.length;
  }
  /** Nobody is at that port. An ICMP message says so to a connected socket, after the call (udp(7)). */
  private lost({ bytes }: Outgoing): number {
    if (!this.local) this.net.bindEphemeral(this);
    if (this.peerAddress) this.error = E.ECONNREFUSED;
    this.queue.wake();
    return bytes.length;
  }
  /** The host's network, where it has the protocol. */
  private get gateway(): Gateway | undefined {
    return this.protocol === IPPROTO_UDP ? this.net.gateway : undefined;
  }
  /** Lets the host's datagrams come in. */
  open(): HostDatagrams | undefined {
    const { gateway } = this;
    if (this.outer || !gateway || !this.local || !isInet(this.local)) return this.outer;
    this.outer = gateway.host.datagrams(toHost(this.local), (bytes, from) => {
      if (this.inbox.room < bytes.length) return;
      const to = this.local && isInet(this.local) ? this.local : undefined;
      const sender = { pid: 0, uid: 0, gid: 0 };
      this.inbox.push({
        bytes,
        from: fromHost(from, this.domain),
        files: [],
        sender,
        travel: { ...this.stamp(to, this, {}), hops: undefined, service: undefined },
      });
      this.waiting++;
      this.queue.wake();
    });
    return this.outer;
  }
  override close(): void {
    this.outer?.close();
    super.close();
  }
  private target(to: Address | undefined): DatagramSocket | number {
    const where = to ?? this.peerAddress;
    if (!to && this.peer) return this.peer.refs > 0 ? this.peer : -E.ECONNREFUSED;
    if (!where) return this.domain === AF_UNIX ? -E.ENOTCONN : -E.EDESTADDRREQ;
    const found = this.net.find(this, where);
    if (typeof found === "number") return found;
    return found instanceof DatagramSocket ? found : -E.EPROTOTYPE;
  }
  receive(into: Uint8Array, flags: number): Received | number {
    if (this.error) return this.takeError();
    const peek = (flags & MSG_PEEK) !== 0;
    const got = this.inbox.takeMessage(into, peek);
    if (!got) return this.readShut ? { count: 0, length: 0, from: undefined, files: [], sender: undefined } : -E.EAGAIN;
    if (!peek) {
      this.waiting--;
      this.queue.wake();
      this.peer?.queue.wake();
    }
    return got;
  }
  override poll(): number {
    const full = this.domain === AF_UNIX && this.peer !== undefined && this.peer.waiting >= UNIX_QUEUE;
    const input = this.inbox.empty && !this.readShut ? 0 : POLLIN;
    return input | (full ? 0 : POLLOUT) | (this.error ? POLLERR : 0);
  }
}
