/** x87: loads, stores, arithmetic, comparison, control words. SDM volume 1, chapter 8; volume 2 by mnemonic. */
import { FCW, FSW, FTW } from "../cpu/layout.ts";
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import type { Emit, Semantics, SemTable, Shared } from "./emit.ts";
import { ADD, DIV, MUL, SQRT, SUB } from "./x87-arith.ts";
import {
  C1,
  cell,
  clearExceptions,
  EXC,
  FSW_C0,
  FSW_C1,
  FSW_C2,
  FSW_C3,
  IE,
  INTEGER_BIT,
  isEmpty,
  k,
  k64,
  MEM,
  MEM_INDEX,
  physical,
  RES,
  raise,
  SF,
  setCell,
  setIndefinite,
  setSlot,
  slot,
  slotOf,
} from "./x87-cells.ts";
import { PUSH_F32, PUSH_F64 } from "./x87-convert.ts";
import { begin, checkPending, convertOperand, loadMemory, remember, stIndex, waiting } from "./x87-frame.ts";
import {
  binary,
  COMPARE_ST,
  FINISH,
  FINISH_FLAGS,
  FINISH_STORE,
  MAY_STORE,
  PUSH,
  RNDINT,
  SET_CONDITION,
  STORE_F32,
  STORE_F64,
  STORE_INT,
} from "./x87-ops.ts";

const table: SemTable = {};

// -- arithmetic

const OPS = { FADD: binary(ADD), FMUL: binary(MUL), FSUB: binary(SUB), FDIV: binary(DIV) } as const;

/** dst op src, or reversed; a memory operand is the source and ST(0) the destination. */
function arithmetic(op: Shared, reversed: boolean, integer: boolean, pops: number): Semantics {
  return (e) => {
    checkPending(e);
    const inMemory = e.ops[0].kind === "mem";
    const src = inMemory ? loadMemory(e, integer, false) : stIndex(e, 1);
    const dst = inMemory ? k(0) : stIndex(e, 0);
    if (!inMemory) begin(e);
    e.sharedVoid(op, dst, reversed ? src : dst, reversed ? dst : src, k(pops));
  };
}
for (const [name, op] of Object.entries(OPS)) {
  const forms = name === "FSUB" || name === "FDIV" ? ["", "R"] : [""];
  for (const r of forms) {
    table[`${name}${r}`] = arithmetic(op, r === "R", false, 0);
    table[`${name}${r}P`] = arithmetic(op, r === "R", false, 1);
    table[`FI${name.slice(1)}${r}`] = arithmetic(op, r === "R", true, 0);
  }
}
const SQRT_ST = binary(SQRT);
table.FSQRT = waiting((e) => e.sharedVoid(SQRT_ST, k(0), k(0), k(0), k(0)));
table.FRNDINT = waiting((e) => e.sharedVoid(RNDINT));

/** FCHS, FABS: the sign bit alone, whatever the number. */
function onSign(change: (se: Val) => Val): Semantics {
  return waiting((e) => {
    e.if(
      isEmpty(e, k(0)),
      () => setIndefinite(e, IE | SF),
      () => {
        const at = slot(e, k(0));
        const m = e.ld("i64", at);
        setSlot(e, k(RES), m, change(e.ld("u16", at, 8)));
      },
    );
    e.sharedVoid(FINISH, k(0), k(0));
  });
}
table.FCHS = onSign((se) => i32.xor(se, k(0x8000)));
table.FABS = onSign((se) => i32.and(se, k(0x7fff)));

// -- loads and stores

table.FLD = (e) => {
  checkPending(e);
  if (e.ops[0].kind !== "mem") {
    begin(e);
    e.sharedVoid(PUSH, stIndex(e, 0));
  } else if (e.ops[0].size === 80) e.sharedVoid(PUSH, loadMemory(e, false, true));
  else {
    const v = e.read(0);
    const quick = e.ops[0].size === 64 ? e.shared(PUSH_F64, v) : e.shared(PUSH_F32, i64.extend_i32_u(v));
    remember(e);
    e.if(i32.eqz(quick), () => {
      clearExceptions(e);
      convertOperand(e, v, false, true);
      e.sharedVoid(PUSH, k(MEM_INDEX));
    });
  }
};
table.FILD = (e) => {
  checkPending(e);
  e.sharedVoid(PUSH, loadMemory(e, true, false));
};
function constant(m: bigint, se: number): Semantics {
  return waiting((e) => {
    setSlot(e, k(MEM), k64(m), k(se));
    e.sharedVoid(PUSH, k(MEM_INDEX));
  });
}
table.FLDZ = constant(0n, 0);
table.FLD1 = constant(0x8000000000000000n, 0x3fff);

