/** Reads little-endian fields of ELF and DWARF one after the other. */
import { join, joinSigned } from "../../base/bits.ts";

/** A file that ends too early or makes no sense. Caught by who asked for a part of it: that part is then missing. */
export class BadFile extends Error {}

export class Reader {
  private readonly view: DataView;
  /** `at`, `end`: offsets into the bytes. */
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    readonly end = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!(at >= 0 && at <= end && end <= bytes.length)) throw new BadFile("range outside the file");
  }
  get done(): boolean {
    return this.at >= this.end;
  }
  /** Steps over `n` bytes; where they began. */
  private take(n: number): number {
    const { at } = this;
    if (!(n >= 0 && n <= this.end - at)) throw new BadFile("ends too early");
    this.at = at + n;
    return at;
  }
  skip(n: number): void {
    this.take(n);
  }
  /** A part of its own, which is stepped over. */
  part(n: number): Reader {
    const at = this.take(n);
    return new Reader(this.bytes, at, at + n);
  }
  u8(): number {
    return this.bytes[this.take(1)];
  }
  i8(): number {
    return this.view.getInt8(this.take(1));
  }
  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }
  i16(): number {
    return this.view.getInt16(this.take(2), true);
  }
  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }
  i32(): number {
    return this.view.getInt32(this.take(4), true);
  }
  /** As numbers: exact below 2^53, which all sizes and addresses are. */
  u64(): number {
    const at = this.take(8);
    return join(this.view.getUint32(at, true), this.view.getUint32(at + 4, true));
  }
  i64(): number {
    const at = this.take(8);
    return joinSigned(this.view.getUint32(at, true), this.view.getUint32(at + 4, true));
  }
  big(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }
  uleb(): number {
    let value = 0;
    for (let scale = 1, i = 0; i < 10; i++, scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new BadFile("number too long");
  }
  sleb(): number {
    let value = 0;
    for (let scale = 1, i = 0; i < 10; i++, scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return byte & 64 ? value - scale * 128 : value;
    }
    throw new BadFile("number too long");
  }
  /** Up to a zero byte, which is stepped over. One character a byte. */
  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0 || end >= this.end) throw new BadFile("text without an end");
    const { at } = this;
    this.at = end + 1;
    return latin1(this.bytes.subarray(at, end));
  }
  /** DWARF's initial length: bytes of what follows, and whether offsets in it have 8 bytes. */
  length(): { length: number; wide: boolean } {
    const first = this.u32();
    if (first === 0xffffffff) return { length: this.u64(), wide: true };
    if (first >= 0xfffffff0) throw new BadFile("reserved length");
    return { length: first, wide: false };
  }
}

export function latin1(bytes: Uint8Array): string {
  let s = "";
  for (const b of bytes) s += String.fromCharCode(b);
  return s;
}

/** The text at an offset of a string table; "" if there is none. */
export function textAt(table: Uint8Array, offset: number): string {
  const end = offset < table.length ? table.indexOf(0, offset) : -1;
  return end < 0 ? "" : latin1(table.subarray(offset, end));
}

/** What `make` gives, or undefined if the file is bad. */
export function unlessBad<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (e) {
    if (e instanceof BadFile) return undefined;
    throw e;
  }
}
