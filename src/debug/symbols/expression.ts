/** DWARF expressions as call frames use them: DWARF 5, section 2.5. All values are 64 bits, kept unsigned. */
import { BadFile, Reader } from "./reader.ts";

export interface Context {
  /** A register of the frame, by its DWARF number; throws BadFile if it is not known. */
  register(n: number): bigint;
  /** Reads 1 to 8 bytes of memory; throws BadFile. */
  memory(address: bigint, size: number): bigint;
}

const MOST_STEPS = 4096;
const DEEPEST = 256;

const u64 = (v: bigint): bigint => BigInt.asUintN(64, v);
const s64 = (v: bigint): bigint => BigInt.asIntN(64, v);
const truth = (v: boolean): bigint => (v ? 1n : 0n);

const BINARY: Readonly<Record<number, (a: bigint, b: bigint) => bigint>> = {
  26: (a, b) => a & b,
  27: (a, b) => (b === 0n ? bad() : s64(a) / s64(b)),
  28: (a, b) => a - b,
  29: (a, b) => (b === 0n ? bad() : a % b),
  30: (a, b) => a * b,
  33: (a, b) => a | b,
  34: (a, b) => a + b,
  36: (a, b) => (b > 63n ? 0n : a << b),
  37: (a, b) => (b > 63n ? 0n : a >> b),
  38: (a, b) => s64(a) >> (b > 63n ? 63n : b),
  39: (a, b) => a ^ b,
  41: (a, b) => truth(a === b),
  42: (a, b) => truth(s64(a) >= s64(b)),
  43: (a, b) => truth(s64(a) > s64(b)),
  44: (a, b) => truth(s64(a) <= s64(b)),
  45: (a, b) => truth(s64(a) < s64(b)),
  46: (a, b) => truth(a !== b),
};

const UNARY: Readonly<Record<number, (a: bigint) => bigint>> = {
  25: (a) => (s64(a) < 0n ? -s64(a) : a),
  31: (a) => -a,
  32: (a) => ~a,
};

function bad(): never {
  throw new BadFile("expression");
}

class Machine {
  readonly stack: bigint[];
  constructor(
    private readonly r: Reader,
    private readonly context: Context,
    first: readonly bigint[],
  ) {
    this.stack = [...first];
  }
  private pop(): bigint {
    return this.stack.pop() ?? bad();
  }
  private push(v: bigint): void {
    if (this.stack.length >= DEEPEST) bad();
    this.stack.push(u64(v));
  }
  run(): bigint {
    const begin = this.r.at;
    for (let steps = 0; !this.r.done; steps++) {
      if (steps >= MOST_STEPS) bad();
      this.operation(this.r.u8(), begin);
    }
    return this.pop();
  }
  private operation(op: number, begin: number): void {
    const { r } = this;
    if (op >= 0x30 && op <= 0x4f) this.push(BigInt(op - 0x30));
    else if (op >= 0x50 && op <= 0x6f) this.push(this.context.register(op - 0x50));
    else if (op >= 0x70 && op <= 0x8f) this.push(this.context.register(op - 0x70) + BigInt(r.sleb()));
    else if (BINARY[op]) {
      const b = this.pop();
      this.push(BINARY[op](this.pop(), b));
    } else if (UNARY[op]) this.push(UNARY[op](this.pop()));
    else if (op === 0x28 || op === 0x2f) this.jump(op === 0x2f || this.pop() !== 0n, begin);
    else this.other(op);
  }
  private jump(taken: boolean, begin: number): void {
    const distance = this.r.i16();
    if (!taken) return;
    const to = this.r.at + distance;
    if (to < begin || to > this.r.end) bad();
    this.r.at = to;
  }
  private constant(op: number): bigint | undefined {
    const { r } = this;
    switch (op) {
      case 0x03:
      case 0x0e:
      case 0x0f:
        return r.big();
      case 0x08:
        return BigInt(r.u8());
      case 0x09:
        return BigInt(r.i8());
      case 0x0a:
        return BigInt(r.u16());
      case 0x0b:
        return BigInt(r.i16());
      case 0x0c:
        return BigInt(r.u32());
      case 0x0d:
        return BigInt(r.i32());
      case 0x10:
        return BigInt(r.uleb());
      case 0x11:
        return BigInt(r.sleb());
      default:
        return undefined;
    }
  }
  private other(op: number): void {
    const { r, stack } = this;
    const constant = this.constant(op);
    if (constant !== undefined) this.push(constant);
    else if (op === 0x06) this.push(this.context.memory(this.pop(), 8));
    else if (op === 0x94) this.push(this.context.memory(this.pop(), size(r.u8())));
    else if (op === 0x12) this.push(stack.at(-1) ?? bad());
    else if (op === 0x13) this.pop();
    else if (op === 0x14) this.push(stack.at(-2) ?? bad());
    else if (op === 0x15) this.push(stack.at(-1 - r.u8()) ?? bad());
    else if (op === 0x16) this.push(stack.splice(-2, 1)[0] ?? bad());
    else if (op === 0x17) {
      const top = this.pop();
      stack.splice(-2, 0, top);
    } else if (op === 0x23) this.push(this.pop() + BigInt(r.uleb()));
    else if (op !== 0x96) bad();
  }
}

const size = (n: number): number => (n >= 1 && n <= 8 ? n : bad());

/** The value of the expression in a range of the section; `first` lies on the stack before. Throws BadFile. */
export function evaluate(
  bytes: Uint8Array,
  at: number,
  to: number,
  context: Context,
  first: readonly bigint[],
): bigint {
  return new Machine(new Reader(bytes, at, to), context, first).run();
}
