/** FXSAVE and FXRSTOR. SDM volume 1, 10.5 and table 10-2. The 64-bit forms keep whole instruction and operand pointers. */
import { CS, FCW, FDP, FIP, FOP, FSW, FTW, MXCSR, SEL } from "../cpu/layout.ts";
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import { i64x2 } from "../wasm/simd.ts";
import { type Emit, type Semantics, type SemTable, VECTOR } from "./emit.ts";
import { controlWordFrom, summarized } from "./x87.ts";
import { k, k64, setSlot } from "./x87-cells.ts";
import { stackSlot } from "./x87-state.ts";

/** MXCSR bits that exist. */
export const MXCSR_MASK = 0xffff;
const SIZE = 512;
const REGISTERS = 32;
const XMM = 160;

export const plus = (at: Val, n: number): Val => (n === 0 ? at : i64.add(at, k64(n)));
export const xmmCount = (e: Emit): number => (e.mode === 64 ? 16 : 8);

/** Address of the area, checked: aligned to 16, accessible. */
function area(e: Emit, access: "r" | "w"): Val {
  const at = e.ea(0);
  e.faultIf(i32.wrap_i64(i64.and(at, k64(15))), VECTOR.GP);
  e.probe(at, SIZE, access);
  return at;
}

/** x87 state, where FXSAVE and XSAVE both put it. `wide`: whole pointers instead of 32 bits and a selector. */
export function storeX87(e: Emit, at: Val, wide: boolean): void {
  const fsw = e.field("u16", FSW);
  // As on AMD's processors, pointers are saved only while an exception is pending, and are zero otherwise.
  const pending = e.tmp(i32.and(fsw, k(0x80)));
  const pointer = (field: number): Val => select(pending, e.field("i64", field), k64(0));
  const selector = (n: number): Val => i64.shl(i64.extend_i32_u(e.field("u16", SEL + n * 2)), k64(32));
  const fip = pointer(FIP);
  const narrow = (v: Val): Val => i64.and(v, k64(0xffffffffn));
  const cs = select(pending, selector(CS), k64(0));
  const fop = i64.extend_i32_u(select(pending, e.field("u16", FOP), k(0)));
  const words = [
    i64.or(i64.extend_i32_u(e.field("u16", FCW)), i64.shl(i64.extend_i32_u(fsw), k64(16))),
    i64.or(i64.shl(i64.extend_i32_u(e.field("u8", FTW)), k64(32)), i64.shl(fop, k64(48))),
  ];
  e.store(at, 64, i64.or(words[0], words[1]));
  e.store(plus(at, 8), 64, wide ? fip : i64.or(narrow(fip), cs));
  e.store(plus(at, 16), 64, wide ? pointer(FDP) : narrow(pointer(FDP)));
  for (let i = 0; i < 8; i++) {
    const from = stackSlot(e, i);
    const m = e.ld("i64", from);
    const se = i64.extend_i32_u(e.ld("u16", from, 8));
    e.store(plus(at, REGISTERS + 16 * i), 128, i64x2.replace_lane(i64x2.splat(m), 1, se));
  }
}
export function storeMxcsr(e: Emit, at: Val): void {
  const mxcsr = i64.extend_i32_u(e.field("i32", MXCSR));
  e.store(plus(at, 24), 64, i64.or(mxcsr, k64(BigInt(MXCSR_MASK) << 32n)));
}
export function storeXmm(e: Emit, at: Val): void {
  for (let i = 0; i < xmmCount(e); i++) e.store(plus(at, XMM + 16 * i), 128, e.xmm(i));
}
function save(wide: boolean): Semantics {
  return (e) => {
    e.interpretOnly();
    const at = area(e, "w");
    storeX87(e, at, wide);
    storeMxcsr(e, at);
    storeXmm(e, at);
  };
}

export function loadX87(e: Emit, at: Val, wide: boolean): void {
  const fcw = e.load(at, 16);
  const fsw = e.load(plus(at, 2), 16);
  const fip = e.load(plus(at, 8), 64);
  const fdp = e.load(plus(at, 16), 64);
  const narrow = (v: Val): Val => (wide ? v : i64.and(v, k64(0xffffffffn)));
  e.setField("u8", FTW, e.load(plus(at, 4), 8));
  e.setField("u16", FOP, i32.and(e.load(plus(at, 6), 16), k(0x7ff)));
  e.setField("u16", FCW, controlWordFrom(fcw));
  e.setField("u16", FSW, summarized(fsw, fcw));
  e.setField("i64", FIP, narrow(fip));
  e.setField("i64", FDP, narrow(fdp));
  for (let i = 0; i < 8; i++) {
    const m = e.load(plus(at, REGISTERS + 16 * i), 64);
    const se = e.load(plus(at, REGISTERS + 16 * i + 8), 16);
    setSlot(e, stackSlot(e, i), m, se);
  }
}
/** MXCSR in the area; #GP if it has bits that don't exist. */
export function loadMxcsr(e: Emit, at: Val): Val {
  const mxcsr = e.load(plus(at, 24), 32);
  e.faultIf(i32.and(mxcsr, k(~MXCSR_MASK)), VECTOR.GP);
  return mxcsr;
}
export function loadXmm(e: Emit, at: Val): void {
  for (let i = 0; i < xmmCount(e); i++) e.setXmm(i, e.load(plus(at, XMM + 16 * i), 128));
}
function restore(wide: boolean): Semantics {
  return (e) => {
    e.interpretOnly();
    const at = area(e, "r");
    const mxcsr = loadMxcsr(e, at);
    loadX87(e, at, wide);
    e.setField("i32", MXCSR, mxcsr);
    loadXmm(e, at);
  };
}

export const fxsave: SemTable = {
  FXSAVE: save(false),
  FXSAVE64: save(true),
  FXRSTOR: restore(false),
  FXRSTOR64: restore(true),
};
