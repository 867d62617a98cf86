/** The ELF files behind a process's mappings, read once each, wherever they are mapped. */

import { PF_X, PT_LOAD } from "../../abi/elf.ts";
import { O_RDONLY } from "../../abi/fcntl.ts";
import { alignDown } from "../../base/bits.ts";
import type { Mm } from "../../kernel/mm.ts";
import type { Vma } from "../../kernel/vma.ts";
import { EXEC } from "../../mmu/access.ts";
import { PAGE } from "../../mmu/frames.ts";
import { placePath } from "../../vfs/place.ts";
import type { File, Inode, Place } from "../../vfs/types.ts";
import { DEBUGGER } from "../outside.ts";
import { CallFrames } from "./call-frames.ts";
import { elfOutside, findDebugFile, findDebugFileOutside } from "./debug-file.ts";
import { ElfFile, type ElfSource, type Segment } from "./elf-file.ts";
import { LineTable } from "./line-table.ts";
import type { Established } from "./prologue.ts";
import { SymbolTable } from "./symbol-table.ts";

/** A file's bytes, by an open file of its own, so that mappings may come and go. */
export function elfOf(inode: Inode, fallback?: File): ElfFile | undefined {
  const own = inode.open(O_RDONLY, DEBUGGER);
  const file = typeof own === "number" ? fallback : own;
  const st = file?.stat();
  if (!file || st === undefined || typeof st === "number") return undefined;
  return ElfFile.open({
    size: st.size,
    read: (offset, length) => {
      const bytes = new Uint8Array(length);
      const n = file.read(bytes, offset);
      return bytes.subarray(0, Math.max(0, n));
    },
  });
}

/** Opens a file by the guest's name for it without the guest's file system noticing: see ../outside.ts. */
export type ElfSources = (path: string) => ElfSource | undefined;

/** What is known of one file. Each part is read when it is first asked for. */
export class ObjectFile {
  private table: SymbolTable | undefined;
  private lineTable: LineTable | undefined;
  private cfi: { frames: CallFrames | undefined } | undefined;
  private readonly frames = new Map<number, { frame: Established | undefined }>();
  private debugFile: { elf: ElfFile | undefined } | undefined;

  constructor(
    readonly elf: ElfFile,
    /** As the guest names it. */
    readonly path: string,
    private readonly place: Place | undefined,
    private readonly mm: Mm,
    private readonly outside?: ElfSources,
  ) {}
  private get debug(): ElfFile | undefined {
    this.debugFile ??= { elf: this.findDebug() };
    return this.debugFile.elf;
  }
  private findDebug(): ElfFile | undefined {
    const { elf, outside, place } = this;
    if (outside) return findDebugFileOutside(elf, this.path, outside);
    return place && findDebugFile(this.mm.kernel.vfs, elf, place, elfOf);
  }
  get symbols(): SymbolTable {
    this.table ??= new SymbolTable(this.elf, this.elf.section(".symtab") ? undefined : this.debug);
    return this.table;
  }
  get lines(): LineTable {
    if (!this.lineTable) {
      const own = new LineTable(this.elf);
      this.lineTable = own.empty && this.debug ? new LineTable(this.debug) : own;
    }
    return this.lineTable;
  }
  /** What was found out of the frame at an address of the file's code. */
  frameAt(address: number, find: () => Established | undefined): Established | undefined {
    let known = this.frames.get(address);
    if (!known) {
      known = { frame: find() };
      this.frames.set(address, known);
    }
    return known.frame;
  }
  get callFrames(): CallFrames | undefined {
    this.cfi ??= { frames: CallFrames.of(this.elf) };
    return this.cfi.frames;
  }
}

export interface MappedObject {
  file: ObjectFile;
  /** Added to the file's addresses. */
  bias: number;
}

/** Mappings below an anonymous one that may be of the file whose zeroed data it holds. */
const BSS_REACH = 2;
/** Mappings of one object lie close together. */
const NEIGHBOURS = 8;

export class Objects {
  private readonly known = new WeakMap<Inode, { file: ObjectFile | undefined }>();

  /** `outside`: where files are read; the guest's own file system if left out, which notices and caches that. */
  constructor(private readonly outside?: ElfSources) {}

  private ofFile(mm: Mm, source: NonNullable<Vma["source"]>): ObjectFile | undefined {
    const inode = source.file?.inode;
    if (!inode) return undefined;
    let entry = this.known.get(inode);
    if (!entry) {
      const { outside } = this;
      const { place } = source;
      const path = (place?.parent && placePath(place)) || source.describe();
      const elf = outside ? elfOutside(outside, path) : elfOf(inode, source.file);
      entry = { file: elf && new ObjectFile(elf, path, place, mm, outside) };
      this.known.set(inode, entry);
    }
    return entry.file;
  }
  /** The object that the mapping of this index shows, and where it was put. */
  ofMapping(mm: Mm, i: number): MappedObject | undefined {
    const { list } = mm.vmas;
    const source = list[i]?.source;
    const file = source && this.ofFile(mm, source);
    if (!file) return undefined;
    let biases = biasesOf(file.elf, list[i]);
    // One page of a file may be mapped for two segments: the mappings below tell which of them it is.
    for (let j = i - 1; biases.length > 1 && j >= Math.max(0, i - NEIGHBOURS); j--) {
      if (list[j].source?.file?.inode !== source.file?.inode) continue;
      const others = biasesOf(file.elf, list[j]);
      const both = biases.filter((b) => others.includes(b));
      if (both.length > 0) biases = both;
    }
    return biases.length > 0 ? { file, bias: biases[0] } : undefined;
  }
  /** The object at an address; also where it has data that starts as zeros. */
  at(mm: Mm, address: number): MappedObject | undefined {
    const i = mm.vmas.indexAfter(address);
    const v = mm.vmas.list[i];
    if (!v || v.start > address) return undefined;
    if (v.source) return this.ofMapping(mm, i);
    for (let j = i - 1; j >= Math.max(0, i - BSS_REACH); j--) {
      const object = this.ofMapping(mm, j);
      if (object) return object.file.elf.segmentAt(address - object.bias) ? object : undefined;
    }
    return undefined;
  }
  /** All objects of a process: the program, then others in ascending order. */
  all(mm: Mm): MappedObject[] {
    const out = new Map<ObjectFile, MappedObject>();
    for (let i = 0; i < mm.vmas.list.length; i++) {
      const object = this.ofMapping(mm, i);
      if (object && !out.has(object.file)) out.set(object.file, object);
    }
    const exe = mm.exe?.inode;
    const program = exe && this.known.get(exe)?.file;
    return [...out.values()].sort((a, b) => Number(b.file === program) - Number(a.file === program));
  }
}

/** Where the file may have been put, given one mapping of it. */
function biasesOf(elf: ElfFile, v: Vma): number[] {
  const holding = elf.segments.filter(
    (s) => s.type === PT_LOAD && v.offset >= alignDown(s.offset, PAGE) && v.offset < s.offset + s.fileSize,
  );
  const fitting = holding.filter((s) => ((s.flags & PF_X) !== 0) === ((v.prot & EXEC) !== 0));
  const bias = (s: Segment): number => v.start - (alignDown(s.address, PAGE) + (v.offset - alignDown(s.offset, PAGE)));
  return [...new Set((fitting.length > 0 ? fitting : holding).map(bias))];
}
