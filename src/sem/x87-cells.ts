/**
 * Cells in scratch memory through which the shared x87 functions hand on what does not fit one result, and small pieces of
 * code that those functions share. All of it lives within one instruction.
 *
 * An extended number is 16 bytes: significand (i64, bit 63 is the integer bit), then sign and exponent (u16, bias 16383).
 */
import { FCW, FSW, FTW, SCRATCH, X87 } from "../cpu/layout.ts";
import type { Code } from "../wasm/code.ts";
import { i32, i64, select, type Val } from "../wasm/expr.ts";

/** Slot of the memory operand, converted: number 8 after ST(0) to ST(7). */
export const MEM = SCRATCH + 0x80;
export const MEM_INDEX = 8;
/** Slot of the result before it is committed. */
export const RES = SCRATCH + 0x90;
/** Exceptions of this instruction, at their FSW positions (SF included). */
export const EXC = SCRATCH + 0xa0;
/** 1 if the magnitude was rounded up, or the stack overflowed: becomes C1. */
export const C1 = SCRATCH + 0xa4;
/** Exponent that goes with a rounded significand. */
export const EXPO = SCRATCH + 0xa8;
/** An exact result out of a helper, to be rounded if `kind` is 1; else the result slot is final. See helpers/f80.ts. */
export const RAW = {
  hi: SCRATCH + 0xb0,
  lo: SCRATCH + 0xb8,
  sign: SCRATCH + 0xc0,
  exp: SCRATCH + 0xc4,
  kind: SCRATCH + 0xc8,
} as const;

export const IE = 1;
export const DE = 2;
export const ZE = 4;
export const OE = 8;
export const UE = 16;
export const PE = 32;
export const SF = 64;
/** Error summary and busy. */
export const ES_B = 0x8080;
export const FSW_C0 = 0x100;
export const FSW_C1 = 0x200;
export const FSW_C2 = 0x400;
export const FSW_C3 = 0x4000;

export const BIAS = 16383;
export const EXP_MAX = 0x7fff;
export const INTEGER_BIT = i64.const(-0x8000000000000000n);
/** Significand and sign with exponent of the default NaN ("real indefinite"). */
export const INDEFINITE = i64.const(-0x4000000000000000n);
export const INDEFINITE_SE = i32.const(0xffff);
export const ZERO = i32.const(0);
export const ZERO64 = i64.const(0);
export const k = i32.const;
export const k64 = i64.const;

const HERE = i32.const(0);
export function cell(c: Code, at: number): Val {
  return c.ld("i32", HERE, at);
}
export function setCell(c: Code, at: number, v: Val): void {
  c.st("i32", HERE, v, at);
}
export function raise(c: Code, flags: number): void {
  setCell(c, EXC, i32.or(cell(c, EXC), k(flags)));
}
export function controlWord(c: Code): Val {
  return c.ld("u16", HERE, FCW);
}
export function statusWord(c: Code): Val {
  return c.ld("u16", HERE, FSW);
}
export function setStatusWord(c: Code, v: Val): void {
  c.st("u16", HERE, v, FSW);
}
/** Abridged tags: a bit set for each physical register in use. */
export function tags(c: Code): Val {
  return c.ld("u8", HERE, FTW);
}
export function setTags(c: Code, v: Val): void {
  c.st("u8", HERE, v, FTW);
}
/** Rounding control out of the control word. */
export function roundingOf(fcw: Val): Val {
  return i32.and(i32.shr_u(fcw, k(10)), k(3));
}
/** Physical number of ST(i). */
export function physical(c: Code, i: Val): Val {
  return c.tmp(i32.and(i32.add(i32.shr_u(statusWord(c), k(11)), i), k(7)));
}
export function slotOf(physicalNumber: Val): Val {
  return i32.add(k(X87), i32.shl(physicalNumber, k(4)));
}
/** Address of ST(i), or of the memory operand for i = MEM_INDEX. */
export function slot(c: Code, i: Val): Val {
  return c.tmp(select(i32.eq(i, k(MEM_INDEX)), k(MEM), slotOf(physical(c, i))));
}
/** 1 if ST(i) is empty; the memory operand never is. */
export function isEmpty(c: Code, i: Val): Val {
  const used = i32.and(i32.shr_u(tags(c), physical(c, i)), k(1));
  return c.tmp(i32.and(i32.eqz(used), i32.ne(i, k(MEM_INDEX))));
}
export function setSlot(c: Code, at: Val, m: Val, se: Val): void {
  c.st("i64", at, m);
  c.st("u16", at, se, 8);
}
export function setResult(c: Code, m: Val, se: Val): void {
  setSlot(c, k(RES), m, se);
}
/** Raises `flags` and makes the default NaN the result. */
export function setIndefinite(c: Code, flags: number): void {
  raise(c, flags);
  setResult(c, INDEFINITE, INDEFINITE_SE);
}
export function clearExceptions(c: Code): void {
  setCell(c, EXC, ZERO);
  setCell(c, C1, ZERO);
}
/** Bits shifted out of an i64 by a right shift of n (1 to 63), at the top. */
export function lost(v: Val, n: Val): Val {
  return i64.shl(v, i64.sub(k64(64), n));
}
/** 1 (i64) if v is not zero. */
export function sticky(v: Val): Val {
  return i64.extend_i32_u(i64.ne(v, ZERO64));
}
