import { EXEC, READ, WRITE } from "../mmu/access.ts";
import type { File, Place } from "../vfs/types.ts";

/** What a mapping's pages come from: an open file, shared anonymous memory, a SysV segment. */
export interface PageSource {
  /** Frame of the page at the offset, its reference the caller's; 0 past the end. */
  page(offset: number): number;
  /** The same if the page is at hand, else 0. Mapped along with its neighbours, if there is such a function. */
  cachedPage?(offset: number): number;
  /** Pages are mapped read-only until this was called for them. */
  dirty?(offset: number): void;
  readonly file?: File;
  readonly place: Place | undefined;
  /** Counts mappings. */
  retain(): void;
  release(): void;
  /** For /proc/PID/maps. */
  describe(): string;
}

/** One mapping: [start, end), page aligned. */
export interface Vma {
  start: number;
  end: number;
  /** READ, WRITE, EXEC of mmu/access.ts, as asked for. */
  prot: number;
  shared: boolean;
  /** Grows down (a stack). */
  growsDown: boolean;
  /** Undefined: private anonymous memory. */
  source: PageSource | undefined;
  /** Offset in the source of `start`. */
  offset: number;
  /** mprotect may not give more than this (a shared mapping of a file opened for reading). */
  maxProt: number;
  noReserve: boolean;
  locked: boolean;
  /** MADV_DONTFORK, MADV_WIPEONFORK. */
  dontFork: boolean;
  wipeOnFork: boolean;
  /** "[heap]", "[stack]" in /proc/PID/maps. */
  name: string;
}

export const ALL_PROT = READ | WRITE | EXEC;

export function makeVma(start: number, end: number, prot: number, more: Partial<Vma> = {}): Vma {
  return {
    start,
    end,
    prot,
    shared: false,
    growsDown: false,
    source: undefined,
    offset: 0,
    maxProt: ALL_PROT,
    noReserve: false,
    locked: false,
    dontFork: false,
    wipeOnFork: false,
    name: "",
    ...more,
  };
}

/** What the page tables get: on x86, pages that can be written or executed can be read. */
export function permissions(prot: number): number {
  return prot & (WRITE | EXEC) ? prot | READ : prot;
}

/** Whether memory of this mapping is charged against the commit limit. */
export function accountable(v: Vma): boolean {
  return !v.shared && !v.noReserve && (v.prot & WRITE) !== 0;
}

function mergeable(a: Vma, b: Vma): boolean {
  return (
    a.end === b.start &&
    a.prot === b.prot &&
    a.source === b.source &&
    a.shared === b.shared &&
    (a.source === undefined || a.offset + (a.end - a.start) === b.offset) &&
    a.growsDown === b.growsDown &&
    a.maxProt === b.maxProt &&
    a.noReserve === b.noReserve &&
    a.locked === b.locked &&
    a.dontFork === b.dontFork &&
    a.wipeOnFork === b.wipeOnFork &&
    a.name === b.name
  );
}

/** The mappings of one address space: in ascending order, never overlapping, neighbours alike are merged. */
export class VmaList {
  readonly list: Vma[] = [];

  /** Index of the first mapping that ends above the address (it may start above it too). */
  indexAfter(address: number): number {
    let lo = 0;
    let hi = this.list.length;
    while (lo < hi) {
      const mid = (lo + hi) >>> 1;
      if (this.list[mid].end > address) hi = mid;
      else lo = mid + 1;
    }
    return lo;
  }
  find(address: number): Vma | undefined {
    const v = this.list[this.indexAfter(address)];
    return v && v.start <= address ? v : undefined;
  }
  /** Mappings that overlap [start, end). */
  overlapping(start: number, end: number): Vma[] {
    const first = this.indexAfter(start);
    let last = first;
    while (last < this.list.length && this.list[last].start < end) last++;
    return this.list.slice(first, last);
  }
  /** True if every byte of [start, end) is mapped. */
  covers(start: number, end: number): boolean {
    let at = start;
    for (const v of this.overlapping(start, end)) {
      if (v.start > at) return false;
      at = v.end;
    }
    return at >= end;
  }
  /** Adds a mapping where nothing is, and merges it with its neighbours. Its reference to the source is taken over. */
  insert(v: Vma): void {
    const i = this.indexAfter(v.start);
    this.list.splice(i, 0, v);
    this.mergeAt(i + 1);
    this.mergeAt(i);
  }
  private mergeAt(i: number): void {
    const a = this.list[i - 1];
    const b = this.list[i];
    if (!a || !b || !mergeable(a, b)) return;
    a.end = b.end;
    b.source?.release();
    this.list.splice(i, 1);
  }
  /** Merges whatever can be around and inside [start, end), after properties changed. */
  mergeRange(start: number, end: number): void {
    let last = this.indexAfter(end);
    const first = this.indexAfter(start);
    for (; last >= first; last--) this.mergeAt(last);
  }
  private splitAt(address: number): void {
    const i = this.indexAfter(address);
    const v = this.list[i];
    if (!v || v.start >= address) return;
    v.source?.retain();
    const upper: Vma = { ...v, start: address, offset: v.source ? v.offset + (address - v.start) : 0 };
    v.end = address;
    this.list.splice(i + 1, 0, upper);
  }
  /** Cuts at both ends, so that each of the mappings returned lies inside [start, end). */
  isolate(start: number, end: number): Vma[] {
    this.splitAt(start);
    this.splitAt(end);
    return this.overlapping(start, end);
  }
  /** Takes mappings out of [start, end) and returns them; their source references go to the caller. */
  remove(start: number, end: number): Vma[] {
    const gone = this.isolate(start, end);
    if (gone.length > 0) this.list.splice(this.indexAfter(start), gone.length);
    return gone;
  }
  /** Lowest start of the highest hole of `length` bytes inside [low, high), or -1. */
  holeBelow(length: number, low: number, high: number): number {
    let top = high;
    for (let i = this.indexAfter(high); i >= 0; i--) {
      const v = this.list[i];
      if (!v || v.start >= high) continue;
      if (top - Math.max(v.end, low) >= length) return top - length;
      top = Math.min(top, v.start);
      if (top - length < low) return -1;
    }
    return top - length >= low ? top - length : -1;
  }
  /** Start of the lowest hole inside [low, high), or -1. */
  holeAbove(length: number, low: number, high: number): number {
    let at = low;
    for (let i = this.indexAfter(low); i < this.list.length && at + length <= high; i++) {
      const v = this.list[i];
      if (v.start - at >= length) return at;
      at = Math.max(at, v.end);
    }
    return at + length <= high ? at : -1;
  }
  /** Bytes mapped. */
  get total(): number {
    let sum = 0;
    for (const v of this.list) sum += v.end - v.start;
    return sum;
  }
}
