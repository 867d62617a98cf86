/** PUSH, POP and the frames. The stack's width is the mode's; an operand may be narrower. */
import { AC } from "../cpu/flags.ts";
import { FLAG_SYS, RBP, RSP, SEL, SS } from "../cpu/layout.ts";
import type { Var } from "../wasm/code.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import { type Emit, type Semantics, type Size, VECTOR } from "./emit.ts";
import { type Family, ONE, sizeOf, source } from "./operand.ts";
import { loadSelector } from "./segment.ts";
import { width } from "./width.ts";

/** Operand size of stack and near branch instructions that the row gives none: in 64-bit mode 64, or 16 with the prefix. */
export function stackOpSize(e: Emit): Size {
  return e.mode === 64 && e.opSize === 32 ? 64 : e.opSize;
}

/** Linear address of an access by a stack pointer of the stack's width. */
export function stackAddress(e: Emit, sp: Val, bytes: number, access: "r" | "w"): Val {
  return e.mode === 64 ? sp : e.linear(SS, i64.extend_i32_u(sp), bytes, access);
}
/** The stack pointer, moved by a constant or by a value of the stack's width; a temporary. */
export function stackPointer(e: Emit, by: number | Val): Val {
  const w = width(e.stackSize);
  return e.tmp(w.mask(w.add(e.reg(RSP, e.stackSize), typeof by === "number" ? w.const(by) : by)));
}

/** Stores below the stack and moves RSP. */
export function push(e: Emit, size: Size, v: Val): void {
  const sp = stackPointer(e, -size / 8);
  e.store(stackAddress(e, sp, size / 8, "w"), size, v);
  e.setReg(RSP, e.stackSize, sp);
}
/** Loads from the stack, `at` bytes above RSP; RSP stays. */
export function peek(e: Emit, size: Size, at = 0): Val {
  return e.load(stackAddress(e, stackPointer(e, at), size / 8, "r"), size);
}
export function drop(e: Emit, bytes: number | Val): void {
  e.setReg(RSP, e.stackSize, stackPointer(e, bytes));
}

/** The size pushed for operand 0: a register's or memory's own, the instruction's for immediates and segment registers. */
function operandSize(e: Emit): Size {
  const o = e.ops[0];
  return o.kind === "imm" || o.cls === "sreg" ? stackOpSize(e) : sizeOf(e);
}
/** Number of the segment register in operand 0, or undefined. */
function segmentOf(e: Emit): Val | undefined {
  const o = e.ops[0];
  if (o.cls === "sreg") return o.kind === "fixed" ? i32.const(SEGMENTS.indexOf(o.fixed)) : e.regNum(0);
  const n = o.kind === "fixed" ? SEGMENTS.indexOf(o.fixed) : -1;
  return n < 0 ? undefined : i32.const(n);
}
const ZERO = i32.const(0);
const SEGMENTS = ["ES", "CS", "SS", "DS", "FS", "GS"];

function pop(e: Emit): void {
  const segment = segmentOf(e);
  if (segment) {
    const size = stackOpSize(e);
    const v = peek(e, size);
    loadSelector(e, segment, i32.and(width(size).toI32(v), i32.const(0xffff)));
    drop(e, size / 8);
    return;
  }
  const size = operandSize(e);
  const v = peek(e, size);
  const after = stackPointer(e, size / 8);
  if (e.ops[0].kind === "mem") {
    // The address is computed with RSP already moved, yet RSP must stand as it was if the store faults.
    const before = e.reg(RSP, e.stackSize);
    e.setReg(RSP, e.stackSize, after);
    const at = e.ea(0);
    e.setReg(RSP, e.stackSize, before);
    e.store(at, size, v);
    e.setReg(RSP, e.stackSize, after);
  } else {
    e.setReg(RSP, e.stackSize, after);
    e.write(0, v);
  }
}

/** Order of PUSHA: RAX RCX RDX RBX (old) RSP RBP RSI RDI. */
function pushAll(size: 16 | 32): Semantics {
  return (e) => {
    for (let n = 0; n < 8; n++) {
      const sp = stackPointer(e, (-size / 8) * (n + 1));
      e.store(stackAddress(e, sp, size / 8, "w"), size, e.reg(n, size));
    }
    drop(e, -size);
  };
}
function popAll(size: 16 | 32): Semantics {
  return (e) => {
    const values: Val[] = [];
    for (let n = 0; n < 8; n++) values.push(peek(e, size, (size / 8) * (7 - n)));
    drop(e, size);
    for (let n = 0; n < 8; n++) if (n !== RSP) e.setReg(n, size, values[n]);
  };
}

