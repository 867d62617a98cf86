/** Where the guest spends its instructions: RIP is looked at regularly, and counted by function. */

/** Different names at most. */
const MOST = 10000;

export class Profile {
  samples = 0;
  private readonly counts = new Map<string, number>();

  add(name: string): void {
    this.samples++;
    if (this.counts.has(name) || this.counts.size < MOST) this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
  /** Names with counts, most first. */
  top(n: number): [string, number][] {
    return [...this.counts].sort((a, b) => b[1] - a[1]).slice(0, n);
  }
}