/** A constant with its 64 significant bits cut off, to be rounded by RC: `next` says whether the rest is above half. */
function roundedConstant(m: bigint, se: number, next: boolean): Semantics {
  return waiting((e) => {
    const rc = i32.and(i32.shr_u(e.field("u16", FCW), k(10)), k(3));
    const up = i32.or(i32.eq(rc, k(2)), next ? i32.eqz(rc) : k(0));
    setSlot(e, k(MEM), i64.add(k64(m), i64.extend_i32_u(up)), k(se));
    e.sharedVoid(PUSH, k(MEM_INDEX));
  });
}
table.FLDPI = roundedConstant(0xc90fdaa22168c234n, 0x4000, true);
table.FLDL2T = roundedConstant(0xd49a784bcd1b8afen, 0x4000, false);
table.FLDL2E = roundedConstant(0xb8aa3b295c17f0bbn, 0x3fff, true);
table.FLDLG2 = roundedConstant(0x9a209a84fbcff798n, 0x3ffd, true);
table.FLDLN2 = roundedConstant(0xb17217f7d1cf79abn, 0x3ffe, true);

/** Stores a value computed by `bits`; the status word changes only once the store cannot fault any more. */
function storing(bits: (e: Emit) => Val, store: (e: Emit, v: Val) => void, pops: number): Semantics {
  return (e) => {
    checkPending(e);
    e.ea(0);
    const v = bits(e);
    e.if(
      e.shared(MAY_STORE),
      () => store(e, v),
      () => e.probe(e.ea(0), e.ops[0].size / 8, "w"),
    );
    remember(e);
    e.sharedVoid(FINISH_STORE, k(pops));
  };
}
const write0 = (e: Emit, v: Val): void => e.write(0, e.ops[0].size === 64 ? v : i32.wrap_i64(v));
const storeFloat = (pops: number): Semantics =>
  storing((e) => e.shared(e.ops[0].size === 64 ? STORE_F64 : STORE_F32), write0, pops);
const storeInt = (truncate: boolean, pops: number): Semantics =>
  storing((e) => e.shared(STORE_INT, k(e.ops[0].size), k(truncate ? 1 : 0)), write0, pops);
table.FIST = storeInt(false, 0);
table.FISTP = storeInt(false, 1);
table.FISTTP = storeInt(true, 1);

/** FSTP m80: the bits as they are. */
const storeExtended: Semantics = (e) => {
  checkPending(e);
  const at = e.ea(0);
  e.probe(at, 10, "w");
  begin(e);
  copyToResult(e, k(0));
  e.if(e.shared(MAY_STORE), () => {
    e.store(at, 64, e.ld("i64", k(RES)));
    e.store(i64.add(at, k64(8)), 16, e.ld("u16", k(RES), 8));
  });
  e.sharedVoid(FINISH_STORE, k(1));
};
/** ST(i) to the result slot, or the default NaN with a stack fault if it is empty. */
function copyToResult(e: Emit, i: Val): void {
  e.if(
    isEmpty(e, i),
    () => setIndefinite(e, IE | SF),
    () => {
      const at = slot(e, i);
      const m = e.ld("i64", at);
      setSlot(e, k(RES), m, e.ld("u16", at, 8));
    },
  );
}
const storeRegister = (pops: number): Semantics =>
  waiting((e) => {
    const d = stIndex(e, 0);
    copyToResult(e, k(0));
    e.sharedVoid(FINISH, d, k(pops));
  });
table.FST = (e) => (e.ops[0].kind === "mem" ? storeFloat(0)(e) : storeRegister(0)(e));
table.FSTP = (e) => {
  if (e.ops[0].kind !== "mem") storeRegister(1)(e);
  else if (e.ops[0].size === 80) storeExtended(e);
  else storeFloat(1)(e);
};
/** As FSTP, but if ST(0) is empty this only pops. */
table.FSTPNCE = waiting((e) => {
  const d = stIndex(e, 0);
  e.if(
    isEmpty(e, k(0)),
    () => e.sharedVoid(FINISH_STORE, k(1)),
    () => {
      copyToResult(e, k(0));
      e.sharedVoid(FINISH, d, k(1));
    },
  );
});

