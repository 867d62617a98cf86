/** What regions do, for those who hunt slow programs: how often each is entered, and where and why it is left. */
import type { FlowBlock } from "./flow.ts";

/**
 * Why a region is left other than by a return:
 * - memory: an access that the TLB and the page tables could not serve, or that hit a page with code;
 * - exception: the instruction raises one;
 * - budget: the slice is over;
 * - elsewhere: a branch to code that the region does not hold;
 * - unsupported: an instruction that regions leave to the interpreter, or code not seen yet;
 * - jump: a computed jump;
 * - depth: too many nested calls.
 */
export const CAUSES = ["memory", "exception", "budget", "elsewhere", "unsupported", "jump", "depth"] as const;
export type Cause = (typeof CAUSES)[number];

export interface Exit {
  /** Index of its count. */
  id: number;
  cause: Cause;
  /** Address of the instruction that is left at, or behind. */
  at: number;
  /** Where it leads, if that is constant. */
  to: number | undefined;
}

/** A compiled region. */
export interface Watched {
  module: number;
  /** Its number in the module: function `r0`, `r1` ... */
  index: number;
  entries: readonly number[];
  blocks: readonly FlowBlock[];
  /** Index of the count of its entries. */
  entered: number;
  exits: readonly Exit[];
}

export class RegionWatch {
  readonly regions: Watched[] = [];
  /** Bytes of modules, by number. */
  readonly modules: Uint8Array[] = [];
  /** Of entries and exits, by index. */
  readonly counts: number[] = [];
  /** Called by regions. */
  readonly count = (id: number): void => {
    this.counts[id]++;
  };

  /** A module with its regions, in order. */
  add(bytes: Uint8Array, regions: readonly Omit<Watched, "module" | "index">[]): void {
    const module = this.modules.push(bytes) - 1;
    for (const [index, region] of regions.entries()) this.regions.push({ module, index, ...region });
  }
  newCount(): number {
    return this.counts.push(0) - 1;
  }
  /** Exits by cause. */
  causes(): Map<Cause, number> {
    const sums = new Map<Cause, number>();
    for (const r of this.regions) {
      for (const e of r.exits) sums.set(e.cause, (sums.get(e.cause) ?? 0) + this.counts[e.id]);
    }
    return sums;
  }
}
