/**
 * Integer shuffles, blends, inserts and extracts. An imm8 is a constant in regions only; handlers compute byte numbers
 * from it for `swizzle`.
 */
import { i32, isConst, select, type Val } from "../wasm/expr.ts";
import { i8x16, i16x8, i32x4, i64x2, v128 } from "../wasm/simd.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import { mmx, readMm, writeMm } from "./mmx-state.ts";
import {
  binary,
  binaryImm,
  IOTA,
  isMm,
  type Op1Imm,
  type Op2,
  type Op2Imm,
  range,
  unaryImm,
  writeInt,
  ZERO,
} from "./vector.ts";
import { atMost } from "./vector-shift.ts";

const bytesOf = (lanes: readonly number[], bytes: number): number[] => lanes.flatMap((n) => range(n * bytes, bytes));
/** The four 2-bit fields of an imm8. */
const fields = (imm: number): number[] => [imm & 3, (imm >> 2) & 3, (imm >> 4) & 3, (imm >> 6) & 3];

/** PSHUFB: bit 7 of an index clears the byte; bits above the low four (three in MMX) don't count. */
const shuffleBytes =
  (mask: 0x8f | 0x87): Op2 =>
  (a, b) =>
    i8x16.swizzle(a, v128.and(b, v128.const([mask])));

/** PSHUFD. */
export const shuffleDwords: Op1Imm = (a, imm) => {
  if (isConst(imm)) return i8x16.shuffle(a, a, bytesOf(fields(imm.imm as number), 4));
  const bits = v128.and(i32x4.splat(imm), v128.const([3, 0, 0, 0, 12, 0, 0, 0, 48, 0, 0, 0, 192, 0, 0, 0]));
  const align = v128.const([64, 0, 0, 0, 16, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0]);
  // 64 * field * 0x04040404 would overflow: shift first.
  const lane = i32x4.shr_u(i32x4.mul(bits, align), i32.const(6));
  return i8x16.swizzle(a, i32x4.add(i32x4.mul(lane, v128.const([4])), v128.const([0, 1, 2, 3])));
};
/** PSHUFLW, PSHUFHW: the four words of one half. */
function shuffleWords(half: 0 | 1): Op1Imm {
  const first = half * 4;
  const inHalf = (words: readonly number[]): number[] => {
    const bytes = new Array<number>(16).fill(0);
    for (let i = 0; i < 4; i++) bytes[2 * (first + i)] = words[i];
    return bytes;
  };
  const take = v128.const(inHalf([3, 12, 48, 192]));
  const align = v128.const(inHalf([64, 16, 4, 1]));
  const from = v128.const(bytesOf(half ? [0, 1, 2, 3, 4, 4, 4, 4] : [0, 0, 0, 0, 4, 5, 6, 7], 2));
  return (a, imm) => {
    if (isConst(imm)) {
      const words = fields(imm.imm as number).map((n) => n + first);
      return i8x16.shuffle(a, a, bytesOf(half ? [0, 1, 2, 3, ...words] : [...words, 4, 5, 6, 7], 2));
    }
    const lane = i16x8.shr_u(i16x8.mul(v128.and(i16x8.splat(imm), take), align), i32.const(6));
    return i8x16.swizzle(a, i16x8.add(i16x8.mul(lane, v128.const([2])), from));
  };
}

/** PALIGNR: bytes imm to imm+15 of a (high) and b (low) in one. */
const alignRight: Op2Imm = (a, b, imm, e) => {
  if (isConst(imm)) {
    const n = imm.imm as number;
    if (n <= 16) return i8x16.shuffle(b, a, range(n, 16));
    return i8x16.shuffle(a, ZERO, range(Math.min(n - 16, 16), 16));
  }
  const at = e.tmp(i8x16.add(IOTA, i8x16.splat(atMost(imm, 32))));
  return v128.or(i8x16.swizzle(b, at), i8x16.swizzle(a, i8x16.sub(at, v128.const([16]))));
};
/** The same for MMX: 8 bytes of each. */
const alignRightMm: Op2Imm = (a, b, imm) => {
  const both = i8x16.shuffle(b, a, [...range(0, 8), ...range(16, 8)]);
  return i8x16.swizzle(both, i8x16.add(IOTA, i8x16.splat(atMost(imm, 16))));
};

const blendWords: Op2Imm = (a, b, imm) => {
  const bits = v128.const(range(0, 8).flatMap((n) => [1 << n, 0]));
  return v128.bitselect(b, a, i16x8.eq(v128.and(i16x8.splat(imm), bits), bits));
};
const blendBytes: Op2 = (a, b, e) => v128.bitselect(b, a, i8x16.shr_s(e.xmm(0), i32.const(7)));

/** Extends the low lanes in `steps`. */
function extend(...steps: ((a: Val) => Val)[]): Semantics {
  return (e) => {
    let v = e.read(1);
    if (v.ty === "i32") v = i32x4.splat(v);
    else if (v.ty === "i64") v = i64x2.splat(v);
    for (const step of steps) v = step(v);
    e.write(0, v);
  };
}

