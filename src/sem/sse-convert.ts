/** SSE conversions and ROUND. Rows with MMX operands are in sse-convert-mmx.ts. */
import { f32, f64, type Val } from "../wasm/expr.ts";
import { f32x4, f64x2 } from "../wasm/simd.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import {
  asVector,
  lowLane,
  narrow,
  narrowPacked,
  roundImmediate,
  roundingControl,
  roundPacked,
  roundScalar,
  toInt,
  toInt32x2,
  toInt32x4,
  widen,
  widenPacked,
} from "./sse-convert-ops.ts";
import type { Fp } from "./sse-float-ops.ts";
import { readAligned } from "./vector.ts";

/** The lower 64 bits of operand i (register or m64) in a vector. */
function readHalf(e: Emit, i: number): Val {
  return e.tmp(f64x2.splat(e.readLow(i, "f64")));
}

const fromInt = (ty: Fp): Semantics => {
  const to = ty === "f32" ? f32 : f64;
  return (e) => {
    const wide = e.ops[1].size === 64;
    const v = e.read(1);
    e.writeLow(0, wide ? to.convert_i64_s(v) : to.convert_i32_s(v));
  };
};
/** CVTSS2SI, CVTSD2SI: rounded by MXCSR; CVTT: truncated. */
const scalarToInt =
  (ty: Fp, truncate: boolean): Semantics =>
  (e) => {
    const x = e.readLow(1, ty);
    const v = truncate ? x : e.tmp(roundScalar(e, ty, roundingControl(e), x));
    e.write(0, toInt(ty, e.ops[0].size === 64 ? 64 : 32, v));
  };
const packedToInt =
  (ty: Fp, truncate: boolean): Semantics =>
  (e) => {
    const x = e.tmp(readAligned(e, 1));
    const v = truncate ? x : e.tmp(roundPacked(e, ty, roundingControl(e), x));
    e.write(0, ty === "f32" ? toInt32x4(v) : toInt32x2(v));
  };
const roundPackedRow =
  (ty: Fp): Semantics =>
  (e) => {
    const x = e.tmp(readAligned(e, 1));
    e.write(0, roundImmediate(e, ty, e.imm(2), x));
  };
const roundScalarRow =
  (ty: Fp): Semantics =>
  (e) => {
    const x = e.tmp(asVector(ty, e.readLow(1, ty)));
    e.writeLow(0, lowLane(ty, roundImmediate(e, ty, e.imm(2), x)));
  };

export const sseConvert: SemTable = {
  CVTSI2SS: fromInt("f32"),
  CVTSI2SD: fromInt("f64"),
  CVTSS2SI: scalarToInt("f32", false),
  CVTSD2SI: scalarToInt("f64", false),
  CVTTSS2SI: scalarToInt("f32", true),
  CVTTSD2SI: scalarToInt("f64", true),
  CVTSS2SD: (e) => e.writeLow(0, widen(e, e.readLow(1, "f32"))),
  CVTSD2SS: (e) => e.writeLow(0, narrow(e, e.readLow(1, "f64"))),
  CVTPS2PD: (e) => e.write(0, widenPacked(e, readHalf(e, 1))),
  CVTPD2PS: (e) => e.write(0, narrowPacked(e, e.tmp(readAligned(e, 1)))),
  CVTDQ2PS: (e) => e.write(0, f32x4.convert_i32x4_s(readAligned(e, 1))),
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
