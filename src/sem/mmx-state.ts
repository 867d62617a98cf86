/** What MMX instructions do to the x87 state (SDM volume 1, 9.5): all registers valid, TOP 0. */
import { FSW, FTW } from "../cpu/layout.ts";
import { i32 } from "../wasm/expr.ts";
import { type Emit, VECTOR } from "./emit.ts";

/** Raises a pending x87 exception, then makes the state MMX's. Call before the instruction changes anything. */
export function enterMmx(e: Emit): void {
  const fsw = e.field("u16", FSW);
  e.faultIf(i32.and(fsw, i32.const(0x80)), VECTOR.MF);
  e.setField("u16", FSW, i32.and(fsw, i32.const(~0x3800)));
  e.setField("u8", FTW, i32.const(0xff));
}
