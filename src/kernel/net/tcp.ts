import { ECONNRESET, ENOTCONN, EOPNOTSUPP, EPIPE } from "../../abi/errno.ts";
import { POLLPRI } from "../../abi/poll.ts";
import { MSG_OOB, MSG_PEEK, SO_LINGER, SO_OOBINLINE, SOL_SOCKET } from "../../abi/socket.ts";
import * as T from "../../abi/tcp.ts";
import type { Address } from "./address.ts";
import type { Received } from "./inbox.ts";
import type { Outgoing } from "./socket.ts";
import { StreamSocket } from "./stream.ts";
import { Urgent } from "./urgent.ts";

/**
 * tcp(7): the two directions of a connection end apart from each other, with FIN, or at once with RST. What the other
 * side does with bytes is learned by sending some.
 */
export class TcpSocket extends StreamSocket {
  override readonly takesUrgent = true;
  /** FIN came before RST. */
  private finished = false;
  private readonly urgent = new Urgent(this.inbox);

  protected override sibling(): TcpSocket {
    return new TcpSocket(this.net, this.domain, this.type, this.protocol, this.owner);
  }
  /** Both directions have ended, or the connection was reset: the state CLOSE, TIME_WAIT or LAST_ACK. */
  private get over(): boolean {
    return this.connected && this.ended && this.writeShut;
  }
  /** Its state as Linux numbers them; what is sent is there and acknowledged at once, so some never show. */
  get state(): number {
    if (this.listening) return T.TCP_LISTEN;
    if (this.asking) return T.TCP_SYN_SENT;
    if (!this.connected || this.over) return T.TCP_CLOSE;
    if (this.ended) return T.TCP_CLOSE_WAIT;
    return this.writeShut ? T.TCP_FIN_WAIT2 : T.TCP_ESTABLISHED;
  }
  private get inline(): boolean {
    return this.options.number(SOL_SOCKET, SO_OOBINLINE) !== 0;
  }
  override get atMark(): boolean {
    return this.urgent.here;
  }
  /** The host's sockets, as Node has them, have no urgent data. */
  override send(m: Outgoing): number {
    const { peer } = this;
    if (m.urgent && this.outside) return -EOPNOTSUPP;
    const sent = super.send(m);
    if (m.urgent && sent > 0 && sent === m.bytes.length && peer instanceof TcpSocket) {
      peer.urgent.mark(m.bytes[sent - 1], peer.inline);
      m.urgent(peer);
      peer.queue.wake();
    }
    return sent;
  }
  override receive(into: Uint8Array, flags: number): Received | number {
    if (!(flags & MSG_OOB) || this.listening) return super.receive(into, flags);
    return this.urgent.take(into, (flags & MSG_PEEK) !== 0, this.inline);
  }
  protected override takeBytes(into: Uint8Array, peek: boolean): Received | undefined {
    return this.urgent.read(into, peek, this.inline);
  }
  protected override get readable(): boolean {
    return this.urgent.readable(this.inline) > 0;
  }
  protected override pending(): number {
    return this.urgent.counted(this.inline);
  }
  override poll(): number {
    return super.poll() | (this.urgent.waits ? POLLPRI : 0);
  }
  override get shownPeer(): Address | undefined {
    return this.over ? undefined : this.peerAddress;
  }
  /** Shut for reading, a socket still takes what comes, but not once it has sent all, too (tcp_rcv_state_process). */
  protected override get hears(): boolean {
    return !(this.readShut && this.writeShut);
  }
  /** Sent all the same; the answer is RST. */
  protected override unheard(m: Outgoing): number {
    if (this.peer instanceof TcpSocket) this.peer.fail(ECONNRESET);
    this.reset();
    return m.bytes.length;
  }
  protected override get hungUp(): boolean {
    return false;
  }
  /** RST came; after FIN it is a broken pipe (tcp_reset). */
  private reset(): void {
    if (!this.over) this.fail(this.ended ? EPIPE : ECONNRESET);
  }
  override fail(error: number): void {
    this.finished = this.ended;
    if (this.peer) this.part(this.peer);
    this.readShut = true;
    this.writeShut = true;
    super.fail(error);
  }
  protected override get endFirst(): boolean {
    return this.finished;
  }
  override shutdown(how: number): number {
    return this.over ? -ENOTCONN : super.shutdown(how);
  }
  /** RST for bytes that were not read, and where SO_LINGER says so. */
  protected override leave(peer: StreamSocket): void {
    const linger = this.options.get(SOL_SOCKET, SO_LINGER);
    const abrupt = linger !== undefined && linger[0] !== 0 && linger.subarray(4, 8).every((b) => b === 0);
    if (peer instanceof TcpSocket && (abrupt || !this.inbox.empty)) peer.reset();
    else this.part(peer);
  }
  protected override turnAway(): void {
    if (this.peer instanceof TcpSocket) this.peer.reset();
    this.close();
  }
}
