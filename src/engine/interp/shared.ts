/** Functions of the handlers' module that find out where to go on. */
import { EXIT } from "../../cpu/exit.ts";
import {
  BUDGET,
  CODE_BASE,
  EXIT_CODE,
  EXIT_REC,
  GPR,
  JUMP_CACHE,
  RETURN_SP,
  RETURN_TO,
  RIP,
  RSP,
} from "../../cpu/layout.ts";
import type { Shared } from "../../sem/emit.ts";
import type { Callee, Code } from "../../wasm/code.ts";
import { i32, i64, type Val } from "../../wasm/expr.ts";
import { EXIT_RECORD, R_POS } from "../record.ts";
import { findCode } from "./find.ts";
import { jumpCacheEntry } from "./jump-entry.ts";

const ZERO = i32.const(0);

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
 * A record to go on at after one that led to `target`: out of the jump cache, which is then `known`, or found; or returns the
 * exit record, with RIP and why.
 */
function resolveTarget(c: Code, use: (f: Shared) => Callee, known: (to: Val) => void = () => {}): Val {
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
  const to = c.var(c.callExpr(use(jumpCache), target));
  c.if(
    i32.eqz(c.get(to)),
    () => {
      c.set(to, c.callExpr(use(findCode), target));
      c.if(i32.eqz(c.get(to)), () => leave(EXIT.LOOKUP));
    },
    () => known(c.get(to)),
  );
  return c.get(to);
}

/** (record, linear target) -> record to go on at, or the exit record. */
export const resolve: Shared = {
  name: "resolve",
  params: ["i32", "i64"],
  result: "i32",
  body: (c, use) => c.ret(resolveTarget(c, use)),
};

/** The same for a computed jump: its target, if the jump cache knew it, is marked with some bits (JUMPED_TO, or none). */
export const resolveJump: Shared = {
  name: "resolveJump",
  params: ["i32", "i64", "i32"],
  result: "i32",
  body: (c, use) => {
    const mark = (to: Val): void => c.st("u8", to, i32.or(c.ldExpr("u8", to, R_POS), c.param(2)), R_POS);
    c.ret(resolveTarget(c, use, mark));
  },
};

/** The same for a direct branch, with the field of its record that links it to where it leads if that is in its page. */
export const resolveLink: Shared = {
  name: "resolveLink",
  params: ["i32", "i64", "i32"],
  result: "i32",
  body: (c, use) => {
    const [rec, target, field] = [c.param(0), c.param(1), c.param(2)];
    const here = c.tmp(i64.eq(i64.and(target, i64.const(-4096)), c.ldExpr("i64", ZERO, CODE_BASE)));
    const to = resolveTarget(c, use);
    c.if(here, () => c.st("i32", i32.add(rec, field), to));
    c.ret(to);
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

/** Type of `chain` (image.ts). */
export const CHAIN = { name: "chain", params: ["i32", "i64"], result: "i64" } as const;
