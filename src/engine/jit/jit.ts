/**
 * Which code is hot, and installing regions for it. Heat is sampled: the engine runs the interpreter in short quanta and
 * notes where each one ends.
 */
import { CODE_GENERATION } from "../../cpu/layout.ts";
import { decode } from "../../decode/decode.ts";
import { BASE_RIP, type Insn } from "../../isa/types.ts";
import { EXEC, READ } from "../../mmu/access.ts";
import { PAGE } from "../../mmu/frames.ts";
import type { Ram } from "../../mmu/ram.ts";
import { type AddressSpace, USER_END } from "../../mmu/space.ts";
import type { Semantics } from "../../sem/emit.ts";
import type { CodeCache } from "../code-cache.ts";
import { ALONE } from "../interp/numbers.ts";
import { VARIANTS, variantOf } from "../interp/variant.ts";
import { R_GENERATION, R_RIP } from "../record.ts";
import {
  type CodeSource,
  discover,
  type Expected,
  type Flow,
  type FlowBlock,
  isComputedCall,
  keepLoop,
} from "./flow.ts";
import { listings } from "./listing.ts";
import { type Known, type RegionFunction, RegionModule } from "./module.ts";
import { RegionBuilder } from "./region.ts";
import { RegionWatch } from "./watch.ts";

/** Samples after which code is compiled. */
const HOT = 8;
/** Bytes of code whose samples are counted together, and how many such areas are remembered. */
const AREA = 128;
const MAX_AREAS = 32768;
/** Functions that are compiled together. */
const BATCH = 12;
/** Most regions and instructions in one module, beside those that are asked for. */
const MAX_REGIONS = 16;
const MAX_INSNS = 2500;
/** How often a region is made anew because code that it led to turned out to be hot. */
const MAX_GROWTH = 3;
/** Bytes of the longest instruction. */
const MAX_LENGTH = 15;

export interface JitStats {
  regions: number;
  modules: number;
  bytes: number;
  /** Milliseconds. */
  time: number;
  instructions: number;
  failed: number;
  /** Quanta that ended in compiled code's loops, and all: the share of time spent there. */
  samplesCompiled: number;
  samples: number;
}

/**
 * Flow graphs by entry, the root's first, compiled regions of other modules that these call, and the regions that those
 * at some entries take the place of.
 */
interface Plan {
  plan: Map<number, Flow>;
  calls: Map<number, Known<Region>>;
  grown: Map<number, Region>;
}

/** A compiled region: the pages that it was made from, by address, and the records of its entries. */
interface Region {
  /** By number of the entry: its address and its record, or 0. */
  entries: { address: number; record: number }[];
  pages: Map<number, number>;
  slot: number;
  fn: RegionFunction;
  /** Regions of other modules that call this one directly: they go when it goes. */
  callers: Set<Region>;
  /** Addresses of its blocks. */
  blocks: number[];
  /** Addresses that it branches to and does not hold. */
  leads: readonly number[];
  /** How often it was made anew with more code. */
  growth: number;
  /** A larger one has taken its place; regions that call it directly still do. */
  superseded: boolean;
}

export interface JitTable {
  grow(n: number): number;
  set(i: number, f: unknown): void;
}

export interface JitParts {
  ram: Ram;
  cache: CodeCache;
  index: Uint16Array;
  /** Table 0 of the handlers' module, which regions are called through. */
  table: JitTable;
  /** What the handlers' module exports. */
  exports: Readonly<Record<string, unknown>>;
  semantics(mnemonic: string): Semantics | undefined;
  /** Milliseconds. */
  clock(): number;
  /** Compile at the first sample. */
  eager: boolean;
  /** Count what regions do. */
  watch: boolean;
  /** Addresses that the interpreter is to look at. */
  breakpoints: ReadonlySet<number>;
}

export class Jit {
  private heat = new Map<number, number>();
  private readonly byRecord = new Map<number, Region>();
  private readonly byFrame = new Map<number, Set<Region>>();
  private readonly freeSlots: number[] = [];
  private retiredSlots: number[] = [];
  /** Functions that are to be compiled together, with the address space that they were seen in. */
  private wanted = new Set<number>();
  private wantedIn: AddressSpace | undefined;
  /** By block: how many regions hold it. */
  private readonly covered = new Map<number, number>();
  /** By address: the region that leads there last. */
  private readonly leads = new Map<number, Region>();
  /** Entries that can't be compiled. */
  private readonly hopeless = new Set<number>();
  /** Most instructions that any region runs without looking at the budget. */
  longest = 0;
  readonly stats: JitStats = {
    regions: 0,
    modules: 0,
    bytes: 0,
    time: 0,
    instructions: 0,
    failed: 0,
    samplesCompiled: 0,
    samples: 0,
  };

