/** Single bits, bit scans, counts, CRC32. */
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import type { Emit, Semantics, Shared, Size } from "./emit.ts";
import { type Family, ONE, sizeOf, ZERO } from "./operand.ts";
import { type Width, width } from "./width.ts";

type Change = (w: Width, v: Val, bit: Val) => Val;

/**
 * BT and its kin: CF = the bit. With a register operand the bit string in memory is addressed by the whole signed number: the
 * operand at ea + (number / size) * bytes holds the bit.
 */
function bitTest(change?: Change): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const immediate = e.ops[1].kind === "imm";
    const number = immediate ? e.imm(1) : e.read(1);
    const index = e.tmp(w.and(immediate ? w.fromI32(number) : number, w.const(size - 1)));
    const at = e.ops[0].kind === "mem" && !immediate ? bitAddress(e, w, number, change ? "w" : "r") : undefined;
    if (at && change) e.probe(at, size / 8, "w");
    const v = at ? e.load(at, size) : e.read(0);
    const cf = e.tmp(i32.and(w.toI32(w.shr_u(v, index)), ONE));
    if (change) {
      const r = w.mask(change(w, v, w.shl(w.const(1), index)));
      if (at) e.store(at, size, r);
      else e.write(0, r);
    }
    e.flagsSet({ cf });
  };
}
function bitAddress(e: Emit, w: Width, number: Val, access: "r" | "w"): Val {
  const words = w.shr_s(w.sext(number), w.const(Math.log2(w.size)));
  const bytes = i64.mul(w.size === 64 ? words : i64.extend_i32_s(words), i64.const(w.size / 8));
  if (e.addrSize === 64) return e.tmp(i64.add(e.ea(0), bytes));
  // The offset wraps at the address size, below the segment base.
  const offset = e.lea(0);
  const mask = i64.const(e.addrSize === 32 ? 0xffffffffn : 0xffffn);
  const wrapped = i64.and(i64.add(offset, bytes), mask);
  if (e.mode !== 64) return e.linear("operand", wrapped, w.size / 8, access);
  return e.tmp(i64.add(i64.sub(e.ea(0), offset), wrapped));
}

/** A value of 8 to 32 bits counts as i32. */
function op(w: Width, name: "clz" | "ctz" | "popcnt", v: Val): Val {
  return w.size === 64 ? i64[name](v) : i32[name](v);
}
/** Leading zeros within the width. */
function leading(w: Width, v: Val): Val {
  return w.size === 16 ? i32.sub(i32.clz(v), i32.const(16)) : op(w, "clz", v);
}
/** Trailing zeros; the width itself for 0. */
function trailing(w: Width, v: Val): Val {
  return w.size === 16 ? i32.ctz(i32.or(v, i32.const(0x10000))) : op(w, "ctz", v);
}

/** BSF and BSR: a source of 0 leaves the destination as it is and sets ZF. */
function scan(find: (w: Width, v: Val) => Val): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const v = e.read(1);
    const zero = e.tmp(w.eqz(v));
    const r = e.tmp(find(w, v));
    e.if(i32.eqz(zero), () => e.write(0, r));
    // ZF tells of the source, PF of the result.
    const pf = select(zero, ONE, i32.and(i32.xor(i32.popcnt(w.toI32(r)), ONE), ONE));
    e.flagsSet({ cf: ZERO, of: ZERO, sf: ZERO, af: ZERO, zf: zero, pf: e.tmp(pf) });
  };
}

/** TZCNT and LZCNT: CF = source is 0, ZF = result is 0, the others 0. */
function count(find: (w: Width, v: Val) => Val): Semantics {
  return (e) => {
    const w = width(sizeOf(e));
    const v = e.read(1);
    const r = e.tmp(find(w, v));
    const cf = e.tmp(w.eqz(v));
    const zf = e.tmp(w.eqz(r));
    e.write(0, r);
    e.flagsSet({ cf, of: ZERO, zf, sf: ZERO, af: ZERO, pf: ZERO });
  };
}

/** CRC-32C (Castagnoli), reflected, bit by bit: the register's new value after `bits` bits of data. */
const crc32c: Shared = {
  name: "crc32c",
  params: ["i32", "i64", "i32"],
  result: "i32",
  body: (c) => {
    const crc = c.var(c.param(0));
    const data = c.var(c.param(1));
    const left = c.var(c.param(2));
    c.loop((top) => {
      c.set(crc, i32.xor(c.get(crc), i32.and(i32.wrap_i64(c.get(data)), i32.const(0xff))));
      for (let i = 0; i < 8; i++) {
        const feedback = i32.and(i32.sub(ZERO, i32.and(c.get(crc), ONE)), i32.const(0x82f63b78));
        c.set(crc, i32.xor(i32.shr_u(c.get(crc), ONE), feedback));
      }
      c.set(data, i64.shr_u(c.get(data), i64.const(8)));
      c.set(left, i32.sub(c.get(left), i32.const(8)));
      c.brIf(c.get(left), top);
    });
    c.ret(c.get(crc));
  },
};

export const BIT = {
  BT: bitTest(),
  BTS: bitTest((w, v, bit) => w.or(v, bit)),
  BTR: bitTest((w, v, bit) => w.and(v, w.not(bit))),
  BTC: bitTest((w, v, bit) => w.xor(v, bit)),
  BSF: scan((w, v) => op(w, "ctz", v)),
  BSR: scan((w, v) => w.sub(w.const(w.size === 64 ? 63 : 31), op(w, "clz", v))),
  TZCNT: count(trailing),
  LZCNT: count(leading),
  POPCNT: (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const v = e.read(1);
    e.write(0, op(w, "popcnt", v));
    // Only ZF, of the source; PF is 0 as well, which no result of its own could say.
    e.flagsSet({ cf: ZERO, of: ZERO, af: ZERO, sf: ZERO, pf: ZERO, zf: e.tmp(w.eqz(v)) });
  },
  CRC32: (e) => {
    const from = sizeOf(e, 1) as Size;
    const crc = width(sizeOf(e)).toI32(e.read(0));
    const r = e.shared(crc32c, crc, width(from).toI64(e.read(1)), i32.const(from));
    e.write(0, width(sizeOf(e)).fromI32(r));
  },
} satisfies Family;
