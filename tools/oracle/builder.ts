/** A trial in the making: its state, patches of memory and code. */
import { ARITH } from "../../src/cpu/flags.ts";
import * as T from "./layout.ts";
import { type Flavour, float80, integer, lane, type Random } from "./random.ts";

const POOL = 4096;
const PATCH_ROOM = 8192;
export const MASK64 = (1n << 64n) - 1n;

/** Values of every flavour made ahead: choosing one is much quicker than making it. */
export class Pools {
  private readonly lanes: Readonly<Record<Flavour, Uint32Array>>;
  private readonly x87: Uint8Array;
  constructor(r: Random) {
    const lanes: Partial<Record<Flavour, Uint32Array>> = {};
    for (const flavour of ["int", "f32", "f64", "mixed"] as const) {
      const pool = new BigUint64Array(POOL);
      for (let i = 0; i < POOL; i++) pool[i] = flavour === "int" ? integer(r) : lane(r, flavour);
      lanes[flavour] = new Uint32Array(pool.buffer);
    }
    lanes.f80 = lanes.f64 as Uint32Array;
    this.lanes = lanes as Record<Flavour, Uint32Array>;
    this.x87 = new Uint8Array(POOL * 16);
    const v = T.view(this.x87);
    for (let i = 0; i < POOL; i++) {
      const [mantissa, high] = float80(r);
      v.setBigUint64(i * 16, mantissa, true);
      v.setUint16(i * 16 + 8, high, true);
    }
  }
  /** Writes 8 bytes. */
  lane(r: Random, flavour: Flavour, to: DataView, at: number): void {
    const i = r.below(POOL) * 2;
    const pool = this.lanes[flavour];
    to.setUint32(at, pool[i] as number, true);
    to.setUint32(at + 4, pool[i + 1] as number, true);
  }
  /** Ten bytes. */
  float80(r: Random): Uint8Array {
    const i = r.below(POOL) * 16;
    return this.x87.subarray(i, i + 10);
  }
}

/** Trials lie together in larger pieces of memory. */
const ARENA = 1 << 20;

/** Memory with values of a flavour. */
interface Fill {
  /** Where it stands among the patches. */
  at: number;
  length: number;
  flavour: Flavour;
}

/** How many patches there were. */
export interface Mark {
  end: number;
  patches: number;
  fills: number;
}

export class Builder {
  private readonly bytes = new Uint8Array(T.T_CODE + T.T_CODE_MAX);
  readonly view = T.view(this.bytes);
  private readonly patchBytes = new Uint8Array(PATCH_ROOM);
  private readonly patchView = T.view(this.patchBytes);
  private patchEnd = 0;
  private patches = 0;
  private fills: Fill[] = [];
  private length = 0;
  private loose: [number, number][] = [];
  private arena = Buffer.allocUnsafeSlow(ARENA).buffer;
  private arenaEnd = 0;
  /** General registers that have a meaning now and keep their value: a bit set. */
  pinned = 0;

  constructor(
    readonly r: Random,
    private readonly pools: Pools,
  ) {}

