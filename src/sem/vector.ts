/** What vector semantics share. */
import { i32, i64, type Val } from "../wasm/expr.ts";
import { type Emit, VECTOR } from "./emit.ts";

/** #GP if operand i is memory and not aligned to 16 bytes, as legacy SSE asks of 128-bit operands. */
export function checkAligned(e: Emit, i: number): void {
  if (e.ops[i].kind === "mem") e.faultIf(i32.wrap_i64(i64.and(e.ea(i), i64.const(15))), VECTOR.GP);
}
/** Operand i as v128, checked for alignment if in memory. */
export function readAligned(e: Emit, i: number): Val {
  checkAligned(e, i);
  return e.read(i);
}
