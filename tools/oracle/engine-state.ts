/** A trial's state into the register file in RAM, and out of it. */
import { ARITH, packFlags, unpackFlags } from "../../src/cpu/flags.ts";
import * as L from "../../src/cpu/layout.ts";
import type { Ram } from "../../src/mmu/ram.ts";
import * as T from "./layout.ts";
import { loadWorld } from "./segments.ts";

export function loadState(ram: Ram, ldt: Uint8Array | undefined, trial: T.Trial): void {
  const { view: to, u8 } = ram;
  const { view: v, bytes } = trial;
  u8.set(bytes.subarray(T.S_GPR, T.S_GPR + 128), L.GPR);
  const rflags = v.getUint32(T.S_RFLAGS, true);
  const [res, aux] = unpackFlags(rflags);
  to.setBigInt64(L.FLAG_RES, BigInt(res), true);
  to.setInt32(L.FLAG_AUX, aux, true);
  to.setInt32(L.FLAG_SYS, rflags & ~ARITH, true);
  const world = v.getUint32(T.S_WORLD, true);
  loadWorld({ u16: ram.u16, view: to, ldt }, world);
  if (world === 0) {
    to.setBigUint64(L.SEG_BASE + L.FS * 8, v.getBigUint64(T.S_FS, true), true);
    to.setBigUint64(L.SEG_BASE + L.GS * 8, v.getBigUint64(T.S_GS, true), true);
  }
  to.setUint32(L.MXCSR, v.getUint32(T.S_MXCSR, true), true);
  const fsw = v.getUint16(T.S_FSW, true);
  to.setUint16(L.FCW, v.getUint16(T.S_FCW, true), true);
  to.setUint16(L.FSW, fsw, true);
  u8[L.FTW] = bytes[T.S_FTW] as number;
  to.setUint16(L.FOP, v.getUint16(T.S_FOP, true), true);
  to.setBigUint64(L.FIP, v.getBigUint64(T.S_FIP, true), true);
  to.setBigUint64(L.FDP, v.getBigUint64(T.S_FDP, true), true);
  // ST(0) and those behind it up to the last physical register, then the first ones.
  const top = (fsw >> 11) & 7;
  u8.set(bytes.subarray(T.S_ST, T.S_ST + (8 - top) * 16), L.X87 + top * 16);
  u8.set(bytes.subarray(T.S_ST + (8 - top) * 16, T.S_ST + 128), L.X87);
  u8.set(bytes.subarray(T.S_YMM, T.S_YMM + 512), L.YMM);
}

/** Fills the state of a result that is all zero. */
export function storeState(ram: Ram, out: Uint8Array, v: DataView): void {
  const { view: from, u8 } = ram;
  out.set(u8.subarray(L.GPR, L.GPR + 128), T.S_GPR);
  const arith = packFlags(ram.i32[L.FLAG_RES >> 2], ram.i32[(L.FLAG_RES >> 2) + 1], ram.i32[L.FLAG_AUX >> 2]);
  v.setUint32(T.S_RFLAGS, arith | from.getInt32(L.FLAG_SYS, true), true);
  v.setBigUint64(T.S_FS, from.getBigUint64(L.SEG_BASE + L.FS * 8, true), true);
  v.setBigUint64(T.S_GS, from.getBigUint64(L.SEG_BASE + L.GS * 8, true), true);
  v.setBigUint64(T.S_RIP, from.getBigUint64(L.RIP, true), true);
  v.setUint16(T.S_FCW, from.getUint16(L.FCW, true), true);
  const fsw = from.getUint16(L.FSW, true);
  v.setUint16(T.S_FSW, fsw, true);
  out[T.S_FTW] = u8[L.FTW] as number;
  v.setUint16(T.S_FOP, from.getUint16(L.FOP, true), true);
  v.setBigUint64(T.S_FIP, from.getBigUint64(L.FIP, true), true);
  v.setBigUint64(T.S_FDP, from.getBigUint64(L.FDP, true), true);
  v.setUint32(T.S_MXCSR, from.getUint32(L.MXCSR, true), true);
  const top = (fsw >> 11) & 7;
  out.set(u8.subarray(L.X87 + top * 16, L.X87 + 128), T.S_ST);
  out.set(u8.subarray(L.X87, L.X87 + top * 16), T.S_ST + (8 - top) * 16);
  // Selectors stand where an image has nothing: behind the numbers of ten bytes.
  for (let i = 0; i < 8; i++) {
    const at = T.S_ST + i * 16 + 10;
    v.setUint32(at, i < 6 ? (ram.u16[(L.SEL >> 1) + i] as number) : 0, true);
    v.setUint16(at + 4, 0, true);
  }
  out.set(u8.subarray(L.YMM, L.YMM + 512), T.S_YMM);
}
