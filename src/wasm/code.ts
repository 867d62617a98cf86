import { Bytes } from "./bytes.ts";
import { CALL, CONST, i32, isCheap, LOAD, LOCAL, local, SAT, SELECT, SIMD, type Ty, type Val } from "./expr.ts";
import { TY_CODE } from "./module.ts";

/** A mutable local. */
export interface Var {
  readonly ty: Ty;
  readonly index: number;
}

/** A label to branch to, as made by `block` and `loop`. */
export interface Label {
  readonly depth: number;
}

/** A function that generated code may call. */
export interface Callee {
  readonly index: number;
  readonly params: readonly Ty[];
  readonly result: Ty | undefined;
}

/** A length of the code, and where an instruction begins that sets a local and ends there. */
export interface Place {
  readonly length: number;
  readonly set: number;
}

const LOADS = {
  u8: 0x2d,
  s8: 0x2c,
  u16: 0x2f,
  s16: 0x2e,
  i32: 0x28,
  i64: 0x29,
  f32: 0x2a,
  f64: 0x2b,
  v128: SIMD,
} as const;
const STORES = { u8: 0x3a, u16: 0x3b, i32: 0x36, i64: 0x37, f32: 0x38, f64: 0x39, v128: SIMD + 11 } as const;
export type Width = "u8" | "s8" | "u16" | "s16" | "i32" | "i64" | "f32" | "f64" | "v128";
export type StoreWidth = keyof typeof STORES;

const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;

function resultOf(w: Width): Ty {
  return w === "i64" || w === "f32" || w === "f64" || w === "v128" ? w : "i32";
}

/**
 * Writes one function's body, statement by statement. Values are expression trees (expr.ts) over locals and constants;
 * whatever reads memory or must happen at this point becomes a temporary at once.
 */
export class Code {
  protected out = new Bytes();
  private locals: Ty[] = [];
  protected depth = 0;
  /** Where the last instruction ends, if it sets a local, and where it begins. */
  private setEnd = -1;
  private setStart = 0;
  private lastSet = -1;

  constructor(readonly params: readonly Ty[]) {}

