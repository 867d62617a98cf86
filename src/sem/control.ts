/** Jumps, calls, returns and software interrupts. */
import { EXIT } from "../cpu/exit.ts";
import { EXIT_VECTOR, RCX } from "../cpu/layout.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import { canonical, narrow, offset } from "./code-offset.ts";
import { type Emit, type Semantics, VECTOR } from "./emit.ts";
import { callFar, interruptReturn, isFar, jumpFar, returnFar } from "./far.ts";
import { type Family, ONE, perCondition } from "./operand.ts";
import { drop, peek, push, stackAddress, stackOpSize, stackPointer } from "./stack.ts";
import { width } from "./width.ts";

/** Outside 64-bit mode: where a relative operand leads, i64; it has to lie in the segment. */
function near(e: Emit): Val {
  const to = e.tmp(offset(e.opSize, i32.add(i32.wrap_i64(e.nextRip()), e.imm(0))));
  const target = e.opSize === 16 ? e.tmp(i64.and(to, i64.const(0xffff))) : to;
  canonical(e, target);
  return target;
}
/** Where operand 0 leads, unless the back end knows how to get there. */
function nearTarget(e: Emit): Val | undefined {
  if (e.ops[0].kind !== "rel") return e.read(0);
  return e.mode === 64 ? undefined : near(e);
}

const call: Semantics = (e) => {
  const size = stackOpSize(e);
  const target = nearTarget(e);
  const bytes = size / 8;
  if (target) canonical(e, target, () => e.probe(stackAddress(e, stackPointer(e, -bytes), bytes, "w"), bytes, "w"));
  push(e, size, narrow(size, e.nextRip()));
  if (target) e.jump(offset(size, target), "call");
  else e.jumpRel(0, "call");
};

const ret: Semantics = (e) => {
  const size = stackOpSize(e);
  const target = peek(e, size);
  canonical(e, target);
  const w = width(e.stackSize);
  const extra = e.ops.length ? w.fromI32(e.imm(0)) : w.const(0);
  drop(e, e.tmp(w.add(extra, w.const(size / 8))));
  e.jump(offset(size, target), "ret");
};

/** To the relative target if the condition (i32) holds. */
function jumpIf(e: Emit, cond: Val): void {
  if (e.mode === 64) e.jumpIf(cond, 0);
  else e.if(cond, () => e.jump(near(e), "jmp"));
}
/** JCXZ and its kin: the register's width is the address size of the form. */
function jumpIfZero(size: 16 | 32 | 64): Semantics {
  return (e) => jumpIf(e, width(size).eqz(e.reg(RCX, size)));
}
/** LOOP, LOOPE (zf), LOOPNE (no zf): rCX of the address size counts down, no flag changes. */
function loop(condition?: (e: Emit) => Val): Semantics {
  return (e) => {
    const w = width(e.addrSize);
    const left = e.tmp(w.mask(w.sub(e.reg(RCX, e.addrSize), w.const(1))));
    const again = i32.eqz(w.eqz(left));
    const go = e.tmp(condition ? i32.and(again, condition(e)) : again);
    if (e.mode !== 64) e.if(go, () => near(e));
    e.setReg(RCX, e.addrSize, left);
    jumpIf(e, go);
  };
}

function interrupt(e: Emit, vector: Val): void {
  e.setField("i32", EXIT_VECTOR, vector);
  e.exit(EXIT.INT, "next");
}
/** INT n: a user program may reach #BP, #OF and Linux's 80h; any other gate is a #GP that names it. */
const int: Semantics = (e) => {
  const vector = e.imm(0);
  const allowed = [3, 4, 0x80].map((v) => i32.eq(vector, i32.const(v))).reduce(i32.or);
  e.if(i32.eqz(allowed), () => e.fault(VECTOR.GP, i32.or(i32.shl(vector, i32.const(3)), i32.const(2))));
  interrupt(e, vector);
};

const undefinedOpcode: Semantics = (e) => e.fault(VECTOR.UD);

export const CONTROL = {
  JMP: (e) => {
    if (isFar(e)) jumpFar(e);
    else {
      const target = nearTarget(e);
      if (!target) return e.jumpRel(0, "jmp");
      canonical(e, target);
      e.jump(offset(stackOpSize(e), target), "jmp");
    }
  },
  CALL: (e) => (isFar(e) ? callFar(e) : call(e)),
  RET: ret,
  ...perCondition("J", (cc) => (e) => jumpIf(e, e.cond(cc))),
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
