/** Jumps, calls, returns and software interrupts. */
import { EXIT } from "../cpu/exit.ts";
import { CS, EXIT_VECTOR, RCX, RSP, SEL, SS } from "../cpu/layout.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import { type Emit, type Semantics, type Size, VECTOR } from "./emit.ts";
import { beforeTrap, restoreFlags } from "./flags.ts";
import { type Family, ONE, perCondition } from "./operand.ts";
import { setRealSegment } from "./segment.ts";
import { drop, peek, push, stackAddress, stackOpSize, stackPointer } from "./stack.ts";
import { systemExit } from "./system.ts";
import { width } from "./width.ts";

/** User code segments of Linux: 32-bit and 64-bit. Only the 64-bit one can go on here. */
const USER_CS64 = 0x33;
const USER_SS = 0x2b;

/** A code offset truncated to the operand size, as i64. */
function offset(size: Size, v: Val): Val {
  const w = width(size);
  return v.ty === "i64" ? (size === 64 ? v : w.toI64(w.mask(w.fromI64(v)))) : i64.extend_i32_u(v);
}

/** A jump faults itself where its target is not canonical; what it loaded so far is to change nothing. */
function canonical(e: Emit, target: Val, before?: () => void): void {
  if (e.mode !== 64 || target.ty !== "i64") return;
  e.if(i64.ne(i64.shr_u(target, i64.const(47)), i64.const(0)), () => {
    const sign = i64.shr_s(target, i64.const(47));
    e.if(i64.ne(sign, i64.const(-1)), () => {
      before?.();
      e.fault(VECTOR.GP);
    });
  });
}

const call: Semantics = (e) => {
  const size = stackOpSize(e);
  const target = e.ops[0].kind === "rel" ? undefined : e.read(0);
  const bytes = size / 8;
  if (target) canonical(e, target, () => e.probe(stackAddress(e, stackPointer(e, -bytes)), bytes, "w"));
  push(e, size, narrow(size, e.nextRip()));
  if (target) e.jump(offset(size, target), "call");
  else e.jumpRel(0, "call");
};
function narrow(size: Size, v: Val): Val {
  const w = width(size);
  return w.mask(w.fromI64(v));
}

const ret: Semantics = (e) => {
  const size = stackOpSize(e);
  const target = peek(e, size);
  canonical(e, target);
  const extra = e.ops.length ? width(e.mode).fromI32(e.imm(0)) : width(e.mode).const(0);
  drop(e, e.tmp(width(e.mode).add(extra, width(e.mode).const(size / 8))));
  e.jump(offset(size, target), "ret");
};

/** JCXZ and its kin: the register's width is the address size of the form. */
function jumpIfZero(size: 16 | 32 | 64): Semantics {
  return (e) => e.jumpIf(width(size).eqz(e.reg(RCX, size)), 0);
}
/** LOOP, LOOPE (zf), LOOPNE (no zf): rCX of the address size counts down, no flag changes. */
function loop(condition?: (e: Emit) => Val): Semantics {
  return (e) => {
    const w = width(e.addrSize);
    const left = e.tmp(w.mask(w.sub(e.reg(RCX, e.addrSize), w.const(1))));
    const again = i32.eqz(w.eqz(left));
    const go = e.tmp(condition ? i32.and(again, condition(e)) : again);
    e.setReg(RCX, e.addrSize, left);
    e.jumpIf(go, 0);
  };
}

/** Far operands are immediate, or memory of another size than a near target has. */
function isFar(e: Emit): boolean {
  const o = e.ops[0];
  return o.kind === "far" || (o.kind === "mem" && o.size !== (e.mode === 64 ? 64 : e.opSize));
}
/** Selector and offset of a far operand in memory. */
function farTarget(e: Emit): { selector: Val; target: Val } {
  const at = e.ea(0);
  const target = e.load(at, e.opSize);
  return { selector: e.load(e.tmp(i64.add(at, i64.const(e.opSize / 8))), 16), target };
}
/**
 * Far transfers are carried out here in real mode and, in 64-bit mode, within the program's own code segment; all others
 * (immediate operands, gates, changes of mode) are the machine's.
 */
function farHere(e: Emit): boolean {
  return e.mode !== 32 && e.ops[0].kind === "mem";
}
const jumpFar: Semantics = (e) => {
  if (!farHere(e)) return systemExit(e);
  const { selector, target } = farTarget(e);
  enterSegment(e, selector);
  canonical(e, target);
  e.jump(offset(e.opSize, target), "jmp");
};
const callFar: Semantics = (e) => {
  if (!farHere(e)) return systemExit(e);
  const { selector, target } = farTarget(e);
  if (e.mode === 64) {
    enterSegment(e, selector);
    canonical(e, target);
  }
  const bytes = e.opSize / 8;
  const first = stackPointer(e, -bytes);
  const second = stackPointer(e, -2 * bytes);
  e.store(stackAddress(e, first), e.opSize, width(e.opSize).fromI32(e.field("u16", SEL + 2 * CS)));
  e.store(stackAddress(e, second), e.opSize, narrow(e.opSize, e.nextRip()));
  e.setReg(RSP, e.mode, second);
  if (e.mode === 16) enterSegment(e, selector);
  e.jump(offset(e.opSize, target), "jmp");
};
/** Sets CS: to anything in real mode; in 64-bit mode checks that it is the one in use. */
function enterSegment(e: Emit, selector: Val): void {
  if (e.mode === 16) setRealSegment(e, i32.const(CS), selector);
  else e.if(i32.ne(selector, i32.const(USER_CS64)), () => e.fault(VECTOR.GP, i32.and(selector, i32.const(0xfffc))));
}

