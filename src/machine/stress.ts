/** Longest slice, as a power of two. */
const LONGEST = 16;

/**
 * Lengths of slices, pseudo-random from a seed: as many short ones as long ones, so that a thread is now and then stopped
 * between any two blocks.
 */
export class RandomSlices {
  private x: number;

  constructor(seed: number) {
    // Marsaglia's xorshift; zero would stay zero.
    this.x = (seed ^ 0x9e3779b9) | 0 || 1;
    for (let i = 0; i < 8; i++) this.random();
  }
  private random(): number {
    this.x ^= this.x << 13;
    this.x ^= this.x >>> 17;
    this.x ^= this.x << 5;
    return this.x >>> 0;
  }
  /** The length of the next slice, instructions. */
  next(): number {
    const length = 1 << (this.random() % (LONGEST + 1));
    return length + (this.random() % length);
  }
}
