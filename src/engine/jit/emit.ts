/** Emit's region back end: registers and flags are locals, operands constants; whatever can't go on leaves by one exit. */
import { EXIT } from "../../cpu/exit.ts";
import {
  BUDGET,
  CALL_DEPTH,
  CODE_GENERATION,
  DS,
  FLAG_AUX,
  FLAG_RES,
  GPR,
  RIP,
  RSP,
  SEG_BASE,
  X87,
  YMM,
  YMM_STRIDE,
} from "../../cpu/layout.ts";
import {
  BASE_RIP,
  type Insn,
  type MemOperand,
  type Mode,
  NO_REG,
  type Operand,
  type RegOperand,
} from "../../isa/types.ts";
import type { Emit, JumpKind, OperandInfo, Shared, Size } from "../../sem/emit.ts";
import { width } from "../../sem/width.ts";
import { Bytes } from "../../wasm/bytes.ts";
import type { Callee, Label } from "../../wasm/code.ts";
import type { BranchHint } from "../../wasm/module.ts";
import { f32, f64, i32, i64, local, type Ty, type Val } from "../../wasm/expr.ts";
import { f32x4, f64x2, i32x4, i64x2, v128 } from "../../wasm/simd.ts";
import { BITS, operandInfos, WIDTH_OF } from "../emit/operands.ts";
import { RegionFlags } from "./flags.ts";
import type { FlowBlock, FlowInsn } from "./flow.ts";
import type { RegionModule } from "./module.ts";

const ZERO = i32.const(0);
const ZERO_VECTOR = v128.const([0]);
const NESTED_CALLS = 200;

/** Thrown by what regions leave to the interpreter. */
export class Unsupported extends Error {}

/** Where the structure of the region says that control goes. */
export interface Branches {
  /** Emits the way from the current block to an address. */
  branch(to: number): void;
}

/** A place in the code to go back to. */
export interface Mark {
  length: number;
  inserts: number;
  depth: number;
}

/** First upper half among the vector registers' halves. */
const UPPER = 16;
function vectorField(n: number): number {
  return YMM + (n % UPPER) * YMM_STRIDE + (n >= UPPER ? 16 : 0);
}

export class RegionEmit extends RegionFlags implements Emit {
  readonly mode: Mode = 64;
  opSize: Size = 64;
  addrSize: 16 | 32 | 64 = 64;
  rep: 0 | 0xf2 | 0xf3 = 0;
  ops: readonly OperandInfo[] = [];
  mnemonic = "";
  private insn!: Insn;
  private current!: FlowBlock;
  private at = 0;
  private effective: Val | undefined;
  private rmw: Val | undefined;
  branches!: Branches;

  private readonly gpr: (number | undefined)[] = [];
  /** Lower halves of vector registers at 0 to 15, upper halves at 16 to 31. */
  private readonly vector: (number | undefined)[] = [];
  private gprDirty = 0;
  private vectorDirty = 0;
  /** Some instruction clears all upper halves. */
  private clearsUppers = false;
  private readonly exitRip: number;
  private readonly code: number;
  private readonly budget: number;
  private exitLabel!: Label;
  /** Where code is inserted when all is known: register saves and loads, and indices of functions. */
  private readonly hints: BranchHint[] = [];
  private readonly inserts: { at: number; write: () => void }[] = [];
  /** Temporaries to use again in the next instruction, by type. */
  private readonly pool: Record<Ty, { locals: number[]; used: number }> = {
    i32: { locals: [], used: 0 },
    i64: { locals: [], used: 0 },
    f32: { locals: [], used: 0 },
    f64: { locals: [], used: 0 },
    v128: { locals: [], used: 0 },
  };

  private readonly pools = Object.values(this.pool);

  constructor(private readonly module: RegionModule) {
    super([]);
    this.exitRip = super.newLocal("i64");
    this.code = super.newLocal("i32");
    this.budget = super.newLocal("i32");
    this.flagLocals((ty) => super.newLocal(ty));
  }

