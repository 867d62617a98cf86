/** Two-operand and one-operand arithmetic and logic. SDM volume 2, each instruction's page. */
import { i32, i64, type Val } from "../wasm/expr.ts";
import type { Emit, Semantics, Size } from "./emit.ts";
import { type Family, sizeOf, source } from "./operand.ts";
import { type Width, width } from "./width.ts";

type SetFlags = (e: Emit, size: Size, a: Val, b: Val, r: Val) => void;
type Compute = (w: Width, a: Val, b: Val) => Val;

const add: SetFlags = (e, size, a, b, r) => e.flagsAdd(size, a, b, r);
const sub: SetFlags = (e, size, a, b, r) => e.flagsSub(size, a, b, r);
const logic: SetFlags = (e, size, _a, _b, r) => e.flagsLogic(size, r);

/** op0 = op0 (compute) op1; `discard` leaves the destination alone. */
function binary(compute: Compute, setFlags: SetFlags, discard = false): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const a = e.read(0);
    const b = e.tmp(source(e, 1, size));
    const r = e.tmp(w.mask(compute(w, a, b)));
    if (!discard) e.write(0, r);
    setFlags(e, size, a, b, r);
  };
}

/** ADC and SBB: the carry goes in as a value of the operand's width. */
function withCarry(compute: (w: Width, a: Val, b: Val, c: Val) => Val, setFlags: SetFlags): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const a = e.read(0);
    const b = e.tmp(source(e, 1, size));
    const r = e.tmp(w.mask(compute(w, a, b, w.fromI32(e.flag("cf")))));
    e.write(0, r);
    setFlags(e, size, a, b, r);
  };
}

function step(dec: boolean): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const a = e.read(0);
    const r = e.tmp(w.mask((dec ? w.sub : w.add)(a, w.const(1))));
    e.write(0, r);
    if (dec) e.flagsDec(size, a, r);
    else e.flagsInc(size, a, r);
  };
}

/** a + b + carry out of and into one flag; the other flags stay (ADX). */
function addFlag(f: "cf" | "of"): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const a = e.read(0);
    const b = e.read(1);
    const r = e.tmp(w.add(w.add(a, b), w.fromI32(e.flag(f))));
    // Carry out of the top bit: both set, or one set and the sum's bit clear.
    const carry = e.tmp(w.sign(w.or(w.and(a, b), w.and(w.or(a, b), w.not(r)))));
    e.write(0, r);
    e.flagsSet({ [f]: carry });
  };
}

export const ALU = {
  ADD: binary((w, a, b) => w.add(a, b), add),
  OR: binary((w, a, b) => w.or(a, b), logic),
  ADC: withCarry((w, a, b, c) => w.add(w.add(a, b), c), add),
  SBB: withCarry((w, a, b, c) => w.sub(w.sub(a, b), c), sub),
  AND: binary((w, a, b) => w.and(a, b), logic),
  SUB: binary((w, a, b) => w.sub(a, b), sub),
  XOR: binary((w, a, b) => w.xor(a, b), logic),
  CMP: binary((w, a, b) => w.sub(a, b), sub, true),
  TEST: binary((w, a, b) => w.and(a, b), logic, true),
  INC: step(false),
  DEC: step(true),
  NOT: (e) => {
    const w = width(sizeOf(e));
    e.write(0, w.mask(w.not(e.read(0))));
  },
  NEG: (e) => {
    const size = sizeOf(e);
    const w = width(size);
    const b = e.read(0);
    const r = e.tmp(w.mask(w.neg(b)));
    e.write(0, r);
    e.flagsSub(size, w.const(0), b, r);
  },
  ADCX: addFlag("cf"),
  ADOX: addFlag("of"),
  CBW: (e) => e.setReg(0, 16, i32.extend8_s(e.reg(0, 8))),
  CWDE: (e) => e.setReg(0, 32, i32.extend16_s(e.reg(0, 16))),
  CDQE: (e) => e.setReg(0, 64, i64.extend_i32_s(e.reg(0, 32))),
  CWD: (e) => e.setReg(2, 16, i32.sub(i32.const(0), width(16).sign(e.reg(0, 16)))),
  CDQ: (e) => e.setReg(2, 32, i32.shr_s(e.reg(0, 32), i32.const(31))),
  CQO: (e) => e.setReg(2, 64, i64.shr_s(e.reg(0, 64), i64.const(63))),
  SALC: (e) => e.setReg(0, 8, i32.sub(i32.const(0), e.flag("cf"))),
} satisfies Family;
