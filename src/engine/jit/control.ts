/** Emit's region back end: control. Whatever can't go on leaves with all state in RAM as it was before the instruction. */
import { EXIT } from "../../cpu/exit.ts";
import { BUDGET, GPR, REGION_CODE, REGION_FROM, RIP, RSP } from "../../cpu/layout.ts";
import type { Emit, JumpKind, Shared } from "../../sem/emit.ts";
import { Bytes } from "../../wasm/bytes.ts";
import type { Callee, Place } from "../../wasm/code.ts";
import { i32, i64, local, type Val } from "../../wasm/expr.ts";
import type { BranchHint } from "../../wasm/module.ts";
import { operandInfos } from "../emit/operands.ts";
import { RegionOperands, Unsupported } from "./emit.ts";
import type { FlagState } from "./flags.ts";
import type { FlowBlock, FlowInsn } from "./flow.ts";
import type { RegionModule } from "./module.ts";
import { FLAGS, type RegSet, Stubs } from "./registers.ts";
import type { Cause, Exit } from "./watch.ts";

const ZERO = i32.const(0);
const GONE = i64.const(-1);
/**
 * How much of the host's stack nested calls may take, in units of STACK_UNIT bytes, as far as it can be told: V8's quick
 * compiler keeps each local on the stack, and the good one what it spills, which grows with the code. Node and browsers
 * give a megabyte or so; what compiles regions needs some as well.
 */
const STACK_UNIT = 64;
const MAX_STACK = 400_000 / STACK_UNIT;
/** Of a region beside its locals, and of what lies between one region and the next. */
const FRAME = 700;
/** Bytes of code for which a byte of the stack is expected. */
const CODE_PER_BYTE = 8;

/** Ways out: at a constant address, and at a computed one; each also because the budget or the host's stack is used up. */
const STATIC = 0;
const COMPUTED = 1;
const SPENT = 2;
const TOO_DEEP = 4;
/** For another region, if there is one. */
const ONWARD = 8;
/** How a region leaves for a reason: with an exit code that all leave by, or to go on elsewhere. */
const KIND_OF: Partial<Record<Cause, number>> = { budget: SPENT, depth: TOO_DEEP, elsewhere: ONWARD, jump: ONWARD };

const BR = 0x0c;
const BR_IF = 0x0d;

/** Where the structure of the region says that control goes. */
export interface Branches {
  /** Emits the way from the current block to an address. */
  branch(to: number): void;
  /** A jump to a computed address: true if it was taken care of. */
  dispatch(target: Val): boolean;
}

/** A place in the code to go back to. */
export interface Mark {
  code: Place;
  inserts: number;
  depth: number;
  events: number;
  held: RegSet;
}

export class RegionEmit extends RegionOperands implements Emit {
  private current!: FlowBlock;
  branches!: Branches;
  /** Parameters: how deep nested calls are, by their use of the stack, and the entry to begin at. */
  private readonly outerDepth = this.param(0);
  /** With this region. */
  private readonly depthLocal = this.fixedLocal("i32");
  private readonly callDepth = local("i32", this.depthLocal);
  readonly entry = this.param(1);
  private readonly budget = this.fixedLocal("i32");
  /** Where to go on after leaving: less the region's address, or as it is. */
  private readonly where = this.fixedLocal("i32");
  /** Instructions of the block that leaving leaves out: they were taken from the budget at its start. */
  private readonly unspent = this.fixedLocal("i32");
  /** How many of the block's instructions are not done where the current one begins. */
  private rest = 0;
  readonly target = this.fixedLocal("i64");
  private readonly hints: BranchHint[] = [];
  private readonly hintLikely = (): void => {
    this.hints.push({ at: this.out.len, likely: true });
  };
  private readonly hintUnlikely = (): void => {
    this.hints.push({ at: this.out.len, likely: false });
  };
  /** By exit: how it leaves. */
  private readonly kinds: number[] = [];
  private stubOf: number[] = [];
  private stubs = new Stubs();
  /** Of a region that is watched. */
  readonly exits: Exit[] = [];
  entered = 0;

