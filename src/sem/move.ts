/** Moves, exchanges and address computation. */
import { SEL } from "../cpu/layout.ts";
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import type { Emit, Semantics, Size } from "./emit.ts";
import { type Family, fromI64, ONE, perCondition, privileged, sizeOf, source } from "./operand.ts";
import { loadSelector } from "./segment.ts";
import { width } from "./width.ts";

/** Address of the selector of the segment register in operand i. */
function selector(e: Emit, i: number): Val {
  return e.ld("u16", i32.add(i32.const(SEL), i32.shl(e.regNum(i), ONE)));
}

const mov: Semantics = (e) => {
  const [to, from] = e.ops;
  if (to.cls === "sreg") loadSelector(e, e.regNum(0), width(16).mask(lowHalf(e, 1)));
  else if (from.cls === "sreg") e.write(0, width(sizeOf(e)).fromI32(selector(e, 1)));
  else if ([to, from].some((o) => o.cls === "creg" || o.cls === "dreg")) movControl(e);
  else e.write(0, source(e, 1, sizeOf(e)));
};
const movControl = privileged;

/** Low 32 bits of operand i. */
function lowHalf(e: Emit, i: number): Val {
  return width(sizeOf(e, i)).toI32(e.read(i));
}

function extend(signed: boolean): Semantics {
  return (e) => {
    const to = sizeOf(e);
    const from = sizeOf(e, 1);
    const narrow = width(from);
    const v = signed ? narrow.sext(e.read(1)) : e.read(1);
    if (to !== 64 || from === 64) e.write(0, width(to).mask(v));
    else e.write(0, signed ? i64.extend_i32_s(v) : i64.extend_i32_u(v));
  };
}

/** A memory destination goes first, so that nothing has changed if it faults. */
function writeBoth(e: Emit, v0: Val, v1: Val): void {
  if (e.ops[1].kind === "mem") {
    e.write(1, v1);
    e.write(0, v0);
  } else {
    e.write(0, v0);
    e.write(1, v1);
  }
}

/** Reverses the bytes of a value. */
export function byteSwap(e: Emit, size: Size, v: Val): Val {
  if (size === 16) return i32.or(i32.shl(i32.and(v, i32.const(0xff)), i32.const(8)), i32.shr_u(v, i32.const(8)));
  if (size === 32) {
    const odd = i32.const(0x00ff00ff);
    return i32.or(i32.and(i32.rotl(v, i32.const(8)), odd), i32.rotr(i32.and(v, odd), i32.const(8)));
  }
  const swap = (x: Val, mask: bigint, by: number): Val =>
    e.tmp(
      i64.or(
        i64.shl(i64.and(x, i64.const(mask)), i64.const(by)),
        i64.and(i64.shr_u(x, i64.const(by)), i64.const(mask)),
      ),
    );
  return i64.rotl(swap(swap(v, 0x00ff00ff00ff00ffn, 8), 0x0000ffff0000ffffn, 16), i64.const(32));
}

export const MOVE = {
  MOV: mov,
  MOVZX: extend(false),
  MOVSX: extend(true),
  MOVSXD: extend(true),
  LEA: (e) => e.write(0, fromI64(sizeOf(e), e.lea(1))),
  XCHG: (e) => {
    const a = e.read(0);
    const b = e.read(1);
    writeBoth(e, b, a);
  },
  XADD: (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const a = e.read(0);
    const b = e.read(1);
    const r = e.tmp(w.mask(w.add(a, b)));
    // With one register for both, the sum stays.
    if (e.ops[0].kind === "mem") {
      e.write(0, r);
      e.write(1, a);
    } else {
      e.write(1, a);
      e.write(0, r);
    }
    e.flagsAdd(size, a, b, r);
  },
  CMPXCHG: (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const old = e.read(0);
    const acc = e.reg(0, size);
    const src = e.read(1);
    const equal = e.tmp(w.eq(acc, old));
    // Memory is written in any case; registers only where they change, so that upper halves stay.
    if (e.ops[0].kind === "mem") e.write(0, select(equal, src, old));
    e.if(
      equal,
      () => {
        if (e.ops[0].kind !== "mem") e.write(0, src);
      },
      () => e.setReg(0, size, old),
    );
    e.flagsSub(size, acc, old, e.tmp(w.mask(w.sub(acc, old))));
  },
  CMPXCHG8B: (e) => {
    const join = (hi: number, lo: number): Val =>
      e.tmp(i64.or(i64.shl(i64.extend_i32_u(e.reg(hi, 32)), i64.const(32)), i64.extend_i32_u(e.reg(lo, 32))));
    const address = e.ea(0);
    e.probe(address, 8, "w");
    const old = e.load(address, 64);
    const equal = e.tmp(i64.eq(old, join(2, 0)));
    e.store(address, 64, select(equal, join(1, 3), old));
    e.if(i32.eqz(equal), () => {
      e.setReg(0, 32, i32.wrap_i64(old));
      e.setReg(2, 32, i32.wrap_i64(i64.shr_u(old, i64.const(32))));
    });
    e.flagsSet({ zf: equal });
  },
  CMPXCHG16B: (e) => {
    const address = e.ea(0);
    e.faultIf(i64.ne(i64.and(address, i64.const(15)), i64.const(0)), 13);
    e.probe(address, 16, "w");
    const high = e.tmp(i64.add(address, i64.const(8)));
    const lo = e.load(address, 64);
    const hi = e.load(high, 64);
    const equal = e.tmp(i32.and(i64.eq(lo, e.reg(0, 64)), i64.eq(hi, e.reg(2, 64))));
    e.store(address, 64, select(equal, e.reg(3, 64), lo));
    e.store(high, 64, select(equal, e.reg(1, 64), hi));
    e.if(i32.eqz(equal), () => {
      e.setReg(0, 64, lo);
      e.setReg(2, 64, hi);
    });
    e.flagsSet({ zf: equal });
  },
  BSWAP: (e) => {
    const size = sizeOf(e);
    // 16 bits: undefined by the manual; processors write zero.
    e.write(0, size === 16 ? i32.const(0) : byteSwap(e, size, e.read(0)));
  },
  MOVBE: (e) => e.write(0, byteSwap(e, sizeOf(e), e.read(1))),
  XLAT: xlat,
  ...perCondition("CMOV", (cc) => (e) => {
    // Both operands are read and the destination is written always: a 32-bit one loses its upper half.
    const from = e.read(1);
    e.write(0, select(e.cond(cc), from, e.read(0)));
  }),
  ...perCondition("SET", (cc) => (e) => e.write(0, e.cond(cc))),
} satisfies Family;

function xlat(e: Emit): void {
  const w = width(e.addrSize);
  const at = w.mask(w.add(e.reg(3, e.addrSize), w.fromI32(e.reg(0, 8))));
  e.setReg(0, 8, e.load(e.linear("operand", w.toI64(at), 1, "r"), 8));
}
