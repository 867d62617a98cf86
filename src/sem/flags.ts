/** Instructions on RFLAGS itself. */

import { EXIT } from "../cpu/exit.ts";
import { AC, AF, ARITH, CF, DF, ID, PF, SF, TF, ZF } from "../cpu/flags.ts";
import { RAX, STEPPING } from "../cpu/layout.ts";
import { i32, type Val } from "../wasm/expr.ts";
import type { Emit, Semantics, Size } from "./emit.ts";
import { type Family, ONE, ZERO } from "./operand.ts";
import { drop, peek, push } from "./stack.ts";
import { width } from "./width.ts";

const NT = 0x4000;
const RF_VM = 0x30000;
const VIF_VIP = 0x180000;

function pushFlags(size: Size): Semantics {
  return (e) => push(e, size, width(size).mask(width(size).fromI32(i32.and(e.readFlags(), i32.const(~RF_VM)))));
}

/** What POPF may change: not IF and IOPL, for want of privilege. RF becomes 0. */
export function restoreFlags(e: Emit, size: Size, v: Val): void {
  const user = ARITH | TF | DF | NT;
  const wide = size === 16 ? 0 : AC | ID | 0x10000;
  e.writeFlags(i32.and(v, i32.const(~(RF_VM | VIF_VIP))), user | wide);
}
/** To precede all changes of an instruction that loads flags: with TF or AC in them the engine goes on by single steps. */
export function beforeTrap(e: Emit, flags: Val): void {
  const trap = i32.ne(i32.and(flags, i32.const(TF | AC)), ZERO);
  e.if(i32.and(trap, i32.eqz(e.field("i32", STEPPING))), () => e.exit(EXIT.STEP, "this"));
}
function popFlags(size: Size): Semantics {
  return (e) => {
    const v = width(size).toI32(peek(e, size));
    beforeTrap(e, v);
    drop(e, size / 8);
    restoreFlags(e, size, v);
  };
}

const LOW = CF | PF | AF | ZF | SF;

export const FLAGS = {
  CLC: (e) => e.flagsSet({ cf: ZERO }),
  STC: (e) => e.flagsSet({ cf: ONE }),
  CMC: (e) => e.flagsSet({ cf: e.tmp(i32.xor(e.flag("cf"), ONE)) }),
  CLD: (e) => e.writeFlags(ZERO, DF),
  STD: (e) => e.writeFlags(i32.const(DF), DF),
  LAHF: (e) => {
    const low = i32.or(i32.and(e.readFlags(), i32.const(LOW)), i32.const(2));
    e.setReg(RAX, 16, i32.or(i32.shl(low, i32.const(8)), e.reg(RAX, 8)));
  },
  SAHF: (e) => e.writeFlags(i32.shr_u(e.reg(RAX, 16), i32.const(8)), LOW),
  PUSHF: pushFlags(16),
  PUSHFD: pushFlags(32),
  PUSHFQ: pushFlags(64),
  POPF: popFlags(16),
  POPFD: popFlags(32),
  POPFQ: popFlags(64),
} satisfies Family;