  constructor(
    private readonly module: RegionModule,
    private readonly base: number,
    /** Of the region in table 0. */
    private readonly slot: number,
  ) {
    super(["i32", "i32"]);
    this.flagLocals((ty) => this.fixedLocal(ty));
  }
  protected override functionIndex(index: number): void {
    this.insert(() => this.out.u32(this.module.functionIndex(index)));
  }
  protected override hint(likely: boolean): void {
    this.insert(likely ? this.hintLikely : this.hintUnlikely);
  }
  protected get memory() {
    return this.module.memory;
  }
  protected use(f: Shared): Callee {
    return this.module.use(f);
  }

  // -- the function as a whole

  private registers(
    { lo, hi }: RegSet,
    visit: (w: "i64" | "f64" | "v128", index: number, address: number) => void,
  ): void {
    this.gpr.forEach((i, n) => {
      if (i !== undefined && lo & (1 << n)) visit("i64", i, GPR + n * 8);
    });
    this.vectors(hi, visit);
  }
  private fill(set: RegSet): void {
    this.fillRegisters(set);
    this.setLocal(this.budget, this.ldExpr("i32", ZERO, BUDGET));
    this.loadQuick();
  }
  private save(set: RegSet, flags?: FlagState): void {
    this.saveRegisters(set, flags);
    this.st("i32", ZERO, local("i32", this.budget), BUDGET);
  }
  private fillRegisters(set: RegSet): void {
    this.registers(set, (w, i, at) => this.setLocal(i, this.ldExpr(w, ZERO, at)));
    if (set.lo & (1 << FLAGS)) this.loadFlags();
  }
  private saveRegisters(set: RegSet, flags?: FlagState): void {
    this.registers(set, (w, i, at) => this.st(w, ZERO, local(w, i), at));
    if (set.lo & (1 << FLAGS)) this.saveFlags(flags);
  }
  /** The finished function, with everything inserted, and what is known of its branches. */
  assemble(first: number): { body: Uint8Array; hints: BranchHint[] } {
    const atEntry = this.log.solve(first);
    this.stubOf = this.kinds.map((kind, i) => this.stubs.find(kind, this.log.dirty[i], this.log.valid[i]));
    const code = this.out;
    const out = new Bytes();
    this.writeTo(out);
    for (const _ of this.stubs.list) out.bytes([0x02, 0x40]);
    const weight = Math.ceil((FRAME + this.localBytes + code.len / CODE_PER_BYTE) / STACK_UNIT);
    this.setLocal(this.depthLocal, i32.add(this.outerDepth, i32.const(weight)));
    this.fill(atEntry);
    let from = 0;
    for (const { at, write } of this.inserts) {
      out.bytes(code.buf.subarray(from, at));
      from = at;
      write();
    }
    out.bytes(code.buf.subarray(from, code.len));
    this.unreachable();
    for (const { kind, set } of this.stubs.list.reverse()) {
      out.u8(0x0b);
      this.setLocal(this.budget, i32.add(local("i32", this.budget), local("i32", this.unspent)));
      this.save(set);
      this.leave(kind);
    }
    this.unreachable();
    const body = this.finish(out);
    // Local declarations come before the code, and the end after it.
    const start = body.length - out.len - 1;
    return { body, hints: this.hints.map((h) => ({ at: h.at + start, likely: h.likely })) };
  }
  private leave(kind: number): void {
    const offset = i64.extend_i32_s(local("i32", this.where));
    const rip = kind & COMPUTED ? local("i64", this.target) : i64.add(i64.const(BigInt(this.base)), offset);
    if (kind & ONWARD) {
      this.st("i32", ZERO, i32.const(this.slot), REGION_FROM);
      this.tailCall(this.chained(), this.outerDepth, rip);
      return;
    }
    if (kind !== STATIC) this.st("i64", ZERO, rip, RIP);
    const code = kind & SPENT ? EXIT.YIELD : kind & TOO_DEEP ? EXIT.DEPTH : 0;
    if (code) this.st("i32", ZERO, i32.const(code), REGION_CODE);
    this.ret(code ? GONE : rip);
  }

  private chained(): Callee {
    const { index, ...type } = this.use(this.module.chain);
    return { ...type, index: this.module.functionIndex(index) };
  }

  // -- one block, one instruction

  /** At the very start. */
  begin(): void {
    const { watch } = this.module;
    if (!watch) return;
    this.entered = watch.newCount();
    this.count(this.entered);
  }

