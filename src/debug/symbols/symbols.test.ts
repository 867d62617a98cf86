import { expect, test } from "vitest";
import { CallFrames } from "./call-frames.ts";
import { ElfFile } from "./elf-file.ts";
import { inflate } from "./inflate.ts";
import { LineTable } from "./line-table.ts";
import { BadFile, Reader, unlessBad } from "./reader.ts";
import { SymbolTable } from "./symbol-table.ts";

const open = (bytes: Uint8Array) =>
  ElfFile.open({ size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) });

/** Everything that can be asked of a file; nothing may throw or take long. */
function useAll(bytes: Uint8Array): void {
  const elf = open(bytes);
  if (!elf) return;
  elf.buildId();
  new SymbolTable(elf, undefined).at(0x401000);
  new LineTable(elf).at(0x401000);
  CallFrames.of(elf)?.find(0x401000);
}

/** A file with sections and segments that refer to everything, of numbers that mean little. */
function someElf(): Uint8Array {
  const bytes = new Uint8Array(4096);
  const v = new DataView(bytes.buffer);
  v.setUint32(0, 0x464c457f, true);
  bytes.set([2, 1, 1], 4);
  v.setUint16(18, 62, true);
  v.setBigUint64(32, 64n, true);
  v.setBigUint64(40, 512n, true);
  [56, 4, 64, 8, 1].forEach((n, i) => {
    v.setUint16(54 + i * 2, n, true);
  });
  [1, 4, 0x6474e550, 1].forEach((type, i) => {
    const at = 64 + i * 56;
    v.setUint32(at, type, true);
    v.setBigUint64(at + 8, BigInt(1024 + i * 512), true);
    v.setBigUint64(at + 16, BigInt(0x401000 + i * 512), true);
    v.setBigUint64(at + 32, 512n, true);
    v.setBigUint64(at + 40, 512n, true);
  });
  const names = ["", ".shstrtab", ".symtab", ".strtab", ".debug_line", ".eh_frame", ".rela.plt", ".plt"];
  let nameAt = 1;
  names.forEach((name, i) => {
    const at = 512 + i * 64;
    v.setUint32(at, i === 0 ? 0 : nameAt, true);
    bytes.set(new TextEncoder().encode(name), 1024 + nameAt);
    nameAt += name.length + 1;
    v.setUint32(at + 4, 1, true);
    v.setBigUint64(at + 16, BigInt(0x401000 + i * 256), true);
    v.setBigUint64(at + 24, BigInt(1024 + i * 256), true);
    v.setBigUint64(at + 32, 256n, true);
    v.setUint32(at + 40, 3, true);
  });
  return bytes;
}

test("files that make no sense say nothing, and quickly", () => {
  const base = someElf();
  expect(open(base)?.sections).toHaveLength(8);
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  for (let round = 0; round < 1000; round++) {
    const bytes = base.slice();
    for (let i = 0; i < 300; i++) bytes[1100 + random(2900)] = random(4) ? random(20) : random(256);
    for (let i = random(6); i > 0; i--) bytes[random(1024)] = random(256);
    useAll(round % 5 === 0 ? bytes.subarray(0, random(4096)) : bytes);
  }
});

test("numbers of variable length", () => {
  const r = new Reader(Uint8Array.of(0xe5, 0x8e, 0x26, 0x7f, 0x80, 0x7f, 0xff, 0x00));
  expect([r.uleb(), r.sleb(), r.sleb(), r.sleb()]).toEqual([624485, -1, -128, 127]);
  expect(() => r.u8()).toThrow(BadFile);
});

test("packed sections", () => {
  // zlib's own: 40 bytes "a", then "bc".
  const packed = Uint8Array.of(0x78, 0x9c, 0x4b, 0x4c, 0x24, 0xe, 0x24, 0x25, 0x3, 0x0, 0x56, 0x64, 0xf, 0xee);
  const text = new TextDecoder().decode(inflate(packed, 42));
  expect(text).toBe(`${"a".repeat(40)}bc`);
  expect(unlessBad(() => inflate(packed, 41))).toBeUndefined();
  expect(unlessBad(() => inflate(packed, 2 ** 40))).toBeUndefined();
  expect(unlessBad(() => inflate(packed.subarray(0, 6), 42))).toBeUndefined();
});
