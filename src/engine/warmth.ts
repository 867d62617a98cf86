/** Where quanta ended before there was a JIT, and whether it is time to make one. */

/**
 * That is when so many samples fall on an area of code of so many bytes, or when there are so many in all: some 15 ms in one
 * loop, or 0.3 s. To load it and to compile the first regions takes as long, and so most programs that only start, answer
 * and end are done sooner without.
 */
const WARM = 128;
const WARM_AREA = 128;
const WARM_TOTAL = 2000;

export class Warmth {
  /** Samples by area. */
  private readonly areas = new Map<number, number>();
  private total = 0;

  /** Counts a sample at an address: how many there were in its area if it is time, or 0. */
  add(address: number, eager: boolean): number {
    const area = Math.floor(address / WARM_AREA);
    const n = (this.areas.get(area) ?? 0) + 1;
    this.areas.set(area, n);
    if (n < WARM && ++this.total < WARM_TOTAL && !eager) return 0;
    this.areas.delete(area);
    return n;
  }
  /** Tells what is known of the other areas, and forgets it. */
  hand(to: (address: number, samples: number) => void): void {
    for (const [area, samples] of this.areas) to(area * WARM_AREA, samples);
    this.areas.clear();
  }
}