  // -- locals

  override newLocal(ty: Ty): number {
    const p = this.pool[ty];
    if (p.used === p.locals.length) p.locals.push(super.newLocal(ty));
    return p.locals[p.used++];
  }
  /** A copy that later changes of the source don't reach. */
  private copy(v: Val): Val {
    const i = this.newLocal(v.ty);
    this.set({ ty: v.ty, index: i }, v);
    return local(v.ty, i);
  }
  private gprLocal(n: number): Val {
    const i = (this.gpr[n] ??= super.newLocal("i64"));
    return local("i64", i);
  }
  private vectorLocal(n: number): Val {
    const i = (this.vector[n] ??= super.newLocal("v128"));
    return local("v128", i);
  }
  private setLocal(index: number, v: Val): void {
    this.set({ ty: v.ty, index }, v);
  }
  private insert(write: () => void): void {
    this.inserts.push({ at: this.out.len, write });
  }
  protected override functionIndex(index: number): void {
    this.insert(() => this.out.u32(this.module.functionIndex(index)));
  }

  // -- the function as a whole

  /** Emits everything; `body` emits the blocks. */
  whole(body: () => void): void {
    this.plainBlock((exit) => {
      this.exitLabel = exit;
      this.insert(() => this.reload());
      body();
      this.unreachable();
    });
    this.insert(() => this.save());
    this.st("i64", ZERO, local("i64", this.exitRip), RIP);
    this.ret(local("i32", this.code));
    this.unreachable();
  }
  private registers(list: readonly (number | undefined)[], visit: (n: number, i: number) => void): void {
    list.forEach((i, n) => {
      if (i !== undefined) visit(n, i);
    });
  }
  /** Registers, flags and budget from RAM. */
  private reload(): void {
    this.registers(this.gpr, (n, i) => this.setLocal(i, this.ldExpr("i64", ZERO, GPR + n * 8)));
    this.registers(this.vector, (n, i) => this.setLocal(i, this.ldExpr("v128", ZERO, vectorField(n))));
    if (this.flagsUsed) {
      this.setLocal(this.resLocal, this.ldExpr("i64", ZERO, FLAG_RES));
      this.setLocal(this.auxLocal, this.ldExpr("i32", ZERO, FLAG_AUX));
    }
    this.setLocal(this.budget, this.ldExpr("i32", ZERO, BUDGET));
  }
  private generation(): Val {
    return this.ldExpr("i32", ZERO, CODE_GENERATION);
  }
  private save(): void {
    this.registers(this.gpr, (n, i) => {
      if (this.gprDirty & (1 << n)) this.st("i64", ZERO, local("i64", i), GPR + n * 8);
    });
    this.registers(this.vector, (n, i) => {
      const dirty = this.vectorDirty & (1 << n) || (n >= UPPER && this.clearsUppers);
      if (dirty) this.st("v128", ZERO, local("v128", i), vectorField(n));
    });
    if (this.flagsUsed) {
      this.st("i64", ZERO, local("i64", this.resLocal), FLAG_RES);
      this.st("i32", ZERO, local("i32", this.auxLocal), FLAG_AUX);
    }
    this.st("i32", ZERO, local("i32", this.budget), BUDGET);
  }
  protected override hint(likely: boolean): void {
    this.insert(() => this.hints.push({ at: this.out.len, likely }));
  }
  /** The function's body, with everything inserted, and what is known of its branches. */
  assemble(): { body: Uint8Array; hints: BranchHint[] } {
    const code = this.out;
    const out = new Bytes();
    this.out = out;
    let from = 0;
    for (const { at, write } of this.inserts) {
      out.bytes(code.buf.subarray(from, at));
      from = at;
      write();
    }
    out.bytes(code.buf.subarray(from, code.len));
    const body = this.finish(out);
    // Local declarations come before the code, and the end after it.
    const start = body.length - out.len - 1;
    return { body: body, hints: this.hints.map((h) => ({ ...h, at: h.at + start })) };
  }

