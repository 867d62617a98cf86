import * as E from "../../abi/errno.ts";
import { O_NONBLOCK } from "../../abi/fcntl.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP } from "../../abi/poll.ts";
import { AF_INET, AF_INET6, AF_UNIX, MSG_PEEK, SHUT_RD, SHUT_WR, SOCK_SEQPACKET, SOMAXCONN } from "../../abi/socket.ts";
import { type Address, asFamily, type InetAddress, isInet } from "./address.ts";
import type { Received, Sender } from "./inbox.ts";
import { type Outgoing, Socket } from "./socket.ts";

/**
 * A connection's end or a listener: unix(7) streams and sequenced packets, and what tcp(7) has in common with them; how
 * connections of that end stands in tcp.ts.
 */
export class StreamSocket extends Socket {
  protected peer: StreamSocket | undefined;
  private backlog: StreamSocket[] | undefined;
  private backlogLimit = 0;
  /** Was connected once. */
  protected connected = false;
  /** The other side will send no more. */
  protected ended = false;
  /** A connect(2) that didn't wait, whose result no connect(2) has asked for yet. */
  private unasked = false;
  peerOwner: Sender | undefined;
  /** The other side is a relay to the host. */
  outside = false;
  /** The host is asked: connect(2) or listen(2) is not over. */
  override asking = false;
  /** Undoes what the host was asked for. */
  private undo: (() => void) | undefined;

  /** Joins two fresh sockets. */
  static join(a: StreamSocket, b: StreamSocket): void {
    for (const [x, y] of [
      [a, b],
      [b, a],
    ]) {
      x.peer = y;
      x.connected = true;
      x.peerOwner = y.owner;
      x.peerAddress = y.local ?? x.net.unnamed(x.domain);
    }
  }
  protected sibling(): StreamSocket {
    return new StreamSocket(this.net, this.domain, this.type, this.protocol, this.owner);
  }

  override get listening(): boolean {
    return this.backlog !== undefined;
  }
  /** Of a listener: connections that wait to be accepted, and how many listen(2) lets wait. */
  get backlogged(): { waiting: number; most: number } {
    return { waiting: this.backlog?.length ?? 0, most: this.backlogLimit - 1 };
  }
  override listen(backlog: number): number {
    if (this.connected) return -E.EINVAL;
    if (!this.local) {
      if (this.domain === AF_UNIX) return -E.EINVAL;
      const r = this.net.bindEphemeral(this);
      if (r < 0) return r;
    }
    this.backlog ??= [];
    // Linux lets one more wait than was asked for.
    this.backlogLimit = Math.min(backlog < 0 ? SOMAXCONN : backlog, SOMAXCONN) + 1;
    const { gateway } = this.net;
    if (!gateway || this.domain === AF_UNIX || this.undo) return 0;
    this.asking = true;
    this.undo = gateway.listen(this, (error) => {
      if (error < 0) this.backlog = undefined;
      this.settled(error);
    });
    return -E.EINPROGRESS;
  }
  /**
   * A socket that doesn't block is told later, by poll(2), SO_ERROR or the next connect(2), even where the answer is known
   * at once (connect(2), EINPROGRESS).
   */
  override connect(to: Address | undefined): number {
    if (this.unasked && !this.asking) {
      this.unasked = false;
      if (this.error) return this.takeError();
      if (this.connected) return 0;
    }
    const result = this.attempt(to);
    if (!(this.flags & O_NONBLOCK) || this.domain === AF_UNIX) return result;
    if (result !== 0 && result !== -E.ECONNREFUSED && result !== -E.EINPROGRESS) return result;
    this.unasked = true;
    if (result === -E.ECONNREFUSED) this.error = E.ECONNREFUSED;
    this.queue.wake();
    return -E.EINPROGRESS;
  }
  private attempt(to: Address | undefined): number {
    if (this.backlog) return -E.EINVAL;
    if (this.connected) return -E.EISCONN;
    if (!to) return -E.EINVAL;
    const target = this.net.find(this, to);
    if (typeof target === "number") return !isInet(to) ? target : this.connectOut(to, target);
    if (!(target instanceof StreamSocket) || target.type !== this.type) return -E.EPROTOTYPE;
    if (!target.backlog) return -E.ECONNREFUSED;
    if (target.backlog.length >= target.backlogLimit) return -E.EAGAIN;
    if (!this.local && this.domain !== AF_UNIX) this.net.bindEphemeral(this);
    const other = target.sibling();
    other.local =
      isInet(to) && other.domain !== AF_UNIX
        ? asFamily(to, other.domain === AF_INET6 ? AF_INET6 : AF_INET)
        : target.local;
    StreamSocket.join(this, other);
    if (to.family !== AF_UNIX) this.peerAddress = to;
    target.backlog.push(other);
    target.queue.wake();
    return 0;
  }
  /** There is nobody in here: perhaps the host knows one. */
  private connectOut(to: InetAddress, otherwise: number): number {
    const { gateway } = this.net;
    if (!gateway) return otherwise;
    if (this.asking) return -E.EALREADY;
    this.asking = true;
    this.undo = gateway.connect(this, to, (error) => this.settled(error));
    return -E.EINPROGRESS;
  }
  private settled(error: number): void {
    this.asking = false;
    this.error = -error;
    this.queue.wake();
  }
  override takeResult(): number {
    return this.asking ? -E.EINPROGRESS : this.takeError();
  }
  /** A new connection's end for this listener (or, `inner`, the end that a relay holds); undefined if no more can wait. */
  incoming(inner = false): StreamSocket | undefined {
    if (!inner && (!this.backlog || this.backlog.length >= this.backlogLimit)) return undefined;
    return this.sibling();
  }
  /** A connection from outside has come. */
  deliver(end: StreamSocket): void {
    this.backlog?.push(end);
    this.queue.wake();
  }
  /** The other end is closed for good. */
  get deserted(): boolean {
    return this.peer === undefined;
  }
  /** The connection broke. */
  fail(error: number): void {
    this.error = error;
    this.end();
  }
  override accept(): Socket | number {
    if (!this.backlog) return -E.EINVAL;
    const next = this.backlog.shift();
    if (!next) return -E.EAGAIN;
    this.queue.wake();
    return next;
  }