/** Byte numbers of lane n (i32) of a lane size, in all lanes. */
function laneBytes(n: Val, bytes: 1 | 2 | 4): Val {
  if (bytes === 1) return i8x16.splat(n);
  if (bytes === 2) return i16x8.splat(i32.add(i32.mul(n, i32.const(0x0202)), i32.const(0x0100)));
  return i32x4.splat(i32.add(i32.mul(n, i32.const(0x04040404)), i32.const(0x03020100)));
}
/** Lane number n (i32) below 16 / bytes, zero-extended to i32. */
function extractLane(v: Val, n: Val, bytes: 1 | 2 | 4): Val {
  if (isConst(n)) {
    const lane = n.imm as number;
    if (bytes === 1) return i8x16.extract_lane_u(v, lane);
    return bytes === 2 ? i16x8.extract_lane_u(v, lane) : i32x4.extract_lane(v, lane);
  }
  const picked = i8x16.swizzle(v, laneBytes(n, bytes));
  if (bytes === 1) return i8x16.extract_lane_u(picked, 0);
  return bytes === 2 ? i16x8.extract_lane_u(picked, 0) : i32x4.extract_lane(picked, 0);
}
/** `v` with lane number n (i32) replaced. */
function insertLane(v: Val, n: Val, x: Val, bytes: 1 | 2 | 4): Val {
  const lanes = bytes === 1 ? i8x16 : bytes === 2 ? i16x8 : i32x4;
  if (isConst(n)) return lanes.replace_lane(v, n.imm as number, x);
  const numbers = v128.const(range(0, 16 / bytes).flatMap((lane) => [lane, ...range(0, bytes - 1).map(() => 0)]));
  return v128.bitselect(lanes.splat(x), v, lanes.eq(lanes.splat(n), numbers));
}
const laneNumber = (e: Emit, count: number): Val => i32.and(e.imm(2), i32.const(count - 1));

function extract(bytes: 1 | 2 | 4): Semantics {
  return (e) => {
    if (isMm(e, 1)) mmx(e, () => writeInt(e, 0, extractLane(readMm(e, 1), laneNumber(e, 4), 2)));
    else writeInt(e, 0, extractLane(e.read(1), laneNumber(e, 16 / bytes), bytes));
  };
}
function insert(bytes: 1 | 2 | 4): Semantics {
  return (e) => {
    if (isMm(e, 0)) {
      mmx(e, () => {
        const x = narrow(e.read(1));
        writeMm(e, 0, insertLane(readMm(e, 0), laneNumber(e, 4), x, 2));
      });
    } else {
      const x = narrow(e.read(1));
      e.write(0, insertLane(e.read(0), laneNumber(e, 16 / bytes), x, bytes));
    }
  };
}
function narrow(v: Val): Val {
  return v.ty === "i64" ? i32.wrap_i64(v) : v;
}

function moveMask(e: Emit): void {
  if (isMm(e, 1)) mmx(e, () => writeInt(e, 0, i32.and(i8x16.bitmask(readMm(e, 1)), i32.const(0xff))));
  else writeInt(e, 0, i8x16.bitmask(e.read(1)));
}

export const vectorShuffle = {
  PSHUFB: binary(shuffleBytes(0x8f), shuffleBytes(0x87)),
  PSHUFW: unaryImm(shuffleWords(0)),
  PSHUFD: unaryImm(shuffleDwords),
  PSHUFLW: unaryImm(shuffleWords(0)),
  PSHUFHW: unaryImm(shuffleWords(1)),
  PALIGNR: binaryImm(alignRight, alignRightMm),
  PBLENDW: binaryImm(blendWords),
  PBLENDVB: binary(blendBytes),
  PMOVMSKB: moveMask,

  PMOVSXBW: extend(i16x8.extend_low_i8x16_s),
  PMOVSXBD: extend(i16x8.extend_low_i8x16_s, i32x4.extend_low_i16x8_s),
  PMOVSXBQ: extend(i16x8.extend_low_i8x16_s, i32x4.extend_low_i16x8_s, i64x2.extend_low_i32x4_s),
  PMOVSXWD: extend(i32x4.extend_low_i16x8_s),
  PMOVSXWQ: extend(i32x4.extend_low_i16x8_s, i64x2.extend_low_i32x4_s),
  PMOVSXDQ: extend(i64x2.extend_low_i32x4_s),
  PMOVZXBW: extend(i16x8.extend_low_i8x16_u),
  PMOVZXBD: extend(i16x8.extend_low_i8x16_u, i32x4.extend_low_i16x8_u),
  PMOVZXBQ: extend(i16x8.extend_low_i8x16_u, i32x4.extend_low_i16x8_u, i64x2.extend_low_i32x4_u),
  PMOVZXWD: extend(i32x4.extend_low_i16x8_u),
  PMOVZXWQ: extend(i32x4.extend_low_i16x8_u, i64x2.extend_low_i32x4_u),
  PMOVZXDQ: extend(i64x2.extend_low_i32x4_u),

  PEXTRB: extract(1),
  PEXTRW: extract(2),
  PEXTRD: extract(4),
  PEXTRQ: (e) => {
    const v = e.read(1);
    e.write(0, select(laneNumber(e, 2), i64x2.extract_lane(v, 1), i64x2.extract_lane(v, 0)));
  },
  PINSRB: insert(1),
  PINSRW: insert(2),
  PINSRD: insert(4),
  PINSRQ: (e) => {
    const x = e.read(1);
    const v = e.read(0);
    e.write(0, select(laneNumber(e, 2), i64x2.replace_lane(v, 1, x), i64x2.replace_lane(v, 0, x)));
  },
} satisfies SemTable;
