/** The encoding of recordings: bytes, numbers of variable length, strings. Writers grow; readers may share their bytes. */

const INITIAL = 4096;
/** Whole numbers below are written in base 128, others as floats behind a zero. */
const WHOLE = 2 ** 50;

/** Bytes that are appended to, and read from any offset. */
export class Tape {
  private bytes = new Uint8Array(INITIAL);
  private view = new DataView(this.bytes.buffer);
  /** Bytes written. */
  length = 0;

  /** Room for `n` more: where they begin. What `bytes` and `view` are may change by it. */
  private take(n: number): number {
    const at = this.length;
    this.length = at + n;
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    return at;
  }
  u8(v: number): void {
    const at = this.take(1);
    this.bytes[at] = v;
  }
  /** A whole number from 0 on, exact below 2^53. */
  uint(v: number): void {
    let rest = v;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.u8((rest % 128) | 128);
    this.u8(rest);
  }
  /** Any number. */
  num(v: number): void {
    const whole = Number.isInteger(v) && Math.abs(v) < WHOLE && !Object.is(v, -0);
    if (whole) this.uint(1 + (v < 0 ? -v * 2 - 1 : v * 2));
    else {
      this.u8(0);
      const at = this.take(8);
      this.view.setFloat64(at, v, true);
    }
  }
  /** A bigint of at most 64 bits, signed. */
  big(v: bigint): void {
    const at = this.take(8);
    this.view.setBigInt64(at, v, true);
  }
  raw(bytes: Uint8Array): void {
    const at = this.take(bytes.length);
    this.bytes.set(bytes, at);
  }
  block(bytes: Uint8Array): void {
    this.uint(bytes.length);
    this.raw(bytes);
  }
  /** A string of any UTF-16 units. */
  text(s: string): void {
    this.uint(s.length);
    for (let i = 0; i < s.length; i++) this.uint(s.charCodeAt(i));
  }
  /** Bytes from one offset to another: a view, not to be kept. */
  slice(from: number, to = this.length): Uint8Array {
    return this.bytes.subarray(from, to);
  }
  byte(at: number): number {
    return this.bytes[at];
  }
  float(at: number): number {
    return this.view.getFloat64(at, true);
  }
  bigAt(at: number): bigint {
    return this.view.getBigInt64(at, true);
  }
}

/** A recording has less in it than was asked for. */
export class Truncated extends Error {
  constructor() {
    super("the recording ends too early");
  }
}

/** Reads a tape, from an offset on. */
export class TapeReader {
  at = 0;

  constructor(private readonly tape: Tape) {}
  get ended(): boolean {
    return this.left <= 0;
  }
  /** Bytes from here to the end. */
  get left(): number {
    return this.tape.length - this.at;
  }
  private take(n: number): number {
    const { at } = this;
    if (at + n > this.tape.length) throw new Truncated();
    this.at = at + n;
    return at;
  }
  u8(): number {
    return this.tape.byte(this.take(1));
  }
  peek(): number {
    return this.ended ? -1 : this.tape.byte(this.at);
  }
  uint(): number {
    let v = 0;
    for (let scale = 1; ; scale *= 128) {
      const b = this.u8();
      v += (b & 127) * scale;
      if (b < 128) return v;
    }
  }
  num(): number {
    const v = this.uint();
    if (v === 0) return this.tape.float(this.take(8));
    return v % 2 ? (v - 1) / 2 : -(v / 2);
  }
  big(): bigint {
    return this.tape.bigAt(this.take(8));
  }
  raw(n: number): Uint8Array {
    const at = this.take(n);
    return this.tape.slice(at, at + n);
  }
  block(): Uint8Array {
    return this.raw(this.uint());
  }
  text(): string {
    const n = this.uint();
    let s = "";
    for (let i = 0; i < n; i++) s += String.fromCharCode(this.uint());
    return s;
  }
}
