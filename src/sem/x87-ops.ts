/** The x87 stack and the frame of every x87 instruction: shared functions over the operations of x87-arith and x87-convert. */
import type { Callee, Code } from "../wasm/code.ts";
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import type { Shared } from "./emit.ts";
import {
  C1,
  cell,
  clearExceptions,
  controlWord,
  DE,
  ES_B,
  EXC,
  FSW_C0,
  FSW_C1,
  FSW_C2,
  FSW_C3,
  IE,
  INDEFINITE,
  INDEFINITE_SE,
  isEmpty,
  k,
  k64,
  OE,
  PE,
  physical,
  RES,
  raise,
  roundingOf,
  SF,
  setCell,
  setIndefinite,
  setSlot,
  setStatusWord,
  setTags,
  slot,
  slotOf,
  statusWord,
  tags,
  UE,
  ZE,
} from "./x87-cells.ts";
import { COMPARE, ROUND_TO_INTEGRAL, TO_F32, TO_F64, TO_INT } from "./x87-convert.ts";

type Use = (f: Shared) => Callee;

/** Exceptions found before computing: unmasked, they stop the instruction and hide what rounding has raised. */
const EARLY = IE | DE | ZE;
/** Adds this instruction's exceptions to the status word; 1 if an unmasked one forbids the result. */
export const COMMIT_FLAGS: Shared = {
  name: "x87_commit_flags",
  params: [],
  result: "i32",
  body: (c) => {
    // Nearly always: everything masked.
    c.if(i32.eq(i32.and(controlWord(c), k(0x3f)), k(0x3f)), () => {
      const raised = i32.or(cell(c, EXC), i32.mul(cell(c, C1), k(FSW_C1)));
      setStatusWord(c, i32.or(i32.and(statusWord(c), k(~FSW_C1)), raised));
      c.ret(k(0));
    });
    const unmasked = c.tmp(i32.and(i32.xor(controlWord(c), k(0x3f)), k(0x3f)));
    const stopped = c.tmp(i32.ne(i32.and(i32.and(cell(c, EXC), unmasked), k(EARLY)), k(0)));
    c.if(stopped, () => {
      setCell(c, EXC, i32.and(cell(c, EXC), k(EARLY | SF)));
      c.if(i32.eqz(i32.and(cell(c, EXC), k(SF))), () => setCell(c, C1, k(0)));
    });
    const c1 = i32.mul(cell(c, C1), k(FSW_C1));
    const fsw = c.tmp(i32.or(i32.or(i32.and(statusWord(c), k(~FSW_C1)), cell(c, EXC)), c1));
    setStatusWord(c, i32.or(fsw, select(i32.and(fsw, unmasked), k(ES_B), k(0))));
    c.ret(stopped);
  },
};

const POP: Shared = {
  name: "x87_pop",
  params: [],
  result: undefined,
  body: (c) => {
    popOne(c);
    c.ret();
  },
};
function popOne(c: Code): void {
  const top = physical(c, k(0));
  setTags(c, i32.and(tags(c), i32.xor(i32.shl(k(1), top), k(-1))));
  setTop(c, i32.add(top, k(1)));
}
export function setTop(c: Code, top: Val): void {
  setStatusWord(c, i32.or(i32.and(statusWord(c), k(~0x3800)), i32.shl(i32.and(top, k(7)), k(11))));
}
function pops(c: Code, use: Use, n: Val): void {
  c.if(n, () => {
    c.callVoid(use(POP));
    c.if(i32.gt_u(n, k(1)), () => c.callVoid(use(POP)));
  });
}
function markUsed(c: Code, physicalNumber: Val): void {
  setTags(c, i32.or(tags(c), i32.shl(k(1), physicalNumber)));
}

/** (d, pops): the result slot goes to ST(d), unless an unmasked exception forbids it. */
export const FINISH: Shared = {
  name: "x87_finish",
  params: ["i32", "i32"],
  result: undefined,
  body: (c, use) => {
    c.if(c.call(use(COMMIT_FLAGS)), () => c.ret());
    const p = physical(c, c.param(0));
    setSlot(c, slotOf(p), c.ld("i64", k(0), RES), c.ld("u16", k(0), RES + 8));
    markUsed(c, p);
    pops(c, use, c.param(1));
    c.ret();
  },
};
/** (pops): for instructions whose result is elsewhere. */
export const FINISH_FLAGS: Shared = {
  name: "x87_finish_flags",
  params: ["i32"],
  result: "i32",
  body: (c, use) => {
    c.if(c.call(use(COMMIT_FLAGS)), () => c.ret(k(0)));
    pops(c, use, c.param(0));
    c.ret(k(1));
  },
};

/** (i): pushes slot number i (MEM_INDEX: the memory operand), after what its conversion has raised. */
export const PUSH: Shared = {
  name: "x87_push",
  params: ["i32"],
  result: undefined,
  body: (c, use) => {
    const m = c.var(k64(0));
    const se = c.var(k(0));
    const underflow = isEmpty(c, c.param(0));
    c.if(
      underflow,
      () => {
        raise(c, IE | SF);
        c.set(m, INDEFINITE);
        c.set(se, INDEFINITE_SE);
      },
      () => {
        const from = slot(c, c.param(0));
        c.set(m, c.ldExpr("i64", from));
        c.set(se, c.ldExpr("u16", from, 8));
      },
    );
    c.if(i32.eqz(isEmpty(c, k(-1))), () => {
      clearExceptions(c);
      raise(c, IE | SF);
      // An empty source is found first.
      setCell(c, C1, i32.eqz(underflow));
      c.set(m, INDEFINITE);
      c.set(se, INDEFINITE_SE);
    });
    // A denormal loaded is pushed even if DE is not masked.
    c.if(c.call(use(COMMIT_FLAGS)), () => c.if(i32.and(cell(c, EXC), k(IE)), () => c.ret()));
    const p = physical(c, k(-1));
    setTop(c, p);
    setSlot(c, slotOf(p), c.get(m), c.get(se));
    markUsed(c, p);
    c.ret();
  },
};

