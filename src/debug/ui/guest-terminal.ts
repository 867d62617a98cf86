/** The guest's end of the embedded terminal: what its kernel takes for the host's terminal. */

import { EAGAIN } from "../../abi/errno.ts";
import { SIGWINCH } from "../../abi/signal.ts";
import type { Host, HostStream } from "../../host/types.ts";

/** Typed bytes that nobody reads are kept up to this many. */
const MOST_TYPED = 65536;

/** A terminal as a stream: typed bytes are fed, output goes to `show` at once. */
export class GuestStream implements HostStream {
  readonly isTty = true;
  onReady: (() => void) | undefined;
  private typed: number[] = [];

  constructor(
    private window: { cols: number; rows: number },
    private readonly show: (bytes: Uint8Array) => void,
  ) {}
  feed(bytes: Uint8Array): void {
    if (this.typed.length + bytes.length <= MOST_TYPED) this.typed.push(...bytes);
    this.onReady?.();
  }
  read(into: Uint8Array): number {
    if (this.typed.length === 0) return -EAGAIN;
    const taken = this.typed.splice(0, into.length);
    into.set(taken);
    return taken.length;
  }
  write(from: Uint8Array): number {
    this.show(from);
    return from.length;
  }
  readable(): boolean {
    return this.typed.length > 0;
  }
  size(): { cols: number; rows: number } {
    return this.window;
  }
  resize(cols: number, rows: number): void {
    this.window = { cols, rows };
  }
  setRaw(): void {}
  close(): void {}
}

/**
 * Another host with the embedded terminal instead of the standard streams that are terminals. What the user does reaches
 * the guest only while the machine lets events run (`sleep`), never while it is stopped.
 */
export class GuestHost implements Host {
  readonly clock: Host["clock"];
  readonly stdio: Host["stdio"];
  readonly fs: Host["fs"];
  readonly net: Host["net"];
  readonly ids: Host["ids"];
  onSignal?: (signo: number) => void;
  readonly terminal: GuestStream;
  private events: (() => void)[] = [];

  constructor(
    private readonly base: Host,
    size: { cols: number; rows: number },
    show: (bytes: Uint8Array) => void,
  ) {
    this.terminal = new GuestStream(size, show);
    const replaced = base.stdio.map((s) => (s.isTty ? this.terminal : s));
    this.stdio = [replaced[0], replaced[1], replaced[2]];
    this.clock = base.clock;
    this.fs = base.fs;
    this.net = base.net;
    this.ids = base.ids;
  }
  random(bytes: Uint8Array): void {
    this.base.random(bytes);
  }
  log(line: string): void {
    this.base.log(line);
  }
  inherited(): ReturnType<NonNullable<Host["inherited"]>> {
    return this.base.inherited?.() ?? [];
  }
  /** Typed, or pasted. */
  type(bytes: Uint8Array): void {
    this.post(() => this.terminal.feed(bytes));
  }
  resize(cols: number, rows: number): void {
    this.post(() => {
      this.terminal.resize(cols, rows);
      this.onSignal?.(SIGWINCH);
    });
  }
  private post(event: () => void): void {
    this.events.push(event);
    this.base.wake();
  }
  async sleep(ms: number): Promise<void> {
    await this.base.sleep(this.events.length > 0 ? 0 : ms);
    const { events } = this;
    this.events = [];
    for (const event of events) event();
  }
  wake(): void {
    this.base.wake();
  }
}