  send(m: Outgoing): number {
    if (this.error) return this.takeError();
    if (this.writeShut) return -E.EPIPE;
    const { peer } = this;
    if (!this.connected)
      return this.domain === AF_UNIX && this.type === SOCK_SEQPACKET ? -E.ENOTCONN : this.unconnected();
    if (!peer?.hears) return this.unheard(m);
    if (m.to && this.domain === AF_UNIX) return -E.EISCONN;
    const { room, limit } = peer.inbox;
    if (this.type === SOCK_SEQPACKET && m.bytes.length > limit) return -E.EMSGSIZE;
    const fits = this.type === SOCK_SEQPACKET ? room >= m.bytes.length : room > 0 || m.bytes.length === 0;
    if (!fits) return -E.EAGAIN;
    const bytes = m.bytes.subarray(0, room);
    if (bytes.length > 0 || this.type === SOCK_SEQPACKET) {
      peer.inbox.push({ bytes, from: undefined, files: m.files, sender: m.sender });
      peer.queue.wake();
    }
    return bytes.length;
  }
  /** Are bytes taken that the other side sends? */
  protected get hears(): boolean {
    return !this.readShut;
  }
  /** What becomes of bytes that nobody takes. */
  protected unheard(_: Outgoing): number {
    return -E.EPIPE;
  }
  private unconnected(): number {
    return this.domain === AF_UNIX ? -E.ENOTCONN : -E.EPIPE;
  }
  receive(into: Uint8Array, flags: number): Received | number {
    if (this.backlog || !this.connected) return this.domain === AF_UNIX ? -E.EINVAL : -E.ENOTCONN;
    const peek = (flags & MSG_PEEK) !== 0;
    const got = this.type === SOCK_SEQPACKET ? this.inbox.takeMessage(into, peek) : this.takeBytes(into, peek);
    if (got) {
      if (!peek) this.peer?.queue.wake();
      return got;
    }
    if (this.error && !this.endFirst) return this.takeError();
    if (this.ended || this.readShut) return { count: 0, length: 0, from: undefined, files: [], sender: undefined };
    return -E.EAGAIN;
  }

  protected takeBytes(into: Uint8Array, peek: boolean): Received | undefined {
    return this.inbox.takeBytes(into, peek);
  }
  /** Does a reader learn of the end, not of the error that came later? */
  protected get endFirst(): boolean {
    return false;
  }

  override poll(): number {
    if (this.backlog) return this.backlog.length > 0 ? POLLIN : 0;
    if (this.asking) return 0;
    if (!this.connected) return POLLOUT | POLLHUP | (this.error ? POLLERR | POLLIN : 0);
    const gone = this.ended || this.readShut;
    let mask = this.readable || gone ? POLLIN : 0;
    if (gone) mask |= POLLRDHUP;
    if (this.error) mask |= POLLERR;
    if (!this.peer || this.writeShut || this.peer.inbox.room > 0) mask |= POLLOUT;
    if ((gone && this.writeShut) || this.hungUp) mask |= POLLHUP;
    return mask;
  }
  protected get readable(): boolean {
    return !this.inbox.empty;
  }
  protected get hungUp(): boolean {
    return this.peer === undefined;
  }
  override shutdown(how: number): number {
    if (!this.connected && !this.backlog) return -E.ENOTCONN;
    super.shutdown(how);
    if (how !== SHUT_RD) this.peer?.end();
    if (how !== SHUT_WR) this.peer?.queue.wake();
    return 0;
  }
  /** The other side sends no more. */
  protected end(): void {
    this.ended = true;
    this.queue.wake();
  }
  override close(): void {
    if (this.peer) this.leave(this.peer);
    for (const waiting of this.backlog ?? []) waiting.turnAway();
    this.backlog = undefined;
    this.peer = undefined;
    if (this.asking || this.undo) this.undo?.();
    super.close();
    this.queue.wake();
  }
  /** Closes this end of a connection. */
  protected leave(peer: StreamSocket): void {
    // Data that nobody will read: the sender learns it (unix(7)).
    if (!this.inbox.empty) peer.error = E.ECONNRESET;
    this.part(peer);
  }
  protected part(peer: StreamSocket): void {
    this.peer = undefined;
    peer.peer = undefined;
    peer.end();
  }
  /** The listener is closed before this connection was accepted. */
  protected turnAway(): void {
    this.close();
  }
}