/** (d, a, b, pops): ST(d) = ST(a) op ST(b); exceptions raised before (by a memory operand's conversion) stay. */
export function binary(op: Shared): Shared {
  return {
    name: `${op.name}_st`,
    params: ["i32", "i32", "i32", "i32"],
    result: undefined,
    body: (c, use) => {
      const [d, a, b, n] = [c.param(0), c.param(1), c.param(2), c.param(3)];
      c.if(
        i32.or(isEmpty(c, a), isEmpty(c, b)),
        () => {
          clearExceptions(c);
          setIndefinite(c, IE | SF);
        },
        () => c.callVoid(use(op), slot(c, a), slot(c, b)),
      );
      c.callVoid(use(FINISH), d, n);
      c.ret();
    },
  };
}

/** FRNDINT. */
export const RNDINT: Shared = {
  name: "x87_rndint_st",
  params: [],
  result: undefined,
  body: (c, use) => {
    c.if(
      isEmpty(c, k(0)),
      () => setIndefinite(c, IE | SF),
      () => c.callVoid(use(ROUND_TO_INTEGRAL), slot(c, k(0))),
    );
    c.callVoid(use(FINISH), k(0), k(0));
    c.ret();
  },
};

/** (a, b, quiet) -> condition bits; an empty register is a stack fault and unordered. */
export const COMPARE_ST: Shared = {
  name: "x87_compare_st",
  params: ["i32", "i32", "i32"],
  result: "i32",
  body: (c, use) => {
    const [a, b] = [c.param(0), c.param(1)];
    c.if(i32.or(isEmpty(c, a), isEmpty(c, b)), () => {
      clearExceptions(c);
      raise(c, IE | SF);
      c.ret(k(FSW_C0 | FSW_C2 | FSW_C3));
    });
    c.ret(c.call(use(COMPARE), slot(c, a), slot(c, b), c.param(2)));
  },
};
/** (bits): sets C0, C2, C3. */
export const SET_CONDITION: Shared = {
  name: "x87_set_condition",
  params: ["i32"],
  result: undefined,
  body: (c) => {
    setStatusWord(c, i32.or(i32.and(statusWord(c), k(~(FSW_C0 | FSW_C2 | FSW_C3))), c.param(0)));
    c.ret();
  },
};

/** ST(0) as bits to store; the exceptions stay uncommitted until the store has succeeded. */
export function storeFloat(size: 32 | 64): Shared {
  const convert = size === 64 ? TO_F64 : TO_F32;
  const indefinite = size === 64 ? k64(-0x8000000000000n) : k64(0xffc00000n);
  return {
    name: `x87_store_f${size}`,
    params: [],
    result: "i64",
    body: (c, use) => {
      clearExceptions(c);
      c.if(isEmpty(c, k(0)), () => {
        raise(c, IE | SF);
        c.ret(indefinite);
      });
      c.ret(c.call(use(convert), slot(c, k(0))));
    },
  };
}
export const STORE_F64 = storeFloat(64);
export const STORE_F32 = storeFloat(32);
/** (size, truncate) */
export const STORE_INT: Shared = {
  name: "x87_store_int",
  params: ["i32", "i32"],
  result: "i64",
  body: (c, use) => {
    clearExceptions(c);
    c.if(isEmpty(c, k(0)), () => {
      raise(c, IE | SF);
      c.ret(i64.shl(k64(-1), i64.extend_i32_u(i32.sub(c.param(0), k(1)))));
    });
    const rc = select(c.param(1), k(3), roundingOf(controlWord(c)));
    c.ret(c.call(use(TO_INT), slot(c, k(0)), c.param(0), rc));
  },
};
/** 1 unless an unmasked exception forbids the store to memory. */
export const MAY_STORE: Shared = {
  name: "x87_may_store",
  params: [],
  result: "i32",
  body: (c) => {
    const unmasked = i32.xor(controlWord(c), k(0x3f));
    c.ret(i32.eqz(i32.and(i32.and(cell(c, EXC), unmasked), k(IE | DE | ZE | OE | UE))));
  },
};
/** (pops): after a store. */
export const FINISH_STORE: Shared = {
  name: "x87_finish_store",
  params: ["i32"],
  result: undefined,
  body: (c, use) => {
    const stored = c.call(use(MAY_STORE));
    c.if(i32.eqz(stored), () => {
      setCell(c, EXC, i32.and(cell(c, EXC), k(~PE)));
      c.if(i32.eqz(i32.and(cell(c, EXC), k(SF))), () => setCell(c, C1, k(0)));
    });
    c.callVoid(use(COMMIT_FLAGS));
    c.if(stored, () => pops(c, use, c.param(0)));
    c.ret();
  },
};
