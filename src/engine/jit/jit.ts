/**
 * Compiles hot code, and installs regions for it. Heat is sampled: the engine runs the interpreter in short quanta and
 * notes where each one ends.
 */
import { PAGE } from "../../mmu/frames.ts";
import type { AddressSpace } from "../../mmu/space.ts";
import type { Semantics } from "../../sem/emit.ts";
import { Decoded } from "./decoded.ts";
import type { Flow } from "./flow.ts";
import { Heat } from "./heat.ts";
import { Hops } from "./hops.ts";
import { listings } from "./listing.ts";
import { RegionModule } from "./module.ts";
import { Plan } from "./plan.ts";
import { RegionBuilder } from "./region.ts";
import { frameAt, type Region, type RegionParts, Regions } from "./regions.ts";
import { type SourceParts, SpaceSource } from "./source.ts";
import { RegionWatch } from "./watch.ts";

/** How many are compiled together if they come soon: calls within a module are the best ones. */
const BATCH = 12;
/** Samples after which what is wanted need not wait for more, and how many of them one in a region counts. */
const PATIENCE = 256;
const REGION_SAMPLE = 4;
/** What a function's being called often from regions (HOT_VISITS) counts, in samples. */
const VISITED = 2;

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

export interface JitParts extends RegionParts, SourceParts {
  /** What the handlers' module exports. */
  exports: Readonly<Record<string, unknown>>;
  semantics(mnemonic: string): Semantics | undefined;
  /** Milliseconds. */
  clock(): number;
  /** Compile at the first sample. */
  eager: boolean;
  /** Count what regions do. */
  watch: boolean;
}

interface Made {
  slot: number;
  builder: RegionBuilder;
}