table.FXCH = waiting((e) => {
  const i = stIndex(e, 0);
  const [p0, pi] = [physical(e, k(0)), physical(e, i)];
  const [a, b] = [e.tmp(slotOf(p0)), e.tmp(slotOf(pi))];
  const empty0 = isEmpty(e, k(0));
  const emptyI = isEmpty(e, i);
  const m0 = e.ld("i64", a);
  const se0 = e.ld("u16", a, 8);
  const mi = e.ld("i64", b);
  const sei = e.ld("u16", b, 8);
  e.if(
    i32.or(empty0, emptyI),
    () => {
      // Empty registers count as the default NaN.
      raise(e, IE | SF);
      copyToResult(e, i);
      const [m, se] = [e.ld("i64", k(RES)), e.ld("u16", k(RES), 8)];
      copyToResult(e, k(0));
      e.if(e.shared(FINISH_FLAGS, k(0)), () => {
        setSlot(e, b, e.ld("i64", k(RES)), e.ld("u16", k(RES), 8));
        setSlot(e, a, m, se);
        const both = i32.or(i32.shl(k(1), p0), i32.shl(k(1), pi));
        e.setField("u8", FTW, i32.or(e.field("u8", FTW), both));
      });
    },
    () => {
      setSlot(e, a, mi, sei);
      setSlot(e, b, m0, se0);
      e.setField("u16", FSW, i32.and(e.field("u16", FSW), k(~FSW_C1)));
    },
  );
});

// -- comparison

function compare(quiet: boolean, pops: number, integer = false): Semantics {
  return (e) => {
    checkPending(e);
    let b: Val;
    if (e.ops[0]?.kind === "mem") b = loadMemory(e, integer, false);
    else {
      begin(e);
      b = e.ops.length === 0 ? k(1) : stIndex(e, e.ops.length - 1);
    }
    const bits = e.shared(COMPARE_ST, k(0), b, k(quiet ? 1 : 0));
    e.sharedVoid(FINISH_FLAGS, k(pops));
    e.sharedVoid(SET_CONDITION, bits);
  };
}
table.FCOM = compare(false, 0);
table.FCOMP = compare(false, 1);
table.FCOMPP = compare(false, 2);
table.FICOM = compare(false, 0, true);
table.FICOMP = compare(false, 1, true);
table.FUCOM = compare(true, 0);
table.FUCOMP = compare(true, 1);
table.FUCOMPP = compare(true, 2);
table.FTST = waiting((e) => {
  setSlot(e, k(MEM), k64(0), k(0));
  const bits = e.shared(COMPARE_ST, k(0), k(MEM_INDEX), k(0));
  e.sharedVoid(FINISH_FLAGS, k(0));
  e.sharedVoid(SET_CONDITION, bits);
});

/** FCMOVcc leaves C1 as it is, unless the stack underflows. */
function keepC1(e: Emit): void {
  setCell(e, C1, i32.and(i32.shr_u(e.field("u16", FSW), k(9)), k(1)));
}
function compareToFlags(quiet: boolean, pops: number): Semantics {
  return waiting((e) => {
    const before = e.field("u16", FSW);
    const bits = e.shared(COMPARE_ST, k(0), stIndex(e, e.ops.length - 1), k(quiet ? 1 : 0));
    const bit = (n: number): Val => i32.and(i32.shr_u(bits, k(n)), k(1));
    e.sharedVoid(FINISH_FLAGS, k(pops));
    // C1 stays, unless the stack underflowed.
    const c1 = select(i32.and(cell(e, EXC), k(SF)), k(0), i32.and(before, k(FSW_C1)));
    e.setField("u16", FSW, i32.or(i32.and(e.field("u16", FSW), k(~FSW_C1)), c1));
    e.flagsSet({ cf: bit(8), pf: bit(10), zf: bit(14), of: k(0), sf: k(0), af: k(0) });
  });
}
table.FCOMI = compareToFlags(false, 0);
table.FCOMIP = compareToFlags(false, 1);
table.FUCOMI = compareToFlags(true, 0);
table.FUCOMIP = compareToFlags(true, 1);

