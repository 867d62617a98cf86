import { join, joinSigned } from "../base/bits.ts";
import { FRAME_FLAGS } from "../cpu/layout.ts";
import { READ, UserFault, WRITE } from "./access.ts";
import { PAGE } from "./frames.ts";
import type { AddressSpace } from "./space.ts";

/** Before this much is copied out of guest memory it is made sure that it is there. */
const LARGE = 1 << 20;

/** The kernel's access to guest memory. Everything throws UserFault where the guest could not have accessed it. */
export class UserMemory {
  constructor(
    readonly space: AddressSpace,
    /** Told before bytes of a frame with code change: host address and length. */
    private readonly onCodeStore: (host: number, length: number) => void,
  ) {}

  private at(address: number, access: number): number {
    const h = this.space.host(address, access);
    if (h < 0) throw new UserFault(address);
    return h;
  }
  /** Host range of up to `length` bytes from the address to the end of its page. */
  private chunk(address: number, length: number, access: number): { host: number; n: number } {
    const host = this.at(address, access);
    const n = Math.min(length, PAGE - (address % PAGE));
    if (access === WRITE && this.space.ram.u8[FRAME_FLAGS + Math.floor(host / PAGE)]) this.onCodeStore(host, n);
    return { host, n };
  }
  /** A copy of guest bytes. A length that no memory has is a fault, however the guest came by it. */
  readBytes(address: number, length: number): Uint8Array {
    if (!(length >= 0) || (length > LARGE && this.accessible(address, length, READ) < length))
      throw new UserFault(address);
    const out = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { host, n } = this.chunk(address + done, length - done, READ);
      out.set(this.space.ram.u8.subarray(host, host + n), done);
      done += n;
    }
    return out;
  }
  /** Copies guest bytes as far as memory allows; returns the count. */
  readPartial(address: number, into: Uint8Array): number {
    let done = 0;
    while (done < into.length) {
      const host = this.space.host(address + done, READ);
      if (host < 0) return done;
      const n = Math.min(into.length - done, PAGE - ((address + done) % PAGE));
      into.set(this.space.ram.u8.subarray(host, host + n), done);
      done += n;
    }
    return done;
  }
  writeBytes(address: number, bytes: Uint8Array): void {
    if (this.writePartial(address, bytes) < bytes.length) throw new UserFault(address);
  }
  /** Writes as far as memory allows; returns the count. */
  writePartial(address: number, bytes: Uint8Array): number {
    let done = 0;
    while (done < bytes.length) {
      const host = this.space.host(address + done, WRITE);
      if (host < 0) return done;
      const n = Math.min(bytes.length - done, PAGE - ((address + done) % PAGE));
      if (this.space.ram.u8[FRAME_FLAGS + Math.floor(host / PAGE)]) this.onCodeStore(host, n);
      this.space.ram.u8.set(n === bytes.length ? bytes : bytes.subarray(done, done + n), host);
      done += n;
    }
    return done;
  }
  /** How many bytes from the address on are accessible, up to `length`. */
  accessible(address: number, length: number, access: number): number {
    let done = 0;
    while (done < length) {
      if (this.space.host(address + done, access) < 0) break;
      done += PAGE - ((address + done) % PAGE);
    }
    return Math.min(done, length);
  }
  /**
   * Lets `fn` work directly on guest memory, page by page, in order: it gets a view (of RAM: not to be kept) and says
   * how many bytes it used, or -errno; fewer than offered ends the transfer. Returns the sum, or the error if nothing
   * was done. A fault after the first byte ends it there; at the first byte it throws.
   */
  transfer(address: number, length: number, access: number, fn: (view: Uint8Array) => number): number {
    let done = 0;
    while (done < length) {
      if (done > 0 && this.space.host(address + done, access) < 0) return done;
      const { host, n } = this.chunk(address + done, length - done, access);
      const r = fn(this.space.ram.u8.subarray(host, host + n));
      if (r < 0) return done || r;
      done += r;
      if (r < n) break;
    }
    return done;
  }
  u8(address: number): number {
    return this.space.ram.u8[this.at(address, READ)];
  }
  u16(address: number): number {
    const b = this.readBytes(address, 2);
    return b[0] | (b[1] << 8);
  }
  u32(address: number): number {
    if (address % PAGE <= PAGE - 4) return this.space.ram.view.getUint32(this.at(address, READ), true);
    return new DataView(this.readBytes(address, 4).buffer).getUint32(0, true);
  }
  i32(address: number): number {
    return this.u32(address) | 0;
  }
  /** Unsigned 64 bits as a number: exact below 2^53. */
  u64(address: number): number {
    return join(this.u32(address), this.u32(address + 4));
  }
  /** Signed 64 bits as a number: exact below 2^53 in magnitude. */
  i64(address: number): number {
    return joinSigned(this.u32(address), this.u32(address + 4));
  }
  big(address: number): bigint {
    return (BigInt(this.u32(address + 4)) << 32n) | BigInt(this.u32(address));
  }
  setU8(address: number, v: number): void {
    this.writeBytes(address, Uint8Array.of(v));
  }
  setU32(address: number, v: number): void {
    if (address % PAGE <= PAGE - 4) {
      const { host } = this.chunk(address, 4, WRITE);
      this.space.ram.view.setUint32(host, v, true);
      return;
    }
    const b = new Uint8Array(4);
    new DataView(b.buffer).setUint32(0, v, true);
    this.writeBytes(address, b);
  }
  /** Writes an integer (a number or bigint) as 64 bits, two's complement. */
  setU64(address: number, v: number | bigint): void {
    const b = new Uint8Array(8);
    new DataView(b.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(v)), true);
    this.writeBytes(address, b);
  }
  /** A NUL-terminated byte string without the NUL, or undefined if there is none within `max` bytes. */
  cstring(address: number, max = 4096): string | undefined {
    let s = "";
    while (s.length < max) {
      const { host, n } = this.chunk(address + s.length, max - s.length, READ);
      const bytes = this.space.ram.u8;
      for (let i = host; i < host + n; i++) {
        if (bytes[i] === 0) return s;
        s += String.fromCharCode(bytes[i]);
      }
    }
    return undefined;
  }
}
