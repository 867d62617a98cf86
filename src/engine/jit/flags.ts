/**
 * Flags in a region: what the last instruction did is known as the code is made, so conditions become plain compares and
 * flags that nobody reads cost nothing. Only at join points and exits are they put into the lazy pair, as locals.
 */
import type { Row } from "../../isa/types.ts";
import type { Cond, Flag, Size } from "../../sem/emit.ts";
import { width } from "../../sem/width.ts";
import type { Label } from "../../wasm/code.ts";
import { i32, i64, local, type Ty, type Val } from "../../wasm/expr.ts";
import { FlagEmit } from "../emit/flag-emit.ts";
import * as lazy from "../emit/lazy.ts";

const ZERO = i32.const(0);

/** What set the flags; undefined: they are in the pair. Operands and result are in locals of their own. */
export interface FlagState {
  kind: "add" | "sub" | "sbb" | "logic" | "inc" | "dec";
  size: Size;
  a: Val;
  b: Val;
  r: Val;
  /** CF as it was before INC or DEC. */
  cf: Val;
}

export abstract class RegionFlags extends FlagEmit {
  abstract mnemonic: string;
  flagState: FlagState | undefined;
  /** The pair is used at all in this function. */
  flagsUsed = false;
  protected resLocal = 0;
  protected auxLocal = 0;
  private slots!: Record<"a" | "b" | "r", Record<"i32" | "i64", number>> & { cf: number };
  /** The instruction at hand has to do with flags. */
  private touches = false;

  protected flagLocals(make: (ty: Ty) => number): void {
    this.resLocal = make("i64");
    this.auxLocal = make("i32");
    const pair = (): Record<"i32" | "i64", number> => ({ i32: make("i32"), i64: make("i64") });
    this.slots = { a: pair(), b: pair(), r: pair(), cf: make("i32") };
  }
  protected startFlags(row: Row): void {
    this.touches = row.flagsRead + row.flagsWritten + row.flagsUndefined !== "";
  }
  /** Semantics that sets or reads flags on some paths only needs them in the pair. */
  private settle(): void {
    if (this.touches) this.materialize();
  }
  override if(cond: Val, then: () => void, otherwise?: () => void, likely?: boolean): void {
    const c = this.tmp(cond);
    this.settle();
    super.if(c, then, otherwise, likely);
  }
  override loop(body: (top: Label) => void): void {
    this.settle();
    super.loop(body);
  }
  override block(body: (end: Label) => void): void {
    this.settle();
    super.block(body);
  }
  /** The same for the region's own structure, which leaves the flags alone. */
  plainIf(cond: Val, then: () => void, otherwise?: () => void, likely?: boolean): void {
    super.if(cond, then, otherwise, likely);
  }
  plainLoop(body: (top: Label) => void): void {
    super.loop(body);
  }
  plainBlock(body: (end: Label) => void): void {
    super.block(body);
  }

  /** Puts the flags into the pair. */
  materialize(): void {
    this.materializeCode();
    this.flagState = undefined;
  }
  /** The code for that, on a path that leaves: what is known stays known for the others. */
  protected materializeCode(): void {
    this.flagsUsed = true;
    const s = this.flagState;
    if (!s) return;
    this.set({ ty: "i64", index: this.resLocal }, lazy.resOf(s.size, s.r));
    this.set({ ty: "i32", index: this.auxLocal }, this.auxFor(s));
  }
  private auxFor(s: FlagState): Val {
    if (s.kind === "logic") return ZERO;
    const carries =
      s.kind === "add" || s.kind === "inc"
        ? lazy.addCarries(s.size, s.a, s.b, s.r)
        : lazy.subBorrows(s.size, s.a, s.b, s.r);
    const aux = lazy.auxOf(this, s.size, carries);
    if (s.kind !== "inc" && s.kind !== "dec") return aux;
    const t = this.tmp(aux);
    return lazy.auxFrom(s.cf, lazy.flagOf("of", s.r, t), lazy.flagOf("af", s.r, t));
  }

