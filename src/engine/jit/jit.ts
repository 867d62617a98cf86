/**
 * Which code is hot, and installing regions for it. Heat is sampled: the engine runs the interpreter in short quanta and
 * notes where each one ends.
 */
import { CODE_GENERATION } from "../../cpu/layout.ts";
import { decode } from "../../decode/decode.ts";
import type { Insn } from "../../isa/types.ts";
import { EXEC, FAULT_OK } from "../../mmu/access.ts";
import { PAGE } from "../../mmu/frames.ts";
import type { Ram } from "../../mmu/ram.ts";
import { type AddressSpace, USER_END } from "../../mmu/space.ts";
import type { Semantics } from "../../sem/emit.ts";
import type { CodeCache } from "../code-cache.ts";
import { ALONE } from "../interp/image.ts";
import { VARIANTS, variantOf } from "../interp/variant.ts";
import { R_GENERATION, R_RIP } from "../record.ts";
import { type CodeSource, discover, type FlowBlock } from "./flow.ts";
import { RegionModule, type SharedFunctions } from "./module.ts";
import { RegionBuilder } from "./region.ts";

/** Samples after which code is compiled. */
const HOT = 8;
/** Most regions and instructions in one module. */
const MAX_REGIONS = 16;
const MAX_INSNS = 2500;
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

/** Flow graphs by entry, the root's first, and compiled regions of other modules that these call. */
interface Plan {
  plan: Map<number, Map<number, FlowBlock>>;
  calls: Map<number, Region>;
}

/** A compiled region: the pages that it was made from, by address, and where its entry's record is. */
interface Region {
  entry: number;
  record: number;
  pages: Map<number, number>;
  slot: number;
  fn: () => number;
  /** Regions of other modules that call this one directly: they go when it goes. */
  callers: Set<Region>;
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
  shared: SharedFunctions;
  semantics(mnemonic: string): Semantics | undefined;
  /** Milliseconds. */
  clock(): number;
}

export class Jit {
  private heat = new Map<number, number>();
  private readonly byRecord = new Map<number, Region>();
  private readonly byFrame = new Map<number, Set<Region>>();
  private readonly freeSlots: number[] = [];
  /** Entries that can't be compiled. */
  private readonly hopeless = new Set<number>();
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

  constructor(private readonly parts: JitParts) {
    parts.cache.onDrop = (frame) => this.dropFrame(frame);
    parts.cache.onFlush = () => this.dropAll();
  }

  /** Execution was at `address`, a block's start, when its quantum ended. True if that is not compiled code's start. */
  sample(space: AddressSpace, address: number): boolean {
    const record = this.source(space).record(address);
    this.stats.samples++;
    if (record && this.byRecord.get(record)?.entry === address) {
      this.stats.samplesCompiled++;
      return false;
    }
    this.heated(space, address);
    return true;
  }
  private heated(space: AddressSpace, address: number): void {
    const n = (this.heat.get(address) ?? 0) + 1;
    if (n < HOT) {
      if (this.heat.size > 4096) this.heat.clear();
      this.heat.set(address, n);
      return;
    }
    this.heat.delete(address);
    this.compile(space, address);
  }

