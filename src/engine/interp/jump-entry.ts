import { JUMP_BITS, JUMP_ENTRIES } from "../../cpu/layout.ts";
import type { Code } from "../../wasm/code.ts";
import { i32, type Val } from "../../wasm/expr.ts";

/** Where the jump cache keeps an address, less JUMP_CACHE. `jumpEntry` (cpu/layout.ts) computes the same. */
export function jumpCacheEntry(c: Code, target: Val): Val {
  const lo = c.tmp(i32.wrap_i64(target));
  const hash = i32.xor(lo, i32.shr_u(lo, i32.const(JUMP_BITS)));
  return c.tmp(i32.shl(i32.and(hash, i32.const(JUMP_ENTRIES - 1)), i32.const(4)));
}
