/**
 * Far transfers: JMP, CALL, RET and IRET that load CS. Descriptors are checked by helpers; whether the new segment is one of
 * 64, 32 or 16 bits is the engine's concern (EXIT.MODE). There are no gates: neither Linux's descriptor table nor an LDT made
 * by modify_ldt(2) has any. SDM volume 3, 5.8; AMD's manual volume 2, 4.8.
 */
import { EXIT } from "../cpu/exit.ts";
import { CS, FLAG_SYS, RSP, SEL, SS } from "../cpu/layout.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import { canonical, narrow, offset } from "./code-offset.ts";
import { type Emit, type Semantics, type Size, VECTOR } from "./emit.ts";
import { beforeTrap, restoreFlags } from "./flags.ts";
import { faultOf } from "./segment.ts";
import { drop, peek, stackAddress, stackPointer } from "./stack.ts";
import { width } from "./width.ts";

/** Linux's 64-bit code segment and its stack segment: transfers within them are the usual ones. */
const USER_CS64 = 0x33;
const USER_SS = 0x2b;
const NT = 0x4000;

/** Far operands are immediate, or memory of another size than a near target has. */
export function isFar(e: Emit): boolean {
  const o = e.ops[0];
  return o.kind === "far" || (o.kind === "mem" && o.size !== (e.mode === 64 ? 64 : e.opSize));
}
/** Selector (i32) and offset (i64) of the far operand. */
function farTarget(e: Emit): { selector: Val; target: Val } {
  if (e.ops[0].kind === "far") return { selector: e.imm(1), target: e.tmp(offset(e.opSize, e.imm(0))) };
  const at = e.ea(0);
  const target = e.tmp(offset(e.opSize, e.load(at, e.opSize)));
  return { selector: e.load(e.tmp(i64.add(at, i64.const(e.opSize / 8))), 16), target };
}
/** Selector popped, i32. */
function selectorOf(e: Emit, size: Size, v: Val): Val {
  return e.tmp(i32.and(width(size).toI32(v), i32.const(0xffff)));
}

/** Faults unless CS may be loaded with the selector, by a return or another transfer, and the target lies in it. */
function check(e: Emit, selector: Val, target: Val, returns: boolean): void {
  faultOf(e, e.helper("codeSegment", selector, i32.const(returns ? 1 : 0)), selector);
  const high = i32.wrap_i64(i64.shr_u(target, i64.const(32)));
  e.faultIf(e.helper("beyondSegment", i32.wrap_i64(target), high), VECTOR.GP);
}
/** Goes on in the segment that was checked last. */
function enter(e: Emit, target: Val): void {
  e.helper("enterSegment", i32.wrap_i64(target), i32.wrap_i64(i64.shr_u(target, i64.const(32))));
  e.exit(EXIT.MODE, "this");
}
/** True (i32) if the transfer stays in Linux's 64-bit segment. */
function stays(selector: Val): Val {
  return i32.eq(selector, i32.const(USER_CS64));
}

export const jumpFar: Semantics = (e) => {
  const { selector, target } = farTarget(e);
  if (e.mode === 64) {
    e.if(stays(selector), () => {
      canonical(e, target);
      e.jump(target, "jmp");
    });
  }
  check(e, selector, target, false);
  enter(e, target);
};

function pushReturn(e: Emit): void {
  const bytes = e.opSize / 8;
  const first = stackPointer(e, -bytes);
  const second = stackPointer(e, -2 * bytes);
  const w = width(e.opSize);
  const [upper, lower] = [first, second].map((sp) => stackAddress(e, sp, bytes, "w"));
  for (const at of [upper, lower]) e.probe(at, bytes, "w");
  e.store(upper, e.opSize, w.fromI32(e.field("u16", SEL + 2 * CS)));
  e.store(lower, e.opSize, narrow(e.opSize, e.nextRip()));
  e.setReg(RSP, e.stackSize, second);
}
export const callFar: Semantics = (e) => {
  const { selector, target } = farTarget(e);
  if (e.mode === 64) {
    e.if(stays(selector), () => {
      canonical(e, target);
      pushReturn(e);
      e.jump(target, "jmp");
    });
  }
  check(e, selector, target, false);
  pushReturn(e);
  enter(e, target);
};

/** RETF in 64-bit mode has 32-bit operands without REX.W. */
export const returnFar: Semantics = (e) => {
  const size = e.opSize;
  // Processors read the selector first: that tells which address faults.
  const selector = selectorOf(e, size, peek(e, size, size / 8));
  const target = e.tmp(offset(size, peek(e, size)));
  const w = width(e.stackSize);
  const extra = e.ops.length ? w.fromI32(e.imm(0)) : w.const(0);
  const bytes = e.tmp(w.add(extra, w.const(size / 4)));
  if (e.mode === 64) {
    e.if(stays(selector), () => {
      canonical(e, target);
      drop(e, bytes);
      e.jump(target, "jmp");
    });
  }
  check(e, selector, target, true);
  drop(e, bytes);
  enter(e, target);
};

export function interruptReturn(size: Size): Semantics {
  return (e) => {
    e.faultIf(i32.and(e.field("i32", FLAG_SYS), i32.const(NT)), VECTOR.GP);
    const bytes = size / 8;
    const w = width(size);
    const flags = w.toI32(peek(e, size, 2 * bytes));
    const selector = selectorOf(e, size, peek(e, size, bytes));
    const target = e.tmp(offset(size, peek(e, size)));
    beforeTrap(e, flags);
    if (e.mode !== 64) {
      check(e, selector, target, true);
      drop(e, 3 * bytes);
      restoreFlags(e, size, flags);
      enter(e, target);
      return;
    }
    // 64-bit mode always takes RSP and SS from the frame.
    const sp = peek(e, size, 3 * bytes);
    const ss = selectorOf(e, size, peek(e, size, 4 * bytes));
    e.if(i32.and(stays(selector), i32.eq(ss, i32.const(USER_SS))), () => {
      canonical(e, target);
      const now = i32.eq(e.field("u16", SEL + 2 * SS), i32.const(USER_SS));
      e.if(i32.eqz(now), () => e.helper("loadSegment", i32.const(SS), ss));
      e.setReg(RSP, 64, w.toI64(sp));
      restoreFlags(e, size, flags);
      e.jump(target, "jmp");
    });
    check(e, selector, target, true);
    faultOf(e, e.helper("loadSegment", i32.const(SS), ss), ss);
    e.setReg(RSP, 64, w.toI64(sp));
    restoreFlags(e, size, flags);
    enter(e, target);
  };
}
