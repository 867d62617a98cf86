import { SIGINT, SIGQUIT, SIGTSTP } from "../../abi/signal.ts";
import * as T from "../../abi/termios.ts";

const NL = 10;
const CR = 13;

/**
 * The line discipline of a terminal (termios(3)): typed bytes go in; edited lines or raw bytes, echo and signals come
 * out. Used where the host does not do it: raw modes, and hosts without a terminal driver.
 */
export class LineDiscipline {
  termios = T.defaultTermios();
  /** The line being typed. */
  private line: number[] = [];
  /** Readable bytes. In canonical mode each entry is what one read may return: a line, or nothing for ^D. */
  private lines: Uint8Array[] = [];
  private raw: number[] = [];
  private literal = false;
  /** Output is held by ^S. */
  stopped = false;

  constructor(
    /** Bytes to show; `output` still has to be applied. */
    private readonly echoOut: (bytes: Uint8Array) => void,
    private readonly signal: (signo: number) => void,
    /** A signal made all input be thrown away. */
    private readonly flushed: () => void = () => {},
  ) {}

  private lflag(bit: number): boolean {
    return (this.termios.lflag & bit) !== 0;
  }
  private iflag(bit: number): boolean {
    return (this.termios.iflag & bit) !== 0;
  }
  /** Is this byte the control character of that index? A 0 disables one. */
  private is(byte: number, index: number): boolean {
    return byte !== 0 && this.termios.cc[index] === byte;
  }

  input(bytes: Uint8Array): void {
    for (const b of bytes) this.byte(b);
  }
  private byte(b: number): void {
    if (this.iflag(T.ISTRIP)) b &= 0x7f;
    if (this.literal) {
      this.literal = false;
      this.take(b);
      return;
    }
    if (b === CR) {
      if (this.iflag(T.IGNCR)) return;
      if (this.iflag(T.ICRNL)) b = NL;
    } else if (b === NL && this.iflag(T.INLCR)) b = CR;
    if (this.flow(b) || this.signals(b)) return;
    if (!this.lflag(T.ICANON)) {
      this.take(b);
      return;
    }
    this.canonical(b);
  }
  /** ^S and ^Q. */
  private flow(b: number): boolean {
    if (!this.iflag(T.IXON)) return false;
    if (this.is(b, T.VSTOP)) {
      this.stopped = true;
      return true;
    }
    if (this.is(b, T.VSTART)) {
      this.stopped = false;
      return true;
    }
    if (this.stopped && this.iflag(T.IXANY)) this.stopped = false;
    return false;
  }
  private signals(b: number): boolean {
    if (!this.lflag(T.ISIG)) return false;
    const signo = this.is(b, T.VINTR) ? SIGINT : this.is(b, T.VQUIT) ? SIGQUIT : this.is(b, T.VSUSP) ? SIGTSTP : 0;
    if (!signo) return false;
    if (!this.lflag(T.NOFLSH)) {
      this.flushInput();
      this.flushed();
    }
    this.echo(b);
    this.signal(signo);
    return true;
  }
  private canonical(b: number): void {
    if (this.is(b, T.VERASE)) {
      this.erase();
      return;
    }
    if (this.is(b, T.VKILL)) {
      while (this.line.length > 0) this.erase();
      return;
    }
    if (this.lflag(T.IEXTEN)) {
      if (this.is(b, T.VWERASE)) {
        const isSpace = () => this.line.at(-1) === 32 || this.line.at(-1) === 9;
        while (this.line.length > 0 && isSpace()) this.erase();
        while (this.line.length > 0 && !isSpace()) this.erase();
        return;
      }
      if (this.is(b, T.VLNEXT)) {
        this.literal = true;
        return;
      }
    }
    if (this.is(b, T.VEOF)) {
      this.endLine();
      return;
    }
    this.take(b);
    if (b === NL || this.is(b, T.VEOL) || this.is(b, T.VEOL2)) this.endLine();
  }
  private take(b: number): void {
    this.echo(b);
    if (this.lflag(T.ICANON)) this.line.push(b);
    else this.raw.push(b);
  }
  private endLine(): void {
    this.lines.push(Uint8Array.from(this.line));
    this.line = [];
  }
  /** Removes the last character: with IUTF8 all bytes of it. */
  private erase(): void {
    if (this.line.length === 0) return;
    let b = this.line.pop() ?? 0;
    while (this.iflag(T.IUTF8) && (b & 0xc0) === 0x80 && this.line.length > 0) b = this.line.pop() ?? 0;
    if (!this.lflag(T.ECHO) || !this.lflag(T.ECHOE)) return;
    const columns = b < 32 && b !== 9 && this.lflag(T.ECHOCTL) ? 2 : 1;
    for (let i = 0; i < columns; i++) this.echoOut(Uint8Array.of(8, 32, 8));
  }
  private echo(b: number): void {
    if (!this.lflag(T.ECHO)) {
      if (b === NL && this.lflag(T.ECHONL) && this.lflag(T.ICANON)) this.echoOut(Uint8Array.of(NL));
      return;
    }
    const control = (b < 32 && b !== NL && b !== 9) || b === 127;
    if (control && this.lflag(T.ECHOCTL)) this.echoOut(Uint8Array.of(94, b ^ 64));
    else this.echoOut(Uint8Array.of(b));
  }

  /** What the terminal gets for bytes that a program writes. */
  output(bytes: Uint8Array): Uint8Array {
    const { oflag } = this.termios;
    if (!(oflag & T.OPOST) || !(oflag & T.ONLCR) || !bytes.includes(NL)) return bytes;
    const out: number[] = [];
    for (const b of bytes) {
      if (b === NL) out.push(CR);
      out.push(b);
    }
    return Uint8Array.from(out);
  }

  /** Bytes that a read could have now (FIONREAD). */
  get available(): number {
    return this.lflag(T.ICANON) ? (this.lines[0]?.length ?? 0) : this.raw.length;
  }
  /** Is there a line, or VMIN bytes? A line may be empty: ^D. */
  get readable(): boolean {
    if (this.lflag(T.ICANON)) return this.lines.length > 0;
    return this.raw.length >= Math.max(1, this.termios.cc[T.VTIME] ? 1 : this.termios.cc[T.VMIN]);
  }
  /** Up to one line, or whatever is there in raw mode; undefined when nothing is. */
  read(into: Uint8Array): number | undefined {
    if (!this.readable) return undefined;
    if (!this.lflag(T.ICANON)) {
      const n = Math.min(into.length, this.raw.length);
      into.set(this.raw.splice(0, n));
      return n;
    }
    const line = this.lines[0];
    const n = Math.min(into.length, line.length);
    into.set(line.subarray(0, n));
    if (n === line.length) this.lines.shift();
    else this.lines[0] = line.subarray(n);
    return n;
  }
  flushInput(): void {
    this.line = [];
    this.lines = [];
    this.raw = [];
  }
  /** New modes. Input that waited moves along: typed bytes become raw ones, raw ones a line (as n_tty does). */
  setTermios(t: T.Termios): void {
    const was = this.lflag(T.ICANON);
    this.termios = t;
    const is = this.lflag(T.ICANON);
    if (was && !is) {
      for (const l of this.lines) this.raw.push(...l);
      this.raw.push(...this.line);
      this.lines = [];
      this.line = [];
    } else if (!was && is && this.raw.length > 0) {
      this.lines.push(Uint8Array.from(this.raw));
      this.raw = [];
    }
    if (!this.iflag(T.IXON)) this.stopped = false;
  }
}
