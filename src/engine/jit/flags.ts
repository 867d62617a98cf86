/**
 * Flags in a region: a few locals say how they came about (emit/pending.ts), and where the code that set them last is
 * known as code is made, conditions become plain compares. Flags that nobody reads cost nothing.
 */
import { FLAG_AUX, FLAG_C, FLAG_OP, FLAG_RES, FLAG_X, FLAG_Y } from "../../cpu/layout.ts";
import type { Row } from "../../isa/types.ts";
import type { Cond, Flag, Size } from "../../sem/emit.ts";
import { width } from "../../sem/width.ts";
import type { Label } from "../../wasm/code.ts";
import { f32, f64, i32, i64, local, type Ty, type Val } from "../../wasm/expr.ts";
import { FlagEmit } from "../emit/flag-emit.ts";
import * as lazy from "../emit/lazy.ts";
import { type FlagKind, flagOp, pairOf, settle } from "../emit/pending.ts";
import { FLAGS, RegisterLog, type RegSet, VECTORS, withRegister } from "./registers.ts";

const ZERO = i32.const(0);

/** What set the flags, where that is known. */
export interface FlagState {
  kind: FlagKind;
  size: Size;
  /** Numbers that were compared, in locals of their own: as X and Y they are integers. */
  floats?: readonly [Val, Val];
}

/** Kinds that have a second value, and a carry. */
const HAS_Y: ReadonlySet<FlagKind> = new Set(["add", "adc", "sub", "sbb", "mul", "float"]);
const HAS_C: ReadonlySet<FlagKind> = new Set(["pair", "adc", "sbb", "inc", "dec"]);

export abstract class RegionFlags extends FlagEmit {
  abstract mnemonic: string;
  readonly log = new RegisterLog();
  /** Registers are in RAM where ways meet, and locals hold them from where they are first used. */
  protected parks = false;
  /** Of such code: what locals hold here. */
  protected held: RegSet = { lo: 0, hi: 0 };
  /** Of such code: registers to be loaded before the instruction at hand. */
  protected wanted: RegSet = { lo: 0, hi: 0 };
  flagState: FlagState | undefined;
  /** Nobody reads what the instruction at hand sets. */
  flagsDead = false;
  private opLocal = 0;
  private xLocal = 0;
  private yLocal = 0;
  private cLocal = 0;
  private floatLocals!: (ty: Ty) => readonly [number, number];
  /** The instruction at hand has to do with flags. */
  private touches = false;
  /** Depth of the structure around the block at hand. */
  protected baseDepth = 0;

  protected flagLocals(make: (ty: Ty) => number): void {
    this.opLocal = make("i32");
    this.cLocal = make("i32");
    this.xLocal = make("i64");
    this.yLocal = make("i64");
    const known = new Map<Ty, readonly [number, number]>();
    this.floatLocals = (ty) => {
      const pair = known.get(ty) ?? [make(ty), make(ty)];
      known.set(ty, pair);
      return pair;
    };
  }
  protected loadFlags(): void {
    this.set({ ty: "i32", index: this.opLocal }, this.ldExpr("i32", ZERO, FLAG_OP));
    this.set({ ty: "i32", index: this.cLocal }, this.ldExpr("i32", ZERO, FLAG_C));
    this.set({ ty: "i64", index: this.xLocal }, this.ldExpr("i64", ZERO, FLAG_X));
    this.set({ ty: "i64", index: this.yLocal }, this.ldExpr("i64", ZERO, FLAG_Y));
  }
  /** `state`: how they came about, if that is known. */
  protected saveFlags(state?: FlagState): void {
    this.st("i32", ZERO, state ? i32.const(flagOp(state.kind, state.size)) : local("i32", this.opLocal), FLAG_OP);
    if (!state || HAS_C.has(state.kind)) this.st("i32", ZERO, this.c, FLAG_C);
    this.st("i64", ZERO, this.x, FLAG_X);
    if (!state || HAS_Y.has(state.kind)) this.st("i64", ZERO, this.y, FLAG_Y);
  }
  private holds(r: number): boolean {
    return (r < VECTORS ? this.held.lo & (1 << r) : this.held.hi & (1 << r)) !== 0;
  }
  /** A register's local is read. */
  protected used(r: number): void {
    if (!this.parks) this.log.use(r);
    else if (!this.holds(r)) {
      this.held = withRegister(this.held, r);
      if (r < VECTORS) this.wanted.lo |= 1 << r;
      else this.wanted.hi |= 1 << r;
    }
  }
  /** It is set; where that happens on some paths only, it keeps the old value on the others. */
  protected defined(r: number): void {
    if (this.depth !== this.baseDepth) this.used(r);
    this.log.define(r);
    if (this.parks) this.held = withRegister(this.held, r);
  }
  /** Nothing is known any more of what was done before. */
  forget(): void {
    this.flagState = undefined;
    this.held = { lo: 0, hi: 0 };
  }
  protected startFlags(row: Row, dead: boolean): void {
    this.touches = row.flagsRead + row.flagsWritten + row.flagsUndefined !== "";
    this.flagsDead = dead;
  }