  // -- one block, one instruction

  startBlock(block: FlowBlock): void {
    this.current = block;
    this.baseDepth = this.depth;
    const left = i32.sub(local("i32", this.budget), i32.const(block.insns.length));
    if (block.insns.length) this.setLocal(this.budget, left);
  }
  start(f: FlowInsn): void {
    const { insn } = f;
    const { row } = insn;
    this.insn = insn;
    this.at = f.address;
    this.opSize = (row.opSize || 64) as Size;
    this.addrSize = insn.addrSize;
    this.rep = insn.rep;
    this.mnemonic = row.mnemonic;
    const memory = insn.operands.some((o) => o.kind === "mem");
    this.ops = operandInfos(row, memory);
    this.effective = undefined;
    this.rmw = undefined;
    for (const p of this.pools) p.used = 0;
    this.startFlags(row);
  }
  /** What to come back to if an instruction turns out to be unsupported. */
  get mark(): Mark {
    return { length: this.out.len, inserts: this.inserts.length, depth: this.depth };
  }
  rewind(mark: Mark): void {
    this.out.len = mark.length;
    this.inserts.length = mark.inserts;
    this.depth = mark.depth;
  }
  /** Leaves the region with RIP at an address, a constant or an i64 value. */
  leaveTo(address: number | Val, code = 0): void {
    this.setLocal(this.exitRip, typeof address === "number" ? i64.const(BigInt(address)) : address);
    if (code) this.setLocal(this.code, i32.const(code));
    this.materializeCode();
    this.br(this.exitLabel);
  }
  private leaveHere(): void {
    this.leaveTo(this.at);
  }
  /** Leaves at an address if the budget is used up: at every back edge. */
  checkBudget(address: number): void {
    const spent = i32.lt_s(local("i32", this.budget), ZERO);
    this.plainIf(spent, () => this.leaveTo(address, EXIT.YIELD), undefined, false);
  }
  protected unreachableMemory(): void {
    this.leaveHere();
  }
  protected get memory() {
    return this.module.memory;
  }
  protected use(f: Shared): Callee {
    return this.module.use(f);
  }

  // -- operands

