/** Flags of comparisons, and denormals as zeros: shared functions for where MXCSR or a NaN asks for them. */
import type { Code } from "../wasm/code.ts";
import { f32, f64, i32, type Val } from "../wasm/expr.ts";
import { v128 } from "../wasm/simd.ts";
import type { Shared } from "./emit.ts";
import { bitsOf, commitSse, DAZ, flushed, fromBits, isDenormal, isSignalingBits, mxcsr } from "./sse-float-exact.ts";
import { type Fp, LANES, PACKED, SCALAR } from "./sse-float-nan.ts";
import { clearExceptions, DE, IE, k, raise } from "./x87-cells.ts";

type Pair<T> = Record<Fp, T>;
const both = (make: (ty: Fp) => Shared): Pair<Shared> => ({ f32: make("f32"), f64: make("f64") });

/** (a, b, quiet) */
export const COMPARE_FLAGS = both((ty) => ({
  name: `sse_compare_flags_${ty}`,
  params: [ty, ty, "i32"],
  result: undefined,
  body: (c) => {
    const s = SCALAR[ty];
    clearExceptions(c);
    const [a, b] = [c.param(0), c.param(1)];
    const [x, y] = [c.tmp(bitsOf(ty, a)), c.tmp(bitsOf(ty, b))];
    c.if(
      i32.or(s.ne(a, a), s.ne(b, b)),
      () => {
        const signaling = i32.or(isSignalingBits(ty, a, x), isSignalingBits(ty, b, y));
        c.if(i32.or(i32.eqz(c.param(2)), signaling), () => raise(c, IE));
      },
      () => {
        const denormal = i32.or(isDenormal(ty, x), isDenormal(ty, y));
        c.if(i32.and(denormal, i32.eqz(i32.and(mxcsr(c), k(DAZ)))), () => raise(c, DE));
      },
    );
    commitSse(c);
    c.ret();
  },
}));
export const COMPARE_FLAGS_PACKED = both((ty) => ({
  name: `sse_compare_flags_packed_${ty}`,
  params: ["v128", "v128", "i32"],
  result: undefined,
  body: (c, use) => {
    for (let i = 0; i < LANES[ty]; i++) {
      const lane = (v: Val): Val => PACKED[ty].extract_lane(v, i);
      c.callVoid(use(COMPARE_FLAGS[ty]), lane(c.param(0)), lane(c.param(1)), c.param(2));
    }
    c.ret();
  },
}));

function withDaz(c: Code, then: () => void): void {
  c.if(i32.and(mxcsr(c), k(DAZ)), then);
}
/** Denormals become zeros if MXCSR says so. */
export const FLUSH = both((ty) => ({
  name: `sse_flush_${ty}`,
  params: [ty],
  result: ty,
  body: (c) => {
    withDaz(c, () => c.ret(fromBits(ty, flushed(ty, c.tmp(bitsOf(ty, c.param(0)))))));
    c.ret(c.param(0));
  },
}));
const SIGNS = { f32: v128.const([0, 0, 0, 0x80]), f64: v128.const([0, 0, 0, 0, 0, 0, 0, 0x80]) } as const;
export const FLUSH_PACKED = both((ty) => ({
  name: `sse_flush_packed_${ty}`,
  params: ["v128"],
  result: "v128",
  body: (c) => {
    const p = PACKED[ty];
    const v = c.param(0);
    withDaz(c, () => {
      const least = ty === "f32" ? f32.const(2 ** -126) : f64.const(2 ** -1022);
      const small = p.lt(p.abs(v), p.splat(least));
      c.ret(v128.bitselect(v128.and(v, SIGNS[ty]), v, small));
    });
    c.ret(v);
  },
}));