  /** What regions did, if that is wanted. */
  readonly watch: RegionWatch | undefined;

  constructor(private readonly parts: JitParts) {
    if (parts.watch) this.watch = new RegionWatch();
    parts.cache.onDrop = (frame) => this.dropFrame(frame);
    parts.cache.onFlush = () => this.dropAll();
  }
  /** All regions as text, for a JIT that watches them. */
  listings(): string {
    return this.watch ? listings(this.watch) : "";
  }

  /**
   * Execution was at `address`, a block's start, when its quantum ended. True if it was interpreted and will go on so.
   * Where a region was left in its middle, the interpreter goes on; if it stays there for long, that will be seen.
   */
  sample(space: AddressSpace, address: number, inRegion: boolean): boolean {
    this.stats.samples++;
    // No region runs.
    this.freeSlots.push(...this.retiredSlots);
    this.retiredSlots = [];
    if (inRegion || this.source(space).region(address)) {
      this.stats.samplesCompiled++;
      return false;
    }
    this.heated(space, address);
    return true;
  }
  private heated(space: AddressSpace, address: number): void {
    const area = Math.floor(address / AREA);
    const n = (this.heat.get(area) ?? 0) + 1;
    if (n < HOT && !this.parts.eager) {
      if (this.heat.size > MAX_AREAS) this.heat.clear();
      this.heat.set(area, n);
      return;
    }
    this.heat.delete(area);
    const roots = this.wantedIn === space ? [...this.wanted, address] : [address];
    this.wanted.clear();
    this.compile(space, roots);
  }
  /** A function that regions call often: compiled at once if there are enough of them, or with what is hot next. */
  want(space: AddressSpace, address: number): void {
    if (this.wantedIn !== space) this.wanted.clear();
    this.wantedIn = space;
    if (this.hopeless.has(address)) return;
    this.wanted.add(address);
    if (this.wanted.size < BATCH) return;
    const roots = [...this.wanted];
    this.wanted.clear();
    this.compile(space, roots);
  }

