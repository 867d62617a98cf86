/**
 * Watched memory. Pages that hold some are never translated by the TLB, so each of their accesses asks here. One that
 * touches a watchpoint is refused with nothing done; whoever runs the engine then lets that instruction pass alone, and
 * finds what it touched in `hits`. An instruction that reads and writes the same operand is a write.
 */
import { EXIT_ADDR, EXIT_ERROR, EXIT_VECTOR, GPR, RDI, RSI, WATCHING } from "../cpu/layout.ts";
import { PAGE } from "../mmu/frames.ts";
import type { Ram } from "../mmu/ram.ts";
import { flushTlb } from "../mmu/space.ts";
import { WATCH_NONE, WATCH_REFUSED, WATCH_SLOW } from "./emit/access-codes.ts";

/** Bytes from an address on, and which accesses count. */
export interface WatchedRange {
  readonly address: number;
  readonly length: number;
  readonly kind: "write" | "read" | "access";
}

export interface WatchHit<R extends WatchedRange = WatchedRange> {
  range: R;
  access: "write" | "read";
}

/** In EXIT_VECTOR: no exception, but a refused access. */
export const WATCH_VECTOR = 256;
/** Longer accesses are those of repeated instructions, which say how much is left of the page. */
const LONGEST = 64;

export class Watch {
  private ranges: readonly WatchedRange[] = [];
  /** Pages with watched bytes, and whether reads of them matter. */
  private readonly pages = new Map<number, boolean>();
  /** The instruction that runs may touch watched memory. */
  private passing = false;
  private seen: { address: number; length: number; write: boolean }[] = [];

  constructor(private readonly ram: Ram) {}

  set(ranges: readonly WatchedRange[]): void {
    this.ranges = ranges;
    this.pages.clear();
    for (const { address, length, kind } of ranges) {
      for (let page = address - (address % PAGE); page < address + length; page += PAGE)
        this.pages.set(page, kind !== "write" || (this.pages.get(page) ?? false));
    }
    this.ram.i32[WATCHING >> 2] = this.pages.size;
    flushTlb(this.ram);
  }
  /** The handlers' import: may these bytes, of one page, be accessed? */
  check(address: number, length: number, write: boolean): number {
    const reads = this.pages.get(address - (address % PAGE));
    if (reads === undefined || !(write || reads)) return WATCH_NONE;
    if (this.passing) this.seen.push({ address, length, write });
    else if (this.ranges.some((r) => touches(r, address, length, write))) {
      const { ram } = this;
      ram.i32[EXIT_VECTOR >> 2] = WATCH_VECTOR;
      ram.i32[EXIT_ERROR >> 2] = 0;
      ram.view.setBigUint64(EXIT_ADDR, BigInt(address), true);
      return WATCH_REFUSED;
    }
    return WATCH_SLOW;
  }
  /** Runs `step`, one instruction, with all accesses allowed. What it answers, and the ranges it touched. */
  pass<T>(step: () => T): { result: T; hits: WatchHit[] } {
    this.passing = true;
    this.seen = [];
    try {
      return { result: step(), hits: this.hits() };
    } finally {
      this.passing = false;
    }
  }
  private hits(): WatchHit[] {
    const hits: WatchHit[] = [];
    for (const { address, length, write } of this.seen) {
      const end = length > LONGEST ? Math.min(address + length, this.pointer(write)) : address + length;
      for (const range of this.ranges) {
        if (touches(range, address, end - address, write)) hits.push({ range, access: write ? "write" : "read" });
      }
    }
    return hits;
  }
  /** How far a repeated instruction has come. */
  private pointer(write: boolean): number {
    return Number(this.ram.view.getBigUint64(GPR + (write ? RDI : RSI) * 8, true));
  }
}

function touches(r: WatchedRange, address: number, length: number, write: boolean): boolean {
  if (r.kind !== "access" && (r.kind === "write") !== write) return false;
  return address < r.address + r.length && address + length > r.address;
}
