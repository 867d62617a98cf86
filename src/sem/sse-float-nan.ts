/** Element types of SSE floating point and their NaNs. */
import { f32, f64, i32, i64, type Val } from "../wasm/expr.ts";
import { f32x4, f64x2, v128 } from "../wasm/simd.ts";

/** Element type. */
export type Fp = "f32" | "f64";
export type Op = "add" | "sub" | "mul" | "div" | "sqrt";

export const SCALAR = { f32, f64 } as const;
export const PACKED = { f32: f32x4, f64: f64x2 } as const;
export const LANES = { f32: 4, f64: 2 } as const;

/** The bit that makes a NaN quiet, in every lane. */
export const QUIET = { f32: v128.const([0, 0, 0x40, 0]), f64: v128.const([0, 0, 0, 0, 0, 0, 8, 0]) } as const;

export function quieten(ty: Fp, a: Val): Val {
  return ty === "f32"
    ? f32.reinterpret_i32(i32.or(i32.reinterpret_f32(a), i32.const(0x400000)))
    : f64.reinterpret_i64(i64.or(i64.reinterpret_f64(a), i64.const(0x8000000000000n)));
}
/** The NaN of invalid operations: negative, quiet. */
export function defaultNan(ty: Fp): Val {
  return ty === "f32" ? f32.reinterpret_i32(i32.const(-0x400000)) : f64.reinterpret_i64(i64.const(-0x8000000000000n));
}
