import { readFileSync } from "node:fs";
import type { Files } from "../harness/folder.ts";

/** Offsets in an ELF64 header and in a program header; see elf(5). */
const E = { class: 4, data: 5, type: 16, machine: 18, phoff: 32, phentsize: 54, phnum: 56, entry: 24 };
const P = { type: 0, flags: 4, offset: 8, vaddr: 16, filesz: 32, memsz: 40, align: 48 };
const PT_LOAD = 1;
const PT_INTERP = 3;

/** A copy of an ELF file with some of its bytes changed. */
function changed(elf: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(elf);
  change(copy);
  return copy;
}

/** Offset of the n-th program header of this type. */
function header(elf: Buffer, type: number, n = 0): number {
  const first = Number(elf.readBigUInt64LE(E.phoff));
  for (let i = 0; i < elf.readUInt16LE(E.phnum); i++) {
    const at = first + i * elf.readUInt16LE(E.phentsize);
    if (elf.readUInt32LE(at + P.type) === type && n-- === 0) return at;
  }
  throw new Error(`no program header of type ${type}`);
}

/** Programs cut off at every multiple of this many bytes. */
export function truncations(elf: Buffer, step: number): Record<string, Buffer> {
  const files: Record<string, Buffer> = {};
  for (let length = 0; length < elf.length; length += step) {
    files[`cut-${String(length).padStart(5, "0")}`] = elf.subarray(0, length);
  }
  return files;
}

/** Files that are no programs, or not for this machine, or that contradict themselves. */
export function impostors(staticElf: Buffer, dynamicPath: string): Files {
  const dynamicElf = readFileSync(dynamicPath);
  const interp = header(dynamicElf, PT_INTERP);
  const load = header(staticElf, PT_LOAD);
  const set16 = (at: number, value: number) => changed(staticElf, (b) => b.writeUInt16LE(value, at));
  const set64 = (at: number, value: bigint) => changed(staticElf, (b) => b.writeBigUInt64LE(value, at));
  return {
    arm: set16(E.machine, 40),
    aarch64: set16(E.machine, 183),
    i386: set16(E.machine, 3),
    "class-32": changed(staticElf, (b) => b.writeUInt8(1, E.class)),
    "big-endian": changed(staticElf, (b) => b.writeUInt8(2, E.data)),
    relocatable: set16(E.type, 1),
    core: set16(E.type, 4),
    "bad-magic": changed(staticElf, (b) => b.write("F", 1)),
    "no-segments": set16(E.phnum, 0),
    "many-segments": set16(E.phnum, 65535),
    "odd-entries": set16(E.phentsize, 55),
    "headers-beyond": set64(E.phoff, 1n << 40n),
    "headers-negative": set64(E.phoff, (1n << 64n) - 64n),
    "entry-unmapped": set64(E.entry, 0x123456000n),
    "entry-zero": set64(E.entry, 0n),
    "entry-kernel": set64(E.entry, 0xffffffff80000000n),
    "load-kernel": set64(load + P.vaddr, 0xffff800000000000n),
    "load-high": set64(load + P.vaddr, 0x7fffffff0000n),
    "load-null": set64(load + P.vaddr, 0n),
    "size-swapped": set64(load + P.memsz, 1n),
    "file-huge": set64(load + P.filesz, 1n << 45n),
    "memory-huge": set64(load + P.memsz, 1n << 47n),
    "memory-negative": set64(load + P.memsz, (1n << 64n) - 1n),
    "offset-odd": set64(load + P.offset, 5n),
    "align-odd": set64(load + P.align, 3n),
    "no-permission-bits": changed(staticElf, (b) => b.writeUInt32LE(0, load + P.flags)),
    "interpreter-missing": changed(dynamicElf, (b) => b.write("/lib99", Number(b.readBigUInt64LE(interp + P.offset)))),
    "interpreter-unended": changed(dynamicElf, (b) => b.writeBigUInt64LE(5n, interp + P.filesz)),
    "interpreter-empty": changed(dynamicElf, (b) => b.writeBigUInt64LE(0n, interp + P.filesz)),
    "interpreter-long": changed(dynamicElf, (b) => b.writeBigUInt64LE(100000n, interp + P.filesz)),
    text: "Nothing that a processor would understand.\n",
    empty: "",
    zeros: new Uint8Array(5000),
    "script-missing": "#!/no/such/interpreter\n",
    "script-itself": "#!./script-itself\n",
    "script-empty": "#!\n",
    "script-blank": "#!   \n",
    "script-directory": "#!/tmp\n",
    "script-long": `#!/${"x".repeat(300)}\n`,
    "script-argument": "#!/bin/sh -c exit\\ 5\n",
    "script-spaces": "#! \t /bin/sh   -e  \nexit 4\n",
    "script-no-newline": "#!/bin/true",
    "script-script": "#!./script-spaces\n",
  };
}