  /** Compiles the regions at some addresses and what they call, unless that was tried. */
  compile(space: AddressSpace, addresses: readonly number[]): void {
    const roots = addresses.filter((a) => !this.hopeless.has(a));
    if (!roots.length) return;
    const start = this.parts.clock();
    const source = this.source(space);
    const { plan, calls, grown } = this.plan(source, roots);
    const inside = (a: number): boolean => [...grown.keys()].some((entry) => plan.get(entry)?.blocks.has(a));
    for (const a of roots) if (!plan.has(a) && !calls.has(a) && !inside(a)) this.hopeless.add(a);
    if (plan.size === 0) return;
    const entries = [...plan.keys()];
    const compiled = new Map([...calls].map(([to, { callee, entry: n }]) => [to, { callee: callee.fn, entry: n }]));
    const module = new RegionModule(this.parts.exports, entries, compiled, this.watch);
    const builders = this.emit(module, plan);
    if (!builders) return;
    const bytes = module.build(builders.map((b) => b.builder));
    const functions = module.instantiate(this.parts.ram.memory, bytes);
    if (this.watch)
      this.watch.add(
        bytes,
        builders.map((b) => b.builder.watched),
      );
    const pages = this.pagesOf(space, plan);
    for (const { callee } of calls.values()) for (const [page, frame] of callee.pages) pages.set(page, frame);
    for (const [i, { slot, builder }] of builders.entries()) {
      const region = this.install(space, builder, slot, functions[i], pages, grown.get(entries[i]));
      if (region) for (const { callee } of calls.values()) callee.callers.add(region);
    }
    this.stats.modules++;
    this.stats.bytes += bytes.length;
    this.stats.time += this.parts.clock() - start;
  }
  /** Undefined if the code is nested so deeply that the host's stack does not suffice: it stays interpreted. */
  private emit(module: RegionModule, plan: Map<number, Flow>): { slot: number; builder: RegionBuilder }[] | undefined {
    const made: { slot: number; builder: RegionBuilder }[] = [];
    for (const [entry, flow] of plan) {
      const slot = this.freeSlots.pop() ?? this.parts.table.grow(1);
      try {
        made.push({ slot, builder: new RegionBuilder(module, flow, slot, this.parts.semantics) });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.hopeless.add(entry);
        for (const other of [...made, { slot }]) this.release(other.slot);
        return undefined;
      }
    }
    return made;
  }
  /** Flow graphs by entry: the root's, and those of functions it calls that aren't compiled. Empty if the root has no code. */
  private plan(source: SpaceSource, roots: readonly number[]): Plan {
    const plan = new Map<number, Flow>();
    const calls = new Map<number, Known<Region>>();
    const grown = new Map<number, Region>();
    const work = [...roots];
    let insns = 0;
    for (let i = 0; i < work.length && (i < roots.length || (plan.size < MAX_REGIONS && insns < MAX_INSNS)); i++) {
      if (plan.has(work[i]) || (i < roots.length && source.region(work[i]))) continue;
      let flow = this.larger(source, work[i], plan, grown);
      if (!flow) {
        flow = discover(source, [work[i]]);
        // Of what another region holds, and was entered in its middle, the loop is enough, or the way to where a region begins.
        if (this.covered.get(work[i]) && !keepLoop(flow))
          flow = discover(source, [work[i]], (a) => source.region(a) !== undefined);
        if (!flow.blocks.get(work[i])?.insns.length) continue;
        plan.set(work[i], flow);
      }
      for (const b of flow.blocks.values()) {
        insns += b.insns.length;
        this.stats.instructions += b.insns.length;
        b.expected = source.expected(b);
        const to = b.expected?.to ?? (b.end === "call" ? b.taken : 0);
        if (!to || !source.known(to)) continue;
        const known = source.region(to);
        if (!known) {
          if (this.heat.has(Math.floor(to / AREA))) work.push(to);
        } else if (this.current(known)) calls.set(to, known);
      }
    }
    return { plan, calls, grown };
  }
  /** A region that leads to an address made anew, so that it holds what is there: its flow, now in the plan. */
  private larger(
    source: SpaceSource,
    address: number,
    plan: Map<number, Flow>,
    grown: Map<number, Region>,
  ): Flow | undefined {
    const old = this.leads.get(address);
    if (!old || old.superseded || !this.installed(old) || old.growth >= MAX_GROWTH) return undefined;
    const entries = old.entries.map((e) => e.address);
    if (plan.has(entries[0]) || source.region(entries[0])?.callee !== old) return undefined;
    const flow = discover(source, entries);
    if (!flow.blocks.has(address)) return undefined;
    plan.set(entries[0], flow);
    grown.set(entries[0], old);
    return flow;
  }
  /** Valid in the address space that runs. */
  private current({ callee, entry }: Known<Region>): boolean {
    const { ram } = this.parts;
    const { record, address } = callee.entries[entry];
    const fresh = ram.i32[(record + R_GENERATION) >> 2] === ram.i32[CODE_GENERATION >> 2];
    return fresh && ram.view.getBigInt64(record + R_RIP, true) === BigInt(address);
  }
  private source(space: AddressSpace): SpaceSource {
    return new SpaceSource(space, this.parts, (record) => this.byRecord.get(record), this.covered);
  }
  private pagesOf(space: AddressSpace, plan: Map<number, Flow>): Map<number, number> {
    const pages = new Map<number, number>();
    const note = (address: number): void => {
      const page = address - (address % PAGE);
      if (!pages.has(page)) pages.set(page, frameAt(space, page));
    };
    for (const { blocks } of plan.values()) {
      for (const b of blocks.values()) {
        for (const { address, insn } of b.insns) {
          note(address);
          note(address + insn.length - 1);
        }
        if (b.expected?.slot) note(b.taken);
      }
    }
    return pages;
  }
  private install(
    space: AddressSpace,
    { entries: addresses, addresses: blocks, leads, longest }: RegionBuilder,
    slot: number,
    fn: RegionFunction,
    pages: Map<number, number>,
    old: Region | undefined,
  ): Region | undefined {
    const { cache, table, ram } = this.parts;
    table.set(slot, fn);
    const growth = old ? old.growth + 1 : 0;
    const callers = new Set<Region>();
    const region: Region = { entries: [], pages, slot, fn, callers, blocks, leads, growth, superseded: false };
    if (old) this.supersede(old);
    const source = this.source(space);
    for (const [n, address] of addresses.entries()) {
      // An entry of an older region stays that region's: to take it would leave the rest of the other without a use.
      const holder = source.region(address)?.callee;
      const taken = holder !== undefined && holder !== old;
      const record = taken ? 0 : cache.installRegion(frameAt(space, address), address % PAGE, slot, n);
      region.entries.push({ address, record });
      if (record) {
        this.byRecord.set(record, region);
        ram.view.setBigInt64(record + R_RIP, BigInt(address), true);
        ram.i32[(record + R_GENERATION) >> 2] = ram.i32[CODE_GENERATION >> 2];
      } else if (n === 0) {
        this.release(slot);
        this.stats.failed++;
        return undefined;
      }
    }
    for (const frame of new Set(pages.values())) {
      let set = this.byFrame.get(frame);
      if (!set) {
        set = new Set();
        this.byFrame.set(frame, set);
      }
      set.add(region);
    }
    for (const address of blocks) this.covered.set(address, (this.covered.get(address) ?? 0) + 1);
    for (const address of leads) this.leads.set(address, region);
    this.stats.regions++;
    this.longest = Math.max(this.longest, longest);
    return region;
  }
  /** A larger region takes an old one's entries. The old one still runs where others call it directly. */
  private supersede(old: Region): void {
    old.superseded = true;
    this.uncover(old);
  }
  private uncover(r: Region): void {
    for (const address of r.blocks) {
      const n = (this.covered.get(address) as number) - 1;
      if (n) this.covered.set(address, n);
      else this.covered.delete(address);
    }
    r.blocks = [];
    for (const address of r.leads) if (this.leads.get(address) === r) this.leads.delete(address);
  }
  /** Regions that run now may still know their slot: it is free for others when they have ended. */
  private release(slot: number): void {
    this.parts.table.set(slot, null);
    this.retiredSlots.push(slot);
  }
  /** Makes a region's entries lead to the interpreter again. */
  private remove(r: Region): void {
    for (const { record } of r.entries) {
      if (this.byRecord.get(record) !== r) continue;
      this.byRecord.delete(record);
      this.parts.cache.removeRegion(record);
    }
    for (const frame of r.pages.values()) this.byFrame.get(frame)?.delete(r);
    this.uncover(r);
    r.superseded = false;
    this.release(r.slot);
    const callers = [...r.callers];
    r.callers.clear();
    for (const caller of callers) if (this.installed(caller)) this.remove(caller);
  }
  private installed(r: Region): boolean {
    return r.superseded || r.entries.some(({ record }) => this.byRecord.get(record) === r);
  }

