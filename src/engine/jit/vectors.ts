/**
 * Locals of regions, and vector registers: each half in a local of its own, or as two doubles where the region computes
 * with the lower one alone (doubles.ts).
 */
import { YMM, YMM_STRIDE } from "../../cpu/layout.ts";
import { quickFromMxcsr, quickLanes } from "../../sem/sse-float-quick.ts";
import { replaceLow } from "../../sem/vex.ts";
import { CONST, f32, f64, i32, i64, local, type Ty, type Val } from "../../wasm/expr.ts";
import { f32x4, f64x2, i32x4, i64x2, v128 } from "../../wasm/simd.ts";
import { RegionFlags } from "./flags.ts";
import { UPPERS, VECTORS } from "./registers.ts";

const ZERO = i32.const(0);
const ZERO_VECTOR = v128.const([0]);

/** First upper half among the vector registers' halves. */
const UPPER = 16;
function vectorField(n: number): number {
  return YMM + (n % UPPER) * YMM_STRIDE + (n >= UPPER ? 16 : 0);
}

export abstract class RegionVectors extends RegionFlags {
  /** Where code is inserted when all is known: register saves and loads, indices of functions, ways out. */
  protected readonly inserts: { at: number; write: () => void }[] = [];
  /** Temporaries to use again in the next instruction, by type. */
  private readonly pool: Record<Ty, { locals: number[]; used: number }> = {
    i32: { locals: [], used: 0 },
    i64: { locals: [], used: 0 },
    f32: { locals: [], used: 0 },
    f64: { locals: [], used: 0 },
    v128: { locals: [], used: 0 },
  };
  protected readonly pools = Object.values(this.pool);
  /** Registers that are kept as two doubles, as bits. */
  doubles = 0;
  /** Lower halves at 0 to 15 (of doubles: the lower one), upper halves at 16 to 31. */
  private readonly vector: (number | undefined)[] = [];
  /** The upper doubles. */
  private readonly high: (number | undefined)[] = [];
  private quick: number | undefined;
  private quickVector: number | undefined;

  // -- locals

  /** A local of its own, for good. */
  protected fixedLocal(ty: Ty): number {
    return super.newLocal(ty);
  }
  override newLocal(ty: Ty): number {
    const p = this.pool[ty];
    if (p.used === p.locals.length) p.locals.push(super.newLocal(ty));
    return p.locals[p.used++];
  }
  /** A copy that later changes of the source don't reach. */
  protected copy(v: Val): Val {
    const i = this.newLocal(v.ty);
    this.set({ ty: v.ty, index: i }, v);
    return local(v.ty, i);
  }
  protected setLocal(index: number, v: Val): void {
    this.set({ ty: v.ty, index }, v);
  }
  protected insert(write: () => void): void {
    this.inserts.push({ at: this.out.len, write });
  }

  // -- vector registers

