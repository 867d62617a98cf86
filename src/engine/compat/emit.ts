/**
 * Emit's back end for 16- and 32-bit code: as handlers, but one instruction at a time, with RIP at it. Memory is reached
 * through segments with their limits.
 */
import { EXIT } from "../../cpu/exit.ts";
import { RIP, SEG_BASE } from "../../cpu/layout.ts";
import type { JumpKind } from "../../sem/emit.ts";
import { i32, i64, type Val } from "../../wasm/expr.ts";
import { v128 } from "../../wasm/simd.ts";
import { HandlerEmit } from "../interp/handler.ts";
import { R_BASE, R_DISP, R_SCALE, R_SEG, R_WHERE } from "../record.ts";
import { segmentAddress } from "./segment-address.ts";

const ZERO = i32.const(0);

/** Bytes and direction of the areas that rows give no size. */
const AREAS: readonly [RegExp, number, "r" | "w"][] = [
  [/^FXSAVE/, 512, "w"],
  [/^FXRSTOR/, 512, "r"],
  [/^XSAVE/, 576, "w"],
  [/^XRSTOR/, 576, "r"],
  [/^(SGDT|SIDT)/, 6, "w"],
];

export class CompatEmit extends HandlerEmit {
  override linear(segment: number | "operand", offset: Val, bytes: number, access: "r" | "w"): Val {
    const at = segment === "operand" ? this.ldExpr("u16", this.rec, R_SEG) : i32.const(SEG_BASE + segment * 8);
    const write = i32.const(access === "w" ? 1 : 0);
    const linear = this.call(this.use(segmentAddress), at, offset, i32.const(bytes), write);
    this.unreachableIf(i64.lt_s(linear, i64.const(0)));
    return linear;
  }
  override ea(i: number): Val {
    if (!this.address) {
      const [bytes, access] = this.reach(i);
      this.address = this.linear("operand", this.offset(), bytes, access);
    }
    return this.address;
  }
  private reach(i: number): [number, "r" | "w"] {
    const area = AREAS.find(([name]) => name.test(this.mnemonic));
    if (area) return [area[1], area[2]];
    const { memSize, access } = this.variant.row.operands[i];
    return [Math.max(1, memSize / 8), access.includes("w") ? "w" : "r"];
  }
  override vectorAddress(i: number, index: Val): Val {
    const base = this.ldExpr("i64", this.ldExpr("u16", this.rec, R_BASE));
    const disp = i64.extend_i32_s(this.ldExpr("i32", this.rec, R_DISP));
    const scale = i64.extend_i32_u(this.ldExpr("u8", this.rec, R_SCALE));
    const offset = i64.and(i64.add(i64.add(base, disp), i64.shl(index, scale)), i64.const(0xffffffff));
    return this.linear("operand", offset, this.ops[i].size / 8, "r");
  }
  /** Eight registers are all that there are. */
  override clearUppers(): void {
    for (let n = 0; n < 8; n++) this.setUpper(n, v128.const([0]));
  }

  override thisRip(): Val {
    return this.ld("i64", ZERO, RIP);
  }
  override nextRip(): Val {
    const length = i32.shr_u(this.ldExpr("u16", this.rec, R_WHERE), i32.const(12));
    const next = i64.add(this.ldExpr("i64", ZERO, RIP), i64.extend_i32_u(length));
    return this.tmp(i64.and(next, i64.const(0xffffffff)));
  }
  override jump(target: Val, kind: JumpKind): void {
    void kind;
    this.st("i64", ZERO, target, RIP);
    this.ret(i32.const(EXIT.YIELD));
    this.markEnd();
  }
  override body(): Uint8Array {
    if (!this.ended) this.jump(this.nextRip(), "jmp");
    return this.finish();
  }
}