/** FXAM: C3 C2 C0 say the class, C1 the sign; an empty register has class 101. */
table.FXAM = waiting((e) => {
  const at = slot(e, k(0));
  const se = e.ld("u16", at, 8);
  const m = e.ld("i64", at);
  const exp = e.tmp(i32.and(se, k(0x7fff)));
  const cls = e.var(k(FSW_C2));
  e.if(i32.eqz(exp), () => e.set(cls, k(FSW_C3 | FSW_C2)));
  e.if(i32.and(i32.ne(exp, k(0)), i64.ge_s(m, k64(0))), () => e.set(cls, k(0)));
  e.if(i32.and(i32.eq(exp, k(0x7fff)), i64.lt_s(m, k64(0))), () => e.set(cls, k(FSW_C0)));
  e.if(i32.and(i32.eq(exp, k(0x7fff)), i64.eq(m, INTEGER_BIT)), () => e.set(cls, k(FSW_C2 | FSW_C0)));
  e.if(i32.and(i32.eqz(exp), i64.eqz(m)), () => e.set(cls, k(FSW_C3)));
  e.if(isEmpty(e, k(0)), () => e.set(cls, k(FSW_C3 | FSW_C0)));
  setCell(e, C1, i32.shr_u(se, k(15)));
  e.sharedVoid(FINISH_STORE, k(0));
  e.sharedVoid(SET_CONDITION, e.get(cls));
});

/** FCMOVcc by Jcc condition number. */
function conditionalMove(cc: number): Semantics {
  return waiting((e) => {
    const i = stIndex(e, 1);
    const taken = e.tmp(e.cond(cc));
    const underflow = e.tmp(i32.or(isEmpty(e, k(0)), isEmpty(e, i)));
    e.if(
      underflow,
      () => {
        setIndefinite(e, IE | SF);
        e.sharedVoid(FINISH, k(0), k(0));
      },
      () => {
        e.if(taken, () => {
          keepC1(e);
          copyToResult(e, i);
          e.sharedVoid(FINISH, k(0), k(0));
        });
      },
    );
  });
}
for (const [name, cc] of Object.entries({ B: 2, NB: 3, E: 4, NE: 5, BE: 6, NBE: 7, U: 10, NU: 11 })) {
  table[`FCMOV${name}`] = conditionalMove(cc);
}

// -- control

table.FNCLEX = (e) => e.setField("u16", FSW, i32.and(e.field("u16", FSW), k(0x7f00)));
table.FNSTCW = (e) => e.write(0, e.field("u16", FCW));
table.FNSTSW = (e) => e.write(0, e.field("u16", FSW));
table.FLDCW = (e) => {
  checkPending(e);
  const cw = e.read(0);
  e.setField("u16", FCW, controlWordFrom(cw));
  e.setField("u16", FSW, summarized(e.field("u16", FSW), cw));
};
/** A control word as the processor keeps it: bit 6 is always set, reserved bits are clear. */
export function controlWordFrom(v: Val): Val {
  return i32.or(i32.and(v, k(0x1f3f)), k(0x40));
}
/** The status word with ES and B as the exceptions unmasked by the control word demand. */
export function summarized(fsw: Val, fcw: Val): Val {
  const unmasked = i32.and(i32.and(fsw, i32.xor(fcw, k(0x3f))), k(0x3f));
  return i32.or(i32.and(fsw, k(0x7f7f)), i32.mul(i32.ne(unmasked, k(0)), k(0x8080)));
}
table.FWAIT = checkPending;
table.FNOP = waiting(() => {});
table.FNENI = table.FNDISI = table.FNSETPM = () => {};
function rotate(by: number): Semantics {
  return waiting((e) => {
    const fsw = e.field("u16", FSW);
    const top = i32.and(i32.add(fsw, k(by << 11)), k(0x3800));
    e.setField("u16", FSW, i32.or(i32.and(fsw, k(~(0x3800 | FSW_C1))), top));
  });
}
table.FINCSTP = rotate(1);
table.FDECSTP = rotate(-1);
function free(e: Emit, pop: boolean): void {
  const p = physical(e, stIndex(e, 0));
  e.setField("u8", FTW, i32.and(e.field("u8", FTW), i32.xor(i32.shl(k(1), p), k(-1))));
  e.sharedVoid(FINISH_FLAGS, k(pop ? 1 : 0));
}
table.FFREE = waiting((e) => free(e, false));
table.FFREEP = waiting((e) => free(e, true));

export const x87: SemTable = table;