  private operand<K extends Operand["kind"]>(i: number, kind: K): Extract<Operand, { kind: K }> {
    const o = this.insn.operands[i];
    if (o.kind !== kind) throw new Error(`${this.insn.row.text}: operand ${i} is no ${kind}`);
    return o as Extract<Operand, { kind: K }>;
  }
  private regOperand(i: number): RegOperand {
    return this.operand(i, "reg");
  }
  regNum(i: number): Val {
    return i32.const(this.regOperand(i).num);
  }
  read(i: number): Val {
    const o = this.ops[i];
    if (o.kind === "imm") return this.immediate(i);
    if (o.kind === "mem") {
      if (this.insn.row.operands[i].access !== "rw") return this.load(this.ea(i), o.size as Size);
      this.rmw = this.host(this.ea(i), o.size / 8, true);
      return this.ld(WIDTH_OF[o.size], this.rmw);
    }
    const r = this.regOperand(i);
    switch (r.cls) {
      case "gp8h":
        return this.tmp(i32.and(i32.wrap_i64(i64.shr_u(this.gprLocal(r.num), i64.const(8))), i32.const(0xff)));
      case "gp8":
      case "gp16":
      case "gp32":
      case "gp64":
        return this.reg(r.num, r.size as Size);
      case "xmm":
        return this.xmm(r.num);
      case "mm":
        return this.ld("i64", ZERO, X87 + r.num * 16);
      default:
        throw new Unsupported(r.cls);
    }
  }
  private immediate(i: number): Val {
    const o = this.operand(i, "imm");
    if (this.opSize === 64) return i64.const((BigInt(o.hi) << 32n) | BigInt(o.lo >>> 0));
    return width(this.opSize).mask(i32.const(o.lo));
  }
  imm(i: number): Val {
    return i32.const(this.operand(i, "imm").lo);
  }
  write(i: number, v: Val): void {
    const o = this.ops[i];
    if (o.kind === "mem") {
      if (this.rmw) this.storeHost(this.rmw, o.size, v);
      else this.store(this.ea(i), o.size as Size, v);
      return;
    }
    const r = this.regOperand(i);
    switch (r.cls) {
      case "gp8h": {
        const byte = i64.shl(i64.extend_i32_u(i32.and(v, i32.const(0xff))), i64.const(8));
        this.setGpr(r.num, i64.or(i64.and(this.gprLocal(r.num), i64.const(~0xff00)), byte));
        return;
      }
      case "gp8":
      case "gp16":
      case "gp32":
      case "gp64":
        this.setReg(r.num, r.size as Size, v);
        return;
      case "xmm":
        this.setXmm(r.num, v);
        return;
      case "mm":
        this.st("i64", ZERO, v, X87 + r.num * 16);
        this.st("u16", ZERO, i32.const(0xffff), X87 + r.num * 16 + 8);
        return;
      default:
        throw new Unsupported(r.cls);
    }
  }
  readLow(i: number, ty: Ty): Val {
    if (this.ops[i].kind === "mem") return this.ld(ty, this.host(this.ea(i), BITS[ty] / 8, false));
    const r = this.regOperand(i);
    if (r.cls === "mm") return this.ld(ty, ZERO, X87 + r.num * 16);
    if (r.cls !== "xmm") {
      const v = this.gprLocal(r.num);
      if (ty === "i64") return this.copy(v);
      if (ty === "f64") return this.tmp(f64.reinterpret_i64(v));
      if (ty === "f32") return this.tmp(f32.reinterpret_i32(i32.wrap_i64(v)));
      return this.tmp(i32.wrap_i64(v));
    }
    const v = this.vectorLocal(r.num);
    switch (ty) {
      case "f64":
        return this.tmp(f64x2.extract_lane(v, 0));
      case "f32":
        return this.tmp(f32x4.extract_lane(v, 0));
      case "i64":
        return this.tmp(i64x2.extract_lane(v, 0));
      case "i32":
        return this.tmp(i32x4.extract_lane(v, 0));
      default:
        return this.copy(v);
    }
  }
  writeLow(i: number, v: Val): void {
    if (this.ops[i].kind === "mem") {
      this.storeAs(this.ea(i), BITS[v.ty] / 8, v.ty, v);
      return;
    }
    const r = this.regOperand(i);
    if (r.cls !== "xmm") throw new Unsupported(r.cls);
    const old = this.vectorLocal(r.num);
    switch (v.ty) {
      case "f64":
        this.setXmm(r.num, f64x2.replace_lane(old, 0, v));
        break;
      case "f32":
        this.setXmm(r.num, f32x4.replace_lane(old, 0, v));
        break;
      case "i64":
        this.setXmm(r.num, i64x2.replace_lane(old, 0, v));
        break;
      case "i32":
        this.setXmm(r.num, i32x4.replace_lane(old, 0, v));
        break;
      default:
        this.setXmm(r.num, v);
    }
  }
  readWide(i: number): [Val, Val] {
    if (this.ops[i].kind === "mem") {
      const host = this.host(this.ea(i), 32, false);
      return [this.ld("v128", host), this.ld("v128", host, 16)];
    }
    const { num } = this.regOperand(i);
    return [this.xmm(num), this.upper(num)];
  }
  writeWide(i: number, lo: Val, hi: Val): void {
    if (this.ops[i].kind === "mem") {
      this.storeWide(this.ea(i), lo, hi);
      return;
    }
    const { num } = this.regOperand(i);
    this.setXmm(num, lo);
    this.setUpper(num, hi);
  }
  vectorIndex(i: number): [Val, Val] {
    const { index } = this.operand(i, "mem");
    return [this.xmm(index), this.upper(index)];
  }
  vectorAddress(i: number, index: Val): Val {
    const m = this.operand(i, "mem");
    const base = i64.add(this.offset({ ...m, index: NO_REG }), i64.shl(index, i64.const(m.scale)));
    const offset = this.addrSize === 64 ? base : i64.and(base, i64.const(0xffffffff));
    return this.copy(m.seg > DS ? i64.add(offset, this.segBase(m.seg)) : offset);
  }
  lea(i: number): Val {
    return this.copy(this.offset(this.operand(i, "mem")));
  }
  ea(i: number): Val {
    if (!this.effective) {
      const m = this.operand(i, "mem");
      const offset = this.offset(m);
      this.effective = this.copy(m.seg > DS ? i64.add(offset, this.segBase(m.seg)) : offset);
    }
    return this.effective;
  }
  private offset(m: MemOperand): Val {
    const disp = (BigInt(m.dispHi) << 32n) | BigInt(m.dispLo >>> 0);
    const next = BigInt(this.at + this.insn.length);
    let v: Val = i64.const(m.base === BASE_RIP ? disp + next : disp);
    if (m.base !== NO_REG && m.base !== BASE_RIP) v = i64.add(this.gprLocal(m.base), v);
    if (m.index !== NO_REG) {
      const index = i64.shl(this.gprLocal(m.index), i64.const(m.scale));
      v = v.imm === 0n && v.args.length === 0 ? index : i64.add(v, index);
    }
    return this.addrSize === 64 ? v : i64.and(v, i64.const(0xffffffff));
  }

