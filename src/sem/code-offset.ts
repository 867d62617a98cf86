/** Offsets of code: their widths, and which of them a jump may lead to. */
import { CS, SEG_LIMIT } from "../cpu/layout.ts";
import { i64, type Val } from "../wasm/expr.ts";
import { type Emit, type Size, VECTOR } from "./emit.ts";
import { width } from "./width.ts";

/** A code offset truncated to the operand size, as i64. */
export function offset(size: Size, v: Val): Val {
  const w = width(size);
  return v.ty === "i64" ? (size === 64 ? v : w.toI64(w.mask(w.fromI64(v)))) : i64.extend_i32_u(v);
}

/**
 * A jump faults itself where its target is not canonical or, outside 64-bit mode, beyond the code segment; what it loaded so
 * far is to change nothing.
 */
export function canonical(e: Emit, target: Val, before?: () => void): void {
  if (e.mode !== 64) {
    const to = target.ty === "i64" ? target : i64.extend_i32_u(target);
    e.faultIf(i64.gt_u(to, i64.extend_i32_u(e.field("i32", SEG_LIMIT + 8 * CS))), VECTOR.GP);
    return;
  }
  if (target.ty !== "i64") return;
  e.if(i64.ne(i64.shr_u(target, i64.const(47)), i64.const(0)), () => {
    const sign = i64.shr_s(target, i64.const(47));
    e.if(i64.ne(sign, i64.const(-1)), () => {
      before?.();
      e.fault(VECTOR.GP);
    });
  });
}

export function narrow(size: Size, v: Val): Val {
  const w = width(size);
  return w.mask(w.fromI64(v));
}