/** A variable's present value, kept. */
function copy(e: Emit, x: Var): Val {
  return e.get(e.var(e.get(x)));
}

/** SDM volume 2, ENTER. Frame pointers of outer levels are copied from the old frame. */
function enter(e: Emit): void {
  const size = stackOpSize(e);
  const bytes = size / 8;
  const w = width(e.stackSize);
  const level = e.tmp(i32.and(e.imm(1), i32.const(31)));
  const sp = e.var(stackPointer(e, -bytes));
  e.store(stackAddress(e, copy(e, sp), bytes, "w"), size, e.reg(RBP, size));
  const frame = copy(e, sp);
  const bp = e.var(e.reg(RBP, e.stackSize));
  const down = (): Val => {
    e.set(sp, w.mask(w.sub(e.get(sp), w.const(bytes))));
    return stackAddress(e, copy(e, sp), bytes, "w");
  };
  e.if(level, () => {
    const left = e.var(level);
    e.loop((top) => {
      e.set(left, i32.sub(e.get(left), ONE));
      e.if(e.get(left), () => {
        e.set(bp, w.mask(w.sub(e.get(bp), w.const(bytes))));
        const from = stackAddress(e, copy(e, bp), bytes, "r");
        checkAlignment(e, from, bytes);
        const outer = e.load(from, size);
        e.store(down(), size, outer);
        e.br(top);
      });
    });
    e.store(down(), size, size === e.stackSize ? frame : narrowed(size, w.toI64(frame)));
  });
  const end = e.tmp(w.mask(w.sub(e.get(sp), w.fromI32(e.imm(0)))));
  const last = stackAddress(e, end, 1, "w");
  checkAlignment(e, last, bytes);
  e.probe(last, 1, "w");
  e.setReg(RBP, size, size === e.stackSize ? frame : narrowed(size, w.toI64(frame)));
  e.setReg(RSP, e.stackSize, end);
}
/**
 * The alignment of an outer frame, and of the new top of the stack (RFLAGS.AC): unlike other operands, which engine/alignment.ts
 * looks at before the instruction, they are found out behind the first push.
 */
function checkAlignment(e: Emit, address: Val, bytes: number): void {
  if (e.mode !== 64) return;
  const odd = i32.wrap_i64(i64.and(address, i64.const(bytes - 1)));
  const checked = i32.and(e.field("i32", FLAG_SYS), i32.const(AC));
  // An address that is not canonical raises another exception. Bits 47 to 63 are all alike in one that is.
  const canonical = (a: Val): Val => i64.le_u(i64.add(i64.shr_s(a, i64.const(47)), i64.const(1)), i64.const(1));
  const reachable = i32.and(canonical(address), canonical(i64.add(address, i64.const(bytes - 1))));
  e.faultIf(i32.and(i32.and(i32.ne(odd, ZERO), i32.ne(checked, ZERO)), reachable), VECTOR.AC);
}
function narrowed(size: Size, v: Val): Val {
  return size === 64 ? v : width(size).mask(i32.wrap_i64(v));
}

function leave(e: Emit): void {
  const size = stackOpSize(e);
  const w = width(e.stackSize);
  const bp = e.reg(RBP, e.stackSize);
  const v = e.load(stackAddress(e, bp, size / 8, "r"), size);
  e.setReg(RSP, e.stackSize, w.add(bp, w.const(size / 8)));
  e.setReg(RBP, size, v);
}

export const STACK = {
  PUSH: (e) => {
    const segment = segmentOf(e);
    const size = operandSize(e);
    if (segment) {
      const at = i32.add(i32.const(SEL), i32.shl(segment, ONE));
      push(e, stackOpSize(e), width(stackOpSize(e)).fromI32(e.ld("u16", at)));
    } else push(e, size, source(e, 0, size));
  },
  POP: pop,
  PUSHA: pushAll(16),
  PUSHAD: pushAll(32),
  POPA: popAll(16),
  POPAD: popAll(32),
  ENTER: enter,
  LEAVE: leave,
} satisfies Family;
