/** Longest slice, as a power of two. */
const LONGEST = 16;

/**
 * Lengths of slices, pseudo-random from a seed: as many short ones as long ones, so that a thread is now and then stopped
 * between any two blocks.
 */
export function randomSlices(seed: number): () => number {
  // Marsaglia's xorshift; zero would stay zero.
  let x = (seed ^ 0x9e3779b9) | 0 || 1;
  const next = (): number => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
  for (let i = 0; i < 8; i++) next();
  return () => {
    const length = 1 << (next() % (LONGEST + 1));
    return length + (next() % length);
  };
}
