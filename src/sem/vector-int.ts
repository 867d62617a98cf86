/** Packed-integer arithmetic, comparison and logic, MMX and SSE. SDM volume 2, by mnemonic. */
import { i32 } from "../wasm/expr.ts";
import { i8x16, i16x8, i32x4, i64x2, v128 } from "../wasm/simd.ts";
import type { Semantics, SemTable } from "./emit.ts";
import { binary, binaryImm, isMm, type Op2, readAligned, unary, ZERO } from "./vector.ts";
import {
  horizontal,
  interleave,
  joined,
  maddUnsignedSigned,
  minPosition,
  mulEvenS,
  mulEvenU,
  mulHighS,
  mulHighU,
  mulRound,
  multipleSumAbsDiff,
  sign,
  sumAbsDiff,
} from "./vector-int-ops.ts";

/** Operations that take both sources' lanes one after the other. */
const sequence = (op: Op2): Semantics => binary(op, joined(op));
const unpack = (bytes: 1 | 2 | 4, from: "low" | "high"): Semantics =>
  binary(interleave(bytes, from), interleave(bytes, from, 4));

const xor = binary(v128.xor);

/** PTEST: ZF = no bit of a & b, CF = no bit of ~a & b; the others are cleared. */
const ptest: Semantics = (e) => {
  const b = readAligned(e, 1);
  const a = e.read(0);
  const no = i32.const(0);
  e.flagsSet({
    zf: i32.eqz(v128.any_true(v128.and(a, b))),
    cf: i32.eqz(v128.any_true(v128.andnot(b, a))),
    of: no,
    sf: no,
    af: no,
    pf: no,
  });
};

export const vectorInt = {
  PADDB: binary(i8x16.add),
  PADDW: binary(i16x8.add),
  PADDD: binary(i32x4.add),
  PADDQ: binary(i64x2.add),
  PADDSB: binary(i8x16.add_sat_s),
  PADDSW: binary(i16x8.add_sat_s),
  PADDUSB: binary(i8x16.add_sat_u),
  PADDUSW: binary(i16x8.add_sat_u),
  PSUBB: binary(i8x16.sub),
  PSUBW: binary(i16x8.sub),
  PSUBD: binary(i32x4.sub),
  PSUBQ: binary(i64x2.sub),
  PSUBSB: binary(i8x16.sub_sat_s),
  PSUBSW: binary(i16x8.sub_sat_s),
  PSUBUSB: binary(i8x16.sub_sat_u),
  PSUBUSW: binary(i16x8.sub_sat_u),

  PMULLW: binary(i16x8.mul),
  PMULLD: binary(i32x4.mul),
  PMULHW: binary(mulHighS),
  PMULHUW: binary(mulHighU),
  PMULHRSW: binary(mulRound),
  PMULUDQ: binary(mulEvenU),
  PMULDQ: binary(mulEvenS),
  PMADDWD: binary(i32x4.dot_i16x8_s),
  PMADDUBSW: binary(maddUnsignedSigned),

  PAVGB: binary(i8x16.avgr_u),
  PAVGW: binary(i16x8.avgr_u),
  PSADBW: binary(sumAbsDiff),
  MPSADBW: binaryImm(multipleSumAbsDiff),
  PHMINPOSUW: unary(minPosition),
  PABSB: unary(i8x16.abs),
  PABSW: unary(i16x8.abs),
  PABSD: unary(i32x4.abs),
  PSIGNB: binary(sign(i8x16)),
  PSIGNW: binary(sign(i16x8)),
  PSIGND: binary(sign(i32x4)),

  PMINSB: binary(i8x16.min_s),
  PMINSW: binary(i16x8.min_s),
  PMINSD: binary(i32x4.min_s),
  PMINUB: binary(i8x16.min_u),
  PMINUW: binary(i16x8.min_u),
  PMINUD: binary(i32x4.min_u),
  PMAXSB: binary(i8x16.max_s),
  PMAXSW: binary(i16x8.max_s),
  PMAXSD: binary(i32x4.max_s),
  PMAXUB: binary(i8x16.max_u),
  PMAXUW: binary(i16x8.max_u),
  PMAXUD: binary(i32x4.max_u),

  PCMPEQB: binary(i8x16.eq),
  PCMPEQW: binary(i16x8.eq),
  PCMPEQD: binary(i32x4.eq),
  PCMPEQQ: binary(i64x2.eq),
  PCMPGTB: binary(i8x16.gt_s),
  PCMPGTW: binary(i16x8.gt_s),
  PCMPGTD: binary(i32x4.gt_s),
  PCMPGTQ: binary(i64x2.gt_s),

  PAND: binary(v128.and),
  PANDN: binary((a, b) => v128.andnot(b, a)),
  POR: binary(v128.or),
  PXOR: (e) => (!isMm(e, 0) && e.same(0, 1) ? e.write(0, ZERO) : xor(e)),
  PTEST: ptest,

  PACKSSWB: sequence(i8x16.narrow_i16x8_s),
  PACKUSWB: sequence(i8x16.narrow_i16x8_u),
  PACKSSDW: sequence(i16x8.narrow_i32x4_s),
  PACKUSDW: sequence(i16x8.narrow_i32x4_u),
  PUNPCKLBW: unpack(1, "low"),
  PUNPCKLWD: unpack(2, "low"),
  PUNPCKLDQ: unpack(4, "low"),
  PUNPCKLQDQ: binary(interleave(8, "low")),
  PUNPCKHBW: unpack(1, "high"),
  PUNPCKHWD: unpack(2, "high"),
  PUNPCKHDQ: unpack(4, "high"),
  PUNPCKHQDQ: binary(interleave(8, "high")),
  PHADDW: sequence(horizontal(2, i16x8.add)),
  PHADDD: sequence(horizontal(4, i32x4.add)),
  PHADDSW: sequence(horizontal(2, i16x8.add_sat_s)),
  PHSUBW: sequence(horizontal(2, i16x8.sub)),
  PHSUBD: sequence(horizontal(4, i32x4.sub)),
  PHSUBSW: sequence(horizontal(2, i16x8.sub_sat_s)),
} satisfies SemTable;
