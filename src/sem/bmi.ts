/** BMI1 and BMI2 (multiplication: muldiv.ts). Undefined flags as AMD's and Intel's processors leave them: PF of the result. */
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import type { Emit, Semantics, Shared } from "./emit.ts";
import { type Family, sizeOf, ZERO } from "./operand.ts";
import { type Width, width } from "./width.ts";

/** Lowest set bit instructions: op0 = f(op1); CF from the source. */
function lowest(f: (w: Width, v: Val) => Val, carryIfZero: boolean): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const v = e.read(1);
    const r = e.tmp(f(w, v));
    const zero = w.eqz(v);
    const cf = e.tmp(carryIfZero ? zero : i32.eqz(zero));
    e.write(0, r);
    e.flagsResult(size, r, cf, ZERO);
  };
}

/** Shifts without flags; the count is taken modulo the width, as wasm does. */
function shiftBy(f: (w: Width, a: Val, n: Val) => Val): Semantics {
  return (e) => e.write(0, f(width(sizeOf(e)), e.read(1), e.read(2)));
}

/** Ones in the low `n` bits (i32, any n from 0 to 255). */
function lowMask(w: Width, n: Val): Val {
  const all = w.const(-1);
  return select(i32.lt_u(n, i32.const(w.size)), w.not(w.shl(all, w.fromI32(n))), all);
}

/** Walks the mask's set bits from the lowest: `deposit` takes the source's bits in order, otherwise they are gathered. */
function bitwalk(name: string, deposit: boolean): Shared {
  return {
    name,
    params: ["i64", "i64"],
    result: "i64",
    body: (c) => {
      const src = c.var(c.param(0));
      const mask = c.var(c.param(1));
      const bit = c.var(i64.const(1));
      const r = c.var(i64.const(0));
      c.block((done) =>
        c.loop((top) => {
          c.brIf(i64.eqz(c.get(mask)), done);
          const lowest = i64.and(c.get(mask), i64.sub(i64.const(0), c.get(mask)));
          const [from, to] = deposit ? [c.get(bit), lowest] : [lowest, c.get(bit)];
          const set = i64.ne(i64.and(c.get(src), from), i64.const(0));
          c.set(r, i64.or(c.get(r), select(set, to, i64.const(0))));
          c.set(bit, i64.shl(c.get(bit), i64.const(1)));
          c.set(mask, i64.and(c.get(mask), i64.sub(c.get(mask), i64.const(1))));
          c.br(top);
        }),
      );
      c.ret(c.get(r));
    },
  };
}
const pdep = bitwalk("pdep", true);
const pext = bitwalk("pext", false);
function viaShared(f: Shared): Semantics {
  return (e) => {
    const w = width(sizeOf(e));
    e.write(0, w.fromI64(e.shared(f, w.toI64(e.read(1)), w.toI64(e.read(2)))));
  };
}

const bextr: Semantics = (e) => {
  const size = sizeOf(e);
  const w = width(size);
  const control = w.toI32(e.read(2));
  const start = e.tmp(i32.and(control, i32.const(0xff)));
  const length = e.tmp(i32.and(i32.shr_u(control, i32.const(8)), i32.const(0xff)));
  const shifted = select(i32.lt_u(start, i32.const(size)), w.shr_u(e.read(1), w.fromI32(start)), w.const(0));
  const r = e.tmp(w.and(shifted, lowMask(w, length)));
  e.write(0, r);
  e.flagsResult(size, r, ZERO, ZERO);
};
const bzhi: Semantics = (e) => {
  const size = sizeOf(e);
  const w = width(size);
  const n = e.tmp(i32.and(w.toI32(e.read(2)), i32.const(0xff)));
  const r = e.tmp(w.and(e.read(1), lowMask(w, n)));
  e.write(0, r);
  e.flagsResult(size, r, e.tmp(i32.ge_u(n, i32.const(size))), ZERO);
};
const andn: Semantics = (e) => {
  const size = sizeOf(e);
  const w = width(size);
  const r = e.tmp(w.and(w.not(e.read(1)), e.read(2)));
  e.write(0, r);
  e.flagsLogic(size, r);
};
function rorx(e: Emit): void {
  const size = sizeOf(e);
  const v = e.read(1);
  e.write(0, size === 64 ? i64.rotr(v, i64.extend_i32_u(e.imm(2))) : i32.rotr(v, e.imm(2)));
}

export const BMI = {
  ANDN: andn,
  BEXTR: bextr,
  BLSR: lowest((w, v) => w.and(v, w.sub(v, w.const(1))), true),
  BLSMSK: lowest((w, v) => w.xor(v, w.sub(v, w.const(1))), true),
  BLSI: lowest((w, v) => w.and(v, w.neg(v)), false),
  BZHI: bzhi,
  PDEP: viaShared(pdep),
  PEXT: viaShared(pext),
  RORX: rorx,
  SHLX: shiftBy((w, a, n) => w.shl(a, n)),
  SHRX: shiftBy((w, a, n) => w.shr_u(a, n)),
  SARX: shiftBy((w, a, n) => w.shr_s(a, n)),
} satisfies Family;
