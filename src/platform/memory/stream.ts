import { EAGAIN } from "../../abi/errno.ts";
import type { HostStream } from "../../host/types.ts";

/** A stream in memory: input is fed, output is collected or handed on. */
export class MemoryStream implements HostStream {
  onReady: (() => void) | undefined;
  /** For the host, which may be asleep. */
  onFeed: (() => void) | undefined;
  private input: Uint8Array[] = [];
  private ended = false;
  private chunks: Uint8Array[] = [];
  private window = { cols: 80, rows: 24 };

  /** `onWrite` gets each piece of output (a copy); without it output is kept for `output`. */
  constructor(
    public isTty = false,
    private readonly onWrite?: (bytes: Uint8Array) => void,
  ) {}
  /** More input. */
  feed(bytes: Uint8Array): void {
    if (bytes.length > 0) this.input.push(bytes);
    this.changed();
  }
  /** No more input will come. */
  end(): void {
    this.ended = true;
    this.changed();
  }
  private changed(): void {
    this.onReady?.();
    this.onFeed?.();
  }
  read(into: Uint8Array): number {
    const first = this.input[0];
    if (!first) return this.ended ? 0 : -EAGAIN;
    const n = Math.min(first.length, into.length);
    into.set(first.subarray(0, n));
    if (n === first.length) this.input.shift();
    else this.input[0] = first.subarray(n);
    return n;
  }
  readable(): boolean {
    return this.input.length > 0 || this.ended;
  }
  write(from: Uint8Array): number {
    // A copy: the bytes may be a view of the machine's memory.
    const copy = from.slice();
    if (this.onWrite) this.onWrite(copy);
    else this.chunks.push(copy);
    return from.length;
  }
  /** All output so far. */
  output(): Uint8Array {
    const all = new Uint8Array(this.chunks.reduce((n, c) => n + c.length, 0));
    let at = 0;
    for (const c of this.chunks) {
      all.set(c, at);
      at += c.length;
    }
    this.chunks = all.length > 0 ? [all] : [];
    return all;
  }
  size(): { cols: number; rows: number } {
    return this.window;
  }
  /** The window changed; who shows it tells the host's `onSignal` too (SIGWINCH). */
  resize(cols: number, rows: number): void {
    this.window = { cols, rows };
  }
  setRaw(): void {}
  close(): void {}
}
