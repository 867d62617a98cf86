/**
 * PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM (SDM volume 2, section 4.1). imm8: bit 0 words rather than bytes, bit 1
 * signed, bits 3:2 the aggregation, bits 5:4 the polarity, bit 6 the form of the output.
 */
import { RAX, RCX, RDX } from "../cpu/layout.ts";
import type { Code } from "../wasm/code.ts";
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import { i8x16, i16x8, i32x4, v128 } from "../wasm/simd.ts";
import type { Emit, Semantics, SemTable, Shared } from "./emit.ts";
import { range, ZERO } from "./vector.ts";

const c = i32.const;
const ones = (n: Val): Val => i32.sub(i32.shl(c(1), n), c(1));

interface Lanes {
  count: 8 | 16;
  ops: typeof i8x16 | typeof i16x8;
  /** Lane j (i32) of v in all lanes. */
  spread(v: Val, j: Val): Val;
  /** Flips the sign bits, so that unsigned comparison orders signed lanes. */
  flip: Val;
}
const BYTES: Lanes = {
  count: 16,
  ops: i8x16,
  spread: (v, j) => i8x16.swizzle(v, i8x16.splat(j)),
  flip: v128.const([0x80]),
};
const WORDS: Lanes = {
  count: 8,
  ops: i16x8,
  spread: (v, j) => i8x16.swizzle(v, i16x8.splat(i32.add(i32.mul(j, c(0x0202)), c(0x0100)))),
  flip: v128.const([0, 0x80]),
};

/** Emits IntRes1 before polarity, and returns from the function. */
function aggregate(e: Code, l: Lanes, a: Val, b: Val, la: Val, lb: Val, imm: Val): void {
  const { ops, count } = l;
  const all = c((1 << count) - 1);
  const validB = e.tmp(ones(lb));
  const kind = e.tmp(i32.and(imm, c(12)));
  const j = e.var(c(0));
  const each = (limit: Val, step: number, body: (j: Val) => void): void =>
    e.loop((top) => {
      e.if(i32.lt_u(e.get(j), limit), () => {
        body(e.get(j));
        e.set(j, i32.add(e.get(j), c(step)));
        e.br(top);
      });
    });
  // Equal each: lanes past both ends count as equal.
  e.if(i32.eq(kind, c(8)), () => {
    const validA = ones(la);
    const same = i32.and(ops.bitmask(ops.eq(a, b)), i32.and(validA, validB));
    e.ret(i32.or(same, i32.xor(all, i32.or(validA, validB))));
  });
  // Equal ordered: b from bit i on starts with a; what lies past the register's end counts as equal.
  e.if(i32.eq(kind, c(12)), () => {
    const found = e.var(all);
    each(la, 1, (at) => {
      const hits = i32.and(ops.bitmask(ops.eq(b, l.spread(a, at))), validB);
      const past = i32.shl(c(-1), i32.sub(c(count), at));
      e.set(found, i32.and(e.get(found), i32.or(i32.shr_u(hits, at), past)));
    });
    e.ret(e.get(found));
  });
  const hits = e.var(ZERO);
  // Ranges: pairs of bounds in a. A pair whose upper bound is past the end doesn't count.
  e.if(i32.eq(kind, c(4)), () => {
    const flip = e.tmp(select(i32.and(imm, c(2)), l.flip, ZERO));
    const x = e.tmp(v128.xor(a, flip));
    const y = e.tmp(v128.xor(b, flip));
    each(i32.and(la, c(-2)), 2, (at) => {
      const above = ops.ge_u(y, l.spread(x, at));
      const below = ops.le_u(y, l.spread(x, i32.add(at, c(1))));
      e.set(hits, v128.or(e.get(hits), v128.and(above, below)));
    });
    e.ret(i32.and(ops.bitmask(e.get(hits)), validB));
  });
  // Equal any.
  each(la, 1, (at) => e.set(hits, v128.or(e.get(hits), ops.eq(b, l.spread(a, at)))));
  e.ret(i32.and(ops.bitmask(e.get(hits)), validB));
}

