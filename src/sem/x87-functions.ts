/** x87 instructions whose work is done by TypeScript helpers: transcendental functions, remainders, scaling, decimals. */
import { FSW } from "../cpu/layout.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import type { Emit, Semantics, SemTable, Shared } from "./emit.ts";
import { isExpMax, isUnsupported, normalize, SPECIAL2, unpack } from "./x87-arith.ts";
import {
  BIAS,
  C1,
  cell,
  clearExceptions,
  controlWord,
  DE,
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
  RAW,
  RES,
  SF,
  setCell,
  setIndefinite,
  setResult,
  setSlot,
  setTags,
  slot,
  slotOf,
  tags,
} from "./x87-cells.ts";
import { begin, checkPending, loadMemory, waiting } from "./x87-frame.ts";
import { COMMIT_FLAGS, FINISH, FINISH_FLAGS, FINISH_STORE, MAY_STORE, PUSH, SET_CONDITION, setTop } from "./x87-ops.ts";
import { ROUND_F80 } from "./x87-round.ts";

/** (i): looks at ST(0) and ST(i): 1 if empty registers, NaNs or unsupported numbers have made the result already. */
const PREPARE: Shared = {
  name: "x87_prepare",
  params: ["i32"],
  result: "i32",
  body: (c, use) => {
    const i = c.param(0);
    c.if(i32.or(isEmpty(c, k(0)), isEmpty(c, i)), () => {
      setIndefinite(c, IE | SF);
      c.ret(k(1));
    });
    const [a, b] = [slot(c, k(0)), slot(c, i)];
    const [x, y] = [unpack(c, a), unpack(c, b)];
    const odd = i32.or(i32.or(isExpMax(c, x), isExpMax(c, y)), i32.or(isUnsupported(c, x), isUnsupported(c, y)));
    c.if(odd, () => c.if(c.call(use(SPECIAL2), a, b), () => c.ret(k(1))));
    normalize(c, x);
    normalize(c, y);
    c.ret(k(0));
  },
};
/** Rounds what a helper left, at full precision. */
const ROUND_RAW: Shared = {
  name: "x87_round_raw",
  params: [],
  result: undefined,
  body: (c, use) => {
    const at = k(0);
    c.if(i32.eqz(c.ld("i32", at, RAW.kind)), () => c.ret());
    const [hi, lo] = [c.ld("i64", at, RAW.hi), c.ld("i64", at, RAW.lo)];
    c.callVoid(use(ROUND_F80), c.ld("i32", at, RAW.sign), c.ld("i32", at, RAW.exp), hi, lo, k(0));
    c.ret();
  },
};

