import { ARITH, packFlags, unpackFlags } from "../cpu/flags.ts";
import * as L from "../cpu/layout.ts";
import type { Ram } from "../mmu/ram.ts";

export const STATE_BYTES = L.STATE_END - L.STATE;

/** A task's registers, wherever they are: in RAM while it runs, else in its copy. */
export class Registers {
  /** Copy of STATE..STATE_END, valid while `loaded` is false. */
  readonly saved = new Uint8Array(STATE_BYTES);
  private readonly savedView = new DataView(this.saved.buffer);
  loaded = false;

  constructor(private readonly ram: Ram) {
    this.savedView.setUint32(L.CONST_PAGE - L.STATE, 4096, true);
  }

  /** Copies the registers into RAM. */
  load(): void {
    if (this.loaded) return;
    this.ram.u8.set(this.saved, L.STATE);
    this.loaded = true;
  }
  /** Copies the registers out of RAM. */
  save(): void {
    if (!this.loaded) return;
    this.saved.set(this.ram.u8.subarray(L.STATE, L.STATE_END));
    this.loaded = false;
  }
  copyFrom(other: Registers): void {
    this.bytes().set(other.bytes());
  }
  /** A view of all bytes, STATE at 0; not to be kept. */
  bytes(): Uint8Array {
    return this.loaded ? this.ram.u8.subarray(L.STATE, L.STATE_END) : this.saved;
  }
  private get view(): DataView {
    return this.loaded ? this.ram.view : this.savedView;
  }
  private at(address: number): number {
    return this.loaded ? address : address - L.STATE;
  }
  u64(address: number): bigint {
    return this.view.getBigUint64(this.at(address), true);
  }
  setU64(address: number, v: bigint): void {
    this.view.setBigUint64(this.at(address), BigInt.asUintN(64, v), true);
  }
  u32(address: number): number {
    return this.view.getUint32(this.at(address), true);
  }
  setU32(address: number, v: number): void {
    this.view.setUint32(this.at(address), v, true);
  }
  u16(address: number): number {
    return this.view.getUint16(this.at(address), true);
  }
  setU16(address: number, v: number): void {
    this.view.setUint16(this.at(address), v, true);
  }
  u8(address: number): number {
    return this.view.getUint8(this.at(address));
  }
  setU8(address: number, v: number): void {
    this.view.setUint8(this.at(address), v);
  }
  gpr(n: number): bigint {
    return this.u64(L.GPR + n * 8);
  }
  setGpr(n: number, v: number | bigint): void {
    this.setU64(L.GPR + n * 8, BigInt(v));
  }
  /** Sets a register by halves. */
  setGpr32(n: number, lo: number, hi: number): void {
    this.setU32(L.GPR + n * 8, lo);
    this.setU32(L.GPR + n * 8 + 4, hi);
  }
  /** Low and high half of a register, for conversion without bigints. */
  gprLo(n: number): number {
    return this.u32(L.GPR + n * 8);
  }
  gprHi(n: number): number {
    return this.u32(L.GPR + n * 8 + 4);
  }
  get rip(): bigint {
    return this.u64(L.RIP);
  }
  set rip(v: bigint) {
    this.setU64(L.RIP, v);
  }
  /** The stack pointer as a number (exact for user addresses). */
  get rsp(): number {
    return Number(this.gpr(L.RSP));
  }
  /** RFLAGS, put together from the lazy parts. */
  get flags(): number {
    const arith = packFlags(this.u32(L.FLAG_RES) | 0, this.u32(L.FLAG_RES + 4) | 0, this.u32(L.FLAG_AUX) | 0);
    return (this.u32(L.FLAG_SYS) & ~ARITH) | arith | 2;
  }
  set flags(v: number) {
    const [res, aux] = unpackFlags(v);
    this.setU64(L.FLAG_RES, BigInt(res));
    this.setU32(L.FLAG_AUX, aux);
    this.setU32(L.FLAG_SYS, (v & ~ARITH) | 2);
  }
  get fsBase(): bigint {
    return this.u64(L.SEG_BASE + L.FS * 8);
  }
  set fsBase(v: bigint) {
    this.setU64(L.SEG_BASE + L.FS * 8, v);
  }
  get gsBase(): bigint {
    return this.u64(L.SEG_BASE + L.GS * 8);
  }
  set gsBase(v: bigint) {
    this.setU64(L.SEG_BASE + L.GS * 8, v);
  }
}