/** RETF in 64-bit mode has 32-bit operands without REX.W. */
const returnFar: Semantics = (e) => {
  if (e.mode === 32) return systemExit(e);
  const size = e.opSize;
  const target = peek(e, size);
  const selector = i32.and(width(size).toI32(peek(e, size, size / 8)), i32.const(0xffff));
  enterSegment(e, e.tmp(selector));
  canonical(e, target);
  const w = width(e.mode);
  const extra = e.ops.length ? w.fromI32(e.imm(0)) : w.const(0);
  drop(e, e.tmp(w.add(extra, w.const(size / 4))));
  e.jump(offset(size, target), "jmp");
};
function interruptReturn(size: Size): Semantics {
  return (e) => {
    if (e.mode === 32) return systemExit(e);
    const bytes = size / 8;
    const w = width(size);
    const target = peek(e, size);
    const selector = e.tmp(i32.and(w.toI32(peek(e, size, bytes)), i32.const(0xffff)));
    const flags = w.toI32(peek(e, size, 2 * bytes));
    beforeTrap(e, flags);
    if (e.mode === 16) {
      setRealSegment(e, i32.const(CS), selector);
      drop(e, 3 * bytes);
    } else {
      // 64-bit mode always takes RSP and SS from the frame.
      const sp = peek(e, size, 3 * bytes);
      const ss = e.tmp(i32.and(w.toI32(peek(e, size, 4 * bytes)), i32.const(0xffff)));
      enterSegment(e, selector);
      canonical(e, target);
      e.if(i32.ne(ss, i32.const(USER_SS)), () => e.fault(VECTOR.GP, i32.and(ss, i32.const(0xfffc))));
      e.setField("u16", SEL + 2 * SS, ss);
      e.setReg(RSP, 64, w.toI64(sp));
    }
    restoreFlags(e, size, flags);
    e.jump(offset(size, target), "jmp");
  };
}

function interrupt(e: Emit, vector: Val): void {
  e.setField("i32", EXIT_VECTOR, vector);
  e.exit(EXIT.INT, "next");
}
/** INT n: a user program may reach #BP, #OF and Linux's 80h; any other gate is a #GP that names it. */
const int: Semantics = (e) => {
  const vector = e.imm(0);
  if (e.mode === 16) return interrupt(e, vector);
  const allowed = [3, 4, 0x80].map((v) => i32.eq(vector, i32.const(v))).reduce(i32.or);
  e.if(i32.eqz(allowed), () => e.fault(VECTOR.GP, i32.or(i32.shl(vector, i32.const(3)), i32.const(2))));
  interrupt(e, vector);
};

const undefinedOpcode: Semantics = (e) => e.fault(VECTOR.UD);

export const CONTROL = {
  JMP: (e) => {
    if (isFar(e)) jumpFar(e);
    else if (e.ops[0].kind === "rel") e.jumpRel(0, "jmp");
    else {
      const target = e.read(0);
      canonical(e, target);
      e.jump(offset(stackOpSize(e), target), "jmp");
    }
  },
  CALL: (e) => (isFar(e) ? callFar(e) : call(e)),
  RET: ret,
  ...perCondition("J", (cc) => (e) => e.jumpIf(e.cond(cc), 0)),
  JCXZ: jumpIfZero(16),
  JECXZ: jumpIfZero(32),
  JRCXZ: jumpIfZero(64),
  LOOP: loop(),
  LOOPE: loop((e) => e.flag("zf")),
  LOOPNE: loop((e) => i32.xor(e.flag("zf"), ONE)),
  RETF: returnFar,
  IRET: interruptReturn(16),
  IRETD: interruptReturn(32),
  IRETQ: interruptReturn(64),
  INT: int,
  INT3: (e) => interrupt(e, i32.const(VECTOR.BP)),
  INT1: (e) => interrupt(e, i32.const(VECTOR.DB)),
  INTO: (e) => {
    e.if(e.flag("of"), () => interrupt(e, i32.const(VECTOR.OF)));
  },
  UD0: undefinedOpcode,
  UD1: undefinedOpcode,
  UD2: undefinedOpcode,
  BOUND: (e) => {
    const size = e.ops[0].size as 16 | 32;
    const w = width(size);
    const at = e.ea(1);
    const index = e.tmp(w.sext(e.read(0)));
    const low = w.sext(e.load(at, size));
    const high = w.sext(e.load(e.tmp(i64.add(at, i64.const(size / 8))), size));
    e.faultIf(i32.or(i32.lt_s(index, low), i32.gt_s(index, high)), VECTOR.BR);
  },
} satisfies Family;
