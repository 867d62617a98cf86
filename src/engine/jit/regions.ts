/** The regions that are compiled: where they are entered, what they were made from, and when they go. */
import { CODE_GENERATION } from "../../cpu/layout.ts";
import { EXEC } from "../../mmu/access.ts";
import { PAGE } from "../../mmu/frames.ts";
import type { Ram } from "../../mmu/ram.ts";
import type { AddressSpace } from "../../mmu/space.ts";
import type { CodeCache } from "../code-cache.ts";
import { R_GENERATION, R_RIP } from "../record.ts";
import { isWithin, type Span } from "./flow.ts";
import type { Known, RegionFunction } from "./module.ts";
import type { RegionBuilder } from "./region.ts";

/** The frame that an address is executed from, or 0. */
export function frameAt(space: AddressSpace, address: number): number {
  const pte = space.entry(address);
  return pte & EXEC ? (pte & ~(PAGE - 1)) >>> 0 : 0;
}

/** A compiled region: the pages that it was made from, by address, and the records of its entries. */
export interface Region {
  /** By number of the entry: its address and its record, or 0. */
  entries: { address: number; record: number }[];
  pages: ReadonlyMap<number, number>;
  /** The code that it was made from: from one address to another, in turn. */
  spans: readonly number[];
  slot: number;
  fn: RegionFunction;
  /** Regions of other modules that call this one directly: they go when it goes; and those that it calls. */
  callers: Set<Region>;
  callees: readonly Region[];
  /** For which CODE_GENERATION it was last looked at whether its pages are all there, and those of what it calls. */
  verified: number;
  valid: boolean;
  /** Addresses of its blocks, and how many instructions they hold. */
  blocks: number[];
  insns: number;
  /** Addresses that it branches to and does not hold; if it has computed jumps, also those of its blocks. */
  leads: readonly number[];
  /** Of one with computed jumps: where these may lead. */
  reach: readonly Span[] | undefined;
  /** How often it was made anew with more code. */
  growth: number;
  /** A larger one has taken its place; regions that call it directly still do. */
  superseded: boolean;
}

export interface JitTable {
  grow(n: number): number;
  set(i: number, f: unknown): void;
}

export interface RegionParts {
  ram: Ram;
  cache: CodeCache;
  /** Table 0 of the handlers' module, which regions are called through. */
  table: JitTable;
}

/** One that is to be installed. */
export interface NewRegion {
  builder: RegionBuilder;
  slot: number;
  fn: RegionFunction;
  pages: ReadonlyMap<number, number>;
  callees: readonly Region[];
  /** The one whose place it takes. */
  old: Region | undefined;
}

export class Regions {
  private readonly byRecord = new Map<number, Region>();
  private readonly bySlot = new Map<number, Region>();
  private readonly byFrame = new Map<number, Set<Region>>();
  private readonly freeSlots: number[] = [];
  private retiredSlots: number[] = [];
  /** By block: how many regions hold it. */
  readonly covered = new Map<number, number>();
  /** By address: the region that leads there last, or holds it and has computed jumps. */
  private readonly ledTo = new Map<number, Region>();
  /** Regions with computed jumps. */
  private readonly jumpers = new Set<Region>();

  constructor(private readonly parts: RegionParts) {}

  ofRecord(record: number): Region | undefined {
    return this.byRecord.get(record);
  }
  inSlot(slot: number): Region | undefined {
    return this.bySlot.get(slot);
  }
  /** Whether it is installed, and no other has taken its place. */
  isCurrent(r: Region): boolean {
    return !r.superseded && this.installed(r);
  }
  /** Valid in the address space that runs. */
  current({ callee, entry }: Known<Region>): boolean {
    const { ram } = this.parts;
    const { record, address } = callee.entries[entry];
    const fresh = ram.i32[(record + R_GENERATION) >> 2] === ram.i32[CODE_GENERATION >> 2];
    return fresh && ram.view.getBigInt64(record + R_RIP, true) === BigInt(address);
  }
  /** A region that may go on at an address and does not hold it, or can't be entered there. */
  leadingTo(address: number): Region | undefined {
    const r = this.ledTo.get(address) ?? this.jumper(address);
    return r && this.isCurrent(r) ? r : undefined;
  }
  private jumper(address: number): Region | undefined {
    for (const r of this.jumpers) if (r.reach && isWithin(r.reach, address)) return r;
    return undefined;
  }

  // -- slots

  newSlot(): number {
    return this.freeSlots.pop() ?? this.parts.table.grow(1);
  }
  /** Regions that run now may still know their slot: it is free for others when they have ended. */
  release(slot: number): void {
    this.parts.table.set(slot, null);
    this.bySlot.delete(slot);
    this.retiredSlots.push(slot);
  }
  /** No region runs. */
  freeReleased(): void {
    this.freeSlots.push(...this.retiredSlots);
    this.retiredSlots = [];
  }

  // -- coming

