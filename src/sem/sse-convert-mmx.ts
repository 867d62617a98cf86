/** Conversions between packed integers in MMX registers and floating point. */
import { i64, type Val } from "../wasm/expr.ts";
import { f64x2, i64x2 } from "../wasm/simd.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import { checkPendingX87, enterMmx } from "./mmx-state.ts";
import { BY_MXCSR, fromInt32x4, TRUNCATE, toInt32Packed } from "./sse-convert-ops.ts";
import type { Fp } from "./sse-float-nan.ts";
import { readAligned } from "./vector.ts";

/** CVTPS2PI, CVTPD2PI: rounded by MXCSR; CVTT: truncated. */
function toMmx(ty: Fp, truncate: boolean): Semantics {
  return (e) => {
    checkPendingX87(e);
    const x = e.tmp(ty === "f32" ? f64x2.splat(e.readLow(1, "f64")) : readAligned(e, 1));
    const v = ty === "f32" ? i64x2.replace_lane(x, 1, i64.const(0)) : x;
    // Processors change to MMX state even if #XM follows.
    enterMmx(e);
    const r = toInt32Packed(e, ty, truncate ? TRUNCATE : BY_MXCSR, e.tmp(v));
    e.write(0, i64x2.extract_lane(r, 0));
  };
}
/** Two integers out of an MMX register or m64; only the register makes it an MMX instruction. */
function fromMmx(convert: (e: Emit, pair: Val) => Val): Semantics {
  return (e) => {
    const mmx = e.ops[1].kind === "reg";
    if (mmx) checkPendingX87(e);
    const pair = e.tmp(i64x2.splat(e.read(1)));
    if (mmx) enterMmx(e);
    e.write(0, convert(e, pair));
  };
}

export const sseConvertMmx: SemTable = {
  CVTPS2PI: toMmx("f32", false),
  CVTTPS2PI: toMmx("f32", true),
  CVTPD2PI: toMmx("f64", false),
  CVTTPD2PI: toMmx("f64", true),
  CVTPI2PS: fromMmx((e, pair) => {
    const old = e.read(0);
    return i64x2.replace_lane(old, 0, i64x2.extract_lane(fromInt32x4(e, pair, 2), 0));
  }),
  CVTPI2PD: fromMmx((_, pair) => f64x2.convert_low_i32x4_s(pair)),
};
