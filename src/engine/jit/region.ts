/** One region: its flow graph, structured, through the emitter. */
import type { Semantics } from "../../sem/emit.ts";
import type { Label } from "../../wasm/code.ts";
import { i32, i64, local, type Val } from "../../wasm/expr.ts";
import type { BranchHint } from "../../wasm/module.ts";
import { RegionEmit } from "./control.ts";
import { doubleRegisters } from "./doubles.ts";
import { Unsupported } from "./emit.ts";
import { EntryHash } from "./entry-hash.ts";
import { flagsDead } from "./flag-use.ts";
import { type Flow, type FlowBlock, isJump, reachOfJumps, type Span, successors } from "./flow.ts";
import type { RegionModule } from "./module.ts";
import { edgeKey, loopsOf, type Shape, structure } from "./structure.ts";
import type { Watched } from "./watch.ts";

/** The node from which all entries are reached, where there are several. */
const HUB = -1;
/**
 * Instructions of a region from which on registers are in RAM where ways meet: V8 would move all of them, which don't fit the
 * processor's, to other places on each way.
 */
const PARKING = 150;
/** Bytes of a jump through a table (PLT), with ENDBR64 before it, at most. */
const STUB = 16;
/** Rounds of making targets of edges into the middle of loops entries. */
const ROUNDS = 6;

export class RegionBuilder {
  private readonly shape: Shape;
  private readonly emit: RegionEmit;
  private readonly loops = new Map<number, Label>();
  private readonly ends = new Map<number, Label>();
  /** Edges that go through the hub. */
  private readonly viaHub = new Set<string>();
  private readonly fromHub = new Set<number>();
  private readonly blocks: ReadonlyMap<number, FlowBlock>;
  /** Addresses where the region can be entered, by number. */
  readonly entries: number[];
  /** Of a region with computed jumps. */
  private readonly hash: EntryHash | undefined;
  private current = 0;
  /** Where ways meet, registers are in RAM. */
  private readonly parks: boolean;
  /** But for some loops: the head of the loop that a block lies in. */
  private readonly kept: ReadonlyMap<number, number> = new Map();
  /** Ways that `way` gave names to. */
  private ways = 0;