/** (a, b, length of a, length of b, imm8) -> IntRes1, one bit a lane. */
const stringCompare: Shared = {
  name: "stringCompare",
  params: ["v128", "v128", "i32", "i32", "i32"],
  result: "i32",
  body: (e) => {
    const [a, b, la, lb, imm] = range(0, 5).map((i) => e.param(i));
    e.if(i32.and(imm, c(1)), () => aggregate(e, WORDS, a, b, la, lb, imm));
    aggregate(e, BYTES, a, b, la, lb, imm);
    e.unreachable();
  },
};

/** min(|register|, count): explicit length of a string. */
function explicitLength(e: Emit, register: number, count: Val): Val {
  const wide = e.mnemonic.endsWith("64");
  if (wide) {
    const v = e.reg(register, 64);
    const size = e.tmp(select(i64.lt_s(v, i64.const(0)), i64.sub(i64.const(0), v), v));
    return e.tmp(select(i64.gt_u(size, i64.extend_i32_u(count)), count, i32.wrap_i64(size)));
  }
  const v = e.reg(register, 32);
  const size = e.tmp(select(i32.lt_s(v, c(0)), i32.sub(c(0), v), v));
  return e.tmp(select(i32.gt_u(size, count), count, size));
}
/** Lanes before the first zero. */
function implicitLength(e: Emit, v: Val, words: Val, count: Val): Val {
  const zeros = select(words, i16x8.bitmask(i16x8.eq(v, ZERO)), i8x16.bitmask(i8x16.eq(v, ZERO)));
  return e.tmp(i32.ctz(i32.or(zeros, i32.shl(c(1), count))));
}

/** Bits 0 to 15 of `bits`, each spread over a byte; or bits 0 to 7, each over a word. */
function spreadBits(bits: Val, words: Val): Val {
  const byteBits = v128.const([1, 2, 4, 8, 16, 32, 64, 128]);
  const wordBits = v128.const(range(0, 8).flatMap((n) => [1 << n, 0]));
  const halves = v128.const(range(0, 16).map((n) => n >> 3));
  const inBytes = i8x16.eq(v128.and(i8x16.swizzle(i32x4.splat(bits), halves), byteBits), byteBits);
  const inWords = i16x8.eq(v128.and(i16x8.splat(bits), wordBits), wordBits);
  return select(words, inWords, inBytes);
}

function pcmpstr(explicit: boolean, output: "index" | "mask"): Semantics {
  return (e) => {
    const b = e.read(1);
    const a = e.read(0);
    const imm = e.imm(2);
    const words = i32.and(imm, c(1));
    const count = e.tmp(select(words, c(8), c(16)));
    const la = explicit ? explicitLength(e, RAX, count) : implicitLength(e, a, words, count);
    const lb = explicit ? explicitLength(e, RDX, count) : implicitLength(e, b, words, count);
    const found = e.shared(stringCompare, a, b, la, lb, imm);
    // Polarity: 01 inverts all bits, 11 those of valid lanes of b.
    const invert = select(i32.and(imm, c(32)), ones(lb), ones(count));
    const bits = e.tmp(i32.xor(found, select(i32.and(imm, c(16)), invert, c(0))));
    const other = i32.and(imm, c(64));
    if (output === "index") {
      const last = select(bits, i32.sub(c(31), i32.clz(bits)), count);
      const first = i32.ctz(i32.or(bits, i32.shl(c(1), count)));
      e.setReg(RCX, 32, select(other, last, first));
    } else {
      e.setXmm(0, select(other, spreadBits(bits, words), i32x4.replace_lane(ZERO, 0, bits)));
    }
    e.flagsSet({
      cf: i32.ne(bits, c(0)),
      zf: i32.lt_u(lb, count),
      sf: i32.lt_u(la, count),
      of: i32.and(bits, c(1)),
      af: c(0),
      pf: c(0),
    });
  };
}

export const vectorString = {
  PCMPESTRI: pcmpstr(true, "index"),
  PCMPESTRM: pcmpstr(true, "mask"),
  PCMPESTRI64: pcmpstr(true, "index"),
  PCMPESTRM64: pcmpstr(true, "mask"),
  PCMPISTRI: pcmpstr(false, "index"),
  PCMPISTRM: pcmpstr(false, "mask"),
} satisfies SemTable;
