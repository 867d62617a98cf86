/** Emit's handler back end: operands come from a record in RAM, so one function serves every use of a form. */

import { EXIT } from "../../cpu/exit.ts";
import {
  BUDGET,
  CODE_BASE,
  DS,
  EXIT_ADDR,
  EXIT_ERROR,
  EXIT_REC,
  EXIT_VECTOR,
  FLAG_AUX,
  FLAG_RES,
  GPR,
  SEG_BASE,
  X87,
  YMM,
  YMM_STRIDE,
} from "../../cpu/layout.ts";
import type { Mode } from "../../isa/types.ts";
import type { Emit, JumpKind, OperandInfo, Shared, Size } from "../../sem/emit.ts";
import { quickFromMxcsr, quickLanes } from "../../sem/sse-float-quick.ts";
import { width } from "../../sem/width.ts";
import type { Callee } from "../../wasm/code.ts";
import { i32, i64, select, type Ty, type Val } from "../../wasm/expr.ts";
import { v128 } from "../../wasm/simd.ts";
import { fixedOperand } from "../emit/fixed.ts";
import { FlagEmit } from "../emit/flag-emit.ts";
import type { SlowFunctions } from "../emit/memory.ts";
import { BITS, operandInfo, WIDTH_OF } from "../emit/operands.ts";
import {
  JUMPED_TO,
  R_BASE,
  R_COUNT,
  R_DISP,
  R_FALL,
  R_FN,
  R_IMM,
  R_INDEX,
  R_OP0,
  R_OP1,
  R_OP2,
  R_SCALE,
  R_SEG,
  R_TAKEN,
  R_WHERE,
  RECORD,
} from "../record.ts";
import { AT_NEXT } from "./numbers.ts";
import { resolve, resolveJump, resolveLink } from "./shared.ts";
import type { Variant } from "./variant.ts";

const ZERO = i32.const(0);
const REG_FIELDS = [R_OP0, R_OP1, R_OP2, R_IMM];

/** The module that a handler becomes part of. */
export interface HandlerModule {
  readonly memory: SlowFunctions;
  /** Type index of handlers: (record) -> exit code. */
  readonly handlerType: number;
  use(f: Shared): Callee;
  helper(name: string): Callee;
}

export class HandlerEmit extends FlagEmit implements Emit {
  readonly mode: Mode;
  readonly opSize: Size;
  readonly addrSize: 16 | 32 | 64;
  readonly stackSize: 16 | 32 | 64;
  readonly rep: 0 | 0xf2 | 0xf3;
  readonly ops: readonly OperandInfo[];
  readonly mnemonic: string;
  /** The semantics jumped or left on every path that it wrote at top level. */
  protected ended = false;
  /** The instruction ends its block. */
  terminator = false;
  /** It leaves the engine or calls a helper, so regions do without it. */
  alone = false;
  protected readonly rec: Val;
  private readonly fields: number[];
  protected address: Val | undefined;
  /** Host address of a read-modify-write operand. */
  private rmw: Val | undefined;

  constructor(
    readonly variant: Variant,
    private readonly image: HandlerModule,
  ) {
    super(["i32"]);
    const { row, shape } = variant;
    this.rec = this.param(0);
    this.mode = variant.mode;
    this.opSize = (row.opSize || variant.opSize || 64) as Size;
    this.addrSize = variant.addrSize;
    this.stackSize = variant.stackSize ?? 64;
    this.rep = variant.rep;
    this.mnemonic = row.mnemonic;
    this.ops = row.operands.map((o) => operandInfo(o, shape !== "none"));
    let regs = 0;
    this.fields = this.ops.map((o) => (o.kind === "reg" ? REG_FIELDS[regs++] : -1));
    if (regs > 4) throw new Error(`${row.text}: more register operands than a record holds`);
  }
  // -- operands