  /** Starts a trial with a random state. */
  start(flavour: Flavour, mxcsr: boolean): void {
    const { view: v, r, pools, bytes } = this;
    this.patchEnd = 0;
    this.patches = 0;
    this.fills = [];
    this.length = 0;
    this.loose = [];
    this.pinned = 0;
    for (let i = 0; i < 16; i++) pools.lane(r, "int", v, T.S_GPR + i * 8);
    const flags = r.u32();
    v.setUint32(T.S_RFLAGS, 0x202 | (flags & 0x8d5) | (r.one(10) ? 0x400 : 0), true);
    v.setUint32(T.S_WORLD, 0, true);
    v.setBigUint64(T.S_FS, BigInt(T.DATA_LOW + r.below(512) * 16), true);
    v.setBigUint64(T.S_GS, BigInt(T.DATA_HIGH + r.below(512) * 16), true);
    bytes.fill(0, T.S_FX, T.S_YMM);
    this.modes(mxcsr);
    this.values(flavour);
  }
  /** Control and status of x87 and SSE. */
  private modes(mxcsr: boolean): void {
    const { view: v, r } = this;
    v.setUint16(T.S_FCW, r.one(2) ? 0x37f : 0x7f | (r.pick([0, 2, 3, 3]) << 8) | (r.below(4) << 10), true);
    if (r.one(16)) v.setUint16(T.S_FCW, 0x40 | (r.u32() & 0xf3f), true);
    v.setUint16(T.S_FSW, (r.below(8) << 11) | (r.one(2) ? r.u32() & 0x4700 : 0), true);
    this.bytes[T.S_FTW] = r.one(6) ? r.u32() : r.one(6) ? 0 : 0xff;
    v.setUint32(T.S_MXCSR, mxcsr ? this.control() : 0x1f80, true);
  }
  private values(flavour: Flavour): void {
    const { view: v, r, pools, bytes } = this;
    for (let i = 0; i < 8; i++) {
      const at = T.S_ST + i * 16;
      if (flavour === "f80") bytes.set(pools.float80(r), at);
      else {
        pools.lane(r, flavour, v, at);
        v.setUint16(at + 8, r.one(4) ? r.u32() : 0xffff, true);
      }
    }
    for (let i = 0; i < 64; i++) pools.lane(r, flavour, v, T.S_YMM + i * 8);
  }
  /** Other values in all registers and memory that mean nothing, and other flags. */
  vary(flavour: Flavour, mxcsr: boolean): void {
    const { view: v, r, pools } = this;
    for (let i = 0; i < 16; i++) if (!this.isPinned(i)) pools.lane(r, "int", v, T.S_GPR + i * 8);
    this.rflags = (this.rflags & ~ARITH) | (r.u32() & ARITH);
    this.modes(mxcsr);
    this.values(flavour);
    for (const fill of this.fills) this.refill(fill);
  }
  /** MXCSR with any rounding, now and then other modes or unmasked exceptions; with the flag of inexact results, or others. */
  private control(): number {
    const { r } = this;
    if (r.one(16)) return r.u32() & 0xffc0;
    const rounding = r.one(2) ? r.below(4) << 13 : 0;
    const flags = r.one(2) ? 0x20 : r.one(4) ? r.u32() & 0x3f : 0;
    return 0x1f80 | rounding | (r.one(8) ? 0x8000 : 0) | (r.one(8) ? 0x40 : 0) | flags;
  }
  /** How many places of memory mean something. */
  get meanings(): number {
    return this.patches + this.loose.length;
  }
  /** Patches so far; `back` forgets those that came since. */
  mark(): Mark {
    return { end: this.patchEnd, patches: this.patches, fills: this.fills.length };
  }
  back({ end, patches, fills }: Mark): void {
    this.patchEnd = end;
    this.patches = patches;
    this.fills.length = fills;
  }
  gpr(n: number): bigint {
    return this.view.getBigUint64(T.S_GPR + n * 8, true);
  }
  setGpr(n: number, v: bigint): void {
    this.view.setBigUint64(T.S_GPR + n * 8, v & MASK64, true);
    this.pinned |= 1 << n;
  }
  isPinned(n: number): boolean {
    return ((this.pinned >> n) & 1) !== 0;
  }
  /** Sets a register unless it already means something. */
  suggest(n: number, v: bigint): void {
    if (!this.isPinned(n)) this.setGpr(n, v);
  }
  get rflags(): number {
    return this.view.getUint32(T.S_RFLAGS, true);
  }
  set rflags(v: number) {
    this.view.setUint32(T.S_RFLAGS, v, true);
  }
  get codeLength(): number {
    return this.length;
  }
  /** Changes code that was appended before. */
  amend(at: number, code: readonly number[]): void {
    this.bytes.set(code, T.T_CODE + at);
  }
  append(code: readonly number[]): void {
    this.bytes.set(code, T.T_CODE + this.length);
    this.length += code.length;
  }
  /** Puts bytes at a linear address, as far as data pages lie there. */
  patch(address: bigint, content: Uint8Array): void {
    const { patchBytes, patchView } = this;
    for (const base of [T.DATA_LOW, T.DATA_HIGH]) {
      const offset = Number(BigInt.asIntN(64, address - BigInt(base)));
      const from = Math.max(offset, 0);
      const to = Math.min(offset + content.length, T.DATA_SIZE);
      if (from >= to || this.patchEnd + T.PATCH_HEAD + to - from + 8 > PATCH_ROOM) continue;
      patchView.setUint16(this.patchEnd, from, true);
      patchView.setUint16(this.patchEnd + 2, to - from, true);
      const at = this.patchEnd + T.PATCH_HEAD;
      this.patchEnd = at + T.padded(to - from);
      patchBytes.fill(0, this.patchEnd - 8, this.patchEnd);
      patchBytes.set(content.subarray(from - offset, to - offset), at);
      this.patches++;
    }
  }
  /** These bytes are not to be compared. */
  ignore(address: bigint, length: number): void {
    for (const base of [T.DATA_LOW, T.DATA_HIGH]) {
      const offset = Number(BigInt.asIntN(64, address - BigInt(base)));
      if (offset + length > 0 && offset < T.DATA_SIZE) this.loose.push([offset, length]);
    }
  }
  patch64(address: bigint, v: bigint): void {
    const bytes = new Uint8Array(8);
    T.view(bytes).setBigUint64(0, v & MASK64, true);
    this.patch(address, bytes);
  }
  /** Fills memory with values of a flavour. */
  fill(address: bigint, length: number, flavour: Flavour): void {
    const [before, from] = [this.patches, this.patchEnd];
    this.patch(address, new Uint8Array(length));
    if (this.patches !== before + 1) return;
    const fill = { at: from + T.PATCH_HEAD, length: this.patchView.getUint16(from + 2, true), flavour };
    this.refill(fill);
    this.fills.push(fill);
  }
  private refill({ at, length, flavour }: Fill): void {
    if (length === 10) this.patchBytes.set(this.pools.float80(this.r), at);
    else {
      for (let i = 0; i < length; i += 8) this.pools.lane(this.r, flavour, this.patchView, at + i);
      this.patchBytes.fill(0, at + length, at + T.padded(length));
    }
  }
  float80(): Uint8Array {
    return this.pools.float80(this.r);
  }
  finish(codeAt: number, rows: readonly number[], undefinedFlags: number, everUndefined = undefinedFlags): T.Trial {
    const { view: v, patchEnd } = this;
    v.setUint32(T.S_CODE_AT, codeAt, true);
    v.setUint32(T.S_CODE_LENGTH, this.length, true);
    v.setUint32(T.T_PATCHES, this.patches, true);
    v.setUint32(T.T_PATCH_BYTES, patchEnd, true);
    const codeEnd = T.T_CODE + T.padded(this.length);
    this.bytes.fill(0, T.T_CODE + this.length, codeEnd);
    const bytes = this.allocate(codeEnd + patchEnd);
    bytes.set(this.bytes.subarray(0, codeEnd));
    bytes.set(this.patchBytes.subarray(0, patchEnd), codeEnd);
    return { bytes, view: T.view(bytes), rows, undefinedFlags, everUndefined, loose: this.loose };
  }
  private allocate(size: number): Uint8Array {
    if (this.arenaEnd + size > ARENA) {
      this.arena = Buffer.allocUnsafeSlow(ARENA).buffer;
      this.arenaEnd = 0;
    }
    const bytes = new Uint8Array(this.arena, this.arenaEnd, size);
    this.arenaEnd += size;
    return bytes;
  }
}
