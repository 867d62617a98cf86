/** Operands and registers of Emit's region back end: registers are locals, operands constants. */
import { DS, MXCSR, SEG_BASE, X87 } from "../../cpu/layout.ts";
import {
  BASE_RIP,
  type Insn,
  type MemOperand,
  type Mode,
  NO_REG,
  type Operand,
  type RegOperand,
} from "../../isa/types.ts";
import type { OperandInfo, Size } from "../../sem/emit.ts";
import { width } from "../../sem/width.ts";
import type { StoreWidth } from "../../wasm/code.ts";
import { f32, f64, i32, i64, local, select, type Ty, type Val } from "../../wasm/expr.ts";
import { v128 } from "../../wasm/simd.ts";
import { tlbHit, tlbHost, tlbOffset } from "../emit/memory.ts";
import { BITS, WIDTH_OF } from "../emit/operands.ts";
import { type Group, Groups, type Relative } from "./groups.ts";
import { RegionVectors } from "./vectors.ts";

const ZERO = i32.const(0);
const ZERO_VECTOR = v128.const([0]);

/** Thrown by what regions leave to the interpreter. */
export class Unsupported extends Error {}

/** An access of a group. */
interface Member {
  group: Group;
  /** Less the group's own. */
  offset: number;
  /** Leaves on the stack whether the inline test succeeded (i32). */
  tested: () => void;
}

export abstract class RegionOperands extends RegionVectors {
  readonly mode: Mode = 64;
  opSize: Size = 64;
  addrSize: 16 | 32 | 64 = 64;
  readonly stackSize = 64;
  rep: 0 | 0xf2 | 0xf3 = 0;
  ops: readonly OperandInfo[] = [];
  mnemonic = "";
  protected insn!: Insn;
  protected at = 0;
  protected effective: Val | undefined;
  protected rmw: Val | undefined;

  /** Locals of general registers. */
  protected readonly gpr: (number | undefined)[] = [];
  protected readonly groups = new Groups();
  private readonly groupLocals: number[] = [];
  protected groupsUsed = 0;

  // -- locals

  override newLocal(ty: Ty): number {
    const i = super.newLocal(ty);
    this.groups.forget(i);
    return i;
  }
  override tmp(v: Val): Val {
    const t = super.tmp(v);
    if (t !== v && v.ty === "i64") this.groups.know(t.imm as number, this.symbolOf(v));
    return t;
  }
  protected override copy(v: Val): Val {
    const t = super.copy(v);
    if (v.ty === "i64") this.groups.know(t.imm as number, this.symbolOf(v));
    return t;
  }
  private symbolOf(v: Val): Relative | undefined {
    return this.groups.of(v, (i) => this.groups.at(i) ?? (this.gpr.includes(i) ? this.groups.renew(i) : undefined));
  }

  // -- memory

  /** The group of an access, with its test before the first one. None on paths that are not always taken. */
  private groupOf(address: Val, bytes: number, write: boolean): Member | undefined {
    if (this.depth !== this.baseDepth) return undefined;
    const s = this.symbolOf(address);
    if (!s) return undefined;
    const known = this.groups.find(s, bytes, write);
    if (known) return { group: known, offset: s.offset, tested: () => this.expr(local("i32", known.host)) };
    if (this.groupsUsed === this.groupLocals.length) this.groupLocals.push(this.fixedLocal("i32"));
    const group = this.groups.add(s, bytes, write, this.groupLocals[this.groupsUsed++]);
    const [first, entry] = [this.newLocal("i64"), this.newLocal("i32")];
    const [from, at] = [local("i64", first), local("i32", entry)];
    const hit = (): Val => tlbHit(this, from, at, group.to - group.from, group.write);
    this.insert(() => {
      this.setLocal(first, i64.add(address, i64.const(group.from - s.offset)));
      this.setLocal(entry, tlbOffset(from));
      const host = tlbHost(this, from, at);
      this.setLocal(group.host, group.count > 1 ? select(hit(), host, ZERO) : host);
    });
    const tested = (): void => this.expr(group.count > 1 ? local("i32", group.host) : hit());
    return { group, offset: s.offset, tested };
  }
  /** Leaves the host address of an access on the stack: the offset in the group is known at the end. */
  private pushHost(group: Group, offset: number): void {
    this.expr(local("i32", group.host));
    this.insert(() => {
      if (offset === group.from) return;
      this.out.u8(0x41);
      this.out.s32(offset - group.from);
      this.out.u8(0x6a);
    });
  }
  protected override host(address: Val, bytes: number, write: boolean): Val {
    const a = this.tmp(address);
    const g = this.groupOf(a, bytes, write);
    if (!g) return super.host(a, bytes, write);
    const host = this.newLocal("i32");
    this.pushHost(g.group, g.offset);
    this.setTop(host);
    const slow = (): void => {
      const f = this.use(write ? this.memory.slowWrite : this.memory.slowRead);
      this.setLocal(host, this.callExpr(f, a, i32.const(bytes)));
      this.unreachableIf(i32.eqz(local("i32", host)));
    };
    this.insert(g.tested);
    this.ifTop(() => {}, slow, true);
    return local("i32", host);
  }
  protected override storeAs(address: Val, bytes: number, w: StoreWidth, v: Val): void {
    const a = this.tmp(address);
    const value = this.tmp(v);
    const g = this.groupOf(a, bytes, true);
    if (!g) {
      super.storeAs(a, bytes, w, value);
      return;
    }
    this.insert(g.tested);
    this.ifTop(
      () => {
        this.pushHost(g.group, g.offset);
        this.storeTo(w, value);
      },
      () => this.unreachableIf(i32.eqz(this.callExpr(this.use(this.memory.slowStore(w)), a, value))),
      true,
    );
  }
  protected gprLocal(n: number): Val {
    this.used(n);
    const i = (this.gpr[n] ??= this.fixedLocal("i64"));
    return local("i64", i);
  }