  /** RAM address of a register operand: from the record, or constant for fixed ones, as (base, offset). */
  private place(i: number): [Val, number] {
    const o = this.ops[i];
    if (o.kind === "fixed") return [ZERO, fixedOperand(o.fixed).address];
    return [this.ldExpr("u16", this.rec, this.fields[i]), 0];
  }
  regNum(i: number): Val {
    const o = this.ops[i];
    if (o.kind === "fixed") return i32.const(fixedOperand(o.fixed).num);
    const field = this.ld("u16", this.rec, this.fields[i]);
    if (o.cls === "mm") return i32.shr_u(i32.sub(field, i32.const(X87)), i32.const(4));
    if (o.cls === "xmm" || o.cls === "ymm") return i32.shr_u(i32.sub(field, i32.const(YMM)), i32.const(5));
    if (o.cls.startsWith("gp")) return i32.shr_u(i32.sub(field, i32.const(GPR)), i32.const(3));
    return field;
  }
  read(i: number): Val {
    const o = this.ops[i];
    if (o.kind === "imm") return this.immediate(i);
    if (o.kind === "mem") {
      if (this.variant.row.operands[i].access !== "rw") return this.load(this.ea(i), o.size as Size);
      this.rmw = this.host(this.ea(i), o.size / 8, true);
      return this.ld(WIDTH_OF[o.size], this.rmw);
    }
    const [base, offset] = this.place(i);
    const w = o.cls === "mm" ? "i64" : o.cls === "xmm" ? "v128" : WIDTH_OF[o.size];
    if (!w) throw new Error(`${this.variant.row.text}: read of operand ${i} of class ${o.cls}`);
    return this.ld(w, base, offset);
  }
  private immediate(i: number): Val {
    const o = this.ops[i];
    if (o.fixed) return o.size === 64 ? i64.const(Number(o.fixed)) : i32.const(Number(o.fixed));
    const size = this.opSize;
    if (size === 64) return this.ld("i64", this.rec, R_IMM + this.immShift(i));
    const v = this.ldExpr("i32", this.rec, R_IMM + this.immShift(i));
    return this.tmp(width(size).mask(v));
  }
  /** A second immediate lies in the upper half of the field. */
  private immShift(i: number): number {
    let before = 0;
    for (let k = 0; k < i; k++) {
      const { kind, fixed } = this.ops[k];
      if (kind === "far" || (kind === "imm" && !fixed)) before++;
    }
    return before * 4;
  }
  imm(i: number): Val {
    // A far pointer is two of them.
    const fixed = this.ops[i]?.fixed;
    if (fixed) return i32.const(Number(fixed));
    return this.ld("i32", this.rec, R_IMM + this.immShift(i));
  }
  write(i: number, v: Val): void {
    const o = this.ops[i];
    if (o.kind === "mem") {
      if (this.rmw) this.storeHost(this.rmw, o.size, v);
      else this.store(this.ea(i), o.size as Size, v);
      return;
    }
    const [base, offset] = this.place(i);
    if (o.cls === "mm") {
      const at = this.tmp(base);
      this.st("i64", at, v, offset);
      this.st("u16", at, i32.const(0xffff), offset + 8);
    } else if (o.cls === "xmm") this.st("v128", base, v, offset);
    else this.storeReg(base, offset, o.size, v);
  }
  private storeReg(base: Val, offset: number, size: number, v: Val): void {
    if (size === 32) this.st("i64", base, i64.extend_i32_u(v), offset);
    else this.st(WIDTH_OF[size], base, v, offset);
  }
  readLow(i: number, ty: Ty): Val {
    if (this.ops[i].kind === "mem") return this.ld(ty, this.host(this.ea(i), BITS[ty] / 8, false));
    const [base, offset] = this.place(i);
    return this.ld(ty, base, offset);
  }
  writeLow(i: number, v: Val, rest: number | "zero" = i): void {
    if (this.ops[i].kind === "mem") {
      this.storeAs(this.ea(i), BITS[v.ty] / 8, v.ty, v);
      return;
    }
    const [base, offset] = this.place(i);
    const at = this.tmp(base);
    if (rest === "zero") this.st("v128", at, v128.const([0]), offset);
    else if (rest !== i) {
      const value = this.tmp(v);
      this.copyVector(i, rest);
      this.st(v.ty, at, value, offset);
      return;
    }
    this.st(v.ty, at, v, offset);
  }
  copyVector(i: number, j: number): void {
    const [to, toOffset] = this.place(i);
    const [from, fromOffset] = this.place(j);
    this.st("v128", to, this.ldExpr("v128", from, fromOffset), toOffset);
  }
  clearUpper(i: number): void {
    const [base, offset] = this.place(i);
    this.st("v128", base, v128.const([0]), offset + 16);
  }
  same(): boolean {
    return false;
  }
  readWide(i: number): [Val, Val] {
    const [base, offset] = this.ops[i].kind === "mem" ? [this.host(this.ea(i), 32, false), 0] : this.place(i);
    const at = this.tmp(base);
    return [this.ld("v128", at, offset), this.ld("v128", at, offset + 16)];
  }
  writeWide(i: number, lo: Val, hi: Val): void {
    if (this.ops[i].kind === "mem") {
      this.storeWide(this.ea(i), lo, hi);
      return;
    }
    const [base, offset] = this.place(i);
    const at = this.tmp(base);
    this.st("v128", at, lo, offset);
    this.st("v128", at, hi, offset + 16);
  }
  vectorIndex(i: number): [Val, Val] {
    void i;
    const at = this.ld("u16", this.rec, R_INDEX);
    return [this.ld("v128", at), this.ld("v128", at, 16)];
  }
  vectorAddress(i: number, index: Val): Val {
    void i;
    const base = this.ldExpr("i64", this.ldExpr("u16", this.rec, R_BASE));
    const disp = i64.extend_i32_s(this.ldExpr("i32", this.rec, R_DISP));
    const scale = i64.extend_i32_u(this.ldExpr("u8", this.rec, R_SCALE));
    const offset = i64.add(i64.add(base, disp), i64.shl(index, scale));
    const seg = this.ldExpr("i64", this.ldExpr("u16", this.rec, R_SEG));
    return this.tmp(i64.add(this.addrSize === 64 ? offset : i64.and(offset, i64.const(0xffffffff)), seg));
  }
  lea(i: number): Val {
    void i;
    return this.tmp(this.offset());
  }
  ea(i: number): Val {
    void i;
    if (!this.address) {
      const full = this.variant.shape !== "simple";
      const seg = (): Val => this.ldExpr("i64", this.ldExpr("u16", this.rec, R_SEG));
      this.address = this.tmp(full ? i64.add(this.offset(), seg()) : this.offset());
    }
    return this.address;
  }
  protected offset(): Val {
    if (this.variant.row.operands.some((o) => o.kind === "moffs")) {
      const v = this.ldExpr("i64", this.rec, R_IMM);
      return this.addrSize === 64 ? v : i64.and(v, i64.const(0xffffffff));
    }
    const reg = (field: number): Val => this.ldExpr("i64", this.ldExpr("u16", this.rec, field));
    const disp = i64.extend_i32_s(this.ldExpr("i32", this.rec, R_DISP));
    const simple = i64.add(reg(R_BASE), disp);
    if (this.variant.shape === "simple") return simple;
    const scale = i64.extend_i32_u(this.ldExpr("u8", this.rec, R_SCALE));
    const full = i64.add(simple, i64.shl(reg(R_INDEX), scale));
    if (this.addrSize === 64) return full;
    return i64.and(full, i64.const(this.addrSize === 32 ? 0xffffffff : 0xffff));
  }

