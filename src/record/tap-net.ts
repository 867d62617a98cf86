/** The host's network through a tap. */
import type { Host, HostAddress, HostConnection, HostDatagrams, HostNet } from "../host/types.ts";
import type { Tape, TapeReader } from "./bytes.ts";
import { ADDRESS, BYTES, IP, list, NUMBER } from "./codecs.ts";
import type { Tap } from "./tap.ts";
import { endReceiver } from "./tap-fs.ts";

function network(host: Host): HostNet {
  if (!host.net) throw new Error("the host has no network");
  return host.net;
}

export function tapNet(tap: Tap): HostNet {
  return {
    addresses: () => [...tap.ask("addresses", list(IP), (h) => network(h).addresses())],
    connect: (to, done) => {
      const id = tap.receive((from) => {
        tap.state.receivers.delete(id);
        const error = from.num();
        done(error < 0 ? error : readConnection(tap, from));
      });
      tap.act((h) => {
        const end = network(h).connect(to, (result) =>
          tap.arrive(id, (tape) => {
            tape.num(typeof result === "number" ? result : 0);
            if (typeof result !== "number") writeConnection(tap, tape, result);
          }),
        );
        tap.outside.endings.set(id, end);
      });
      return () => endReceiver(tap, id);
    },
    listen: (at, accept, done) => {
      const accepted = tap.receive((from) => accept(readConnection(tap, from)));
      const ready = tap.receive((from) => done(from.num()));
      tap.act((h) => {
        const end = network(h).listen(
          at,
          (c) => tap.arrive(accepted, (tape) => writeConnection(tap, tape, c)),
          (r) => tap.arrive(ready, (tape) => NUMBER.write(tape, r)),
        );
        tap.outside.endings.set(accepted, end);
      });
      return () => {
        tap.state.receivers.delete(ready);
        endReceiver(tap, accepted);
      };
    },
    drain: () => (tap.live?.net ? tap.live.net.drain() : Promise.resolve()),
    datagrams: (at, receive) => tapDatagrams(tap, at, receive),
  };
}

function tapDatagrams(
  tap: Tap,
  at: HostAddress,
  receive: (bytes: Uint8Array, from: HostAddress) => void,
): HostDatagrams {
  const id = tap.receive((tape) => {
    const bytes = BYTES.read(tape);
    receive(bytes, ADDRESS.read(tape));
  });
  tap.act((h) => {
    const socket = network(h).datagrams(at, (bytes, from) =>
      tap.arrive(id, (tape) => {
        BYTES.write(tape, bytes);
        ADDRESS.write(tape, from);
      }),
    );
    tap.outside.datagrams.set(id, socket);
  });
  return {
    send: (bytes, to) => tap.act(() => tap.outside.datagrams.get(id)?.send(bytes, to)),
    close: () => {
      tap.state.receivers.delete(id);
      tap.act(() => tap.outside.datagrams.get(id)?.close());
    },
  };
}

/** A connection arrives: its two addresses; what is behind it gets the name that `readConnection` will give it. */
function writeConnection(tap: Tap, tape: Tape, c: HostConnection): void {
  ADDRESS.write(tape, c.local);
  ADDRESS.write(tape, c.remote);
  const id = tap.state.nextId;
  tap.outside.connections.set(id, c);
  c.onEvent = () => tap.arrive(id);
}
function readConnection(tap: Tap, from: TapeReader): HostConnection {
  const local = ADDRESS.read(from);
  return new TapConnection(tap, local, ADDRESS.read(from));
}

class TapConnection implements HostConnection {
  onEvent: (() => void) | undefined;
  private readonly id: number;

  constructor(
    private readonly tap: Tap,
    readonly local: HostAddress,
    readonly remote: HostAddress,
  ) {
    this.id = tap.receive(() => this.onEvent?.());
  }
  private get live(): HostConnection {
    const c = this.tap.outside.connections.get(this.id);
    if (!c) throw new Error("the connection is of a recording");
    return c;
  }
  read(into: Uint8Array): number {
    return this.tap.fill("connection-read", into, () => this.live.read(into));
  }
  write(from: Uint8Array): number {
    return this.tap.ask("connection-write", NUMBER, () => this.live.write(from));
  }
  end(): void {
    this.tap.act(() => this.live.end());
  }
  close(): void {
    this.tap.state.receivers.delete(this.id);
    this.tap.act(() => this.live.close());
  }
}
