/** Reads ELF headers: elf(5), with the checks and errors of Linux's fs/binfmt_elf.c. */
import * as E from "../abi/elf.ts";
import { EIO, ENOEXEC } from "../abi/errno.ts";
import { PATH_MAX } from "../abi/fcntl.ts";
import { join } from "../base/bits.ts";
import { EXEC, READ, WRITE } from "../mmu/access.ts";

/** Bytes of the file; fewer at its end; -errno if it cannot be read. */
export type ReadAt = (offset: number, length: number) => Uint8Array | number;

/** A PT_LOAD. Numbers may be absurd: mapping checks them. */
export interface Segment {
  vaddr: number;
  offset: number;
  fileSize: number;
  memSize: number;
  /** READ, WRITE, EXEC */
  prot: number;
  align: number;
}

export interface Elf {
  type: number;
  entry: number;
  phoff: number;
  phnum: number;
  segments: Segment[];
  /** PT_INTERP */
  interpreter: string | undefined;
  /** PT_GNU_STACK without PF_X is the rule; no such header means an executable stack. */
  execStack: boolean;
}

/** The program headers may take this many bytes. */
const MAX_PHDRS = 65536;

export function isElf(head: Uint8Array): boolean {
  return head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}

/** e_machine, for messages about programs of other processors. */
export function elfMachine(head: Uint8Array): number {
  return head.length < E.EHDR_SIZE ? 0 : head[E.E_MACHINE] | (head[E.E_MACHINE + 1] << 8);
}

/** Parses the headers. `head` is the file's beginning, or the ELF header that an APE file has elsewhere. */
export function parseElf(head: Uint8Array, read: ReadAt): Elf | number {
  if (head.length < E.EHDR_SIZE || !isElf(head)) return -ENOEXEC;
  const h = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const type = h.getUint16(E.E_TYPE, true);
  if (type !== E.ET_EXEC && type !== E.ET_DYN) return -ENOEXEC;
  if (h.getUint16(E.E_MACHINE, true) !== E.EM_X86_64) return -ENOEXEC;
  const phnum = h.getUint16(E.E_PHNUM, true);
  const size = phnum * E.PHDR_SIZE;
  if (h.getUint16(E.E_PHENTSIZE, true) !== E.PHDR_SIZE || size === 0 || size > MAX_PHDRS) return -ENOEXEC;
  const phoff = u64(h, E.E_PHOFF);
  const table = read(phoff, size);
  if (typeof table === "number" || table.length < size) return -ENOEXEC;
  const elf: Elf = {
    type,
    entry: u64(h, E.E_ENTRY),
    phoff,
    phnum,
    segments: [],
    interpreter: undefined,
    execStack: true,
  };
  for (let i = 0; i < phnum; i++) {
    const error = programHeader(elf, new DataView(table.buffer, table.byteOffset + i * E.PHDR_SIZE, E.PHDR_SIZE), read);
    if (error < 0) return error;
  }
  return elf;
}

function programHeader(elf: Elf, p: DataView, read: ReadAt): number {
  const type = p.getUint32(E.P_TYPE, true);
  const flags = p.getUint32(E.P_FLAGS, true);
  if (type === E.PT_GNU_STACK) elf.execStack = (flags & E.PF_X) !== 0;
  if (type === E.PT_LOAD) elf.segments.push(segment(p, flags));
  if (type !== E.PT_INTERP || elf.interpreter !== undefined) return 0;
  const length = u64(p, E.P_FILESZ);
  if (length > PATH_MAX || length < 2) return -ENOEXEC;
  const bytes = read(u64(p, E.P_OFFSET), length);
  if (typeof bytes === "number") return bytes;
  if (bytes.length < length) return -EIO;
  if (bytes[length - 1] !== 0) return -ENOEXEC;
  elf.interpreter = String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
  return 0;
}

function segment(p: DataView, flags: number): Segment {
  return {
    vaddr: u64(p, E.P_VADDR),
    offset: u64(p, E.P_OFFSET),
    fileSize: u64(p, E.P_FILESZ),
    memSize: u64(p, E.P_MEMSZ),
    prot: (flags & E.PF_R ? READ : 0) | (flags & E.PF_W ? WRITE : 0) | (flags & E.PF_X ? EXEC : 0),
    align: u64(p, E.P_ALIGN),
  };
}

/** Inexact above 2^53, where every check fails anyway. */
function u64(v: DataView, at: number): number {
  return join(v.getUint32(at, true), v.getUint32(at + 4, true));
}
