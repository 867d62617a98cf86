/** A growing byte buffer with WebAssembly's LEB128 encodings. */
export class Bytes {
  buf = new Uint8Array(256);
  len = 0;

  private room(n: number): void {
    if (this.len + n <= this.buf.length) return;
    const bigger = new Uint8Array(Math.max(this.buf.length * 2, this.len + n));
    bigger.set(this.buf.subarray(0, this.len));
    this.buf = bigger;
  }
  u8(v: number): void {
    this.room(1);
    this.buf[this.len++] = v;
  }
  u32(v: number): void {
    this.room(5);
    v >>>= 0;
    while (v > 127) {
      this.buf[this.len++] = (v & 127) | 128;
      v >>>= 7;
    }
    this.buf[this.len++] = v;
  }
  s32(v: number): void {
    this.room(5);
    v |= 0;
    while (v > 63 || v < -64) {
      this.buf[this.len++] = (v & 127) | 128;
      v >>= 7;
    }
    this.buf[this.len++] = v & 127;
  }
  s64(v: bigint): void {
    v = BigInt.asIntN(64, v);
    const n = Number(v);
    if (n === (n | 0)) {
      this.s32(n);
      return;
    }
    this.room(10);
    while (v > 63n || v < -64n) {
      this.buf[this.len++] = Number(v & 127n) | 128;
      v >>= 7n;
    }
    this.buf[this.len++] = Number(v & 127n);
  }
  bytes(b: ArrayLike<number>): void {
    this.room(b.length);
    this.buf.set(b, this.len);
    this.len += b.length;
  }
  name(s: string): void {
    const b = new TextEncoder().encode(s);
    this.u32(b.length);
    this.bytes(b);
  }
  take(): Uint8Array<ArrayBuffer> {
    return this.buf.slice(0, this.len);
  }
}