  // -- registers

  reg(n: number, size: Size): Val {
    return this.ld(WIDTH_OF[size], ZERO, GPR + n * 8);
  }
  setReg(n: number, size: Size, v: Val): void {
    this.storeReg(ZERO, GPR + n * 8, size, v);
  }
  xmm(n: number): Val {
    return this.ld("v128", ZERO, YMM + n * YMM_STRIDE);
  }
  setXmm(n: number, v: Val): void {
    this.st("v128", ZERO, v, YMM + n * YMM_STRIDE);
  }
  upper(n: number): Val {
    return this.ld("v128", ZERO, YMM + n * YMM_STRIDE + 16);
  }
  setUpper(n: number, v: Val): void {
    this.st("v128", ZERO, v, YMM + n * YMM_STRIDE + 16);
  }
  clearUppers(): void {
    for (let n = 0; n < 16; n++) this.setUpper(n, v128.const([0]));
  }
  field(w: "u8" | "u16" | "i32" | "i64" | "f64" | "v128", address: number): Val {
    return this.ld(w, ZERO, address);
  }
  setField(w: "u8" | "u16" | "i32" | "i64" | "f64" | "v128", address: number, v: Val): void {
    this.st(w, ZERO, v, address);
  }
  quickFloat(): Val {
    return quickFromMxcsr(this);
  }
  quickFloats(): Val {
    return quickLanes(this.quickFloat());
  }
  linear(segment: number | "operand", offset: Val, bytes: number, access: "r" | "w"): Val {
    void bytes;
    void access;
    return this.tmp(i64.add(this.segmentBase(segment), offset));
  }
  private segmentBase(segment: number | "operand"): Val {
    if (segment === "operand") return this.ld("i64", this.ldExpr("u16", this.rec, R_SEG));
    return segment <= DS ? i64.const(0) : this.field("i64", SEG_BASE + segment * 8);
  }

