/** Functions of the handlers' module that find out where to go on. */
import { EXIT } from "../../cpu/exit.ts";
import {
  BUDGET,
  CODE_BASE,
  EXIT_CODE,
  EXIT_REC,
  GPR,
  JUMP_BITS,
  JUMP_CACHE,
  JUMP_ENTRIES,
  RETURN_SP,
  RETURN_TO,
  RIP,
  RSP,
} from "../../cpu/layout.ts";
import type { Shared } from "../../sem/emit.ts";
import type { Code } from "../../wasm/code.ts";
import { i32, i64, type Val } from "../../wasm/expr.ts";
import { EXIT_RECORD, R_ENTRY, R_FN, R_RIP } from "../record.ts";

/** Index in table 0 of the handler that runs a region (jit/). */
export const FN_REGION = 6;

const ZERO = i32.const(0);

function jumpCacheEntry(c: Code, target: Val): Val {
  const lo = c.tmp(i32.wrap_i64(target));
  const hash = i32.xor(lo, i32.shr_u(lo, i32.const(JUMP_BITS)));
  return c.tmp(i32.shl(i32.and(hash, i32.const(JUMP_ENTRIES - 1)), i32.const(4)));
}

/** (linear address) -> record out of the jump cache, with CODE_BASE set, or 0. */
export const jumpCache: Shared = {
  name: "jumpCache",
  params: ["i64"],
  result: "i32",
  body: (c) => {
    const target = c.param(0);
    const at = jumpCacheEntry(c, target);
    c.if(i64.ne(c.ldExpr("i64", at, JUMP_CACHE), target), () => c.ret(ZERO));
    c.st("i64", ZERO, i64.and(target, i64.const(-4096)), CODE_BASE);
    c.ret(c.ldExpr("i32", at, JUMP_CACHE + 8));
  },
};

/**
 * (record, linear target) -> record to go on at: out of the jump cache, or the exit record after setting RIP and why.
 */
export const resolve: Shared = {
  name: "resolve",
  params: ["i32", "i64"],
  result: "i32",
  body: (c, use) => {
    const [rec, target] = [c.param(0), c.param(1)];
    const leave = (code: number): void => {
      c.st("i64", ZERO, target, RIP);
      c.st("i32", ZERO, rec, EXIT_REC);
      c.st("i32", ZERO, i32.const(code), EXIT_CODE);
      c.ret(i32.const(EXIT_RECORD));
    };
    c.if(i32.lt_s(c.ldExpr("i32", ZERO, BUDGET), ZERO), () => leave(EXIT.YIELD));
    c.if(i64.eq(target, c.ldExpr("i64", ZERO, RETURN_TO)), () => {
      const returned = i64.eq(c.ldExpr("i64", ZERO, GPR + RSP * 8), c.ldExpr("i64", ZERO, RETURN_SP));
      c.if(returned, () => leave(EXIT.RETURNED));
    });
    const to = c.call(use(jumpCache), target);
    c.if(to, () => c.ret(to));
    leave(EXIT.LOOKUP);
  },
};

/** Type of `invoke` (image.ts). */
export const INVOKE = { name: "invoke", params: ["i64", "i64", "i64", "i32"], result: "i64" } as const;

/** After a region that was called went on elsewhere, or left: as `invoke`, from where it is. */
export const proceed: Shared = {
  ...INVOKE,
  name: "proceed",
  body: (c, use) => {
    c.if(i64.eq(c.param(0), i64.const(-1)), () => c.ret(c.param(0)));
    const invoke = use({ ...INVOKE, body: () => {} });
    c.ret(c.callExpr(invoke, c.param(0), c.param(1), c.param(2), c.param(3)));
  },
};

/** (target, key: FN_REGION and a region's slot) -> the entry of that region which the target is, or -1. */
export const dispatch: Shared = {
  name: "dispatch",
  params: ["i64", "i64"],
  result: "i32",
  body: (c) => {
    const [target, key] = [c.param(0), c.param(1)];
    const none = (cond: Val): void => c.if(cond, () => c.ret(i32.const(-1)));
    const at = jumpCacheEntry(c, target);
    none(i64.ne(c.ldExpr("i64", at, JUMP_CACHE), target));
    const record = c.ld("i32", at, JUMP_CACHE + 8);
    none(i64.ne(c.ldExpr("i64", record, R_FN), key));
    none(i64.ne(c.ldExpr("i64", record, R_RIP), target));
    c.ret(c.ldExpr("u16", record, R_ENTRY));
  },
};
