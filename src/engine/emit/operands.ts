/** What semantics sees of an operand, out of the row and the form (register or memory) at hand. */
import type { OperandSpec, Row } from "../../isa/types.ts";
import type { OperandInfo } from "../../sem/emit.ts";
import type { StoreWidth, Width } from "../../wasm/code.ts";
import type { Ty } from "../../wasm/expr.ts";
import { fixedOperand, isFixedImm } from "./fixed.ts";

/** Width of an access by its bits. */
export const WIDTH_OF: Record<number, StoreWidth & Width> = { 8: "u8", 16: "u16", 32: "i32", 64: "i64", 128: "v128" };
export const BITS: Record<Ty, number> = { i32: 32, f32: 32, i64: 64, f64: 64, v128: 128 };

function isMemoryKind(k: string): boolean {
  return k === "m" || k === "rm" || k === "moffs" || k === "vsib" || k.endsWith("/m");
}
function classOf(o: OperandSpec): string {
  const k = o.kind.replace("/m", "");
  return k === "r" || k === "rm" ? `gp${o.size}` : k;
}

export function operandInfo(o: OperandSpec, memory: boolean): OperandInfo {
  if (o.kind === "fixed") {
    const text = o.fixed ?? "";
    if (isFixedImm(text)) return { kind: "imm", cls: "", size: o.size, fixed: text };
    return { kind: "fixed", cls: fixedOperand(text).cls, size: o.size, fixed: text };
  }
  if (o.kind === "str") return { kind: "str", cls: "", size: o.memSize, fixed: "" };
  if (o.kind === "imm") return { kind: "imm", cls: "", size: o.size, fixed: "" };
  if (o.kind === "rel" || o.kind === "far") return { kind: o.kind, cls: "", size: o.size, fixed: "" };
  if (memory && isMemoryKind(o.kind)) return { kind: "mem", cls: o.vsib ?? "", size: o.memSize, fixed: "" };
  return { kind: "reg", cls: classOf(o), size: o.size, fixed: "" };
}

const known = [new Map<number, OperandInfo[]>(), new Map<number, OperandInfo[]>()];

/** What semantics sees of a row's operands in register or memory form; the same arrays each time. */
export function operandInfos(row: Row, memory: boolean): readonly OperandInfo[] {
  const map = known[memory ? 1 : 0];
  let list = map.get(row.index);
  if (!list) {
    list = row.operands.map((o) => operandInfo(o, memory));
    map.set(row.index, list);
  }
  return list;
}
