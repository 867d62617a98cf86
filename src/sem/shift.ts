/**
 * Shifts and rotates. Counts are masked to 5 bits (6 at 64); a masked count of 0 writes the destination (so a 32-bit register loses
 * its upper half) and keeps all flags. Where the manual leaves OF open (counts other than 1) it is computed as for 1, and AF is
 * set by shifts, which is what processors do.
 */
import { i32, i64, isConst, type Val } from "../wasm/expr.ts";
import type { Emit, Semantics, Size } from "./emit.ts";
import { type Family, ONE, sizeOf, ZERO } from "./operand.ts";
import { type Width, width } from "./width.ts";

/** The masked count in operand i, an i32 temporary. */
function countOf(e: Emit, i: number, size: Size): Val {
  const o = e.ops[i];
  if (o.kind === "fixed" && o.fixed === "1") return ONE;
  const raw = o.kind === "imm" ? e.imm(i) : e.read(i);
  return e.tmp(i32.and(raw, i32.const(size === 64 ? 63 : 31)));
}

/** Runs `body` unless the count is 0. */
function unlessZero(e: Emit, count: Val, body: () => void): void {
  if (!isConst(count)) e.if(count, body);
  else if (count.imm !== 0) body();
}

/** Bit 0 of a value as i32. */
function bit0(w: Width, v: Val): Val {
  return i32.and(w.toI32(v), ONE);
}
/** Top bit XOR the one below it. */
function topTwoDiffer(w: Width, r: Val): Val {
  return w.sign(w.xor(r, w.shl(r, w.const(1))));
}

type Shifted = { r: Val; cf: () => Val; of: (cf: Val, r: Val) => Val };

/** `compute` gives the result and how to get CF (for counts above 0) and OF. */
function shift(compute: (w: Width, a: Val, count: Val) => Shifted): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const a = e.read(0);
    const count = countOf(e, 1, size);
    const { r: raw, cf: carry, of } = compute(w, a, w.fromI32(count));
    const r = e.tmp(w.mask(raw));
    e.write(0, r);
    unlessZero(e, count, () => {
      const cf = e.tmp(carry());
      e.flagsResult(size, r, cf, of(cf, r), ONE);
    });
  };
}

const shl = shift((w, a, c) => ({
  r: w.shl(a, c),
  // Below 32 bits the bit shifted out lies above the operand, or is gone when the count exceeds the width.
  cf: () =>
    w.size < 32
      ? i32.and(i32.shr_u(i32.shl(a, c), i32.const(w.size)), ONE)
      : bit0(w, w.shr_u(a, w.sub(w.const(w.size), c))),
  of: (cf, r) => i32.xor(cf, w.sign(r)),
}));
const shr = shift((w, a, c) => ({
  r: w.shr_u(a, c),
  cf: () => bit0(w, w.shr_u(a, w.sub(c, w.const(1)))),
  of: (_cf, r) => topTwoDiffer(w, r),
}));
const sar = shift((w, a, c) => ({
  r: w.shr_s(w.sext(a), c),
  cf: () => bit0(w, w.shr_s(w.sext(a), w.sub(c, w.const(1)))),
  of: () => ZERO,
}));

/** ROL and ROR: only CF and OF change. */
function rotate(left: boolean): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const a = e.read(0);
    const count = countOf(e, 1, size);
    const r = e.tmp(rotated(e, w, a, count, left));
    e.write(0, r);
    unlessZero(e, count, () => {
      const cf = e.tmp(left ? bit0(w, r) : w.sign(r));
      e.flagsSet({ cf, of: left ? i32.xor(cf, w.sign(r)) : topTwoDiffer(w, r) });
    });
  };
}

/** A rotation by `count` (i32), modulo the width. */
function rotated(e: Emit, w: Width, a: Val, count: Val, left: boolean): Val {
  if (w.size === 64) return (left ? i64.rotl : i64.rotr)(a, i64.extend_i32_u(count));
  if (w.size === 32) return (left ? i32.rotl : i32.rotr)(a, count);
  const n = i32.and(count, i32.const(w.size - 1));
  // Two copies side by side, so that a plain shift rotates.
  const twice = e.tmp(i32.or(a, i32.shl(a, i32.const(w.size))));
  return w.mask(left ? i32.shr_u(i32.shl(twice, n), i32.const(w.size)) : i32.shr_u(twice, n));
}

/** RCL and RCR: a rotation of width + 1 bits, CF on top. */
function rotateCarry(left: boolean): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const a = e.read(0);
    const masked = countOf(e, 1, size);
    const carryIn = e.flag("cf");
    const count = size < 32 ? e.tmp(i32.rem_u(masked, i32.const(size + 1))) : masked;
    const [r, cf] = (size === 64 ? carryRotated64 : carryRotatedNarrow)(e, w, a, carryIn, count, left);
    e.write(0, r);
    unlessZero(e, masked, () => e.flagsSet({ cf, of: left ? i32.xor(cf, w.sign(r)) : topTwoDiffer(w, r) }));
  };
}

