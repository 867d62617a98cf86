/**
 * The way out to the host's network. A connection of the host is joined to a guest's socket by one more socket in here,
 * whose bytes a relay carries over; so everything that sockets of the loopback can do works for it too.
 */
import { EAGAIN } from "../../abi/errno.ts";
import { AF_INET, AF_INET6, SHUT_WR } from "../../abi/socket.ts";
import type { HostAddress, HostConnection, HostNet } from "../../host/types.ts";
import { asFamily, type InetAddress, isAnyIp, plainIp } from "./address.ts";
import { StreamSocket } from "./stream.ts";

const PIECE = 65536;

export function fromHost(a: HostAddress, domain: number): InetAddress {
  const family = domain === AF_INET6 ? AF_INET6 : AF_INET;
  return asFamily({ family: a.ip.length === 4 ? AF_INET : AF_INET6, ip: a.ip, port: a.port }, family);
}
export function toHost(a: InetAddress): HostAddress {
  return { ip: plainIp(a.ip), port: a.port };
}

export class Gateway {
  constructor(readonly host: HostNet) {}
  /** May a socket be bound to it? */
  owns(ip: readonly number[]): boolean {
    const plain = plainIp(ip);
    return (
      isAnyIp(plain) ||
      this.host
        .interfaces()
        .flatMap((i) => i.addresses.map((x) => x.ip))
        .some((a) => a.length === plain.length && a.every((b, i) => b === plain[i]))
    );
  }
  /** Connects a guest's socket; `settle` is called with 0 or -errno. Returns what gives it up. */
  connect(socket: StreamSocket, to: InetAddress, settle: (error: number) => void): () => void {
    return this.host.connect(toHost(to), (c) => {
      if (typeof c === "number") {
        settle(c);
        return;
      }
      socket.local ??= fromHost(c.local, socket.domain);
      relay(socket, c);
      settle(0);
    });
  }
  /** Lets connections from outside reach a guest's listener. */
  listen(socket: StreamSocket, settle: (error: number) => void): () => void {
    const at = toHost(socket.local as InetAddress);
    const accept = (c: HostConnection): void => {
      const end = socket.incoming();
      if (!end) {
        c.close();
        return;
      }
      end.local = fromHost(c.local, end.domain);
      relay(end, c);
      socket.deliver(end);
    };
    return this.host.listen(at, accept, (r) => settle(Math.min(r, 0)));
  }
}

/** Joins a guest's socket to a connection of the host. */
function relay(guest: StreamSocket, c: HostConnection): void {
  const inner = guest.incoming(true);
  if (!inner) return;
  StreamSocket.join(guest, inner);
  guest.outside = true;
  guest.peerAddress = fromHost(c.remote, guest.domain);
  new Relay(guest, inner, c).run();
}

class Relay {
  private readonly buffer = new Uint8Array(PIECE);
  /** What is on its way and did not fit yet. */
  private toHost: Uint8Array | undefined;
  private toGuest: Uint8Array | undefined;
  /** Either side has sent all. */
  private guestEnded = false;
  private hostEnded = false;
  private gone = false;
  private running = false;
  private again = false;

  constructor(
    private readonly guest: StreamSocket,
    private readonly inner: StreamSocket,
    private readonly connection: HostConnection,
  ) {
    connection.onEvent = this.run;
  }
  /** Both ends wake the inner socket's queue: bytes from the guest, and room for more. */
  readonly run = (): void => {
    this.again = true;
    if (this.running) return;
    this.running = true;
    while (this.again && !this.gone) {
      this.again = false;
      this.inner.queue.add(this.run);
      this.sendOut();
      this.takeIn();
      if (this.guestEnded && (this.hostEnded || this.inner.deserted) && !this.toGuest) this.finish();
    }
    this.running = false;
  };
  private sendOut(): void {
    const { connection, inner, buffer } = this;
    while (!this.guestEnded && !this.gone) {
      if (!this.toHost) {
        const got = inner.receive(buffer, 0);
        if (got === -EAGAIN) return;
        if (typeof got === "number") {
          this.finish();
          return;
        }
        if (got.count === 0) {
          this.guestEnded = true;
          connection.end();
          return;
        }
        this.toHost = buffer.slice(0, got.count);
      }
      const n = connection.write(this.toHost);
      if (n === -EAGAIN) return;
      this.toHost = undefined;
      if (n < 0) this.finish();
    }
  }
  private takeIn(): void {
    const { connection, inner, buffer } = this;
    while (!this.hostEnded && !this.gone) {
      if (!this.toGuest) {
        const n = connection.read(buffer);
        if (n === -EAGAIN) return;
        if (n <= 0) {
          this.hostEnded = true;
          if (n < 0) this.guest.fail(-n);
          else inner.shutdown(SHUT_WR);
          return;
        }
        this.toGuest = buffer.slice(0, n);
      }
      const n = inner.write(this.toGuest);
      if (n === -EAGAIN) return;
      if (n < 0) this.finish();
      else this.toGuest = n < this.toGuest.length ? this.toGuest.subarray(n) : undefined;
    }
  }
  private finish(): void {
    if (this.gone) return;
    this.gone = true;
    this.connection.close();
    this.inner.close();
  }
}