  /** Compiles the region at an address and what it calls, unless that was tried. */
  compile(space: AddressSpace, entry: number): void {
    if (this.hopeless.has(entry)) return;
    const start = this.parts.clock();
    const source = this.source(space);
    const { plan, calls } = this.plan(source, entry);
    if (plan.size === 0) {
      this.hopeless.add(entry);
      return;
    }
    const entries = [...plan.keys()];
    const compiled = new Map([...calls].map(([address, r]) => [address, r.fn]));
    const module = new RegionModule(this.parts.shared, entries, compiled);
    const emits = entries.map((address) => {
      const blocks = plan.get(address) as Map<number, FlowBlock>;
      return new RegionBuilder(module, blocks, address, this.parts.semantics).build();
    });
    const bytes = module.build(emits);
    const functions = module.instantiate(this.parts.ram.memory, bytes);
    const pages = this.pagesOf(space, plan);
    for (const r of calls.values()) for (const [page, frame] of r.pages) pages.set(page, frame);
    for (const [i, address] of entries.entries()) {
      const region = this.install(space, address, functions[i], pages);
      if (region) for (const r of calls.values()) r.callers.add(region);
    }
    this.stats.modules++;
    this.stats.bytes += bytes.length;
    this.stats.time += this.parts.clock() - start;
  }
  /** Flow graphs by entry: the root's, and those of functions it calls that aren't compiled. Empty if the root has no code. */
  private plan(source: SpaceSource, root: number): Plan {
    const plan = new Map<number, Map<number, FlowBlock>>();
    const calls = new Map<number, Region>();
    const work = [root];
    let insns = 0;
    for (let i = 0; i < work.length && plan.size < MAX_REGIONS && insns < MAX_INSNS; i++) {
      if (plan.has(work[i])) continue;
      const blocks = discover(source, work[i]);
      if (!blocks.get(work[i])?.insns.length) continue;
      plan.set(work[i], blocks);
      for (const b of blocks.values()) {
        insns += b.insns.length;
        if (b.end !== "call" || !source.known(b.taken)) continue;
        const region = source.region(b.taken);
        if (!region) work.push(b.taken);
        else if (this.current(region)) calls.set(b.taken, region);
      }
    }
    for (const blocks of plan.values()) for (const b of blocks.values()) this.stats.instructions += b.insns.length;
    return { plan, calls };
  }
  /** Valid in the address space that runs. */
  private current(r: Region): boolean {
    const { ram } = this.parts;
    const fresh = ram.i32[(r.record + R_GENERATION) >> 2] === ram.i32[CODE_GENERATION >> 2];
    return fresh && ram.view.getBigInt64(r.record + R_RIP, true) === BigInt(r.entry);
  }
  private source(space: AddressSpace): SpaceSource {
    return new SpaceSource(space, this.parts, (record) => this.byRecord.get(record));
  }
  private pagesOf(space: AddressSpace, plan: Map<number, Map<number, FlowBlock>>): Map<number, number> {
    const pages = new Map<number, number>();
    const note = (address: number): void => {
      const page = address - (address % PAGE);
      if (!pages.has(page)) pages.set(page, frameAt(space, page));
    };
    for (const blocks of plan.values()) {
      for (const b of blocks.values()) {
        for (const { address, insn } of b.insns) {
          note(address);
          note(address + insn.length - 1);
        }
      }
    }
    return pages;
  }
  private install(
    space: AddressSpace,
    entry: number,
    fn: () => number,
    pages: Map<number, number>,
  ): Region | undefined {
    const { cache, table, ram } = this.parts;
    const slot = this.freeSlots.pop() ?? table.grow(1);
    table.set(slot, fn);
    const record = cache.installRegion(frameAt(space, entry), entry % PAGE, slot);
    if (!record) {
      this.release(slot);
      this.stats.failed++;
      return undefined;
    }
    const old = this.byRecord.get(record);
    if (old) this.forget(old);
    ram.view.setBigInt64(record + R_RIP, BigInt(entry), true);
    ram.i32[(record + R_GENERATION) >> 2] = ram.i32[CODE_GENERATION >> 2];
    const region: Region = { entry, record, pages, slot, fn, callers: new Set() };
    this.byRecord.set(record, region);
    for (const frame of new Set(pages.values())) {
      let set = this.byFrame.get(frame);
      if (!set) {
        set = new Set();
        this.byFrame.set(frame, set);
      }
      set.add(region);
    }
    this.stats.regions++;
    return region;
  }
  private release(slot: number): void {
    this.parts.table.set(slot, null);
    this.freeSlots.push(slot);
  }
  private forget(r: Region): void {
    this.byRecord.delete(r.record);
    for (const frame of r.pages.values()) this.byFrame.get(frame)?.delete(r);
    this.release(r.slot);
    for (const caller of r.callers) {
      if (this.byRecord.get(caller.record) !== caller) continue;
      this.parts.cache.removeRegion(caller.record);
      this.forget(caller);
    }
  }

  /** A region whose generation is old: finds out whether it belongs to this space, and says so in its record. */
  verify(space: AddressSpace, record: number): void {
    const { ram } = this.parts;
    const r = this.byRecord.get(record);
    if (!r) throw new Error("region record without a region");
    let valid = true;
    for (const [page, frame] of r.pages) valid &&= frameAt(space, page) === frame;
    ram.view.setBigInt64(record + R_RIP, valid ? BigInt(r.entry) : -1n, true);
    ram.i32[(record + R_GENERATION) >> 2] = ram.i32[CODE_GENERATION >> 2];
  }
  /** Code of a frame changed: regions made from it go. */
  private dropFrame(frame: number): void {
    for (const r of this.byFrame.get(frame) ?? []) {
      this.parts.cache.removeRegion(r.record);
      this.forget(r);
    }
    this.byFrame.delete(frame);
    this.hopeless.clear();
  }
  private dropAll(): void {
    for (const r of [...this.byRecord.values()]) this.forget(r);
    this.byFrame.clear();
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
  ) {}
  record(address: number): number {
    const frame = frameAt(this.space, address);
    return frame ? this.parts.cache.find(frame, address % PAGE) : 0;
  }
  known(address: number): boolean {
    return this.record(address) !== 0;
  }
  region(address: number): Region | undefined {
    const r = this.regionOf(this.record(address));
    return r?.entry === address ? r : undefined;
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
    if (!(address >= 0 && address < USER_END) || space.fault(address, EXEC) !== FAULT_OK) return undefined;
    const frame = frameAt(space, address);
    const offset = address % PAGE;
    let insn = decode(parts.ram.u8, frame + offset, frame + PAGE, 64);
    if (insn === "short" && space.fault(address + PAGE - offset, EXEC) === FAULT_OK) {
      const next = frameAt(space, address + PAGE - offset);
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