  /** `parks`: as that field says. */
  startBlock(block: FlowBlock, parks: boolean): void {
    this.current = block;
    this.parks = parks;
    this.log.enter(block.address);
    this.baseDepth = this.depth;
    this.groups.clear();
    this.groupsUsed = 0;
    this.rest = block.insns.length;
    const left = i32.sub(local("i32", this.budget), i32.const(block.insns.length));
    if (block.insns.length) this.setLocal(this.budget, left);
  }
  /** `nth`: in its block; `dead`: nobody reads the flags that it sets. */
  start(f: FlowInsn, nth: number, dead: boolean): void {
    const { insn } = f;
    this.rest = this.current.insns.length - nth;
    const { row } = insn;
    this.insn = insn;
    this.at = f.address;
    this.opSize = (row.opSize || 64) as 8 | 16 | 32 | 64;
    this.addrSize = insn.addrSize;
    this.rep = insn.rep;
    this.mnemonic = row.mnemonic;
    const memory = insn.operands.some((o) => o.kind === "mem");
    this.ops = operandInfos(row, memory);
    this.effective = undefined;
    this.rmw = undefined;
    for (const p of this.pools) p.used = 0;
    this.startFlags(row, dead);
    if (this.parks) this.loadWanted();
  }
  /** What the instruction turns out to want is loaded here. */
  private loadWanted(): void {
    const wanted = { lo: 0, hi: 0 };
    this.wanted = wanted;
    this.insert(() => this.fillRegisters(wanted));
  }
  /** On a way to where registers are in RAM; or to a loop that keeps in locals what it uses. */
  park(toLoop: boolean): void {
    const n = this.log.call();
    const { flagState } = this;
    this.insert(() => this.saveRegisters(this.log.saved[n], flagState));
    if (toLoop) this.insert(() => this.fillRegisters(this.log.loaded[n]));
  }
  /** What to come back to if an instruction turns out to be unsupported. */
  get mark(): Mark {
    const { codePlace: code, inserts, depth, log, held } = this;
    return { code, inserts: inserts.length, depth, events: log.position, held };
  }
  rewind(mark: Mark): void {
    this.held = mark.held;
    this.cut(mark.code);
    this.inserts.length = mark.inserts;
    this.depth = mark.depth;
    this.log.cut(mark.events);
  }

  // -- leaving

