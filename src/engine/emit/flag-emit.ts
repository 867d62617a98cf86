/** Arithmetic flags for both back ends, over the lazy pair. */
import { ARITH } from "../../cpu/flags.ts";
import { FLAG_SYS } from "../../cpu/layout.ts";
import type { Cond, Flag, Size } from "../../sem/emit.ts";
import { mulHighS } from "../../sem/wide.ts";
import { width } from "../../sem/width.ts";
import { i32, i64, type Val } from "../../wasm/expr.ts";
import * as lazy from "./lazy.ts";
import { MemoryEmit } from "./memory-emit.ts";

const ZERO = i32.const(0);

export abstract class FlagEmit extends MemoryEmit {
  /** The lazy pair, see cpu/flags.ts. */
  protected abstract get res(): Val;
  protected abstract get aux(): Val;
  protected abstract setLazy(res: Val, aux: Val): void;
  protected abstract setAux(aux: Val): void;
  flagsAdd(size: Size, a: Val, b: Val, r: Val): void {
    this.setLazy(lazy.resOf(size, r), lazy.auxOf(this, size, lazy.addCarries(size, a, b, r)));
  }
  flagsSub(size: Size, a: Val, b: Val, r: Val): void {
    this.setLazy(lazy.resOf(size, r), lazy.auxOf(this, size, lazy.subBorrows(size, a, b, r)));
  }
  flagsLogic(size: Size, r: Val): void {
    this.setLazy(lazy.resOf(size, r), ZERO);
  }
  flagsInc(size: Size, a: Val, r: Val): void {
    this.keepCarry(size, r, lazy.addCarries(size, a, width(size).const(1), r));
  }
  flagsDec(size: Size, a: Val, r: Val): void {
    this.keepCarry(size, r, lazy.subBorrows(size, a, width(size).const(1), r));
  }
  protected keepCarry(size: Size, r: Val, carries: Val): void {
    const cf = this.flag("cf");
    const aux = this.tmp(lazy.auxOf(this, size, carries));
    this.setLazy(lazy.resOf(size, r), lazy.auxFrom(cf, lazy.flagOf("of", r, aux), lazy.flagOf("af", r, aux)));
  }
  flagsFloat(a: Val, b: Val): void {
    this.flagsSet({ ...lazy.floatFlags(a, b), of: ZERO, sf: ZERO, af: ZERO });
  }
  flagsResult(size: Size, r: Val, cf: Val, of: Val, af: Val = ZERO): void {
    this.setLazy(lazy.resOf(size, r), lazy.auxFrom(this.tmp(cf), of, af));
  }
  flagsProduct(a: Val, b: Val, r: Val): void {
    const hi = this.callExpr(this.use(mulHighS), a, b);
    const wide = this.tmp(i64.ne(hi, i64.shr_s(r, i64.const(63))));
    this.flagsResult(64, r, wide, wide);
  }
  /** Both, as temporaries. */
  protected pair(): { res: Val; aux: Val } {
    return { res: this.res, aux: this.aux };
  }
  flagsSet(flags: Partial<Record<Flag, Val>>): void {
    const { res, aux } = this.pair();
    if (!flags.zf && !flags.sf && !flags.pf) {
      const cf = this.tmp(flags.cf ?? lazy.flagOf("cf", res, aux));
      const of = flags.of ?? lazy.flagOf("of", res, aux);
      const af = flags.af ?? lazy.flagOf("af", res, aux);
      const kept = i32.and(aux, i32.const(0xff01));
      this.setAux(i32.or(kept, lazy.auxFrom(cf, of, af)));
      return;
    }
    const all = {} as Record<Flag, Val>;
    for (const f of ["cf", "pf", "af", "zf", "sf", "of"] as const) {
      all[f] = this.tmp(flags[f] ?? lazy.flagOf(f, res, aux));
    }
    const u = lazy.unpacked(all);
    this.setLazy(u.res, u.aux);
  }
  flag(f: Flag): Val {
    const { res, aux } = this.pair();
    return this.tmp(lazy.flagOf(f, res, aux));
  }
  cond(cc: Cond): Val {
    const { res, aux } = this.pair();
    return this.tmp(lazy.condOf(cc, res, aux));
  }
  readFlags(): Val {
    const { res, aux } = this.pair();
    return this.tmp(i32.or(lazy.packed(res, aux), this.ldExpr("i32", ZERO, FLAG_SYS)));
  }
  writeFlags(v: Val, mask: number): void {
    const bits = this.tmp(v);
    const arith = mask & ARITH;
    if (arith) {
      const names = { cf: 1, pf: 4, af: 0x10, zf: 0x40, sf: 0x80, of: 0x800 } as const;
      const set: Partial<Record<Flag, Val>> = {};
      for (const [f, bit] of Object.entries(names)) if (arith & bit) set[f as Flag] = lazy.bitOf(bits, bit);
      this.flagsSet(set);
    }
    const sys = mask & ~ARITH;
    if (!sys) return;
    const old = i32.and(this.ldExpr("i32", ZERO, FLAG_SYS), i32.const(~sys));
    this.st("i32", ZERO, i32.or(old, i32.and(bits, i32.const(sys))), FLAG_SYS);
  }
}