  // -- registers

  reg(n: number, size: Size): Val {
    const v = this.gprLocal(n);
    if (size === 64) return this.copy(v);
    return this.tmp(width(size).mask(i32.wrap_i64(v)));
  }
  private setGpr(n: number, v: Val): void {
    this.gprDirty |= 1 << n;
    this.gprLocal(n);
    this.setLocal(this.gpr[n] as number, v);
  }
  setReg(n: number, size: Size, v: Val): void {
    if (size >= 32) {
      this.setGpr(n, size === 64 ? v : i64.extend_i32_u(v));
      return;
    }
    const mask = size === 8 ? 0xff : 0xffff;
    const low = i64.extend_i32_u(i32.and(v, i32.const(mask)));
    this.setGpr(n, i64.or(i64.and(this.gprLocal(n), i64.const(~mask)), low));
  }
  xmm(n: number): Val {
    return this.copy(this.vectorLocal(n));
  }
  setXmm(n: number, v: Val): void {
    this.vectorDirty |= 1 << n;
    this.vectorLocal(n);
    this.setLocal(this.vector[n] as number, v);
  }
  upper(n: number): Val {
    return this.xmm(n + UPPER);
  }
  setUpper(n: number, v: Val): void {
    this.setXmm(n + UPPER, v);
  }
  clearUppers(): void {
    this.clearsUppers = true;
    this.insert(() => {
      for (let n = UPPER; n < 2 * UPPER; n++) {
        const i = this.vector[n];
        if (i === undefined) this.st("v128", ZERO, ZERO_VECTOR, vectorField(n));
        else this.setLocal(i, ZERO_VECTOR);
      }
    });
  }
  field(w: "u8" | "u16" | "i32" | "i64" | "f64" | "v128", address: number): Val {
    return this.ld(w, ZERO, address);
  }
  setField(w: "u8" | "u16" | "i32" | "i64" | "f64" | "v128", address: number, v: Val): void {
    this.st(w, ZERO, v, address);
  }
  segBase(n: number): Val {
    return n <= DS ? i64.const(0) : this.field("i64", SEG_BASE + n * 8);
  }
  dsBase(): Val {
    return this.insn.seg === NO_REG ? i64.const(0) : this.segBase(this.insn.seg);
  }

  // -- control