/** Result and new carry, both temporaries, for widths that fit in an i64 together with the carry. */
function carryRotatedNarrow(e: Emit, w: Width, a: Val, carry: Val, count: Val, left: boolean): [Val, Val] {
  const bits = w.size + 1;
  const x = e.tmp(i64.or(w.toI64(a), i64.shl(i64.extend_i32_u(carry), i64.const(w.size))));
  const n = e.tmp(i64.extend_i32_u(count));
  const rest = i64.sub(i64.const(bits), n);
  const y = e.tmp(left ? i64.or(i64.shl(x, n), i64.shr_u(x, rest)) : i64.or(i64.shr_u(x, n), i64.shl(x, rest)));
  return [e.tmp(w.mask(w.fromI64(y))), e.tmp(i32.and(i32.wrap_i64(i64.shr_u(y, i64.const(w.size))), ONE))];
}

function carryRotated64(e: Emit, _w: Width, a: Val, carry: Val, count: Val, left: boolean): [Val, Val] {
  const r = e.var(a);
  const cf = e.var(carry);
  unlessZero(e, count, () => {
    const n = e.tmp(i64.extend_i32_u(count));
    const less = e.tmp(i64.sub(n, i64.const(1)));
    const rest = e.tmp(i64.sub(i64.const(64), n));
    const c = i64.extend_i32_u(carry);
    // One step of the other way's shift is taken apart, as a count of 64 would be taken modulo 64.
    if (left) {
      e.set(r, i64.or(i64.or(i64.shl(a, n), i64.shl(c, less)), i64.shr_u(i64.shr_u(a, i64.const(1)), rest)));
      e.set(cf, i32.and(i32.wrap_i64(i64.shr_u(a, rest)), ONE));
    } else {
      e.set(r, i64.or(i64.or(i64.shr_u(a, n), i64.shl(c, rest)), i64.shl(i64.shl(a, i64.const(1)), rest)));
      e.set(cf, i32.and(i32.wrap_i64(i64.shr_u(a, less)), ONE));
    }
  });
  return [e.get(r), e.get(cf)];
}

/** SHLD and SHRD. Below 64 bits both operands lie side by side in an i64; at 16 bits the source is repeated for counts above 16. */
function double(left: boolean): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const a = e.read(0);
    const b = e.read(1);
    const count = countOf(e, 2, size);
    const n = e.tmp(i64.extend_i32_u(count));
    const [raw, carry] = size === 64 ? double64(a, b, n, left) : doubleNarrow(e, w, a, b, n, left);
    const r = e.tmp(w.mask(raw));
    e.write(0, r);
    unlessZero(e, count, () => {
      const cf = e.tmp(i32.and(i32.wrap_i64(carry), ONE));
      e.flagsResult(size, r, cf, left ? i32.xor(cf, w.sign(r)) : topTwoDiffer(w, r), ONE);
    });
  };
}
function double64(a: Val, b: Val, n: Val, left: boolean): [Val, Val] {
  const less = i64.sub(n, i64.const(1));
  const rest = i64.sub(i64.const(63), n);
  return left
    ? [i64.or(i64.shl(a, n), i64.shr_u(i64.shr_u(b, i64.const(1)), rest)), i64.shr_u(a, i64.sub(i64.const(64), n))]
    : [i64.or(i64.shr_u(a, n), i64.shl(i64.shl(b, i64.const(1)), rest)), i64.shr_u(a, less)];
}
function doubleNarrow(e: Emit, w: Width, a: Val, b: Val, n: Val, left: boolean): [Val, Val] {
  const place = (v: Val, at: number): Val => i64.shl(w.toI64(v), i64.const(at));
  const total = w.size === 16 ? 48 : 64;
  const top = total - w.size;
  const less = i64.sub(n, i64.const(1));
  const t =
    w.size === 32
      ? left
        ? i64.or(place(a, 32), place(b, 0))
        : i64.or(place(b, 32), place(a, 0))
      : left
        ? i64.or(i64.or(place(a, 32), place(b, 16)), place(b, 0))
        : i64.or(i64.or(place(b, 32), place(b, 16)), place(a, 0));
  const x = e.tmp(t);
  return left
    ? [w.fromI64(i64.shr_u(i64.shl(x, n), i64.const(top))), i64.shr_u(x, i64.sub(i64.const(total), n))]
    : [w.fromI64(i64.shr_u(x, n)), i64.shr_u(x, less)];
}

export const SHIFT = {
  SHL: shl,
  SAL: shl,
  SHR: shr,
  SAR: sar,
  ROL: rotate(true),
  ROR: rotate(false),
  RCL: rotateCarry(true),
  RCR: rotateCarry(false),
  SHLD: double(true),
  SHRD: double(false),
} satisfies Family;
