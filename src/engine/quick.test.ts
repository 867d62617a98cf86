import { expect, test } from "vitest";
import { ARENA, FRAMES, HANDLERS } from "../cpu/layout.ts";
import { Ram } from "../mmu/ram.ts";
import { BlockBuilder, type Crossing, type QuickInsn } from "./block.ts";
import { installTables } from "./instance.ts";
import { buildImage } from "./interp/build-image.ts";
import { FN_MASK } from "./interp/numbers.ts";
import { RECORD } from "./record.ts";

const image = buildImage();
const { index } = image;
const ram = new Ram(FRAMES + (1 << 20));
installTables(ram, index, image);
ram.i32[HANDLERS >> 2] = FN_MASK + 1;
const quick = new BlockBuilder(ram, index, quickInsn(), () => {});
const plain = new BlockBuilder(
  ram,
  index,
  () => 0,
  () => {},
);

/** Of the handlers' module, which gets nothing else that it imports. */
function quickInsn(): QuickInsn {
  const module = new WebAssembly.Module(image.wasm);
  const imports: Record<string, Record<string, WebAssembly.Memory | (() => number)>> = { env: {}, helper: {} };
  for (const i of WebAssembly.Module.imports(module))
    imports[i.module][i.name] = i.kind === "memory" ? ram.memory : () => 0;
  return new WebAssembly.Instance(module, imports).exports.quickInsn as QuickInsn;
}

function build(builder: BlockBuilder, offset: number, crossing?: Crossing): string {
  const made = builder.build(ARENA, FRAMES, offset, crossing);
  if (made === "short") return made;
  return `${made.end} ${Buffer.from(ram.u8.subarray(ARENA, ARENA + made.count * RECORD)).toString("hex")}`;
}

/** A generator of numbers (xorshift), so that a failure can be repeated. */
function numbers(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}
const next = numbers(0x2545f491);

function compare(bytes: number[]): void {
  const offset = next() % 64;
  for (let i = 0; i < 128; i++) ram.u8[FRAMES + i] = next();
  ram.u8.set(bytes, FRAMES + offset);
  const expected = build(plain, offset);
  const actual = build(quick, offset);
  if (actual !== expected) expect(`${Buffer.from(bytes).toString("hex")}: ${actual}`).toBe(expected);
}

const PREFIXES = [[], [0x66], [0xf2], [0xf3], [0xf0], [0x64], [0x65], [0x2e], [0x67], [0x66, 0xf2], [0xf3, 0x66]];
const OPCODES = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];

test("plans make the records that decode/ makes: legacy opcodes", () => {
  for (const prefix of PREFIXES) {
    for (const map of OPCODES) {
      for (let opcode = 0; opcode < 256; opcode++) {
        for (let reg = 0; reg < 8; reg++) {
          const modrm = (next() & 0xc7) | (reg << 3);
          const rex = next() % 3 ? [0x40 | (next() & 15)] : [];
          compare([...prefix, ...rex, ...map, opcode, modrm]);
        }
      }
    }
  }
}, 60000);

test("plans make the records that decode/ makes: ModRM and SIB", () => {
  for (const opcode of [0x00, 0x01, 0x63, 0x69, 0x6b, 0x80, 0x8b, 0x8d, 0xc6, 0xc7, 0xf6, 0xff]) {
    for (let modrm = 0; modrm < 256; modrm++) {
      for (let i = 0; i < 16; i++) {
        compare([...(PREFIXES[next() % 8] as number[]), 0x40 | (next() & 15), opcode, modrm, next() & 255]);
      }
    }
  }
}, 60000);

test("plans make the records that decode/ makes: VEX", () => {
  for (const map of [1, 2, 3]) {
    for (let opcode = 0; opcode < 256; opcode++) {
      for (let i = 0; i < 64; i++) {
        const last = i % 2 ? next() & 255 : (next() & 0x87) | 0x78;
        compare([0xc4, (next() & 0xe0) | map, last, opcode, next() & 255]);
        if (map === 1) compare([0xc5, last, opcode, next() & 255]);
      }
    }
  }
}, 60000);

test("plans make the records that decode/ makes: any bytes", () => {
  for (let i = 0; i < 50000; i++) compare(Array.from({ length: 15 }, () => next() & 255));
}, 60000);

test("plans make the records that decode/ makes: the ends of a page", () => {
  for (let offset = 4096 - 20; offset < 4096; offset++) {
    ram.u8.set([0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8], FRAMES + offset);
    expect(build(quick, offset)).toBe(build(plain, offset));
  }
});

test("plans make the records that decode/ makes: instructions that lie in two pages", () => {
  for (let i = 0; i < 3000; i++) {
    const length = 1 + (next() % 14);
    const bytes = Uint8Array.from({ length: length + 15 }, () => next() & 255);
    // Prefixes and opcodes that lead somewhere more often than any bytes do.
    bytes.set([0x48, [0x8b, 0xc7, 0x81, 0x0f, 0xe8, 0x8d][i % 6]]);
    const crossing = { bytes, frame: FRAMES + 4096 };
    const expected = build(plain, 4096 - length, crossing);
    expect(build(quick, 4096 - length, crossing)).toBe(expected);
  }
});