  // -- flags

  protected get res(): Val {
    return this.ld("i64", ZERO, FLAG_RES);
  }
  protected get aux(): Val {
    return this.ld("i32", ZERO, FLAG_AUX);
  }
  protected setLazy(res: Val, aux: Val): void {
    this.st("i64", ZERO, res, FLAG_RES);
    this.setAux(aux);
  }
  protected setAux(aux: Val): void {
    this.st("i32", ZERO, aux, FLAG_AUX);
  }

  // -- control

  private codeBase(): Val {
    return this.ldExpr("i64", ZERO, CODE_BASE);
  }
  thisRip(): Val {
    const where = this.ldExpr("u16", this.rec, R_WHERE);
    return this.tmp(i64.add(this.codeBase(), i64.extend_i32_u(i32.and(where, i32.const(0xfff)))));
  }
  private nextOffset(): Val {
    const where = this.ld("u16", this.rec, R_WHERE);
    return i64.extend_i32_u(i32.add(i32.and(where, i32.const(0xfff)), i32.shr_u(where, i32.const(12))));
  }
  nextRip(): Val {
    return this.tmp(i64.add(this.codeBase(), this.nextOffset()));
  }
  /** Goes on at a record. */
  tail(rec: Val): void {
    this.tailCallIndirect(this.image.handlerType, this.ldExpr("i32", rec, R_FN), rec);
  }
  markEnd(): void {
    this.terminator = true;
    if (this.depth === 0) this.ended = true;
  }
  /** Takes the block's instructions from the budget; true (i32) if it is used up. */
  private charge(): Val {
    const left = i32.sub(this.ldExpr("i32", ZERO, BUDGET), this.ldExpr("u16", this.rec, R_COUNT));
    const t = this.tmp(left);
    this.st("i32", ZERO, t, BUDGET);
    return i32.lt_s(t, ZERO);
  }
  /** Follows the link in a field unless it is missing or the budget used up; else resolves the target (relative to CODE_BASE). */
  private follow(field: Val, target: () => Val): void {
    const spent = this.charge();
    const to = this.var(this.ldExpr("i32", i32.add(this.rec, field)));
    this.if(i32.or(i32.eqz(this.get(to)), spent), () => {
      const f = this.image.use(resolveLink);
      this.set(to, this.call(f, this.rec, i64.add(this.codeBase(), target()), field));
    });
    this.tail(this.get(to));
    this.markEnd();
  }
  jumpRel(i: number, kind: JumpKind): void {
    void i;
    void kind;
    this.follow(i32.const(R_TAKEN), () => this.ldExpr("i64", this.rec, R_IMM));
  }
  jumpIf(cond: Val, i: number): void {
    void i;
    const c = this.tmp(cond);
    const field = this.tmp(select(c, i32.const(R_TAKEN), i32.const(R_FALL)));
    this.follow(field, () => select(c, this.ldExpr("i64", this.rec, R_IMM), this.nextOffset()));
  }
  jump(target: Val, kind: JumpKind): void {
    const to = this.tmp(target);
    this.charge();
    if (kind === "jmp") {
      // Where a jump leads more than once is part of what it jumps out of: regions want to know. A jump through a fixed
      // address is a call of another function (PLT).
      const plt =
        this.variant.shape === "none" ? ZERO : i32.eq(this.ldExpr("u16", this.rec, R_BASE), i32.const(CODE_BASE));
      const bits = select(plt, ZERO, i32.const(JUMPED_TO));
      const rec = this.call(this.image.use(resolveJump), this.rec, to, bits);
      this.tail(rec);
    } else {
      // Where a call led last is where regions expect it to lead.
      if (kind === "call") this.st("i64", this.rec, to, R_IMM);
      this.go(to);
    }
    this.markEnd();
  }
  /** Goes on at a linear address. */
  go(target: Val): void {
    this.tail(this.call(this.image.use(resolve), this.rec, target));
  }
  protected unreachableIf(cond: Val): void {
    super.if(cond, () => this.leave(EXIT.FAULT));
  }
  protected leave(code: number): void {
    this.st("i32", ZERO, this.rec, EXIT_REC);
    this.ret(i32.const(code));
  }
  fault(vector: number, error: Val = ZERO): void {
    this.st("i32", ZERO, i32.const(vector), EXIT_VECTOR);
    this.st("i32", ZERO, error, EXIT_ERROR);
    this.st("i64", ZERO, i64.const(0), EXIT_ADDR);
    this.leave(EXIT.FAULT);
    this.markEnd();
  }
  faultIf(cond: Val, vector: number, error?: Val): void {
    const terminator = this.terminator;
    this.if(cond, () => this.fault(vector, error));
    this.terminator = terminator;
  }
  exit(code: number, at: "next" | "this"): void {
    if (code !== EXIT.BUDGET && code !== EXIT.STEP) this.alone = true;
    const terminator = this.terminator;
    this.leave(code | (at === "next" ? AT_NEXT : 0));
    this.markEnd();
    // A conditional exit at this instruction (a REP that is out of budget) leaves the rest as it is.
    if (at === "this" && this.depth > 0) this.terminator = terminator;
  }
  spend(rounds: Val): Val {
    const left = this.tmp(i32.sub(this.ldExpr("i32", ZERO, BUDGET), rounds));
    this.st("i32", ZERO, left, BUDGET);
    return i32.lt_s(left, ZERO);
  }

  // -- calls

  protected get memory() {
    return this.image.memory;
  }
  protected use(f: Shared): Callee {
    return this.image.use(f);
  }
  shared(f: Shared, ...args: Val[]): Val {
    return this.call(this.image.use(f), ...args);
  }
  sharedVoid(f: Shared, ...args: Val[]): void {
    this.callVoid(this.image.use(f), ...args);
  }
  interpretOnly(): void {
    this.alone = true;
  }
  helper(name: string, ...args: Val[]): Val {
    this.alone = true;
    return this.call(this.image.helper(name), ...args);
  }

  /** The finished function: what semantics left open goes on to the next record. */
  body(): Uint8Array {
    if (!this.ended) {
      if (this.terminator) this.follow(i32.const(R_FALL), () => this.nextOffset());
      else
        this.tailCallIndirect(
          this.image.handlerType,
          this.ldExpr("i32", this.rec, RECORD + R_FN),
          i32.add(this.rec, i32.const(RECORD)),
        );
    }
    return this.finish();
  }
}