  param(i: number): Val {
    return local(this.params[i], i);
  }
  newLocal(ty: Ty): number {
    this.locals.push(ty);
    return this.params.length + this.locals.length - 1;
  }
  /** Evaluates now, once. */
  tmp(v: Val): Val {
    if (isCheap(v)) return v;
    const i = this.newLocal(v.ty);
    this.expr(v);
    this.setTop(i);
    return local(v.ty, i);
  }
  /** Sets a local to what is on the stack. */
  protected setTop(index: number): void {
    const o = this.out;
    this.lastSet = index;
    this.setStart = o.len;
    o.u8(LOCAL_SET);
    o.u32(index);
    this.setEnd = o.len;
  }
  /** Pushes a local; right after it was set, the two instructions are one. */
  private push(index: number): void {
    const o = this.out;
    if (o.len === this.setEnd && this.lastSet === index) {
      o.buf[this.setStart] = LOCAL_TEE;
      this.setEnd = -1;
      return;
    }
    o.u8(0x20);
    o.u32(index);
  }
  /** Goes on in another buffer. */
  protected writeTo(out: Bytes): void {
    this.out = out;
    this.setEnd = -1;
  }
  /** A place to cut the code off again. */
  protected get codePlace(): Place {
    return { length: this.out.len, set: this.setEnd === this.out.len ? this.setStart : -1 };
  }
  protected cut({ length, set }: Place): void {
    this.out.len = length;
    this.setEnd = -1;
    if (set >= 0) this.out.buf[set] = LOCAL_SET;
  }
  /** A mutable local with an initial value. */
  var(init: Val): Var {
    const x = { ty: init.ty, index: this.newLocal(init.ty) };
    this.set(x, init);
    return x;
  }
  /** The variable's value at the place where the expression is used. Take a `tmp` to keep it across a `set`. */
  get(x: Var): Val {
    return local(x.ty, x.index);
  }
  set(x: Var, v: Val): void {
    if (x.ty !== v.ty) throw new Error(`set ${x.ty} to ${v.ty}`);
    this.expr(v);
    this.setTop(x.index);
  }
  /** Reads host memory (not guest memory) now: zero- or sign-extended as the width says. */
  ld(w: Width, at: Val, offset = 0): Val {
    return this.tmp(this.ldExpr(w, at, offset));
  }
  /** The same as an expression; use it before anything writes. */
  ldExpr(w: Width, at: Val, offset = 0): Val {
    return { ty: resultOf(w), op: LOAD - LOADS[w], args: [at], imm: offset };
  }
  /** Writes host memory (not guest memory). */
  st(w: StoreWidth, at: Val, v: Val, offset = 0): void {
    this.expr(at);
    this.storeTo(w, v, offset);
  }
  /** The same to the address on the stack. */
  protected storeTo(w: StoreWidth, v: Val, offset = 0): void {
    this.expr(v);
    this.opcode(STORES[w]);
    this.out.u32(0);
    this.out.u32(offset);
  }
  /** `likely`: which way it usually goes, where that is known. */
  if(cond: Val, then: () => void, otherwise?: () => void, likely?: boolean): void {
    this.expr(cond);
    this.ifTop(then, otherwise, likely);
  }
  /** The same for a condition on the stack. */
  protected ifTop(then: () => void, otherwise?: () => void, likely?: boolean): void {
    if (likely !== undefined) this.hint(likely);
    this.out.u8(0x04);
    this.out.u8(0x40);
    this.depth++;
    then();
    if (otherwise) {
      this.out.u8(0x05);
      otherwise();
    }
    this.out.u8(0x0b);
    this.depth--;
  }
  /** `br` to the label leaves the block. */
  block(body: (end: Label) => void): void {
    this.nest(0x02, body);
  }
  /** `br` to the label goes round again; falling off the end leaves the loop. */
  loop(body: (top: Label) => void): void {
    this.nest(0x03, body);
  }
  private nest(op: number, body: (l: Label) => void): void {
    this.out.u8(op);
    this.out.u8(0x40);
    this.depth++;
    body({ depth: this.depth });
    this.out.u8(0x0b);
    this.depth--;
  }
  br(l: Label): void {
    this.out.u8(0x0c);
    this.out.u32(this.depth - l.depth);
  }
  brIf(cond: Val, l: Label, likely?: boolean): void {
    this.expr(cond);
    if (likely !== undefined) this.hint(likely);
    this.out.u8(0x0d);
    this.out.u32(this.depth - l.depth);
  }
  /** Calls for effect; a result is dropped. */
  callVoid(f: Callee, ...args: Val[]): void {
    this.expr({ ty: "i32", op: CALL, args, imm: f.index });
    if (f.result) this.out.u8(0x1a);
  }
  /** Calls now and keeps the result. */
  call(f: Callee, ...args: Val[]): Val {
    return this.tmp(this.callExpr(f, ...args));
  }
  /** A call as an expression, to be used once and at once. */
  callExpr(f: Callee, ...args: Val[]): Val {
    if (!f.result) throw new Error("call of a function without a result");
    for (let i = 0; i < f.params.length; i++) {
      if (args[i]?.ty !== f.params[i]) throw new Error(`argument ${i}: expected ${f.params[i]}, got ${args[i]?.ty}`);
    }
    return { ty: f.result, op: CALL, args, imm: f.index };
  }
  ret(v?: Val): void {
    if (v) this.expr(v);
    this.out.u8(0x0f);
  }
  /** Branches by index: to one of the labels, or to the last one. */
  brTable(index: Val, labels: readonly Label[]): void {
    this.expr(index);
    this.out.u8(0x0e);
    this.out.u32(labels.length - 1);
    for (const l of labels) this.out.u32(this.depth - l.depth);
  }
  /** Call through table 0 to a function of the given type index. */
  callIndirect(typeIndex: number, index: Val, type: Ty, ...args: Val[]): Val {
    const result = this.newLocal(type);
    for (const a of args) this.expr(a);
    this.expr(index);
    this.out.u8(0x11);
    this.out.u32(typeIndex);
    this.out.u8(0);
    this.setTop(result);
    return local(type, result);
  }
  /** Tail call through table 0 to a function of the given type index. */
  tailCall(f: Callee, ...args: Val[]): void {
    for (const a of args) this.expr(a);
    this.out.u8(0x12);
    this.out.u32(f.index);
  }
  tailCallIndirect(typeIndex: number, index: Val, ...args: Val[]): void {
    for (const a of args) this.expr(a);
    this.expr(index);
    this.out.u8(0x13);
    this.out.u32(typeIndex);
    this.out.u8(0);
  }
  memoryCopy(dst: Val, src: Val, n: Val): void {
    for (const v of [dst, src, n]) this.expr(v);
    this.out.bytes([0xfc, 10, 0, 0]);
  }
  memoryFill(dst: Val, byte: Val, n: Val): void {
    for (const v of [dst, byte, n]) this.expr(v);
    this.out.bytes([0xfc, 11, 0]);
  }
  unreachable(): void {
    this.out.u8(0x00);
  }
  /** What the locals take on a stack. */
  protected get localBytes(): number {
    return this.locals.reduce((sum, ty) => sum + (ty === "v128" ? 16 : 8), 0);
  }
  /** The finished body: local declarations, code, end. */
  finish(code: Bytes = this.out): Uint8Array {
    const b = new Bytes();
    const groups: [number, Ty][] = [];
    for (const ty of this.locals) {
      const last = groups[groups.length - 1];
      if (last && last[1] === ty) last[0]++;
      else groups.push([1, ty]);
    }
    b.u32(groups.length);
    for (const [n, ty] of groups) {
      b.u32(n);
      b.u8(TY_CODE[ty]);
    }
    b.bytes(code.buf.subarray(0, code.len));
    b.u8(0x0b);
    return b.take();
  }