  thisRip(): Val {
    return i64.const(BigInt(this.at));
  }
  nextRip(): Val {
    return i64.const(BigInt(this.at + this.insn.length));
  }
  jumpRel(i: number, kind: JumpKind): void {
    void i;
    if (kind === "call")
      this.guestCall(i64.const(BigInt(this.current.taken)), this.module.regionAt(this.current.taken));
    else this.branches.branch(this.current.taken);
  }
  jumpIf(cond: Val, i: number): void {
    void i;
    const { taken, fall } = this.current;
    const flags = this.flagState;
    this.plainIf(
      cond,
      () => this.branches.branch(taken),
      () => {
        this.flagState = flags;
        this.branches.branch(fall);
      },
    );
  }
  jump(target: Val, kind: JumpKind): void {
    if (kind === "call") this.guestCall(this.tmp(target), undefined);
    else this.leaveTo(target);
  }
  /**
   * A guest call as a nested call: of a region of this module, or of whatever is at the target. It has returned if RIP
   * is the return address; otherwise everything leaves, with the register file in RAM as it is.
   */
  private guestCall(target: Val, own: Callee | undefined): void {
    const back = this.current.fall;
    const depth = this.ld("i32", ZERO, CALL_DEPTH);
    const spent = i32.lt_s(local("i32", this.budget), ZERO);
    this.plainIf(spent, () => this.leaveTo(target, EXIT.YIELD), undefined, false);
    this.plainIf(i32.ge_u(depth, i32.const(NESTED_CALLS)), () => this.leaveTo(target), undefined, false);
    this.materializeCode();
    this.flagState = undefined;
    this.insert(() => this.save());
    const generation = this.tmp(this.generation());
    this.st("i32", ZERO, i32.add(depth, i32.const(1)), CALL_DEPTH);
    const expected = i64.const(BigInt(back));
    // The return address has been pushed. The local still holds this when the call has come back.
    const sp = i64.add(this.gprLocal(RSP), i64.const(8));
    const invoke = this.use(this.module.invoke);
    const away = i64.ne(this.ldExpr("i64", ZERO, RIP), expected);
    if (own === undefined) {
      const code = this.call(invoke, target, expected, sp);
      this.afterCall(depth, code, away, generation);
    } else {
      const code = this.var(this.call(own));
      this.plainIf(
        i32.and(i32.eqz(this.get(code)), away),
        () => {
          this.set(code, this.call(invoke, this.ldExpr("i64", ZERO, RIP), expected, sp));
        },
        undefined,
        false,
      );
      this.afterCall(depth, this.get(code), away, generation);
    }
    this.insert(() => this.reload());
    this.branches.branch(back);
  }
  private afterCall(depth: Val, code: Val, away: Val, generation: Val): void {
    this.st("i32", ZERO, depth, CALL_DEPTH);
    // If code changed meanwhile, this region may be out of date: the interpreter goes on at the return address.
    const changed = i32.ne(this.generation(), generation);
    this.plainIf(i32.or(i32.or(code, away), changed), () => this.ret(code), undefined, false);
  }
  fault(vector: number, error?: Val): void {
    void vector;
    void error;
    this.leaveHere();
  }
  faultIf(cond: Val, vector: number): void {
    this.plainIf(cond, () => this.fault(vector), undefined, false);
  }
  exit(code: number, at: "next" | "this"): void {
    if (code !== EXIT.BUDGET || at !== "this") throw new Unsupported(`exit ${code}`);
    this.leaveHere();
  }
  spend(rounds: Val): Val {
    this.setLocal(this.budget, i32.sub(local("i32", this.budget), rounds));
    return i32.lt_s(local("i32", this.budget), ZERO);
  }

  // -- calls

  shared(f: Shared, ...args: Val[]): Val {
    return this.call(this.use(f), ...args);
  }
  sharedVoid(f: Shared, ...args: Val[]): void {
    this.callVoid(this.use(f), ...args);
  }
  interpretOnly(): void {
    throw new Unsupported(this.mnemonic);
  }
  helper(name: string): Val {
    throw new Unsupported(`helper ${name}`);
  }
}