  // Semantics that sets or reads flags on some paths only: afterwards nothing is known.
  private around(emit: () => void): void {
    const state = this.flagState;
    if (this.touches) this.flagState = undefined;
    emit();
    this.flagState = this.touches ? undefined : state;
  }
  override if(cond: Val, then: () => void, otherwise?: () => void, likely?: boolean): void {
    const c = this.tmp(cond);
    this.around(() => super.if(c, then, otherwise, likely));
  }
  override loop(body: (top: Label) => void): void {
    const from = this.log.position;
    this.around(() => super.loop(body));
    this.log.repeat(from);
  }
  override block(body: (end: Label) => void): void {
    this.around(() => super.block(body));
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

  private record(kind: FlagKind, size: Size, x: Val, y?: Val, c?: Val): void {
    if (this.flagsDead) {
      this.flagState = undefined;
      return;
    }
    this.defined(FLAGS);
    const wide = (v: Val): Val => (v.ty === "i64" ? v : i64.extend_i32_u(v));
    this.set({ ty: "i64", index: this.xLocal }, wide(x));
    // A constant where there is none: an old value would have to be kept for the ways out.
    this.set({ ty: "i64", index: this.yLocal }, y ? wide(y) : i64.const(0));
    this.set({ ty: "i32", index: this.cLocal }, c ?? ZERO);
    this.set({ ty: "i32", index: this.opLocal }, i32.const(flagOp(kind, size)));
    this.flagState = this.depth === this.baseDepth ? { kind, size } : undefined;
  }
  /** The lazy pair: computed where it is known how the flags came about, otherwise settled in RAM. */
  protected override pair(): { res: Val; aux: Val } {
    const s = this.flagState;
    if (s) {
      const { res, aux } = pairOf(this, (f) => this.use(f), s.kind, s.size, this.x, this.y, this.c);
      return { res: this.kept(res), aux: this.kept(aux) };
    }
    if (!this.parks || this.holds(FLAGS)) {
      this.used(FLAGS);
      this.saveFlags();
    }
    this.callVoid(this.use(settle));
    const [res, aux] = [this.ld("i64", ZERO, FLAG_RES), this.ld("i32", ZERO, FLAG_AUX)];
    if (this.depth === this.baseDepth) this.record("pair", 64, res, undefined, aux);
    return { res, aux };
  }
  /** A value that later changes of the flags don't reach. */
  private kept(v: Val): Val {
    const i = this.newLocal(v.ty);
    this.set({ ty: v.ty, index: i }, v);
    return local(v.ty, i);
  }
  protected get res(): Val {
    return this.pair().res;
  }
  protected get aux(): Val {
    return this.pair().aux;
  }
  protected setLazy(res: Val, aux: Val): void {
    this.record("pair", 64, this.tmp(res), undefined, this.tmp(aux));
  }
  protected setAux(aux: Val): void {
    const x = this.tmp(aux);
    this.record("pair", 64, this.res, undefined, x);
  }

  override flagsAdd(size: Size, a: Val, b: Val, r: Val): void {
    const carry = this.mnemonic === "ADC";
    void b;
    this.record(carry ? "adc" : "add", size, a, r, carry ? this.carryIn : undefined);
  }
  override flagsSub(size: Size, a: Val, b: Val, r: Val): void {
    const borrow = this.mnemonic === "SBB";
    void r;
    this.record(borrow ? "sbb" : "sub", size, a, b, borrow ? this.carryIn : undefined);
  }
  override flagsProduct(a: Val, b: Val, r: Val): void {
    void r;
    this.record("mul", 64, a, b);
  }
  override flagsResult(size: Size, r: Val, cf: Val, of: Val, af: Val = ZERO): void {
    if (this.flagsDead) this.flagState = undefined;
    else super.flagsResult(size, r, cf, of, af);
  }
  override flagsSet(flags: Partial<Record<Flag, Val>>): void {
    if (this.flagsDead) this.flagState = undefined;
    else super.flagsSet(flags);
  }
  override flagsLogic(size: Size, r: Val): void {
    this.record("logic", size, r);
  }
  override flagsFloat(a: Val, b: Val): void {
    const { ty } = a;
    const bits = (v: Val): Val => (ty === "f64" ? i64.reinterpret_f64(v) : i32.reinterpret_f32(v));
    this.record("float", ty === "f64" ? 64 : 32, bits(a), bits(b));
    if (!this.flagState) return;
    const [x, y] = this.floatLocals(ty);
    this.set({ ty, index: x }, a);
    this.set({ ty, index: y }, b);
    this.flagState.floats = [local(ty, x), local(ty, y)];
  }
  override flagsInc(size: Size, a: Val, r: Val): void {
    void a;
    if (this.flagsDead) this.flagState = undefined;
    else this.record("inc", size, r, undefined, this.flag("cf"));
  }
  override flagsDec(size: Size, a: Val, r: Val): void {
    void a;
    if (this.flagsDead) this.flagState = undefined;
    else this.record("dec", size, r, undefined, this.flag("cf"));
  }
  /** The carry that ADC and SBB took in. */
  private carryIn: Val = ZERO;
  override flag(f: Flag): Val {
    const known = this.flagState && this.knownFlag(this.flagState, f);
    const v = known ? this.tmp(known) : super.flag(f);
    if (f === "cf") this.carryIn = v;
    return v;
  }
  override cond(cc: Cond): Val {
    const known = this.flagState && this.knownCond(this.flagState, cc >> 1);
    if (!known) return super.cond(cc);
    const v = cc & 1 ? i32.eqz(known) : known;
    // A jump uses it at once.
    return this.mnemonic.startsWith("J") ? v : this.tmp(v);
  }
  private get x(): Val {
    return local("i64", this.xLocal);
  }
  private get y(): Val {
    return local("i64", this.yLocal);
  }
  private get c(): Val {
    return local("i32", this.cLocal);
  }
  /** X or Y as a signed value of the operand's size: only its order counts. */
  private signed(size: Size, v: Val): Val {
    return size === 64 ? v : width(size).sext(i32.wrap_i64(v));
  }
  /** The result, as i32 or i64. */
  private result(s: FlagState): Val {
    const w = width(s.size);
    const value = (v: Val): Val => (s.size === 64 ? v : i32.wrap_i64(v));
    switch (s.kind) {
      case "add":
      case "adc":
        return value(this.y);
      case "sub":
        return w.mask(w.sub(value(this.x), value(this.y)));
      case "sbb":
        return w.mask(w.sub(w.sub(value(this.x), value(this.y)), w.fromI32(this.c)));
      case "mul":
        return i64.mul(this.x, this.y);
      default:
        return value(this.x);
    }
  }
  private knownFlag(s: FlagState, f: Flag): Val | undefined {
    const { x, y, c } = this;
    if (s.kind === "pair") return lazy.flagOf(f, x, c);
    if (s.floats) return f === "cf" || f === "zf" || f === "pf" ? lazy.floatFlags(...s.floats)[f] : ZERO;
    switch (f) {
      case "zf":
        return s.kind === "sub" ? i64.eq(x, y) : width(s.size).eqz(this.result(s));
      case "sf":
        return s.size === 64
          ? i64.lt_s(this.result(s), i64.const(0))
          : i32.lt_s(width(s.size).sext(this.result(s)), ZERO);
      case "cf":
        return this.knownCarry(s);
      case "pf": {
        const r = this.result(s);
        return lazy.evenParity(r.ty === "i64" ? i32.wrap_i64(r) : r);
      }
      case "of":
        if (s.kind === "logic") return ZERO;
        if (s.kind === "sub") return i32.ne(this.lessThan(s), this.knownFlag(s, "sf") as Val);
        return undefined;
      default:
        return undefined;
    }
  }
  private knownCarry(s: FlagState): Val | undefined {
    const { x, y, c } = this;
    switch (s.kind) {
      case "sub":
        return i64.lt_u(x, y);
      case "sbb":
        return i32.or(i64.lt_u(x, y), i32.and(c, i64.eq(x, y)));
      case "add":
        return i64.lt_u(y, x);
      case "adc":
        return i32.or(i64.lt_u(y, x), i32.and(c, i64.eq(x, y)));
      case "logic":
        return ZERO;
      case "mul":
        return undefined;
      default:
        return c;
    }
  }
  private lessThan(s: FlagState): Val {
    const [a, b] = [this.signed(s.size, this.x), this.signed(s.size, this.y)];
    return s.size === 64 ? i64.lt_s(a, b) : i32.lt_s(a, b);
  }
  /** Condition by its even code's half: O B E BE S P L LE. */
  private knownCond(s: FlagState, half: number): Val | undefined {
    const { x, y } = this;
    if (s.kind === "pair") return lazy.condOf(half << 1, x, this.c);
    if (s.floats) return floatCond(half, ...s.floats);
    const zero = s.size === 64 ? i64.const(0) : ZERO;
    switch (half) {
      case 0:
        return this.knownFlag(s, "of");
      case 1:
        return this.knownFlag(s, "cf");
      case 2:
        return this.knownFlag(s, "zf");
      case 4:
        return this.knownFlag(s, "sf");
      case 5:
        return this.knownFlag(s, "pf");
      case 3:
        if (s.kind === "sub") return i64.le_u(x, y);
        if (s.kind === "logic") return i64.eqz(x);
        if (s.kind === "mul") return undefined;
        return i32.or(this.knownFlag(s, "cf") as Val, this.knownFlag(s, "zf") as Val);
      case 6:
        if (s.kind === "sub") return this.lessThan(s);
        return s.kind === "logic" ? this.knownFlag(s, "sf") : undefined;
      default: {
        const [a, b] = [this.signed(s.size, x), s.kind === "sub" ? this.signed(s.size, y) : zero];
        if (s.kind !== "sub" && s.kind !== "logic") return undefined;
        return s.size === 64 ? i64.le_s(a, b) : i32.le_s(a, b);
      }
    }
  }
}

/** As `knownCond`, after a comparison of floating-point numbers. */
function floatCond(half: number, a: Val, b: Val): Val {
  const { cf, zf, pf } = lazy.floatFlags(a, b);
  const belowOrEqual = i32.eqz((a.ty === "f32" ? f32 : f64).gt(a, b));
  return [ZERO, cf, zf, belowOrEqual, ZERO, pf, ZERO, zf][half];
}
