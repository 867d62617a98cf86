/** Core files: core(5). An ELF file with the memory of a process and notes about its threads. */
import * as E from "../../abi/elf.ts";
import type { SigInfo } from "../../abi/signal.ts";
import { alignUp } from "../../base/bits.ts";
import type { Mm } from "../../kernel/mm.ts";
import type { Task } from "../../kernel/task.ts";
import type { Vma } from "../../kernel/vma.ts";
import { EXEC, READ, WRITE } from "../../mmu/access.ts";
import { PAGE } from "../../mmu/frames.ts";
import { peek, type Untouched } from "../memory.ts";
import { notes } from "./notes.ts";

/** Where the file goes: bytes at offsets, in ascending order; what is left out is zero. False: no more can be written. */
export interface CoreSink {
  write(bytes: Uint8Array, at: number): boolean;
  /** The file's size. */
  end(size: number): void;
}

/** Program headers that e_phnum can count. */
const MOST_SEGMENTS = 0xfffe;
const ELF_PAGES = PAGE;
const PIECE = 64 * PAGE;
const FRAME_MASK = 0xfffff000;

/** True if a private mapping of a file has pages that aren't the file's any more. */
function changed(mm: Mm, v: Vma): boolean {
  let found = false;
  mm.space.each(v.start, v.end, (address, pte) => {
    if (found) return;
    const frame = v.source?.cachedPage?.(v.offset + (address - v.start)) ?? 0;
    found = frame !== (pte & FRAME_MASK) >>> 0;
    if (frame) mm.kernel.frames.release(frame);
  });
  return found;
}

function touched(mm: Mm, v: Vma): boolean {
  let any = false;
  mm.space.each(v.start, v.end, () => {
    any = true;
  });
  return any;
}

/** Bytes of the mapping that go into the file: with Linux's usual coredump_filter, what cannot be had from elsewhere. */
function dumped(mm: Mm, v: Vma, untouched: Untouched): number {
  const whole = v.end - v.start;
  if (!v.source) return touched(mm, v) ? whole : 0;
  if (v.shared) return v.source.file ? 0 : whole;
  if (changed(mm, v)) return whole;
  // The headers of an object tell by their build id which one it was.
  const head = v.offset === 0 ? peek(mm, v.start, 4, untouched) : new Uint8Array();
  return head.length === 4 && new DataView(head.buffer, head.byteOffset).getUint32(0, true) === E.MAGIC ? ELF_PAGES : 0;
}

interface Part {
  v: Vma;
  size: number;
  offset: number;
}

function fileHeader(count: number): Uint8Array {
  const v = new DataView(new ArrayBuffer(E.EHDR_SIZE));
  v.setUint32(0, E.MAGIC, true);
  [E.ELFCLASS64, E.ELFDATA2LSB, 1].forEach((b, i) => {
    v.setUint8(4 + i, b);
  });
  v.setUint16(E.E_TYPE, E.ET_CORE, true);
  v.setUint16(E.E_MACHINE, E.EM_X86_64, true);
  v.setUint32(20, 1, true);
  v.setBigUint64(E.E_PHOFF, BigInt(E.EHDR_SIZE), true);
  v.setUint16(52, E.EHDR_SIZE, true);
  v.setUint16(E.E_PHENTSIZE, E.PHDR_SIZE, true);
  v.setUint16(E.E_PHNUM, count, true);
  return new Uint8Array(v.buffer);
}

function programHeader(type: number, flags: number, words: readonly number[]): Uint8Array {
  const v = new DataView(new ArrayBuffer(E.PHDR_SIZE));
  v.setUint32(E.P_TYPE, type, true);
  v.setUint32(E.P_FLAGS, flags, true);
  // Offset, address, physical address, bytes in the file, bytes in memory, alignment.
  words.forEach((w, i) => {
    v.setBigUint64(E.P_OFFSET + i * 8, BigInt(w), true);
  });
  return new Uint8Array(v.buffer);
}

function rights({ prot }: Vma): number {
  return (prot & READ ? E.PF_R : 0) | (prot & WRITE ? E.PF_W : 0) | (prot & EXEC ? E.PF_X : 0);
}

function loadHeader({ v, size, offset }: Part): Uint8Array {
  return programHeader(E.PT_LOAD, rights(v), [offset, v.start, 0, size, v.end - v.start, PAGE]);
}

/** Untouched pages of anonymous memory are left out: they are holes in the file. */
function writePart(mm: Mm, { v, size, offset }: Part, sink: CoreSink, untouched: Untouched): boolean {
  for (let at = 0; at < size; at += PIECE) {
    const from = v.start + at;
    const length = Math.min(PIECE, size - at);
    let any = v.source !== undefined;
    if (!any)
      mm.space.each(from, from + length, () => {
        any = true;
      });
    if (any && !sink.write(peek(mm, from, length, untouched), offset + at)) return false;
  }
  return true;
}

/** Writes the core of the process whose thread dies of the signal. `untouched`: how pages are read that only files have. */
export function writeCore(task: Task, info: SigInfo, sink: CoreSink, untouched: Untouched): void {
  const { mm } = task;
  const vmas = mm.vmas.list.slice(0, MOST_SEGMENTS);
  const about = notes(task, info);
  const notesAt = E.EHDR_SIZE + (vmas.length + 1) * E.PHDR_SIZE;
  const notesSize = about.reduce((n, b) => n + b.length, 0);
  let offset = alignUp(notesAt + notesSize, PAGE);
  const parts = vmas.map((v): Part => {
    const part = { v, size: dumped(mm, v, untouched), offset };
    offset += part.size;
    return part;
  });
  const head = [fileHeader(parts.length + 1), programHeader(E.PT_NOTE, 0, [notesAt, 0, 0, notesSize, 0, 4])];
  let at = 0;
  for (const bytes of [...head, ...parts.map(loadHeader), ...about]) {
    if (!sink.write(bytes, at)) return;
    at += bytes.length;
  }
  for (const part of parts) if (!writePart(mm, part, sink, untouched)) return;
  sink.end(offset);
}