  /** `slot`: of the region in table 0. */
  constructor(
    module: RegionModule,
    flow: Flow,
    slot: number,
    private readonly semantics: (mnemonic: string) => Semantics | undefined,
  ) {
    this.blocks = flow.blocks;
    this.entries = [...flow.entries];
    this.shape = this.structured();
    if (this.root === HUB && [...this.blocks.values()].some(isJump)) this.hash = new EntryHash(this.entries);
    this.emit = new RegionEmit(module, this.entries[0], slot);
    this.emit.doubles = doubleRegisters(this.blocks);
    this.emit.branches = { branch: (to) => this.branch(to), dispatch: (target) => this.dispatch(target) };
    this.parks = this.longest > PARKING;
    if (this.parks)
      this.kept = loopsOf(
        this.shape,
        (n) => this.next(n),
        (head, body) => this.keeps(head, body),
      );
    this.emit.begin();
    this.tree(this.root);
  }
  /** What is known of it for those who watch. */
  get watched(): Pick<Watched, "entries" | "blocks" | "entered" | "exits"> {
    const { entered, exits } = this.emit;
    return { entries: this.entries, blocks: [...this.blocks.values()], entered, exits };
  }
  assemble(): { body: Uint8Array; hints: BranchHint[] } {
    return this.emit.assemble(this.root);
  }
  /** Most instructions that it runs without looking at the budget. */
  get longest(): number {
    let sum = 0;
    for (const b of this.blocks.values()) sum += b.insns.length + (b.expected?.steps ?? 0);
    return sum;
  }
  /** Addresses of its blocks. */
  get addresses(): number[] {
    return [...this.blocks.keys()];
  }
  /** The code that it was made from: from one address to another, in turn. */
  get spans(): number[] {
    const out: number[] = [];
    for (const b of this.blocks.values()) {
      out.push(b.address, b.fall);
      if (b.expected?.slot) out.push(b.taken, b.taken + STUB);
    }
    return out;
  }
  /** Addresses that it branches to and does not hold. */
  get leads(): number[] {
    const out = new Set<number>();
    for (const b of this.blocks.values()) {
      for (const to of successors(b)) if (!this.blocks.has(to)) out.add(to);
    }
    return [...out];
  }
  /** Where its computed jumps may lead, if it has such. */
  get reach(): Span[] | undefined {
    const blocks = [...this.blocks.values()];
    return blocks.some(isJump) ? reachOfJumps(blocks) : undefined;
  }
  private get root(): number {
    return this.entries.length > 1 ? HUB : this.entries[0];
  }
  private structured(): Shape {
    let shape = structure(this.root, (n) => this.next(n));
    for (let i = 0; i < ROUNDS && shape.cut.size; i++) {
      for (const [from, to] of shape.cut.values()) {
        this.viaHub.add(edgeKey(from, to));
        this.fromHub.add(from);
        if (!this.entries.includes(to)) this.entries.push(to);
      }
      shape = structure(this.root, (n) => this.next(n));
    }
    if (this.root === HUB) for (const e of this.entries) shape.joins.add(e);
    return shape;
  }
  private isViaHub(from: number, to: number): boolean {
    return this.viaHub.size > 0 && this.viaHub.has(edgeKey(from, to));
  }
  private isCut(from: number, to: number): boolean {
    return this.shape.cut.size > 0 && this.shape.cut.has(edgeKey(from, to));
  }
  /** Successors inside the region. */
  private next(n: number): number[] {
    if (n === HUB) return this.entries;
    const b = this.blocks.get(n);
    if (!b) return [];
    const direct = successors(b).filter((to) => this.blocks.has(to) && !this.isViaHub(n, to));
    if (this.root === HUB && (this.fromHub.has(n) || isJump(b))) direct.push(HUB);
    return direct;
  }
  private rpo(n: number): number {
    return this.shape.rpo.get(n) as number;
  }
  /** A block with all that it dominates. */
  private tree(n: number): void {
    const e = this.emit;
    const joins = (this.shape.children.get(n) ?? []).filter((c) => this.shape.joins.has(c));
    joins.sort((a, b) => this.rpo(b) - this.rpo(a));
    if (!this.shape.loopHeads.has(n)) {
      this.within(n, joins, 0);
      return;
    }
    e.forget();
    e.plainLoop((top) => {
      this.loops.set(n, top);
      this.within(n, joins, 0);
    });
  }
  /** Join points follow the blocks that lead to them: the farthest outermost. */
  private within(n: number, joins: number[], i: number): void {
    if (i === joins.length) {
      if (n === HUB) this.hub();
      else this.block(n);
      return;
    }
    this.emit.plainBlock((end) => {
      this.ends.set(joins[i], end);
      this.within(n, joins, i + 1);
    });
    this.emit.forget();
    this.tree(joins[i]);
  }
  /** Goes to the entry by number. Behind the entries come the places of the hash that computed jumps are looked up in. */
  private hub(): void {
    const e = this.emit;
    e.log.enter(HUB);
    for (const to of this.entries) e.log.edge(HUB, to);
    const ends = this.entries.map((to) => this.ends.get(to) as Label);
    const { hash } = this;
    if (!hash) {
      e.brTable(e.entry, ends);
      return;
    }
    e.plainBlock((none) => this.lookUp(hash.places, ends, none));
    e.leaveTo(local("i64", e.target), "jump");
  }
  /** From the place of a target to the entry that it is, or to `none`. */
  private lookUp(places: readonly number[][], ends: readonly Label[], none: Label): void {
    const e = this.emit;
    const labels: Label[] = [];
    const from = (i: number): void => {
      if (i === places.length) e.brTable(e.entry, [...ends, ...labels]);
      else if (!places[i].length) {
        labels.push(none);
        from(i + 1);
      } else {
        e.plainBlock((end) => {
          labels.push(end);
          from(i + 1);
        });
        for (const n of places[i]) e.brIf(i64.eq(local("i64", e.target), i64.const(BigInt(this.entries[n]))), ends[n]);
        e.br(none);
      }
    };
    from(0);
  }
  private toHub(entry: Val, address: number | Val): void {
    const e = this.emit;
    e.checkBudget(address);
    e.set({ ty: "i32", index: 1 }, entry);
    this.way(HUB, true);
    e.br(this.loops.get(HUB) as Label);
  }
  private size(n: number): number {
    return this.blocks.get(n)?.insns.length ?? 0;
  }
  /** Whether a loop has its registers in locals all the time. */
  private keeps(head: number, body: ReadonlySet<number>): boolean {
    // No way leads from the hub to such a loop, or out of it.
    if (head === HUB || (this.root === HUB && this.entries.includes(head))) return false;
    let insns = 0;
    for (const n of body) insns += this.size(n);
    return insns <= PARKING;
  }
  /** Notes the way from the current block to another; `meets`: others lead there as well. */
  private way(to: number, meets: boolean): void {
    const { log } = this.emit;
    const [inner, outer] = [this.kept.get(this.current), this.kept.get(to)];
    let from = this.current;
    const parks = this.parks && (inner !== outer || (meets && inner === undefined));
    if (parks) {
      from = HUB - ++this.ways;
      log.edge(this.current, from);
      log.enter(from);
      this.emit.park(outer !== undefined);
    }
    log.edge(from, to);
    log.enter(this.current);
    if (parks) this.emit.forget();
  }
  /** An indirect jump inside the region. */
  private dispatch(target: Val): boolean {
    const { emit: e, hash } = this;
    if (!hash || !isJump(this.blocks.get(this.current) as FlowBlock)) return false;
    const to = local("i64", e.target);
    e.set({ ty: "i64", index: e.target }, target);
    this.toHub(i32.add(hash.place(to), i32.const(this.entries.length)), to);
    return true;
  }
  /** The way from the current block to an address. */
  private branch(to: number): void {
    const e = this.emit;
    const from = this.current;
    if (this.isViaHub(from, to)) this.toHub(i32.const(this.entries.indexOf(to)), to);
    else if (!this.blocks.has(to) || this.isCut(from, to)) e.leaveTo(to, "elsewhere");
    else {
      if (this.rpo(to) <= this.rpo(from)) {
        e.checkBudget(to);
        this.way(to, true);
        e.br(this.loops.get(to) as Label);
      } else if (this.shape.joins.has(to)) {
        this.way(to, true);
        e.br(this.ends.get(to) as Label);
      } else {
        this.way(to, this.shape.loopHeads.has(to));
        this.tree(to);
        this.current = from;
        e.log.enter(from);
      }
    }
  }
  private block(n: number): void {
    const b = this.blocks.get(n) as FlowBlock;
    const e = this.emit;
    this.current = n;
    e.startBlock(b, this.parks && !this.kept.has(n));
    for (const [i, f] of b.insns.entries()) {
      const semantics = this.semantics(f.insn.row.mnemonic);
      const mark = e.mark;
      try {
        e.start(f, i, flagsDead(b.insns, i));
        if (!semantics) throw new Unsupported(f.insn.row.mnemonic);
        semantics(e);
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error;
        e.rewind(mark);
        e.leaveHere("unsupported");
        return;
      }
    }
    if (b.end === "fall") this.branch(b.fall);
    else if (b.end === "stop") e.leaveTo(b.fall, "unsupported");
  }
}
