import fs from "node:fs";
import type { Socket } from "node:net";
import type { ReadStream } from "node:tty";
import { EAGAIN } from "../../abi/errno.ts";
import { O_NONBLOCK, O_RDONLY } from "../../abi/fcntl.ts";
import { attempt } from "./errno.ts";

/**
 * Input from a terminal, pipe or socket without blocking the thread and without taking more than was asked for: bytes are
 * read directly while there are any; when there are none, the event loop waits for a single byte, which is handed out
 * first afterwards.
 */
export class NodeInput {
  private readonly fd: number;
  private waiter: Socket | undefined;
  private waiting = false;
  /** The byte that arrived while waiting. */
  private ahead = -1;
  private eof = false;
  private tty: ReadStream | undefined;

  constructor(
    private readonly source: number,
    private readonly isTty: boolean,
    private readonly arrived: () => void,
  ) {
    // A description of our own, so that O_NONBLOCK is not seen by others that share the descriptor. Sockets cannot be
    // reopened: they become non-blocking when the event loop takes them.
    const own = process.platform === "linux" ? openQuietly(`/proc/self/fd/${source}`) : -1;
    this.fd = own >= 0 ? own : source;
    if (own < 0) this.prepare();
  }

  read(into: Uint8Array): number {
    if (into.length === 0) return 0;
    let n = 0;
    if (this.ahead >= 0) {
      into[0] = this.ahead;
      this.ahead = -1;
      n = 1;
      // A terminal hands out one line at a time.
      if (n === into.length || (this.isTty && into[0] === 10)) return n;
    }
    if (this.eof) return this.endSeen(n);
    const r = this.direct(into.subarray(n));
    if (r > 0) return n + r;
    if (n > 0) {
      if (r === 0) this.eof = true;
      return n;
    }
    if (r === -EAGAIN) this.wait();
    return r;
  }
  /** End of file is reported once on a terminal (^D), after which it may go on. */
  private endSeen(n: number): number {
    if (n === 0 && this.isTty) this.eof = false;
    return n;
  }
  readable(): boolean {
    if (this.ahead >= 0 || this.eof) return true;
    const one = new Uint8Array(1);
    const r = this.direct(one);
    if (r > 0) this.ahead = one[0];
    else if (r === 0) this.eof = true;
    else if (r === -EAGAIN) this.wait();
    return r !== -EAGAIN;
  }
  private direct(into: Uint8Array): number {
    if (this.waiting) return -EAGAIN;
    return attempt(() => fs.readSync(this.fd, into, 0, into.length, null));
  }

  private prepare(): void {
    if (this.waiter) return;
    const buffer = new Uint8Array(1);
    const onread = {
      buffer,
      callback: (n: number) => {
        if (n > 0) this.ahead = buffer[0];
        this.stopWaiting();
        this.arrived();
        return false;
      },
    };
    this.waiter = this.makeSocket(onread);
    this.waiter.on("end", () => this.ended());
    this.waiter.on("error", () => this.ended());
    this.waiter.pause();
    this.waiter.unref();
  }
  private makeSocket(onread: { buffer: Uint8Array; callback: (n: number) => boolean }): Socket {
    if (this.isTty) {
      const { ReadStream: Tty } = builtin("node:tty");
      // The second argument reaches net.Socket, although the types do not say so.
      const options = { onread } as unknown as ConstructorParameters<typeof ReadStream>[1];
      this.tty = new Tty(this.fd, options);
      return this.tty;
    }
    const { Socket: Net } = builtin("node:net");
    return new Net({ fd: this.fd, readable: true, writable: false, onread });
  }
  private ended(): void {
    this.eof = true;
    this.waiting = false;
    if (this.isTty) this.renew();
    this.arrived();
  }
  /** A stream that ended stays so, but a terminal goes on after ^D: the next wait needs another stream. */
  private renew(): void {
    this.waiter?.destroy();
    this.waiter = undefined;
    this.tty = undefined;
  }
  private wait(): void {
    if (this.waiting || this.eof) return;
    this.prepare();
    this.waiting = true;
    this.waiter?.resume();
  }
  private stopWaiting(): void {
    this.waiting = false;
    this.waiter?.pause();
  }
  setRaw(raw: boolean): void {
    if (!this.isTty) return;
    this.prepare();
    this.tty?.setRawMode(raw);
  }
  close(): void {
    this.stopWaiting();
    this.waiter?.destroy();
    if (!this.waiter && this.fd !== this.source) attempt(() => fs.closeSync(this.fd));
  }
}

function openQuietly(path: string): number {
  return attempt(() => fs.openSync(path, O_RDONLY | O_NONBLOCK));
}

/** Modules that only waiting needs are loaded when it happens: they cost start-up time. */
function builtin(name: "node:tty"): typeof import("node:tty");
function builtin(name: "node:net"): typeof import("node:net");
function builtin(name: string): unknown {
  return process.getBuiltinModule(name);
}
