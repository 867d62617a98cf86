/**
 * MMX registers are the mantissas of the physical x87 registers. Any MMX instruction sets TOP to 0 and marks
 * all registers valid (EMMS: empty); one that writes a register sets its sign and exponent to all ones (the engine's write does that).
 * SDM volume 1, section 9.5.
 */
import { FSW, FTW } from "../cpu/layout.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import { i64x2 } from "../wasm/simd.ts";
import { type Emit, VECTOR } from "./emit.ts";

/** Exception summary, and TOP, in the x87 status word. */
const ES = 0x80;
const TOP = 0x3800;

/** #MF if an unmasked x87 exception is pending. */
export function checkPendingX87(e: Emit): void {
  e.faultIf(i32.and(e.field("u16", FSW), i32.const(ES)), VECTOR.MF);
}
/** From x87 to MMX operation. Comes after everything that can fault. */
export function enterMmx(e: Emit): void {
  e.setField("u16", FSW, i32.and(e.field("u16", FSW), i32.const(0xffff & ~TOP)));
  e.setField("u8", FTW, i32.const(0xff));
}
/** An MMX instruction around its body. */
export function mmx(e: Emit, body: () => void): void {
  checkPendingX87(e);
  body();
  enterMmx(e);
}

/** Operand i, mm or m64 or m32, in the low half of a v128 (the upper half holds anything). */
export function readMm(e: Emit, i: number): Val {
  const v = e.read(i);
  return e.tmp(i64x2.splat(v.ty === "i32" ? i64.extend_i32_u(v) : v));
}
/** Writes the low half of a v128 to MMX register operand i. */
export function writeMm(e: Emit, i: number, v: Val): void {
  e.write(i, i64x2.extract_lane(v, 0));
}
