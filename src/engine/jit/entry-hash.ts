/** How a region with computed jumps finds which of its entries a target is: a hash whose places branch on. */
import { i32, type Val } from "../../wasm/expr.ts";

/** Multipliers that are tried: odd, with bits all over. */
const MULTIPLIERS = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1, 0xd3a2646d, 0xfd7046c5, 0xb55a4f09];
/** Places for each entry, at least. */
const ROOM = 3;

export class EntryHash {
  private readonly shift: number;
  private multiplier = 0;
  /** By place: numbers of the entries that fall there. */
  readonly places: readonly number[][] = [];

  constructor(entries: readonly number[]) {
    const bits = Math.max(1, Math.ceil(Math.log2(entries.length * ROOM)));
    this.shift = 32 - bits;
    let fewest = Infinity;
    for (const multiplier of MULTIPLIERS) {
      const places: number[][] = Array.from({ length: 1 << bits }, () => []);
      for (const [n, a] of entries.entries()) places[Math.imul(a, multiplier) >>> this.shift].push(n);
      const taken = places.reduce((sum, list) => sum + list.length * list.length, 0);
      if (taken >= fewest) continue;
      fewest = taken;
      this.multiplier = multiplier;
      this.places = places;
    }
  }
  /** The place of a target (i64), as i32. */
  place(target: Val): Val {
    const product = i32.mul(i32.wrap_i64(target), i32.const(this.multiplier | 0));
    return i32.shr_u(product, i32.const(this.shift));
  }
}