  // -- operands

  protected operand<K extends Operand["kind"]>(i: number, kind: K): Extract<Operand, { kind: K }> {
    const o = this.insn.operands[i];
    if (o.kind !== kind) throw new Error(`${this.insn.row.text}: operand ${i} is no ${kind}`);
    return o as Extract<Operand, { kind: K }>;
  }
  protected regOperand(i: number): RegOperand {
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
    return this.readLane(r.num, ty);
  }
  writeLow(i: number, v: Val, rest: number | "zero" = i): void {
    if (this.ops[i].kind === "mem") {
      this.storeAs(this.ea(i), BITS[v.ty] / 8, v.ty, v);
      return;
    }
    const r = this.regOperand(i);
    if (r.cls !== "xmm") throw new Unsupported(r.cls);
    this.writeLane(r.num, v, rest === "zero" ? rest : this.regOperand(rest).num);
  }
  copyVector(i: number, j: number): void {
    this.copyXmm(this.regOperand(i).num, this.regOperand(j).num);
  }
  clearUpper(i: number): void {
    this.setUpper(this.regOperand(i).num, ZERO_VECTOR);
  }
  same(i: number, j: number): boolean {
    const [a, b] = [this.insn.operands[i], this.insn.operands[j]];
    return a.kind === "reg" && b.kind === "reg" && a.cls === b.cls && a.num === b.num;
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
    const small = m.dispHi === m.dispLo >> 31;
    const disp = small ? m.dispLo : (BigInt(m.dispHi) << 32n) | BigInt(m.dispLo >>> 0);
    const next = this.at + this.insn.length;
    let v: Val = i64.const(m.base !== BASE_RIP ? disp : small ? m.dispLo + next : BigInt(disp) + BigInt(next));
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
    const i = (this.gpr[n] ??= this.fixedLocal("i64"));
    const s = this.depth === this.baseDepth ? this.symbolOf(v) : undefined;
    this.setLocal(i, v);
    if (s) this.groups.know(i, s);
    else this.groups.renew(i);
    this.defined(n);
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
  field(w: "u8" | "u16" | "i32" | "i64" | "f64" | "v128", address: number): Val {
    return this.ld(w, ZERO, address);
  }
  setField(w: "u8" | "u16" | "i32" | "i64" | "f64" | "v128", address: number, v: Val): void {
    this.st(w, ZERO, v, address);
    if (address === MXCSR) this.insert(() => this.loadQuick());
  }
  private segBase(n: number): Val {
    return n <= DS ? i64.const(0) : this.field("i64", SEG_BASE + n * 8);
  }
  linear(segment: number | "operand", offset: Val, bytes: number, access: "r" | "w"): Val {
    void bytes;
    void access;
    const n = segment !== "operand" ? segment : this.insn.seg === NO_REG ? DS : this.insn.seg;
    return this.tmp(i64.add(this.segBase(n), offset));
  }
}
