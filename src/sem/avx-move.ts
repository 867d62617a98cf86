/** AVX moves and permutations that have no SSE form, or another meaning in 256 bits. */
import { i32, i64, isConst, select, type Val } from "../wasm/expr.ts";
import { i8x16, i16x8, i32x4, i64x2, v128 } from "../wasm/simd.ts";
import { type Emit, type Semantics, type SemTable, VECTOR } from "./emit.ts";
import { isVectorMove, range, ZERO } from "./vector.ts";
import { shuffleDwords } from "./vector-shuffle.ts";
import { isWide, vex, writeVector } from "./vex.ts";

/** Moves; `strict` asks for memory aligned to the operand's size. */
function move(strict: boolean): Semantics {
  return (e) => {
    const wide = isWide(e);
    if (!wide && isVectorMove(e)) {
      e.copyVector(0, 1);
      return e.clearUpper(0);
    }
    const memory = e.ops.findIndex((o) => o.kind === "mem");
    if (strict && memory >= 0) {
      e.faultIf(i32.wrap_i64(i64.and(e.ea(memory), i64.const(wide ? 31 : 15))), VECTOR.GP);
    }
    const [lo, hi] = wide ? e.readWide(1) : [e.read(1)];
    writeVector(e, 0, lo, hi);
  };
}

/** Copies of the low lane, or of a number in memory. */
function broadcast(bytes: 1 | 2 | 4 | 8): Semantics {
  const same = range(0, 16).map((n) => n % bytes);
  return (e) => {
    const v = e.read(1);
    let all: Val;
    if (v.ty === "v128") all = i8x16.shuffle(v, v, same);
    else if (v.ty === "i64") all = i64x2.splat(v);
    else all = bytes === 4 ? i32x4.splat(v) : bytes === 2 ? i16x8.splat(v) : i8x16.splat(v);
    const t = e.tmp(all);
    writeVector(e, 0, t, e.ops[0].size === 256 ? t : undefined);
  };
}
const broadcastHalf: Semantics = (e) => {
  const v = e.read(1);
  e.writeWide(0, v, v);
};

/** Bytes of a 32-byte number hi:lo by their positions. */
function permute(lo: Val, hi: Val, at: Val): Val {
  return v128.or(i8x16.swizzle(lo, at), i8x16.swizzle(hi, i8x16.sub(at, v128.const([16]))));
}
/** Makes of a lane number in 64 bits 8 times it in each byte. */
const SPREAD = v128.const([8]);
const bit = (imm: Val, n: number): Val => i32.and(i32.shr_u(imm, i32.const(n)), i32.const(1));

/** VPERMQ, VPERMPD: four 64-bit lanes by the fields of imm8. */
const permuteQuads: Semantics = (e) => {
  const [lo, hi] = e.readWide(1);
  const imm = e.imm(2);
  const half = (first: number): Val => {
    const field = (n: number): Val => i32.and(i32.shr_u(imm, i32.const(2 * (first + n))), i32.const(3));
    const [x, y] = [field(0), field(1)];
    if (isConst(x) && isConst(y)) {
      return i8x16.shuffle(lo, hi, [...range(Number(x.imm) * 8, 8), ...range(Number(y.imm) * 8, 8)]);
    }
    const lanes = i64x2.replace_lane(i64x2.splat(i64.extend_i32_u(x)), 1, i64.extend_i32_u(y));
    const bytes = i64x2.mul(lanes, SPREAD);
    return permute(lo, hi, e.tmp(i8x16.add(bytes, v128.const(range(0, 8)))));
  };
  const result = e.tmp(half(0));
  e.writeWide(0, result, e.tmp(half(2)));
};
/** VPERMD, VPERMPS: eight 32-bit lanes of the last operand by numbers in the second. */
const permuteDwords: Semantics = (e) => {
  const [lo, hi] = e.readWide(2);
  const pick = (numbers: Val): Val => {
    const bytes = i32x4.mul(v128.and(numbers, v128.const([7, 0, 0, 0])), v128.const([4]));
    return e.tmp(permute(lo, hi, e.tmp(i8x16.add(bytes, v128.const([0, 1, 2, 3])))));
  };
  const [a, b] = e.readWide(1);
  const result = pick(a);
  e.writeWide(0, result, pick(b));
};
/** VPERM2F128, VPERM2I128: each half one of the four, or zero. */
const permuteHalves: Semantics = (e) => {
  const four = [...e.readWide(1), ...e.readWide(2)];
  const imm = e.imm(3);
  const pick = (at: number): Val => {
    const pair = (n: number): Val => select(bit(imm, at), four[n + 1], four[n]);
    return e.tmp(select(bit(imm, at + 3), ZERO, select(bit(imm, at + 1), pair(2), pair(0))));
  };
  const lo = pick(0);
  e.writeWide(0, lo, pick(4));
};
const insertHalf: Semantics = (e) => {
  const v = e.read(2);
  const [lo, hi] = e.readWide(1);
  const upper = bit(e.imm(3), 0);
  e.writeWide(0, select(upper, lo, v), select(upper, v, hi));
};
const extractHalf: Semantics = (e) => {
  const [lo, hi] = e.readWide(1);
  writeVector(e, 0, select(bit(e.imm(2), 0), hi, lo));
};

