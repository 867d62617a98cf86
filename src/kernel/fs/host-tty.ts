import * as T from "../../abi/termios.ts";
import type { HostStream } from "../../host/types.ts";
import type { Tty, TtyPort } from "./tty.ts";

/** The host's terminal as a port: cooked modes are left to the host, other modes make it raw. */
export class HostTtyPort implements TtyPort {
  private raw = false;
  private override: { cols: number; rows: number } | undefined;

  constructor(
    private readonly input: HostStream | undefined,
    private readonly output: HostStream,
  ) {}
  /** Connects the terminal to what is typed. */
  start(tty: Tty): void {
    const ready = () => {
      if (!this.cooks(tty.termios)) this.pump(tty);
      tty.queue.wake();
    };
    if (this.input) this.input.onReady = ready;
    if (this.output !== this.input) this.output.onReady = () => tty.queue.wake();
    this.tty = tty;
    if (!this.cooks(tty.termios)) this.pump(tty);
  }
  private tty: Tty | undefined;
  /** Hands all that was typed to the line discipline, also when nobody reads: ^C must work then too. */
  private pump(tty: Tty): void {
    if (!this.input) return;
    const chunk = new Uint8Array(1024);
    for (;;) {
      const n = this.input.read(chunk);
      if (n <= 0) return;
      tty.input(chunk.subarray(0, n));
    }
  }
  cooks(t: T.Termios): boolean {
    if (!this.input?.cooks) return false;
    const all = (word: number, bits: number) => (word & bits) === bits;
    return all(t.lflag, T.ICANON | T.ECHO | T.ISIG) && all(t.iflag, T.ICRNL) && all(t.oflag, T.OPOST | T.ONLCR);
  }
  read(into: Uint8Array): number {
    return this.input?.read(into) ?? 0;
  }
  readable(): boolean {
    if (!this.input) return true;
    if (this.tty && !this.cooks(this.tty.termios)) {
      this.pump(this.tty);
      return this.tty.ldisc.readable;
    }
    return this.input.readable();
  }
  write(bytes: Uint8Array): number {
    for (let done = 0; done < bytes.length; ) {
      const n = this.output.write(bytes.subarray(done));
      if (n < 0) return done || n;
      done += n;
    }
    return bytes.length;
  }
  /**
   * A host that cooks maps newlines by itself, in raw mode too. Where the guest switched that off, a lone line feed
   * becomes ESC D (IND), which moves down without returning.
   */
  unmap(bytes: Uint8Array, t: T.Termios): Uint8Array | undefined {
    if (!this.output.cooks) return undefined;
    const maps = (t.oflag & (T.OPOST | T.ONLCR)) === (T.OPOST | T.ONLCR);
    if (maps || !bytes.includes(10)) return bytes;
    const out: number[] = [];
    for (const [i, b] of bytes.entries()) {
      if (b === 10 && bytes[i - 1] !== 13) out.push(27, 68);
      else out.push(b);
    }
    return Uint8Array.from(out);
  }
  onTermios(t: T.Termios): void {
    const raw = !this.cooks(t);
    if (raw === this.raw || !this.input?.cooks) return;
    this.raw = raw;
    this.input.setRaw(raw);
    if (raw && this.tty) this.pump(this.tty);
  }
  size(): { cols: number; rows: number } {
    return this.override ?? this.output.size();
  }
  setSize(size: { cols: number; rows: number }): void {
    this.override = size;
  }
  /** The host's window changed. */
  resized(): void {
    this.override = undefined;
  }
}
