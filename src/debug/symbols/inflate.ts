/** Unpacks zlib streams (RFC 1950, RFC 1951), as debug sections are stored. The checksum at the end is not looked at. */
import { BadFile } from "./reader.ts";

const MOST_BITS = 15;
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** A canonical Huffman code: how many codes each length has, and the symbols in order of their codes. */
interface Code {
  counts: Uint16Array;
  symbols: Uint16Array;
}

function codeOf(lengths: ArrayLike<number>): Code {
  const counts = new Uint16Array(MOST_BITS + 1);
  for (let i = 0; i < lengths.length; i++) counts[lengths[i]]++;
  counts[0] = 0;
  const next = new Uint16Array(MOST_BITS + 2);
  for (let n = 1; n <= MOST_BITS; n++) next[n + 1] = next[n] + counts[n];
  const symbols = new Uint16Array(lengths.length);
  for (let i = 0; i < lengths.length; i++) if (lengths[i]) symbols[next[lengths[i]]++] = i;
  return { counts, symbols };
}

class Inflater {
  private at = 2;
  private bits = 0;
  private held = 0;
  private out = 0;
  constructor(
    private readonly from: Uint8Array,
    private readonly into: Uint8Array,
  ) {}

  private take(n: number): number {
    while (this.held < n) {
      if (this.at >= this.from.length) throw new BadFile("packed data ends too early");
      this.bits |= this.from[this.at++] << this.held;
      this.held += 8;
    }
    const value = this.bits & ((1 << n) - 1);
    this.bits >>>= n;
    this.held -= n;
    return value;
  }
  private symbol(code: Code): number {
    let value = 0;
    let first = 0;
    let index = 0;
    for (let n = 1; n <= MOST_BITS; n++) {
      value |= this.take(1);
      const count = code.counts[n];
      if (value - first < count) return code.symbols[index + value - first];
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    throw new BadFile("no such code");
  }
  private put(byte: number): void {
    if (this.out >= this.into.length) throw new BadFile("more packed data than announced");
    this.into[this.out++] = byte;
  }
  private stored(): void {
    this.bits = this.held = 0;
    const [a, b, c, d] = this.from.subarray(this.at, this.at + 4);
    const length = a | (b << 8);
    if ((length ^ 0xffff) !== (c | (d << 8))) throw new BadFile("stored block");
    this.at += 4;
    for (let i = 0; i < length; i++) this.put(this.take(8));
  }
  private compressed(literals: Code, distances: Code): void {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) this.put(symbol);
      else this.copy(symbol - 257, distances);
    }
  }
  private copy(kind: number, distances: Code): void {
    if (kind >= LENGTH_BASE.length) throw new BadFile("length");
    const length = LENGTH_BASE[kind] + this.take(LENGTH_EXTRA[kind]);
    const symbol = this.symbol(distances);
    if (symbol >= DISTANCE_BASE.length) throw new BadFile("distance");
    const distance = DISTANCE_BASE[symbol] + this.take(symbol < 4 ? 0 : (symbol >> 1) - 1);
    if (distance > this.out) throw new BadFile("distance");
    for (let i = 0; i < length; i++) this.put(this.into[this.out - distance]);
  }
  private dynamic(): void {
    const literals = this.take(5) + 257;
    const distances = this.take(5) + 1;
    const codes = this.take(4) + 4;
    const small = new Uint8Array(19);
    for (let i = 0; i < codes; i++) small[CODE_ORDER[i]] = this.take(3);
    const code = codeOf(small);
    const lengths = new Uint8Array(literals + distances);
    for (let i = 0; i < lengths.length; ) {
      const symbol = this.symbol(code);
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      if (symbol === 16 && i === 0) throw new BadFile("nothing to repeat");
      const value = symbol === 16 ? lengths[i - 1] : 0;
      const times = symbol === 16 ? 3 + this.take(2) : symbol === 17 ? 3 + this.take(3) : 11 + this.take(7);
      lengths.fill(value, i, i + times);
      i += times;
    }
    this.compressed(codeOf(lengths.subarray(0, literals)), codeOf(lengths.subarray(literals)));
  }
  run(): void {
    for (let last = 0; !last; ) {
      last = this.take(1);
      const kind = this.take(2);
      if (kind === 0) this.stored();
      else if (kind === 1) this.compressed(FIXED_LITERALS, FIXED_DISTANCES);
      else if (kind === 2) this.dynamic();
      else throw new BadFile("block type");
    }
    if (this.out < this.into.length) throw new BadFile("less packed data than announced");
  }
}

const FIXED_LITERALS = codeOf(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)));
const FIXED_DISTANCES = codeOf(new Uint8Array(30).fill(5));

/** `size`: bytes of the result. Throws BadFile. */
export function inflate(packed: Uint8Array, size: number): Uint8Array {
  // Deflate packs to no less than a thousandth: nothing larger is allocated for a number that lies.
  if (size > packed.length * 1040 + 64) throw new BadFile("packed data too short for its size");
  const into = new Uint8Array(size);
  new Inflater(packed, into).run();
  return into;
}