  private isDouble(n: number): boolean {
    return n < UPPER && (this.doubles & (1 << n)) !== 0;
  }
  private vectorLocal(n: number): Val {
    this.used(VECTORS + n);
    return local("v128", (this.vector[n] ??= this.fixedLocal("v128")));
  }
  private pairLocals(n: number): [number, number] {
    const low = (this.vector[n] ??= this.fixedLocal("f64"));
    return [low, (this.high[n] ??= this.fixedLocal("f64"))];
  }
  private double(n: number, half: 0 | 1): Val {
    if (!this.isDouble(n)) return f64x2.extract_lane(this.vectorLocal(n), half);
    this.used(VECTORS + n);
    return local("f64", this.pairLocals(n)[half]);
  }
  private setPair(n: number, low: Val, high?: Val): void {
    const [lo, hi] = this.pairLocals(n);
    if (!high) this.used(VECTORS + n);
    this.setLocal(lo, low);
    if (high) this.setLocal(hi, high);
    this.defined(VECTORS + n);
  }
  private all(n: number): Val {
    if (!this.isDouble(n)) return this.vectorLocal(n);
    return f64x2.replace_lane(f64x2.splat(this.double(n, 0)), 1, this.double(n, 1));
  }
  xmm(n: number): Val {
    return this.copy(this.all(n));
  }
  setXmm(n: number, v: Val): void {
    if (this.isDouble(n)) {
      const t = this.tmp(v);
      const zero = t.op === CONST && (t.imm as Uint8Array).every((byte) => byte === 0);
      const lane = (i: number): Val => (zero ? f64.const(0) : f64x2.extract_lane(t, i));
      this.setPair(n, lane(0), lane(1));
      return;
    }
    this.setLocal((this.vector[n] ??= this.fixedLocal("v128")), v);
    this.defined(VECTORS + n);
  }
  protected copyXmm(to: number, from: number): void {
    if (to === from) return;
    if (this.isDouble(to)) this.setPair(to, this.double(from, 0), this.double(from, 1));
    else this.setXmm(to, this.all(from));
  }
  /** The lowest lane of the type. */
  protected readLane(n: number, ty: Ty): Val {
    if (ty === "v128") return this.xmm(n);
    if (this.isDouble(n)) {
      const v = this.double(n, 0);
      if (ty === "f64") return this.copy(v);
      const bits = i64.reinterpret_f64(v);
      if (ty === "i64") return this.tmp(bits);
      const low = i32.wrap_i64(bits);
      return this.tmp(ty === "i32" ? low : f32.reinterpret_i32(low));
    }
    const lanes = { f64: f64x2, f32: f32x4, i64: i64x2, i32: i32x4 }[ty];
    return this.tmp(lanes.extract_lane(this.vectorLocal(n), 0));
  }
  /** Register n becomes register `rest`, or zero, with the lowest lane replaced. */
  protected writeLane(n: number, v: Val, rest: number | "zero"): void {
    if (v.ty === "v128") this.setXmm(n, v);
    else if (this.isDouble(n)) this.writeDouble(n, v, rest);
    else this.setXmm(n, replaceLow(rest === "zero" ? ZERO_VECTOR : this.all(rest), v));
  }
  private writeDouble(n: number, v: Val, rest: number | "zero"): void {
    const high = rest === "zero" ? f64.const(0) : rest === n ? undefined : this.double(rest, 1);
    let low = v;
    if (v.ty === "i64") low = f64.reinterpret_i64(v);
    else if (v.ty !== "f64") {
      const bits = i64.extend_i32_u(v.ty === "f32" ? i32.reinterpret_f32(v) : v);
      const kept = (from: number): Val => i64.and(i64.reinterpret_f64(this.double(from, 0)), i64.const(-0x100000000n));
      low = f64.reinterpret_i64(rest === "zero" ? bits : i64.or(kept(rest), bits));
    }
    this.setPair(n, low, high);
  }
  upper(n: number): Val {
    return this.xmm(n + UPPER);
  }
  setUpper(n: number, v: Val): void {
    this.setXmm(n + UPPER, v);
  }
  clearUppers(): void {
    for (let r = UPPERS; r < UPPERS + UPPER; r++) this.defined(r);
    // Halves that have no local are cleared where they are.
    this.insert(() => {
      for (let n = UPPER; n < 2 * UPPER; n++) {
        const i = this.vector[n];
        if (i === undefined) this.st("v128", ZERO, ZERO_VECTOR, vectorField(n));
        else this.setLocal(i, ZERO_VECTOR);
      }
    });
  }
  /** Locals of the registers in a set, with their places in RAM. */
  protected vectors(set: number, visit: (w: "f64" | "v128", index: number, address: number) => void): void {
    this.vector.forEach((i, n) => {
      if (i === undefined || !(set & (1 << n))) return;
      if (this.isDouble(n)) {
        visit("f64", i, vectorField(n));
        visit("f64", this.pairLocals(n)[1], vectorField(n) + 8);
      } else visit("v128", i, vectorField(n));
    });
  }

  // -- the state of floating point

  quickFloat(): Val {
    return local("i32", (this.quick ??= this.fixedLocal("i32")));
  }
  quickFloats(): Val {
    this.quickFloat();
    return local("v128", (this.quickVector ??= this.fixedLocal("v128")));
  }
  /** Flags that operations set don't matter to it: where it is 0 it may stay so until the next call or entry. */
  protected loadQuick(): void {
    if (this.quick === undefined) return;
    this.setLocal(this.quick, quickFromMxcsr(this));
    if (this.quickVector !== undefined) this.setLocal(this.quickVector, quickLanes(this.quickFloat()));
  }
}