  /** A region whose generation is old: finds out whether it belongs to this space, and says so in its record. */
  verify(space: AddressSpace, record: number): void {
    const { ram } = this.parts;
    const r = this.byRecord.get(record);
    if (!r) throw new Error("region record without a region");
    let valid = true;
    for (const [page, frame] of r.pages) valid &&= frameAt(space, page) === frame;
    for (const { record: at, address } of r.entries) {
      if (!at || this.byRecord.get(at) !== r) continue;
      ram.view.setBigInt64(at + R_RIP, valid ? BigInt(address) : -1n, true);
      ram.i32[(at + R_GENERATION) >> 2] = ram.i32[CODE_GENERATION >> 2];
    }
  }
  /** Code of a frame changed: regions made from it go. */
  private dropFrame(frame: number): void {
    for (const r of [...(this.byFrame.get(frame) ?? [])]) if (this.installed(r)) this.remove(r);
    this.byFrame.delete(frame);
    this.hopeless.clear();
  }
  /** Breakpoints of the page at an address change: regions made from it go. */
  dropPage(page: number): void {
    for (const r of new Set(this.byRecord.values())) if (r.pages.has(page) && this.installed(r)) this.remove(r);
    this.hopeless.clear();
  }
  private dropAll(): void {
    for (const r of new Set([...this.byRecord.values(), ...[...this.byFrame.values()].flatMap((set) => [...set])]))
      this.release(r.slot);
    this.byRecord.clear();
    this.byFrame.clear();
    this.covered.clear();
    this.leads.clear();
    this.heat.clear();
    this.hopeless.clear();
  }
}

