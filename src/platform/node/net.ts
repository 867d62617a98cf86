import type { RemoteInfo } from "node:dgram";
import type { AddressInfo, Socket } from "node:net";
import { EAGAIN, ECONNRESET } from "../../abi/errno.ts";
import type { HostAddress, HostConnection, HostDatagrams, HostInterface, HostNet } from "../../host/types.ts";
import { errnoOf } from "./errno.ts";
import { milliseconds } from "./milliseconds.ts";

/** Most bytes that wait here before the sender is slowed down. */
const HIGH_WATER = 1 << 18;
/** How long the end of the program waits for what it sent, milliseconds. */
const LONGEST_DRAIN = 2000;

/** "127.0.0.1", "::1" as numbers. */
export function parseIp(text: string): number[] {
  const plain = text.replace(/%.*$/, "");
  if (!plain.includes(":")) return plain.split(".").map(Number);
  const tail = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const [a, b, c, d] = tail ? tail.slice(2).map(Number) : [];
  const hex = tail ? `${tail[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}` : plain;
  const [head, rest] = hex.split("::");
  const words = (s: string | undefined): number[] => (s ? s.split(":").map((w) => Number.parseInt(w, 16)) : []);
  const [front, back] = [words(head), words(rest)];
  const all = rest === undefined ? front : [...front, ...new Array(8 - front.length - back.length).fill(0), ...back];
  return all.flatMap((w) => [w >> 8, w & 255]);
}

function formatIp(ip: readonly number[]): string {
  if (ip.length === 4) return ip.join(".");
  return Array.from({ length: 8 }, (_, i) => ((ip[2 * i] << 8) | ip[2 * i + 1]).toString(16)).join(":");
}

const address = (ip: string | undefined, port: number | undefined): HostAddress => ({
  ip: parseIp(ip ?? "0.0.0.0"),
  port: port ?? 0,
});

class Connection implements HostConnection {
  onEvent: (() => void) | undefined;
  readonly local: HostAddress;
  readonly remote: HostAddress;
  private readonly pieces: Uint8Array[] = [];
  private size = 0;
  private ended = false;
  private error = 0;

  constructor(
    private readonly socket: Socket,
    wake: () => void,
  ) {
    this.local = address(socket.localAddress, socket.localPort);
    this.remote = address(socket.remoteAddress, socket.remotePort);
    const event = (): void => {
      this.onEvent?.();
      wake();
    };
    socket.setNoDelay(true);
    socket.on("data", (piece: Buffer) => {
      this.pieces.push(piece);
      this.size += piece.length;
      if (this.size > HIGH_WATER) socket.pause();
      event();
    });
    socket.on("end", () => {
      this.ended = true;
      event();
    });
    socket.on("drain", event);
    socket.on("error", (e) => {
      this.error = errnoOf(e);
      event();
    });
    socket.on("close", () => {
      this.ended = true;
      event();
    });
  }
  read(into: Uint8Array): number {
    const [first] = this.pieces;
    if (!first) return this.error ? -this.error : this.ended ? 0 : -EAGAIN;
    const n = Math.min(into.length, first.length);
    into.set(first.subarray(0, n));
    if (n < first.length) this.pieces[0] = first.subarray(n);
    else this.pieces.shift();
    this.size -= n;
    if (this.size <= HIGH_WATER / 2 && this.socket.isPaused()) this.socket.resume();
    return n;
  }
  write(from: Uint8Array): number {
    if (this.error) return -this.error;
    if (this.socket.destroyed) return -ECONNRESET;
    if (this.socket.writableNeedDrain) return -EAGAIN;
    this.socket.write(from.slice());
    return from.length;
  }
  end(): void {
    this.socket.end();
  }
  close(): void {
    // What was written still goes out.
    this.socket.destroySoon();
  }
}

/** Node's sockets. Modules are loaded when first needed, as most programs use no network. */
export class NodeNet implements HostNet {
  /** Connections that are not closed, and datagrams that were not sent. */
  private readonly open = new Set<Socket>();
  private unsent = 0;
  constructor(private readonly wake: () => void) {}
  private track(socket: Socket): Connection {
    this.open.add(socket);
    socket.once("close", () => this.open.delete(socket));
    return new Connection(socket, this.wake);
  }
  async drain(): Promise<void> {
    const until = milliseconds() + LONGEST_DRAIN;
    while ((this.open.size > 0 || this.unsent > 0) && milliseconds() < until)
      await new Promise((resolve) => setTimeout(resolve, 2));
  }
  private get net() {
    return process.getBuiltinModule("node:net");
  }
  interfaces(): HostInterface[] {
    const all = process.getBuiltinModule("node:os").networkInterfaces();
    const prefixOf = (cidr: string | null): number => Number(cidr?.split("/")[1] ?? 0);
    const found: HostInterface[] = [];
    for (const [name, list] of Object.entries(all)) {
      if (!list || list.every((entry) => entry.internal)) continue;
      const mac = list[0].mac.split(":").map((byte) => Number.parseInt(byte, 16));
      found.push({ name, mac, addresses: list.map((e) => ({ ip: parseIp(e.address), prefix: prefixOf(e.cidr) })) });
    }
    return found;
  }
  connect(to: HostAddress, done: (result: HostConnection | number) => void): () => void {
    const socket = this.net.connect({ host: formatIp(to.ip), port: to.port, allowHalfOpen: true });
    const failed = (e: Error): void => {
      done(-errnoOf(e));
      this.wake();
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      socket.off("error", failed);
      done(this.track(socket));
      this.wake();
    });
    return () => {
      socket.off("error", failed);
      socket.on("error", () => {});
      socket.destroy();
    };
  }
  listen(at: HostAddress, accept: (c: HostConnection) => void, done: (result: number) => void): () => void {
    const server = this.net.createServer({ allowHalfOpen: true }, (socket) => {
      accept(this.track(socket));
      this.wake();
    });
    server.once("error", (e) => {
      done(-errnoOf(e));
      this.wake();
    });
    server.listen({ host: formatIp(at.ip), port: at.port }, () => {
      done((server.address() as AddressInfo).port);
      this.wake();
    });
    return () => server.close();
  }
  datagrams(at: HostAddress, receive: (bytes: Uint8Array, from: HostAddress) => void): HostDatagrams {
    const dgram = process.getBuiltinModule("node:dgram");
    const socket = dgram.createSocket(at.ip.length === 4 ? "udp4" : "udp6");
    // A datagram that cannot be sent is lost, as others are.
    socket.on("error", () => {});
    socket.on("message", (bytes: Buffer, from: RemoteInfo) => {
      receive(bytes, address(from.address, from.port));
      this.wake();
    });
    socket.bind(at.port, formatIp(at.ip));
    let open = true;
    /** Datagrams of this socket that are on their way. */
    let mine = 0;
    return {
      send: (bytes, to) => {
        if (!open) return;
        this.unsent++;
        socket.send(bytes, to.port, formatIp(to.ip), () => {
          this.unsent--;
          mine--;
          if (!open && mine === 0) socket.close();
        });
        mine++;
      },
      close: () => {
        open = false;
        if (mine === 0) socket.close();
      },
    };
  }
}
