/** Seeded random numbers, and operand values that favour corners. */

export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed >>> 0;
  }
  /** 32 random bits (Mulberry32). */
  u32(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
  /** 0 .. n-1. */
  below(n: number): number {
    return Math.floor((this.u32() / 0x100000000) * n);
  }
  /** True once in `n`. */
  one(n: number): boolean {
    return this.below(n) === 0;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }
}

const MASK = (1n << 64n) - 1n;

/** An integer of 64 bits: small, a power of two and its neighbours, repeated bytes, limits of a width, or anything. */
export function integer(r: Random): bigint {
  switch (r.below(8)) {
    case 0:
      return BigInt(r.below(4));
    case 1:
      return BigInt(r.below(256)) & MASK;
    case 2:
      return (MASK - BigInt(r.below(3))) & MASK;
    case 3:
      return ((1n << BigInt(r.below(64))) + BigInt(r.below(3)) - 1n) & MASK;
    case 4:
      return (-(1n << BigInt(r.below(64))) + BigInt(r.below(3)) - 1n) & MASK;
    case 5: {
      // Every 8, 16 or 32 bits a limit of that width.
      const width = r.pick([8, 16, 32]);
      const limit = r.pick([
        0n,
        1n,
        (1n << BigInt(width)) - 1n,
        1n << BigInt(width - 1),
        (1n << BigInt(width - 1)) - 1n,
      ]);
      let v = 0n;
      for (let at = 0; at < 64; at += width)
        v |= (r.one(3) ? r.u64() & ((1n << BigInt(width)) - 1n) : limit) << BigInt(at);
      return v;
    }
    default:
      return r.u64();
  }
}

/** Bits of a floating-point number with `exponent` and `fraction` bits. */
function float(r: Random, exponent: number, fraction: number): bigint {
  const sign = BigInt(r.below(2)) << BigInt(exponent + fraction);
  const top = (1n << BigInt(exponent)) - 1n;
  const bias = top >> 1n;
  const anyFraction = r.u64() & ((1n << BigInt(fraction)) - 1n);
  const quiet = 1n << BigInt(fraction - 1);
  const make = (e: bigint, f: bigint): bigint => sign | (e << BigInt(fraction)) | f;
  const sparse = (): bigint =>
    r.pick([0n, 1n, quiet, (1n << BigInt(fraction)) - 1n, anyFraction, quiet + 1n, quiet - 1n]);
  switch (r.below(12)) {
    case 0:
      return make(0n, 0n);
    case 1:
      return make(0n, sparse()); // zero or denormal
    case 2:
      return make(top, 0n); // infinity
    case 3:
      return make(top, r.one(2) ? anyFraction | 1n : quiet | anyFraction); // signalling and quiet NaN
    case 4:
      return make(r.pick([1n, 2n, top - 1n, top - 2n]), sparse());
    case 5:
      return make(bias, sparse()); // 1 to 2
    case 6:
      // Integers and halves around the limits of conversions.
      return (
        make(bias + BigInt(r.pick([7, 8, 15, 16, 30, 31, 32, 52, 53, 62, 63, 64]) - r.below(2)), sparse()) &
        ((1n << BigInt(1 + exponent + fraction)) - 1n)
      );
    case 7:
    case 8:
      return make(bias + BigInt(r.below(12)) - 4n, anyFraction);
    case 9: {
      // Small integers and halves.
      const shift = BigInt(r.below(6));
      return make(bias + shift, (anyFraction >> (BigInt(fraction) - shift - 1n)) << (BigInt(fraction) - shift - 1n));
    }
    default:
      return make(r.u64() & top, anyFraction);
  }
}
export const float32 = (r: Random): bigint => float(r, 8, 23);
export const float64 = (r: Random): bigint => float(r, 11, 52);
export const float16 = (r: Random): bigint => float(r, 5, 10);

/** Writes an 80-bit x87 register: [mantissa, sign and exponent]. Now and then one that no processor makes. */
export function float80(r: Random): [bigint, number] {
  const sign = r.below(2) << 15;
  const integerBit = 1n << 63n;
  const any = r.u64();
  const few = r.pick([0n, 1n, 1n << 62n, (1n << 63n) - 1n, any & (integerBit - 1n), 1n << 40n, 1n << 11n]);
  switch (r.below(14)) {
    case 0:
      return [0n, sign];
    case 1:
      return [few & (integerBit - 1n), sign]; // zero or denormal
    case 2:
      return [integerBit, sign | 0x7fff];
    case 3:
      return [integerBit | any | 1n, sign | 0x7fff];
    case 4:
      return [any, sign | r.below(0x8000)]; // unnormal, pseudo-denormal, pseudo-NaN ...
    case 5:
      return [integerBit | few, sign | r.pick([1, 2, 0x7ffe, 0x7ffd])];
    case 6:
      return [integerBit | few, sign | 0x3fff];
    case 7:
      return [integerBit | few, sign | (0x3fff + r.pick([7, 15, 16, 31, 32, 52, 53, 62, 63, 64]) - r.below(2))];
    case 8:
      // Around the limits of single and double precision.
      return [
        integerBit | few,
        sign | (0x3fff + r.pick([127, 128, -126, -127, -149, -150, 1023, 1024, -1022, -1023, -1074, -1075])),
      ];
    case 9: {
      const shift = BigInt(63 - r.below(8));
      return [((integerBit | any) >> shift) << shift, sign | (0x3fff + r.below(8))];
    }
    case 10:
    case 11:
      return [integerBit | any, sign | (0x3ff8 + r.below(16))];
    default:
      return [integerBit | any, sign | r.below(0x7fff)];
  }
}

/** What vectors and memory are filled with. */
export type Flavour = "int" | "f32" | "f64" | "f80" | "mixed";

/** 64 bits of a flavour. */
export function lane(r: Random, flavour: Flavour): bigint {
  const f = flavour === "mixed" ? r.pick(["int", "int", "f32", "f64"] as const) : flavour;
  if (f === "f32") return float32(r) | (float32(r) << 32n);
  if (f === "f64" || f === "f80") return float64(r);
  return integer(r);
}
