/** F16C: between half precision (sign, 5 bits of exponent with bias 15, 10 of fraction) and single precision. */
import { f32, i32, i64, select, type Val } from "../wasm/expr.ts";
import { f32x4, i8x16, i16x8, i32x4, i64x2, v128 } from "../wasm/simd.ts";
import type { Emit, Semantics, SemTable, Shared } from "./emit.ts";
import { roundingControl } from "./sse-convert-ops.ts";
import { bitsOf, commitSse, DAZ, FORMAT, flushed, isSignalingBits, lossOfFraction, mxcsr } from "./sse-float-exact.ts";
import { exactly } from "./sse-float-ops.ts";
import { range, ZERO } from "./vector.ts";
import { isVector, vex } from "./vex.ts";
import { isExpMax, isZero, unpack } from "./x87-arith.ts";
import { BIAS, cell, clearExceptions, EXC, EXP_MAX, EXPO, IE, k, k64, MEM, raise, UE, ZERO64 } from "./x87-cells.ts";
import { ROUND } from "./x87-round.ts";

const INFINITY = 0x7c00;
const QUIET = 0x200;
const HALF = { drop: 53, min: BIAS - 14, max: BIAS + 15 };
const dwords = (v: number): Val => v128.const([v & 255, (v >> 8) & 255, (v >> 16) & 255, v >>> 24]);

const RAISE_INVALID: Shared = {
  name: "sse_invalid",
  params: [],
  result: undefined,
  body: (c) => {
    clearExceptions(c);
    raise(c, IE);
    commitSse(c);
    c.ret();
  },
};

/** VCVTPH2PS is exact, and takes denormals as they are whatever MXCSR says. */
const toSingle: Semantics = vex(
  (e) => {
    const source = e.read(1);
    const halves = e.tmp(i32x4.extend_low_i16x8_u(source.ty === "i64" ? i64x2.splat(source) : source));
    const magnitude = e.tmp(v128.and(halves, dwords(0x7fff)));
    const special = e.tmp(i32x4.ge_u(magnitude, dwords(INFINITY)));
    const nan = e.tmp(i32x4.gt_u(magnitude, dwords(INFINITY)));
    const signaling = v128.andnot(nan, i32x4.ne(v128.and(magnitude, dwords(QUIET)), ZERO));
    e.if(v128.any_true(signaling), () => exactly(e, () => e.sharedVoid(RAISE_INVALID)));
    const shifted = e.tmp(i32x4.shl(magnitude, i32.const(13)));
    const rebias = v128.bitselect(dwords((255 - 31) << 23), dwords((127 - 15) << 23), special);
    const normal = v128.or(i32x4.add(shifted, rebias), v128.and(nan, dwords(QUIET << 13)));
    const denormal = f32x4.mul(f32x4.convert_i32x4_s(magnitude), f32x4.splat(f32.const(2 ** -24)));
    const result = v128.bitselect(denormal, normal, i32x4.lt_u(magnitude, dwords(0x400)));
    e.write(0, v128.or(result, i32x4.shl(v128.and(halves, dwords(0x8000)), i32.const(16))));
  },
  { widening: 8 },
);

/** (x, rounding control) -> half. */
const TO_HALF: Shared = {
  name: "sse_to_half",
  params: ["f32", "i32"],
  result: "i32",
  body: (c, use) => {
    clearExceptions(c);
    const x = c.param(0);
    const bits = c.var(bitsOf("f32", x));
    const sign = c.tmp(i32.and(i32.shr_u(i32.wrap_i64(c.get(bits)), k(16)), k(0x8000)));
    c.if(f32.ne(x, x), () => {
      c.if(isSignalingBits("f32", x, c.get(bits)), () => raise(c, IE));
      commitSse(c);
      const payload = i32.and(i32.wrap_i64(i64.shr_u(c.get(bits), k64(13))), k(0x3ff));
      c.ret(i32.or(i32.or(sign, k(INFINITY | QUIET)), payload));
    });
    c.if(i32.and(mxcsr(c), k(DAZ)), () => c.set(bits, flushed("f32", c.get(bits))));
    c.callVoid(use(FORMAT.f32.from), c.get(bits), k(0));
    const parts = unpack(c, k(MEM));
    const r = c.var(select(isExpMax(c, parts), k(INFINITY), k(0)));
    c.if(i32.eqz(i32.or(isExpMax(c, parts), isZero(c, parts))), () => {
      const [exp, m] = [c.get(parts.exp), c.get(parts.m)];
      const { drop, min, max } = HALF;
      const settleLoss = lossOfFraction(c, use, HALF, parts.sign, exp, m, ZERO64, c.param(1));
      const rounded = c.call(use(ROUND), parts.sign, exp, m, ZERO64, k(drop), k(min), k(max), c.param(1));
      const normal = c.tmp(i64.lt_s(rounded, ZERO64));
      const e = c.ld("i32", k(0), EXPO);
      const field = select(i32.eq(e, k(EXP_MAX)), k(31), i32.sub(e, k(BIAS - 15)));
      const fraction = i32.and(i32.wrap_i64(i64.shr_u(rounded, k64(53))), k(0x3ff));
      c.set(r, i32.or(i32.shl(select(normal, field, k(0)), k(10)), fraction));
      // Underflow that is not masked needs no loss.
      const unmasked = i32.eqz(i32.and(mxcsr(c), k(UE << 7)));
      const tiny = i32.or(i32.eqz(normal), i32.and(cell(c, EXC), k(UE)));
      c.if(i32.and(unmasked, tiny), () => raise(c, UE));
      settleLoss();
    });
    commitSse(c);
    c.ret(i32.or(c.get(r), sign));
  },
};
/** VCVTPS2PH: imm8 bit 2 asks for MXCSR's rounding, else bits 1:0 tell it. */
const toHalf: Semantics = vex(
  (e) => {
    // A page fault leaves MXCSR as it was.
    if (e.ops[0].kind === "mem") e.probe(e.ea(0), e.ops[0].size / 8, "w");
    const imm = e.imm(2);
    const rc = e.tmp(select(i32.and(imm, k(4)), roundingControl(e), i32.and(imm, k(3))));
    const x = e.read(1);
    let r: Val = ZERO;
    exactly(e, () => {
      for (let i = 0; i < 4; i++) {
        r = i16x8.replace_lane(r, i, e.tmp(e.shared(TO_HALF, f32x4.extract_lane(x, i), rc)));
      }
      r = e.tmp(r);
    });
    e.write(0, r);
  },
  { arity: 3, join: store },
);
function store(e: Emit, [lo, hi]: readonly Val[]): void {
  const all = hi ? e.tmp(i8x16.shuffle(lo, hi, [...range(0, 8), ...range(16, 8)])) : lo;
  if (isVector(e.ops[0])) e.writeWide(0, all, ZERO);
  else e.write(0, hi ? all : i64x2.extract_lane(all, 0));
}

export const f16c: SemTable = { VCVTPH2PS: toSingle, VCVTPS2PH: toHalf };