function frameAt(space: AddressSpace, address: number): number {
  const pte = space.entry(address);
  return pte & EXEC ? (pte & ~(PAGE - 1)) >>> 0 : 0;
}

/** Code as one address space shows it. */
class SpaceSource implements CodeSource {
  constructor(
    private readonly space: AddressSpace,
    private readonly parts: JitParts,
    private readonly regionOf: (record: number) => Region | undefined,
    private readonly covered: ReadonlyMap<number, number>,
  ) {}
  record(address: number): number {
    const frame = frameAt(this.space, address);
    return frame ? this.parts.cache.find(frame, address % PAGE) : 0;
  }
  known(address: number): boolean {
    return this.record(address) !== 0;
  }
  region(address: number): Known<Region> | undefined {
    const record = this.record(address);
    const r = record ? this.regionOf(record) : undefined;
    const entry = r ? r.entries.findIndex((e) => e.address === address && e.record === record) : -1;
    return r && entry >= 0 ? { callee: r, entry } : undefined;
  }
  jumpedTo(from: number, to: number): number[] {
    const out: number[] = [];
    for (let page = from - (from % PAGE); page <= to; page += PAGE) {
      const frame = frameAt(this.space, page);
      if (!frame) continue;
      for (const offset of this.parts.cache.jumpedTo(frame)) {
        const address = page + offset;
        if (address >= from && address <= to && !this.covered.get(address)) out.push(address);
      }
    }
    return out;
  }
  /** What is known of where a block's call ends up. */
  expected(b: FlowBlock): Expected | undefined {
    if (b.end === "call") return this.stub(b.taken);
    if (!isComputedCall(b)) return undefined;
    const frame = frameAt(this.space, b.address);
    const at = b.insns[b.insns.length - 1].address % PAGE;
    const to = frame ? this.parts.cache.lastCalled(frame, b.address % PAGE, at) : 0;
    return to ? { to, slot: 0, steps: 0 } : undefined;
  }
  /** A jump through a fixed address, as in a PLT. */
  private stub(address: number): Expected | undefined {
    let insn = this.insn(address);
    let steps = 1;
    if (insn?.row.mnemonic === "ENDBR64") {
      address += insn.length;
      insn = this.insn(address);
      steps++;
    }
    const o = insn?.operands[0];
    if (insn?.row.mnemonic !== "JMP" || o?.kind !== "mem" || o.base !== BASE_RIP || insn.addrSize !== 64)
      return undefined;
    const slot = address + insn.length + o.dispLo;
    const { space } = this;
    const pte = space.entry(slot);
    if (slot % PAGE > PAGE - 8 || !(pte & READ)) return undefined;
    const host = ((pte & ~(PAGE - 1)) >>> 0) + (slot % PAGE);
    return { to: Number(this.parts.ram.view.getBigUint64(host, true)), slot, steps };
  }
  /** Decoded once: the search for leaders and the making of blocks both ask. */
  private readonly insns = new Map<number, Insn | undefined>();

  insn(address: number): Insn | undefined {
    if (this.insns.has(address)) return this.insns.get(address);
    const insn = this.decode(address);
    const known = insn && this.supported(insn) ? insn : undefined;
    this.insns.set(address, known);
    return known;
  }
  private decode(address: number): Insn | undefined {
    const { space, parts } = this;
    if (!(address >= 0 && address < USER_END) || parts.breakpoints.has(address)) return undefined;
    // Compiling must not bring pages in: that would depend on what is hot.
    const frame = frameAt(space, address);
    if (!frame) return undefined;
    const offset = address % PAGE;
    let insn = decode(parts.ram.u8, frame + offset, frame + PAGE, 64);
    const next = insn === "short" ? frameAt(space, address + PAGE - offset) : 0;
    if (next) {
      const bytes = new Uint8Array(PAGE - offset + MAX_LENGTH);
      bytes.set(parts.ram.u8.subarray(frame + offset, frame + PAGE));
      bytes.set(parts.ram.u8.subarray(next, next + MAX_LENGTH), PAGE - offset);
      insn = decode(bytes, 0, bytes.length, 64);
    }
    return typeof insn === "string" ? undefined : insn;
  }
  private supported(insn: Insn): boolean {
    const entry = this.parts.index[insn.row.index * VARIANTS + variantOf(insn)];
    return entry !== 0 && (entry & ALONE) === 0;
  }
}