  /** What is counted when control passes here, if that is watched. */
  private count(id: number): void {
    this.callVoid(this.module.countFunction, i32.const(id));
  }
  /** A branch (`op`) that leaves from here; its label is known at the end. */
  private wayOut(op: number, kind: number): void {
    this.out.u8(op);
    this.kinds[this.log.exit()] = kind;
    const i = this.kinds.length - 1;
    const { depth } = this;
    this.insert(() => this.out.u32(depth + this.stubs.list.length - 1 - this.stubOf[i]));
  }
  private setWhere(address: number): void {
    this.setLocal(this.where, i32.const(address - this.base));
  }
  private near(address: number): boolean {
    return Math.abs(address - this.base) < 2 ** 31;
  }
  /**
   * Leaves the region with RIP at an address, a constant or an i64 value. `cause`: none for a return; `rest` instructions of
   * the block were not done.
   */
  leaveTo(address: number | Val, cause?: Cause, rest = 0): void {
    if (cause) this.watched(cause, typeof address === "number" ? address : undefined);
    this.setLocal(this.unspent, i32.const(rest));
    const computed = typeof address !== "number" || !this.near(address);
    if (computed) this.setLocal(this.target, typeof address === "number" ? i64.const(BigInt(address)) : address);
    else this.setWhere(address);
    let kind = (cause && KIND_OF[cause]) ?? STATIC;
    // With an instruction that is not done only the interpreter can go on.
    if (kind === ONWARD && rest) kind = STATIC;
    if (kind === ONWARD) this.use(this.module.chain);
    this.wayOut(BR, (computed ? COMPUTED : STATIC) | kind);
  }
  private watched(cause: Cause, to: number | undefined): void {
    const { watch } = this.module;
    if (!watch) return;
    const id = watch.newCount();
    this.exits.push({ id, cause, at: this.at, to });
    this.count(id);
  }
  /** Leaves at this instruction. */
  leaveHere(cause: Cause): void {
    this.leaveTo(this.at, cause, this.rest);
  }
  protected unreachableIf(cond: Val): void {
    if (this.module.watch) {
      this.plainIf(cond, () => this.leaveHere("memory"), undefined, false);
      return;
    }
    this.setLocal(this.unspent, i32.const(this.rest));
    this.setWhere(this.at);
    this.expr(cond);
    this.wayOut(BR_IF, STATIC);
  }
  /** True (i32) if the budget is used up. */
  private get spent(): Val {
    return i32.lt_s(local("i32", this.budget), ZERO);
  }
  /** Leaves at an address if the budget is used up: at every back edge and call, and when calls return. */
  checkBudget(address: number | Val): void {
    this.plainIf(this.spent, () => this.leaveTo(address, "budget"), undefined, false);
  }
  fault(vector: number, error?: Val): void {
    void vector;
    void error;
    this.leaveHere("exception");
  }
  faultIf(cond: Val, vector: number, error?: Val): void {
    void vector;
    void error;
    this.plainIf(cond, () => this.leaveHere("exception"), undefined, false);
  }
  exit(code: number, at: "next" | "this"): void {
    if ((code !== EXIT.BUDGET && code !== EXIT.STEP) || at !== "this") throw new Unsupported(`exit ${code}`);
    this.leaveHere("elsewhere");
  }
  spend(rounds: Val): Val {
    this.setLocal(this.budget, i32.sub(local("i32", this.budget), rounds));
    return this.spent;
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
    const { taken } = this.current;
    if (kind === "call") this.guestCall(taken);
    else this.branches.branch(taken);
  }
  jumpIf(cond: Val, i: number): void {
    void i;
    const { taken, fall } = this.current;
    const { flagState, held } = this;
    this.plainIf(
      cond,
      () => this.branches.branch(taken),
      () => {
        this.flagState = flagState;
        this.held = held;
        this.branches.branch(fall);
      },
    );
  }
  jump(target: Val, kind: JumpKind): void {
    if (kind === "call") this.guestCall(this.tmp(target));
    else if (kind === "ret") this.leaveTo(target);
    else if (!this.branches.dispatch(target)) this.leaveTo(target, "jump");
  }
  /**
   * A guest call as a nested call: of a region that is known, or of whatever is at the target. It has returned if RIP
   * is the return address; otherwise everything leaves, with the register file in RAM as it is.
   */
  private guestCall(to: number | Val): void {
    const { fall: back, expected: guess } = this.current;
    this.checkBudget(to);
    this.plainIf(i32.ge_u(this.callDepth, i32.const(MAX_STACK)), () => this.leaveTo(to, "depth"), undefined, false);
    let target: Val = typeof to === "number" ? i64.const(BigInt(to)) : to;
    if (guess?.slot && typeof to === "number") {
      // The jump that the call leads to; should it have to leave, the call has been made.
      this.at = to;
      this.rest = 0;
      target = this.load(i64.const(BigInt(guess.slot)), 64);
      this.setLocal(this.budget, i32.sub(local("i32", this.budget), i32.const(guess.steps)));
    }
    const n = this.log.call();
    const { flagState } = this;
    this.insert(() => this.save(this.log.saved[n], flagState));
    const depth = this.callDepth;
    const expected = i64.const(BigInt(back));
    // The return address has been pushed. The local still holds this when the call has come back.
    const sp = i64.add(this.stackPointer, i64.const(8));
    const direct = guess?.to ?? (typeof to === "number" ? to : undefined);
    const known = direct === undefined ? undefined : this.module.regionAt(direct);
    const leave = (): void => this.ret(GONE);
    const at = local("i64", this.target);
    const proceed = (f: Shared, from: Val): Val => this.callExpr(this.use(f), from, expected, sp, depth);
    const invoke = (): Val => proceed(this.module.invoke, target);
    if (known && direct !== undefined) {
      const call = (): void => this.setLocal(this.target, this.callExpr(known.callee, depth, i32.const(known.entry)));
      const other = (): void => this.setLocal(this.target, invoke());
      if (guess) this.plainIf(i64.eq(target, i64.const(BigInt(direct))), call, other, true);
      else call();
      const again = (): void =>
        this.plainIf(i64.ne(proceed(this.module.proceed, at), expected), leave, undefined, false);
      this.plainIf(i64.ne(at, expected), again, undefined, false);
    } else this.plainIf(i64.ne(invoke(), expected), leave, undefined, false);
    this.insert(() => this.fill(this.log.loaded[n]));
    this.forget();
    this.checkBudget(back);
    this.branches.branch(back);
  }
  private get stackPointer(): Val {
    return local("i64", this.gpr[RSP] as number);
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