  /** Undefined if it can't be entered at its main entry; the slot is free then. */
  install(space: AddressSpace, { builder, slot, fn, pages, callees, old }: NewRegion): Region | undefined {
    this.parts.table.set(slot, fn);
    const { addresses: blocks, leads, reach, spans } = builder;
    const region: Region = {
      entries: [],
      pages,
      spans,
      slot,
      fn,
      callers: new Set(),
      callees,
      verified: -1,
      valid: false,
      blocks,
      insns: builder.longest,
      leads: reach ? [...leads, ...blocks] : leads,
      reach,
      growth: old ? old.growth + 1 : 0,
      superseded: false,
    };
    this.bySlot.set(slot, region);
    if (old) this.supersede(old);
    const inside = new Set(builder.entries);
    const whole = (r: Region): boolean =>
      r === old || (reach !== undefined && r.entries.every((e) => inside.has(e.address)));
    for (const [n, address] of builder.entries.entries()) {
      const record = this.enterAt(space, address, region, n, whole);
      region.entries.push({ address, record });
      if (record || n) continue;
      this.release(slot);
      return undefined;
    }
    for (const frame of new Set(pages.values())) {
      const set = this.byFrame.get(frame) ?? new Set();
      this.byFrame.set(frame, set.add(region));
      this.parts.cache.markCode(frame);
    }
    for (const callee of callees) callee.callers.add(region);
    for (const address of blocks) this.covered.set(address, (this.covered.get(address) ?? 0) + 1);
    for (const address of region.leads) this.ledTo.set(address, region);
    if (reach) this.jumpers.add(region);
    return region;
  }
  /**
   * The record that leads into a region at its nth entry, or 0. An entry of an older region stays that region's, unless the
   * new one is that region as a whole and more: to take it would leave the rest of the other without a use.
   */
  private enterAt(
    space: AddressSpace,
    address: number,
    region: Region,
    n: number,
    whole: (older: Region) => boolean,
  ): number {
    const { cache, ram } = this.parts;
    const frame = frameAt(space, address);
    const found = frame ? cache.find(frame, address % PAGE) : 0;
    const holder = this.byRecord.get(found);
    if (holder?.entries.some((e) => e.address === address && e.record === found)) {
      if (!whole(holder)) return 0;
      if (!holder.superseded) this.supersede(holder);
    }
    const record = cache.installRegion(frame, address % PAGE, region.slot, n);
    if (!record) return 0;
    this.byRecord.set(record, region);
    ram.view.setBigInt64(record + R_RIP, BigInt(address), true);
    ram.i32[(record + R_GENERATION) >> 2] = ram.i32[CODE_GENERATION >> 2];
    return record;
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
    for (const address of r.leads) if (this.ledTo.get(address) === r) this.ledTo.delete(address);
    this.jumpers.delete(r);
  }

  /** A region whose generation is old: finds out whether it belongs to this space, and says so in its record. */
  verify(space: AddressSpace, record: number): void {
    const { ram } = this.parts;
    const r = this.byRecord.get(record);
    if (!r) throw new Error("region record without a region");
    const valid = this.isValid(space, r);
    for (const { record: at, address } of r.entries) {
      if (!at || this.byRecord.get(at) !== r) continue;
      ram.view.setBigInt64(at + R_RIP, valid ? BigInt(address) : -1n, true);
      ram.i32[(at + R_GENERATION) >> 2] = ram.i32[CODE_GENERATION >> 2];
    }
  }
  /** Whether the code that runs is what a region was made from, and what those that it calls were. */
  private isValid(space: AddressSpace, r: Region): boolean {
    const generation = this.parts.ram.i32[CODE_GENERATION >> 2];
    if (r.verified === generation) return r.valid;
    r.verified = generation;
    // Calls don't lead back to it: what is called was compiled before.
    r.valid = [...r.pages].every(([page, frame]) => frameAt(space, page) === frame);
    r.valid &&= r.callees.every((callee) => this.isValid(space, callee));
    return r.valid;
  }

  /** Whether some were made from bytes of a frame. */
  holds(frame: number, from: number, to: number): boolean {
    for (const { pages, spans } of this.byFrame.get(frame) ?? []) {
      for (const [page, at] of pages) {
        if (at !== frame) continue;
        for (let i = 0; i < spans.length; i += 2) if (spans[i] < page + to && spans[i + 1] > page + from) return true;
      }
    }
    return false;
  }

  // -- going

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
    for (const callee of r.callees) callee.callers.delete(r);
    const callers = [...r.callers];
    r.callers.clear();
    for (const caller of callers) if (this.installed(caller)) this.remove(caller);
  }
  private installed(r: Region): boolean {
    return r.superseded || r.entries.some(({ record }) => this.byRecord.get(record) === r);
  }
  /** Those that still run, also where a larger one has taken their place. */
  private get all(): Set<Region> {
    return new Set([...this.byFrame.values()].flatMap((set) => [...set]));
  }
  /** Code of a frame changed: regions made from it go. */
  dropFrame(frame: number): void {
    for (const r of [...(this.byFrame.get(frame) ?? [])]) if (this.installed(r)) this.remove(r);
    this.byFrame.delete(frame);
  }
  /** Breakpoints of the page at an address change: regions made from it go. */
  dropPage(page: number): void {
    for (const r of this.all) if (r.pages.has(page) && this.installed(r)) this.remove(r);
  }
  /** The records are all gone. */
  dropAll(): void {
    for (const r of this.all) this.release(r.slot);
    this.byRecord.clear();
    this.byFrame.clear();
    this.covered.clear();
    this.ledTo.clear();
    this.jumpers.clear();
  }
}