export class Jit {
  private readonly heat: Heat;
  private readonly regions: Regions;
  private readonly decoded: Decoded;
  private readonly hops = new Hops();
  /** What is to be compiled together, with the address space that it was seen in. */
  private wanted = new Set<number>();
  private wantedIn: AddressSpace | undefined;
  /** Samples since the last were compiled. */
  private waited = 0;
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
    this.heat = new Heat(parts.eager);
    this.regions = new Regions(parts);
    this.decoded = new Decoded(parts.ram);
    if (parts.watch) this.watch = new RegionWatch();
    parts.cache.onStore = (frame) => this.decoded.drop(frame);
    parts.cache.holds = (frame, from, to) => this.regions.holds(frame, from, to);
    parts.cache.onDrop = (frame) => {
      this.regions.dropFrame(frame);
      this.hopeless.clear();
    };
    parts.cache.onFlush = () => {
      this.regions.dropAll();
      this.heat.clear();
      this.hops.clear();
      this.decoded.clear();
      this.hopeless.clear();
    };
  }
  /** All regions as text, for a JIT that watches them. */
  listings(): string {
    return this.watch ? listings(this.watch) : "";
  }

  /**
   * Execution was at `address`, a block's start, when its quantum ended, which was `weight` times as long as the shortest.
   * True if it was interpreted and will go on so. Where a region was left in its middle, the interpreter goes on; if it
   * stays there for long, that will be seen.
   */
  sample(space: AddressSpace, address: number, inRegion: boolean, weight: number): boolean {
    this.stats.samples++;
    this.regions.freeReleased();
    const compiled = inRegion || this.source(space).region(address) !== undefined;
    if (compiled) this.stats.samplesCompiled++;
    else this.want(space, address, weight, true);
    this.waited += compiled ? REGION_SAMPLE : 1;
    if (this.wanted.size && this.wantedIn === space && this.waited >= PATIENCE) this.compileWanted(space);
    return !compiled;
  }
  /** A quantum of so many units (hops.ts) ended on the way from the region of a slot to one at an address. */
  hopped(space: AddressSpace, slot: number, address: number, units: number): void {
    const { regions } = this;
    const source = this.source(space);
    const [from, to] = [regions.inSlot(slot), source.region(address)?.callee];
    // Another program may have others at the same addresses.
    const here = (r: Region): boolean => regions.isCurrent(r) && source.region(r.entries[0].address)?.callee === r;
    const members = from && to ? this.hops.add(from, to, address, units, here) : [];
    if (members.length) this.timed(space, (plan) => plan.unite(members, address));
  }
  /** What was seen of an address before there was this. */
  seen(address: number, samples: number): void {
    this.heat.add(address, samples);
  }
  /** Code that regions call or lead to often. */
  visited(space: AddressSpace, address: number): void {
    this.want(space, address, VISITED, false);
  }
  /** Time goes to code at an address: once it is hot, it will be compiled with others; or at once, if execution is `here`. */
  private want(space: AddressSpace, address: number, samples: number, here: boolean): void {
    if (this.hopeless.has(address) || !this.heat.add(address, samples)) return;
    if (this.wantedIn !== space) this.wanted.clear();
    if (!this.wanted.size) this.waited = 0;
    this.wantedIn = space;
    this.wanted.add(address);
    if (this.wanted.size >= BATCH || (here && this.heat.urgent(address))) this.compileWanted(space);
  }
  private compileWanted(space: AddressSpace): void {
    const wanted = [...this.wanted];
    this.wanted.clear();
    this.compile(space, wanted);
  }

  /** Compiles what is hot at some addresses, with what it calls, as far as that is worth it. */
  compile(space: AddressSpace, roots: readonly number[]): void {
    this.timed(space, (plan) => {
      for (const a of plan.make(roots)) this.hopeless.add(a);
    });
  }
  private timed(space: AddressSpace, make: (plan: Plan) => void): void {
    const start = this.parts.clock();
    const plan = new Plan(this.source(space), this.regions, this.heat);
    make(plan);
    if (plan.flows.size) this.build(space, plan);
    this.stats.time += this.parts.clock() - start;
  }
  private build(space: AddressSpace, { flows, calls, grown, parts, insns }: Plan): void {
    const { stats } = this;
    const entries = [...flows.keys()];
    const compiled = new Map([...calls].map(([to, { callee, entry: n }]) => [to, { callee: callee.fn, entry: n }]));
    const module = new RegionModule(this.parts.exports, entries, compiled, this.watch);
    const made = this.emit(module, flows);
    if (!made) return;
    const bytes = module.build(made.map((m) => m.builder));
    const functions = module.instantiate(this.parts.ram.memory, bytes);
    this.watch?.add(
      bytes,
      made.map((m) => m.builder.watched),
    );
    const pages = this.pagesOf(space, flows);
    const callees = [...new Set([...calls.values()].map(({ callee }) => callee))];
    for (const [i, { slot, builder }] of made.entries()) {
      const old = grown.get(entries[i]);
      const region = this.regions.install(space, { builder, slot, fn: functions[i], pages, callees, old });
      if (!region) {
        stats.failed++;
        continue;
      }
      stats.regions++;
      this.longest = Math.max(this.longest, builder.longest);
    }
    for (const flow of flows.values()) if (!parts.has(flow)) this.heat.forget(flow);
    stats.modules++;
    stats.bytes += bytes.length;
    stats.instructions += insns;
  }
  /** Undefined if the code is nested so deeply that the host's stack does not suffice: it stays interpreted. */
  private emit(module: RegionModule, flows: ReadonlyMap<number, Flow>): Made[] | undefined {
    const made: Made[] = [];
    for (const [entry, flow] of flows) {
      const slot = this.regions.newSlot();
      try {
        made.push({ slot, builder: new RegionBuilder(module, flow, slot, this.parts.semantics) });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.hopeless.add(entry);
        for (const other of [...made, { slot }]) this.regions.release(other.slot);
        return undefined;
      }
    }
    return made;
  }
  private source(space: AddressSpace): SpaceSource {
    return new SpaceSource(space, this.parts, this.regions, this.decoded);
  }
  private pagesOf(space: AddressSpace, flows: ReadonlyMap<number, Flow>): Map<number, number> {
    const pages = new Map<number, number>();
    const note = (address: number): void => {
      const page = address - (address % PAGE);
      if (!pages.has(page)) pages.set(page, frameAt(space, page));
    };
    for (const { blocks } of flows.values()) {
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

  /** A region whose generation is old: finds out whether it belongs to this space, and says so in its record. */
  verify(space: AddressSpace, record: number): void {
    this.regions.verify(space, record);
  }
  /** Breakpoints of the page at an address change: regions made from it go. */
  dropPage(page: number): void {
    this.regions.dropPage(page);
    this.decoded.clear();
    this.hopeless.clear();
  }
}
