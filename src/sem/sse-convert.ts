/** SSE conversions and ROUND. Rows with MMX operands are in sse-convert-mmx.ts. */
import type { Val } from "../wasm/expr.ts";
import { f64x2 } from "../wasm/simd.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import {
  BY_MXCSR,
  fromInt,
  fromInt32x4,
  narrow,
  narrowPacked,
  roundPacked,
  roundScalar,
  TRUNCATE,
  toInt,
  toInt32Packed,
  widen,
  widenPacked,
} from "./sse-convert-ops.ts";
import type { Fp } from "./sse-float-nan.ts";
import { readAligned } from "./vector.ts";

/** The lower 64 bits of operand i (register or m64) in a vector. */
function readHalf(e: Emit, i: number): Val {
  return e.tmp(f64x2.splat(e.readLow(i, "f64")));
}

const scalarFromInt =
  (ty: Fp): Semantics =>
  (e) =>
    e.writeLow(0, fromInt(e, ty, e.read(1)));
/** CVTSS2SI, CVTSD2SI: rounded by MXCSR; CVTT: truncated. */
const scalarToInt =
  (ty: Fp, truncate: boolean): Semantics =>
  (e) => {
    const x = e.readLow(1, ty);
    const size = e.ops[0].size === 64 ? 64 : 32;
    e.write(0, toInt(e, ty, size, truncate ? TRUNCATE : BY_MXCSR, x));
  };
const packedToInt =
  (ty: Fp, truncate: boolean): Semantics =>
  (e) => {
    const x = e.tmp(readAligned(e, 1));
    e.write(0, toInt32Packed(e, ty, truncate ? TRUNCATE : BY_MXCSR, x));
  };
const roundPackedRow =
  (ty: Fp): Semantics =>
  (e) =>
    e.write(0, roundPacked(e, ty, e.imm(2), e.tmp(readAligned(e, 1))));
const roundScalarRow =
  (ty: Fp): Semantics =>
  (e) =>
    e.writeLow(0, roundScalar(e, ty, e.imm(2), e.readLow(1, ty)));

export const sseConvert: SemTable = {
  CVTSI2SS: scalarFromInt("f32"),
  CVTSI2SD: scalarFromInt("f64"),
  CVTSS2SI: scalarToInt("f32", false),
  CVTSD2SI: scalarToInt("f64", false),
  CVTTSS2SI: scalarToInt("f32", true),
  CVTTSD2SI: scalarToInt("f64", true),
  CVTSS2SD: (e) => e.writeLow(0, widen(e, e.readLow(1, "f32"))),
  CVTSD2SS: (e) => e.writeLow(0, narrow(e, e.readLow(1, "f64"))),
  CVTPS2PD: (e) => e.write(0, widenPacked(e, readHalf(e, 1))),
  CVTPD2PS: (e) => e.write(0, narrowPacked(e, e.tmp(readAligned(e, 1)))),
  CVTDQ2PS: (e) => e.write(0, fromInt32x4(e, e.tmp(readAligned(e, 1)), 4)),
  CVTDQ2PD: (e) => e.write(0, f64x2.convert_low_i32x4_s(readHalf(e, 1))),
  CVTPS2DQ: packedToInt("f32", false),
  CVTTPS2DQ: packedToInt("f32", true),
  CVTPD2DQ: packedToInt("f64", false),
  CVTTPD2DQ: packedToInt("f64", true),
  ROUNDPS: roundPackedRow("f32"),
  ROUNDPD: roundPackedRow("f64"),
  ROUNDSS: roundScalarRow("f32"),
  ROUNDSD: roundScalarRow("f64"),
};
