/** How an x87 instruction begins, finds its operands and ends: for the tables in x87*.ts. */
import { FDP, FIP, FSW } from "../cpu/layout.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import { type Emit, type Semantics, VECTOR } from "./emit.ts";
import { clearExceptions, k, MEM, MEM_INDEX } from "./x87-cells.ts";
import { FROM_F32, FROM_F64, FROM_INT } from "./x87-convert.ts";

/** Raises a pending x87 exception: first of all in every waiting instruction. */
export function checkPending(e: Emit): void {
  e.faultIf(i32.and(e.field("u16", FSW), k(0x80)), VECTOR.MF);
}
/** Last instruction and, if in memory, operand: for FNSTENV and the like. (The opcode is not kept.) */
export function remember(e: Emit): void {
  e.setField("i64", FIP, e.thisRip());
  if (e.ops[0]?.kind === "mem") e.setField("i64", FDP, e.ea(0));
}
/** Begins an instruction without memory operand, or after its memory operand has been read. */
export function begin(e: Emit): void {
  remember(e);
  clearExceptions(e);
}
/** A waiting instruction on registers. */
export function waiting(body: (e: Emit) => void): Semantics {
  return (e) => {
    checkPending(e);
    begin(e);
    body(e);
  };
}

/** Stack number of operand i. */
export function stIndex(e: Emit, i: number): Val {
  return e.ops[i].kind === "fixed" ? k(0) : e.regNum(i);
}
/** Reads memory operand 0, begins, and converts the operand into its slot. */
export function loadMemory(e: Emit, integer: boolean, quiet: boolean): Val {
  const size = e.ops[0].size;
  if (size === 80) {
    const at = e.ea(0);
    const m = e.load(at, 64);
    const se = e.load(i64.add(at, i64.const(8)), 16);
    begin(e);
    e.st("i64", k(MEM), m);
    e.st("u16", k(MEM), se, 8);
    return k(MEM_INDEX);
  }
  const v = e.read(0);
  begin(e);
  convertOperand(e, v, integer, quiet);
  return k(MEM_INDEX);
}
/** A memory operand's value (i64, or i32 if narrower) into its slot. */
export function convertOperand(e: Emit, v: Val, integer: boolean, quiet: boolean): void {
  const size = e.ops[0].size;
  if (integer) {
    const wide = size === 64 ? v : i64.extend_i32_s(size === 16 ? i32.extend16_s(v) : v);
    e.sharedVoid(FROM_INT, wide);
  } else if (size === 64) e.sharedVoid(FROM_F64, v, k(quiet ? 1 : 0));
  else e.sharedVoid(FROM_F32, i64.extend_i32_u(v), k(quiet ? 1 : 0));
}
