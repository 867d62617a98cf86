/** How much time goes where, by samples, and whether that is worth compiling. */
import { type Flow, sizeOf } from "./flow.ts";

/** Bytes of code whose samples are counted together, and how many such areas are remembered. */
const AREA = 128;
const MAX_AREAS = 32768;
/** Samples of an area after which compiling is thought about, and again whenever they have doubled. */
const HOT = 8;
const URGENT = 4 * HOT;
/**
 * Instructions that are compiled for each sample seen there. What is compiled at once costs as much as has been lost by
 * interpreting it until then: so, whatever the program does next, at most twice the time of the best choice is spent.
 */
const PER_SAMPLE = 4;

export class Heat {
  private readonly areas = new Map<number, number>();

  /** `eager`: all is hot. */
  constructor(private readonly eager: boolean) {}

  /** Counts samples at an address: true if it is time to ask what is worth compiling there. */
  add(address: number, samples: number): boolean {
    const area = Math.floor(address / AREA);
    const before = this.areas.get(area) ?? 0;
    if (this.areas.size > MAX_AREAS) this.areas.clear();
    this.areas.set(area, before + samples);
    return this.eager || turn(before + samples) > turn(before);
  }
  /** Whether so many samples fell close to an address that what else gets hot need not be waited for. */
  urgent(address: number): boolean {
    return this.eager || (this.areas.get(Math.floor(address / AREA)) ?? 0) >= URGENT;
  }
  /** Whether there were any samples close to an address. */
  near(address: number): boolean {
    return this.areas.has(Math.floor(address / AREA));
  }
  /** The same, or everything. */
  warm(address: number): boolean {
    return this.eager || this.near(address) || this.near(address - AREA) || this.near(address + AREA);
  }
  /** Whether so much time goes to the code of a flow that compiling it pays; with `favour` times the samples. */
  worth(flow: Flow, favour = 1): boolean {
    if (this.eager) return true;
    let samples = 0;
    for (const area of areasOf(flow)) samples += this.areas.get(area) ?? 0;
    return samples * favour * PER_SAMPLE >= sizeOf(flow);
  }
  /** Code that is compiled isn't sampled any more. */
  forget(flow: Flow): void {
    for (const area of areasOf(flow)) this.areas.delete(area);
  }
  clear(): void {
    this.areas.clear();
  }
}

/** How often a number of samples has doubled since it was HOT. */
function turn(samples: number): number {
  return samples < HOT ? 0 : 1 + Math.floor(Math.log2(samples / HOT));
}

function areasOf(flow: Flow): Set<number> {
  const areas = new Set<number>();
  for (const b of flow.blocks.values()) {
    for (let area = Math.floor(b.address / AREA); area * AREA < b.fall; area++) areas.add(area);
  }
  return areas;
}