/** VPERMILPS, VPERMILPD: within each half, by imm8 or by the lanes of the last operand. */
const bySource = (op: (a: Val, b: Val) => Val): Semantics => vex((e) => e.write(0, op(e.read(0), e.read(1))));
function permuteInHalf(immediate: Semantics, variable: Semantics): Semantics {
  return (e) => (e.ops[2].kind === "imm" ? immediate : variable)(e);
}
const permilps = permuteInHalf(
  vex((e) => e.write(0, shuffleDwords(e.read(1), e.imm(2), e)), { arity: 3 }),
  bySource((a, b) => {
    const lanes = i32x4.mul(v128.and(b, v128.const([3, 0, 0, 0])), v128.const([4]));
    return i8x16.swizzle(a, i8x16.add(lanes, v128.const([0, 1, 2, 3])));
  }),
);
const permilpd = permuteInHalf(
  vex(
    (e) => {
      const a = e.read(1);
      const lane = (n: number): Val => select(bit(e.imm(2), n), i64x2.extract_lane(a, 1), i64x2.extract_lane(a, 0));
      e.write(0, i64x2.replace_lane(i64x2.splat(lane(0)), 1, lane(1)));
    },
    { arity: 3, immediate: 2 },
  ),
  bySource((a, b) => {
    const lanes = i64x2.mul(i64x2.shr_u(v128.and(b, v128.const([2, 0, 0, 0, 0, 0, 0, 0])), i32.const(1)), SPREAD);
    return i8x16.swizzle(a, i8x16.add(lanes, v128.const(range(0, 8))));
  }),
);

/** VPBLENDD. */
const blendDwords: Semantics = vex(
  (e) => {
    const bits = v128.const([1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0]);
    const mask = i32x4.eq(v128.and(i32x4.splat(e.imm(2)), bits), bits);
    e.write(0, v128.bitselect(e.read(1), e.read(0), mask));
  },
  { arity: 3, immediate: 4 },
);

/** VPTEST, VTESTPS, VTESTPD: ZF = no bit of a & b, CF = no bit of ~a & b, of those that count. */
function test(counting: Val | undefined): Semantics {
  const joined = (e: Emit, i: number): Val[] => (isWide(e) ? e.readWide(i) : [e.read(i)]);
  return (e) => {
    const b = joined(e, 1);
    const a = joined(e, 0);
    const counted = (list: Val[]): Val => {
      const all = list.reduce((x, y) => v128.or(x, y));
      return i32.eqz(v128.any_true(counting ? v128.and(all, counting) : all));
    };
    const no = i32.const(0);
    const zf = counted(a.map((x, i) => v128.and(x, b[i])));
    e.flagsSet({ zf, cf: counted(a.map((x, i) => v128.andnot(b[i], x))), of: no, sf: no, af: no, pf: no });
  };
}

export const avxMove: SemTable = {
  VMOVAPS: move(true),
  VMOVAPD: move(true),
  VMOVDQA: move(true),
  VMOVNTPS: move(true),
  VMOVNTPD: move(true),
  VMOVNTDQ: move(true),
  VMOVNTDQA: move(true),
  VMOVUPS: move(false),
  VMOVUPD: move(false),
  VMOVDQU: move(false),
  VLDDQU: move(false),
  VBROADCASTSS: broadcast(4),
  VBROADCASTSD: broadcast(8),
  VPBROADCASTB: broadcast(1),
  VPBROADCASTW: broadcast(2),
  VPBROADCASTD: broadcast(4),
  VPBROADCASTQ: broadcast(8),
  VBROADCASTF128: broadcastHalf,
  VBROADCASTI128: broadcastHalf,
  VINSERTF128: insertHalf,
  VINSERTI128: insertHalf,
  VEXTRACTF128: extractHalf,
  VEXTRACTI128: extractHalf,
  VPERM2F128: permuteHalves,
  VPERM2I128: permuteHalves,
  VPERMQ: permuteQuads,
  VPERMPD: permuteQuads,
  VPERMD: permuteDwords,
  VPERMPS: permuteDwords,
  VPERMILPS: permilps,
  VPERMILPD: permilpd,
  VPBLENDD: blendDwords,
  VPTEST: test(undefined),
  VTESTPS: test(v128.const([0, 0, 0, 0x80])),
  VTESTPD: test(v128.const([0, 0, 0, 0, 0, 0, 0, 0x80])),
  VZEROUPPER: (e) => e.clearUppers(),
  VZEROALL: (e) => {
    for (let n = 0; n < 16; n++) e.setXmm(n, ZERO);
    e.clearUppers();
  },
};
