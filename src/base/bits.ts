/** Joins two 32-bit halves into a signed 64-bit value held in a number: exact below 2^53 in magnitude. */
export function joinSigned(lo: number, hi: number): number {
  return (hi | 0) * 4294967296 + (lo >>> 0);
}

/** Joins two 32-bit halves into an unsigned value held in a number: exact below 2^53. */
export function join(lo: number, hi: number): number {
  return (hi >>> 0) * 4294967296 + (lo >>> 0);
}

/** The upper 32 bits (as int32) of an integer held in a number, two's complement for negatives. */
export function hi32(v: number): number {
  return Math.floor(v / 4294967296) | 0;
}

/** The lower 32 bits (as int32) of an integer held in a number. */
export function lo32(v: number): number {
  const lo = v % 4294967296;
  return (lo < 0 ? lo + 4294967296 : lo) | 0;
}

/** Rounds up to a multiple of a power of two; safe beyond 32 bits. */
export function alignUp(v: number, to: number): number {
  return Math.ceil(v / to) * to;
}

/** Rounds down to a multiple of a power of two; safe beyond 32 bits. */
export function alignDown(v: number, to: number): number {
  return Math.floor(v / to) * to;
}
