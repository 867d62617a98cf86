/** Conversions between packed integers in MMX registers and floating point. */
import type { Val } from "../wasm/expr.ts";
import { f32x4, f64x2, i64x2 } from "../wasm/simd.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import { enterMmx } from "./mmx-state.ts";
import { roundingControl, roundPacked, toInt32x2, toInt32x4 } from "./sse-convert-ops.ts";
import type { Fp } from "./sse-float-ops.ts";
import { readAligned } from "./vector.ts";

/** CVTPS2PI, CVTPD2PI: rounded by MXCSR; CVTT: truncated. */
function toMmx(ty: Fp, truncate: boolean): Semantics {
  return (e) => {
    const x = e.tmp(ty === "f32" ? f64x2.splat(e.readLow(1, "f64")) : readAligned(e, 1));
    const v = truncate ? x : e.tmp(roundPacked(e, ty, roundingControl(e), x));
    const r = e.tmp(i64x2.extract_lane(ty === "f32" ? toInt32x4(v) : toInt32x2(v), 0));
    enterMmx(e);
    e.write(0, r);
  };
}
function readPair(e: Emit): Val {
  const v = i64x2.splat(e.read(1));
  if (e.ops[1].kind === "reg") enterMmx(e);
  return v;
}

export const sseConvertMmx: SemTable = {
  CVTPS2PI: toMmx("f32", false),
  CVTTPS2PI: toMmx("f32", true),
  CVTPD2PI: toMmx("f64", false),
  CVTTPD2PI: toMmx("f64", true),
  CVTPI2PS: (e) => {
    const old = e.read(0);
    const v = f32x4.convert_i32x4_s(readPair(e));
    e.write(0, i64x2.replace_lane(old, 0, i64x2.extract_lane(v, 0)));
  },
  CVTPI2PD: (e) => e.write(0, f64x2.convert_low_i32x4_s(readPair(e))),
};
