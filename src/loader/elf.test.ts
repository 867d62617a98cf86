import { describe, expect, it } from "vitest";
import { EIO, ENOEXEC } from "../abi/errno.ts";
import { parseElf } from "./elf.ts";

interface Phdr {
  type: number;
  flags?: number;
  offset?: number;
  vaddr?: number;
  fileSize?: number;
  memSize?: number;
}

/** A file with these program headers behind the ELF header, and some bytes. */
function file(phdrs: Phdr[], tail = "", change: (v: DataView) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(64 + phdrs.length * 56 + tail.length);
  const v = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  v.setUint16(16, 2, true);
  v.setUint16(18, 62, true);
  v.setBigUint64(24, 0x401000n, true);
  v.setBigUint64(32, 64n, true);
  v.setUint16(54, 56, true);
  v.setUint16(56, phdrs.length, true);
  phdrs.forEach((p, i) => {
    const at = 64 + i * 56;
    v.setUint32(at, p.type, true);
    v.setUint32(at + 4, p.flags ?? 0, true);
    [p.offset, p.vaddr, 0, p.fileSize, p.memSize].forEach((n, j) => {
      v.setBigUint64(at + 8 + j * 8, BigInt(n ?? 0), true);
    });
  });
  for (let i = 0; i < tail.length; i++) bytes[64 + phdrs.length * 56 + i] = tail.charCodeAt(i);
  change(v);
  return bytes;
}

const parse = (bytes: Uint8Array) => parseElf(bytes, (offset, length) => bytes.slice(offset, offset + length));

describe("parseElf", () => {
  it("finds segments, interpreter and the stack's flags", () => {
    const name = "/lib64/ld.so\0";
    const elf = parse(
      file(
        [
          { type: 3, offset: 64 + 3 * 56, fileSize: name.length },
          { type: 1, flags: 5, offset: 0, vaddr: 0x400000, fileSize: 0x100, memSize: 0x200 },
          { type: 0x6474e551, flags: 6 },
        ],
        name,
      ),
    );
    expect(elf).toMatchObject({ entry: 0x401000, interpreter: "/lib64/ld.so", execStack: false, phnum: 3 });
    expect(elf).toHaveProperty("segments", [
      { vaddr: 0x400000, offset: 0, fileSize: 0x100, memSize: 0x200, prot: 5, align: 0 },
    ]);
  });
  it("takes a missing PT_GNU_STACK for an executable stack", () => {
    expect(parse(file([{ type: 1 }]))).toMatchObject({ execStack: true });
  });
  it("refuses what Linux refuses", () => {
    const refused = (change: (v: DataView) => void): void =>
      expect(parse(file([{ type: 1 }], "", change))).toBe(-ENOEXEC);
    refused((v) => v.setUint8(0, 0));
    refused((v) => v.setUint16(16, 1, true));
    refused((v) => v.setUint16(18, 3, true));
    refused((v) => v.setUint16(54, 32, true));
    refused((v) => v.setUint16(56, 0, true));
    refused((v) => v.setUint16(56, 2000, true));
    refused((v) => v.setBigUint64(32, 0xffffffffffffff00n, true));
    expect(parse(new Uint8Array(63))).toBe(-ENOEXEC);
  });
  it("refuses bad interpreter names", () => {
    const interp = (p: Partial<Phdr>, tail: string) => parse(file([{ type: 3, offset: 120, ...p }], tail));
    expect(interp({ fileSize: 1 }, "\0")).toBe(-ENOEXEC);
    expect(interp({ fileSize: 5000 }, "x")).toBe(-ENOEXEC);
    expect(interp({ fileSize: 4 }, "abcd")).toBe(-ENOEXEC);
    expect(interp({ fileSize: 40 }, "ab\0")).toBe(-EIO);
  });
});
