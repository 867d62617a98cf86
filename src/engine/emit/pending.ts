/**
 * Flags as the JIT holds them: how they came about, not what they are. An operation number, two values X and Y
 * (zero-extended to 64 bits) and a carry C:
 *
 *   add  X = a, Y = r            sub  X = a, Y = b            logic  X = r
 *   adc  X = a, Y = r, C in      sbb  X = a, Y = b, C in      inc, dec  X = r, C = CF as it was
 *   mul  X = a, Y = b (64 bits, signed)
 *   float  X, Y = bits of the floating-point numbers (32 or 64) that were compared
 *   pair X = RES, C = AUX: the lazy pair of cpu/flags.ts
 *
 * `settle` turns what is in FLAG_OP, FLAG_X, FLAG_Y, FLAG_C into the pair in RAM.
 */
import { FLAG_AUX, FLAG_C, FLAG_OP, FLAG_RES, FLAG_X, FLAG_Y } from "../../cpu/layout.ts";
import type { Shared, Size } from "../../sem/emit.ts";
import { mulHighS } from "../../sem/wide.ts";
import { width } from "../../sem/width.ts";
import type { Callee, Code, Label } from "../../wasm/code.ts";
import { f32, f64, i32, i64, type Val } from "../../wasm/expr.ts";
import * as lazy from "./lazy.ts";

export const KINDS = ["pair", "add", "sub", "logic", "adc", "sbb", "inc", "dec", "mul", "float"] as const;
export type FlagKind = (typeof KINDS)[number];
const SIZES: readonly Size[] = [8, 16, 32, 64];
const ZERO = i32.const(0);

export function flagOp(kind: FlagKind, size: Size): number {
  return KINDS.indexOf(kind) * 4 + SIZES.indexOf(size) + 1;
}

type Use = (f: Shared) => Callee;

/** The pair for one operation. */
export function pairOf(
  c: Code,
  use: Use,
  kind: FlagKind,
  size: Size,
  x: Val,
  y: Val,
  carry: Val,
): { res: Val; aux: Val } {
  const w = width(size);
  const value = (v: Val): Val => (size === 64 ? v : i32.wrap_i64(v));
  const a = c.tmp(value(x));
  const other = c.tmp(value(y));
  const aux = (carries: Val): Val => lazy.auxOf(c, size, carries);
  switch (kind) {
    case "pair":
      return { res: x, aux: carry };
    case "mul": {
      const r = c.tmp(i64.mul(x, y));
      const wide = c.tmp(i64.ne(c.callExpr(use(mulHighS), x, y), i64.shr_s(r, i64.const(63))));
      return { res: r, aux: lazy.auxFrom(wide, wide, ZERO) };
    }
    case "float": {
      const number = (v: Val): Val =>
        c.tmp(size === 64 ? f64.reinterpret_i64(v) : f32.reinterpret_i32(i32.wrap_i64(v)));
      return lazy.unpacked({ ...lazy.floatFlags(number(x), number(y)), of: ZERO, sf: ZERO, af: ZERO });
    }
    case "logic":
      return { res: lazy.resOf(size, a), aux: ZERO };
    case "add":
    case "adc": {
      const r = other;
      const b = c.tmp(w.mask(w.sub(w.sub(r, a), kind === "adc" ? w.fromI32(carry) : w.const(0))));
      return { res: lazy.resOf(size, r), aux: aux(lazy.addCarries(size, a, b, r)) };
    }
    case "sub":
    case "sbb": {
      const b = other;
      const r = c.tmp(w.mask(w.sub(w.sub(a, b), kind === "sbb" ? w.fromI32(carry) : w.const(0))));
      return { res: lazy.resOf(size, r), aux: aux(lazy.subBorrows(size, a, b, r)) };
    }
    default: {
      const r = a;
      const one = w.const(1);
      const old = c.tmp(w.mask(kind === "inc" ? w.sub(r, one) : w.add(r, one)));
      const carries = kind === "inc" ? lazy.addCarries(size, old, one, r) : lazy.subBorrows(size, old, one, r);
      const t = c.tmp(aux(carries));
      return { res: lazy.resOf(size, r), aux: lazy.auxFrom(carry, lazy.flagOf("of", r, t), lazy.flagOf("af", r, t)) };
    }
  }
}

export const settle: Shared = {
  name: "settle",
  params: [],
  result: undefined,
  body: (c, use) => {
    const op = c.ld("i32", ZERO, FLAG_OP);
    const [x, y] = [c.ld("i64", ZERO, FLAG_X), c.ld("i64", ZERO, FLAG_Y)];
    const carry = c.ld("i32", ZERO, FLAG_C);
    c.st("i32", ZERO, ZERO, FLAG_OP);
    const cases = KINDS.flatMap((kind) => SIZES.map((size) => ({ kind, size })));
    const labels: Label[] = [];
    /** Opens a block for each case, and for none; what follows a block's end is its case. */
    const open = (i: number): void => {
      if (i > cases.length) {
        c.brTable(op, [...labels].reverse());
        return;
      }
      c.block((end) => {
        labels.push(end);
        open(i + 1);
      });
      if (i === cases.length) {
        c.ret();
        return;
      }
      const { kind, size } = cases[cases.length - 1 - i];
      const { res, aux } = pairOf(c, use, kind, size, x, y, carry);
      c.st("i64", ZERO, res, FLAG_RES);
      c.st("i32", ZERO, aux, FLAG_AUX);
      c.ret();
    };
    open(0);
    c.ret();
  },
};

/** settle, if there is anything to settle. */
export function settleIfPending(c: Code, use: Use): void {
  c.if(c.ldExpr("i32", ZERO, FLAG_OP), () => c.callVoid(use(settle)));
}