  protected get res(): Val {
    this.materialize();
    return this.fixed("i64", this.resLocal);
  }
  protected get aux(): Val {
    this.materialize();
    return this.fixed("i32", this.auxLocal);
  }
  private fixed(ty: Ty, index: number): Val {
    const i = this.newLocal(ty);
    this.set({ ty, index: i }, local(ty, index));
    return local(ty, i);
  }
  protected setLazy(res: Val, aux: Val): void {
    const r = this.tmp(res);
    const x = this.tmp(aux);
    this.flagState = undefined;
    this.flagsUsed = true;
    this.set({ ty: "i64", index: this.resLocal }, r);
    this.set({ ty: "i32", index: this.auxLocal }, x);
  }
  protected setAux(aux: Val): void {
    this.flagsUsed = true;
    this.set({ ty: "i32", index: this.auxLocal }, aux);
  }

  private keep(slot: "a" | "b" | "r", v: Val): Val {
    const ty = v.ty as "i32" | "i64";
    const index = this.slots[slot][ty];
    this.set({ ty, index }, v);
    return local(ty, index);
  }
  private record(kind: FlagState["kind"], size: Size, a: Val, b: Val, r: Val, cf: Val = ZERO): void {
    const next: FlagState = { kind, size, a: this.keep("a", a), b: this.keep("b", b), r: this.keep("r", r), cf };
    this.flagState = next;
    if (this.depth !== this.baseDepth) this.materialize();
  }
  /** Depth of the structure around the block at hand. */
  protected baseDepth = 0;

  override flagsAdd(size: Size, a: Val, b: Val, r: Val): void {
    this.record("add", size, a, b, r);
  }
  override flagsSub(size: Size, a: Val, b: Val, r: Val): void {
    // With a borrow coming in, comparing the operands tells nothing.
    this.record(this.mnemonic === "SBB" ? "sbb" : "sub", size, a, b, r);
  }
  override flagsLogic(size: Size, r: Val): void {
    const v = this.tmp(r);
    this.record("logic", size, v, v, v);
  }
  override flagsInc(size: Size, a: Val, r: Val): void {
    this.recordStep("inc", size, a, r);
  }
  override flagsDec(size: Size, a: Val, r: Val): void {
    this.recordStep("dec", size, a, r);
  }
  private recordStep(kind: "inc" | "dec", size: Size, a: Val, r: Val): void {
    const cf = this.flag("cf");
    this.set({ ty: "i32", index: this.slots.cf }, cf);
    this.record(kind, size, a, width(size).const(1), r, local("i32", this.slots.cf));
  }
  override flag(f: Flag): Val {
    const known = this.flagState && this.knownFlag(this.flagState, f);
    return known ? this.tmp(known) : super.flag(f);
  }
  override cond(cc: Cond): Val {
    const known = this.flagState && this.knownCond(this.flagState, cc >> 1);
    if (!known) return super.cond(cc);
    return this.tmp(cc & 1 ? i32.eqz(known) : known);
  }
  private knownFlag(s: FlagState, f: Flag): Val | undefined {
    const w = width(s.size);
    switch (f) {
      case "zf":
        return w.eqz(w.mask(s.r));
      case "sf":
        return w.sign(s.r);
      case "cf":
        if (s.kind === "sub") return s.size < 64 ? i32.lt_u(w.mask(s.a), w.mask(s.b)) : i64.lt_u(s.a, s.b);
        if (s.kind === "logic") return ZERO;
        if (s.kind === "inc" || s.kind === "dec") return s.cf;
        return undefined;
      case "of":
        return s.kind === "logic" ? ZERO : undefined;
      default:
        return undefined;
    }
  }
  /** Condition by its even code's half: O B E BE S P L LE. */
  private knownCond(s: FlagState, half: number): Val | undefined {
    const w = width(s.size);
    const lt = (a: Val, b: Val): Val => w.lt_s(w.sext(a), w.sext(b));
    switch (half) {
      case 1:
        return this.knownFlag(s, "cf");
      case 2:
        return this.knownFlag(s, "zf");
      case 4:
        return this.knownFlag(s, "sf");
      case 3:
        if (s.kind === "sub") return i32.eqz(w.lt_u(w.mask(s.b), w.mask(s.a)));
        return s.kind === "logic" ? w.eqz(w.mask(s.r)) : undefined;
      case 6:
        if (s.kind === "sub") return lt(s.a, s.b);
        return s.kind === "logic" ? w.sign(s.r) : undefined;
      case 7:
        if (s.kind === "sub") return i32.eqz(lt(s.b, s.a));
        return s.kind === "logic" ? i32.eqz(lt(w.const(0), s.r)) : undefined;
      default:
        return undefined;
    }
  }
}