/** What `compute` gives when there was nothing to compute: bits other than C0 to C3. */
const NO_BITS = 1;
/** Calls a helper for ST(0) and ST(i) unless the result stands already. Gives the helper's condition bits. */
function compute(e: Emit, i: number, name: string, ...args: Val[]): Val {
  const bits = e.var(k(NO_BITS));
  e.if(i32.eqz(e.shared(PREPARE, k(i))), () => {
    e.set(bits, e.helper(name, ...args));
    e.sharedVoid(ROUND_RAW);
  });
  return e.get(bits);
}
/** Replaces ST(0), looking at ST(i) too. */
function unary(name: string, i: number): Semantics {
  return waiting((e) => {
    compute(e, i, name);
    e.sharedVoid(FINISH, k(0), k(0));
  });
}
/** Replaces ST(1) and pops. */
function binary(name: string): Semantics {
  return waiting((e) => {
    compute(e, 1, name);
    e.sharedVoid(FINISH, k(1), k(1));
  });
}
/** Replaces ST(0), looking at ST(1). */
function remainder(nearest: boolean): Semantics {
  return waiting((e) => {
    const bits = e.tmp(compute(e, 1, "x87Remainder", k(nearest ? 1 : 0)));
    e.sharedVoid(FINISH, k(0), k(0));
    clearC2(e);
    const stopping = i32.and(cell(e, EXC), i32.or(i32.xor(controlWord(e), k(0x3f)), k(IE)));
    const failed = i32.and(stopping, k(IE | DE));
    e.if(i32.eqz(i32.or(failed, i32.and(bits, k(NO_BITS)))), () => {
      e.sharedVoid(SET_CONDITION, i32.and(bits, k(FSW_C0 | FSW_C2 | FSW_C3)));
      e.setField("u16", FSW, i32.or(e.field("u16", FSW), i32.and(bits, k(FSW_C1))));
    });
  });
}
function clearC2(e: Emit): void {
  e.setField("u16", FSW, i32.and(e.field("u16", FSW), k(~FSW_C2)));
}
/** FSIN, FCOS: an operand too large sets C2 and stays. */
function circular(name: string): Semantics {
  return waiting((e) => {
    const bits = e.tmp(compute(e, 0, name));
    e.if(
      i32.and(bits, k(FSW_C2)),
      () => outOfRange(e),
      () => {
        e.sharedVoid(FINISH, k(0), k(0));
        clearC2(e);
      },
    );
  });
}
function outOfRange(e: Emit): void {
  e.sharedVoid(FINISH_FLAGS, k(0));
  e.setField("u16", FSW, i32.or(e.field("u16", FSW), k(FSW_C2)));
}
/** (): the memory operand's slot to ST(0), then the result slot pushed, unless an unmasked exception forbids it. */
const FINISH_PAIR: Shared = {
  name: "x87_finish_pair",
  params: [],
  result: undefined,
  body: (c, use) => {
    c.if(c.call(use(COMMIT_FLAGS)), () => c.ret());
    const [lower, top] = [physical(c, k(0)), physical(c, k(-1))];
    setSlot(c, slotOf(lower), c.ld("i64", k(0), MEM), c.ld("u16", k(0), MEM + 8));
    setSlot(c, slotOf(top), c.ld("i64", k(0), RES), c.ld("u16", k(0), RES + 8));
    setTags(c, i32.or(tags(c), i32.or(i32.shl(k(1), lower), i32.shl(k(1), top))));
    setTop(c, top);
    c.ret();
  },
};
function copyResult(e: Emit): void {
  setSlot(e, k(MEM), e.ld("i64", k(RES)), e.ld("u16", k(RES), 8));
}
/** `first` (a helper) replaces ST(0), then what `second` computes out of the old ST(0) is pushed. */
function twoResults(first: (e: Emit) => Val, second: (e: Emit) => void, setsC2: boolean): Semantics {
  return waiting((e) => {
    const c2 = e.var(k(0));
    const settled = e.var(e.shared(PREPARE, k(0)));
    e.if(i32.eqz(i32.or(isEmpty(e, k(-1)), isEmpty(e, k(0)))), () => {
      clearExceptions(e);
      setIndefinite(e, IE | SF);
      setCell(e, C1, k(1));
      e.set(settled, k(1));
    });
    e.if(i32.eqz(e.get(settled)), () => {
      e.set(c2, first(e));
      e.sharedVoid(ROUND_RAW);
    });
    copyResult(e);
    const invalid = i32.and(cell(e, EXC), k(IE));
    e.if(i32.eqz(i32.or(i32.or(e.get(settled), e.get(c2)), invalid)), () => {
      const c1 = cell(e, C1);
      second(e);
      setCell(e, C1, c1);
    });
    e.if(
      e.get(c2),
      () => outOfRange(e),
      () => {
        e.sharedVoid(FINISH_PAIR);
        if (setsC2) clearC2(e);
      },
    );
  });
}

const fbld: Semantics = (e) => {
  checkPending(e);
  loadMemory(e, false, false);
  e.helper("x87FromDecimal");
  e.sharedVoid(ROUND_RAW);
  copyResult(e);
  e.sharedVoid(PUSH, k(MEM_INDEX));
};
const fbstp: Semantics = (e) => {
  checkPending(e);
  const at = e.ea(0);
  e.probe(at, 10, "w");
  begin(e);
  e.if(
    isEmpty(e, k(0)),
    () => setIndefinite(e, IE | SF),
    () => {
      e.helper("x87ToDecimal");
    },
  );
  e.if(e.shared(MAY_STORE), () => {
    e.store(at, 64, e.ld("i64", k(RES)));
    e.store(i64.add(at, k64(8)), 16, e.ld("u16", k(RES), 8));
  });
  e.sharedVoid(FINISH_STORE, k(1));
};

export const x87Functions: SemTable = {
  F2XM1: unary("x87Exp2m1", 0),
  FYL2X: binary("x87Log2"),
  FYL2XP1: binary("x87Log2p1"),
  FPATAN: binary("x87Atan"),
  FSCALE: unary("x87Scale", 1),
  FPREM: remainder(false),
  FPREM1: remainder(true),
  FSIN: circular("x87Sin"),
  FCOS: circular("x87Cos"),
  FSINCOS: twoResults(
    (e) => e.helper("x87Sin"),
    (e) => {
      e.helper("x87Cos");
      e.sharedVoid(ROUND_RAW);
    },
    true,
  ),
  FPTAN: twoResults(
    (e) => e.helper("x87Tan"),
    (e) => setResult(e, INTEGER_BIT, k(BIAS)),
    true,
  ),
  FXTRACT: twoResults(
    (e) => e.helper("x87Extract", k(0)),
    (e) => {
      e.helper("x87Extract", k(1));
      e.sharedVoid(ROUND_RAW);
    },
    false,
  ),
  FBLD: fbld,
  FBSTP: fbstp,
};