  /** The branch that comes next usually goes this way. */
  protected hint(likely: boolean): void {
    void likely;
  }
  private opcode(op: number): void {
    if (op >= SIMD) {
      this.out.u8(0xfd);
      this.out.u32(op - SIMD);
    } else if (op >= SAT) {
      this.out.u8(0xfc);
      this.out.u32(op - SAT);
    } else this.out.u8(op);
  }
  /** Writes an expression's code, leaving its value on the stack. */
  protected expr(v: Val): void {
    const o = this.out;
    if (v.op === LOCAL) {
      this.push(v.imm as number);
      return;
    }
    if (v.op === CONST) {
      this.constant(v);
      return;
    }
    for (const a of v.args) this.expr(a);
    if (v.op === SELECT) {
      if (v.ty === "v128") o.bytes([0x1c, 1, 0x7b]);
      else o.u8(0x1b);
    } else if (v.op === CALL) {
      o.u8(0x10);
      this.functionIndex(v.imm as number);
    } else if (v.op <= LOAD) {
      this.opcode(LOAD - v.op);
      o.u32(0);
      o.u32(v.imm as number);
    } else {
      this.opcode(v.op);
      if (v.op >= SIMD) this.lanes(v);
    }
  }
  protected functionIndex(index: number): void {
    this.out.u32(index);
  }
  private lanes(v: Val): void {
    const n = v.op - SIMD;
    if (n === 13) this.out.bytes(v.imm as Uint8Array);
    else if (n >= 21 && n <= 34) this.out.u8(v.imm as number);
  }
  private constant(v: Val): void {
    const o = this.out;
    if (v.ty === "i32") {
      o.u8(0x41);
      o.s32(v.imm as number);
    } else if (v.ty === "i64") {
      o.u8(0x42);
      o.s64(v.imm as bigint);
    } else if (v.ty === "v128") {
      this.opcode(SIMD + 12);
      o.bytes(v.imm as Uint8Array);
    } else {
      o.u8(v.ty === "f32" ? 0x43 : 0x44);
      const d = new DataView(new ArrayBuffer(8));
      if (v.ty === "f32") d.setFloat32(0, v.imm as number, true);
      else d.setFloat64(0, v.imm as number, true);
      o.bytes(new Uint8Array(d.buffer, 0, v.ty === "f32" ? 4 : 8));
    }
  }
}

/** The zero of i32, often wanted. */
export const ZERO32 = i32.const(0);
