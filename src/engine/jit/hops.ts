/**
 * Regions of one function with computed jumps, as a bytecode interpreter's, that lead to each other often: it pays to make
 * one of them. How often is seen by where quanta end.
 */
import { isWithin, type Span } from "./flow.ts";
import type { Region } from "./regions.ts";

/** Units of time, of a quantum of the shortest kind each, that must end between regions for each instruction of theirs. */
const PER_INSN = 5;
/** Instructions in one region, at most. */
const MAX_INSNS = 6000;

interface Family {
  spans: readonly Span[];
  members: Set<Region>;
  weight: number;
}

export class Hops {
  private families: Family[] = [];

  /** A quantum, of so many units, ended on the way from one region to an address in another. Regions that are to be one. */
  add(from: Region, to: Region, address: number, weight: number, live: (r: Region) => boolean): Region[] {
    const spans = [...(from.reach ?? []), ...(to.reach ?? [])];
    if (from === to || !isWithin(spans, address) || !isWithin(spans, from.entries[0].address)) return [];
    const found = this.families.find((f) => isWithin(f.spans, address));
    const family = found ?? { spans, members: new Set(), weight: 0 };
    if (!found) this.families.push(family);
    family.members.add(from).add(to);
    family.weight += weight;
    let insns = 0;
    for (const r of family.members) {
      if (live(r)) insns += r.insns;
      else family.members.delete(r);
    }
    if (family.members.size < 2 || family.weight < insns * PER_INSN || insns > MAX_INSNS) return [];
    this.families = this.families.filter((f) => f !== family);
    return [...family.members];
  }
  clear(): void {
    this.families = [];
  }
}
