/** The ELF files behind a process's mappings, read once each, wherever they are mapped. */

import { PF_X, PT_LOAD } from "../../abi/elf.ts";
import { O_RDONLY } from "../../abi/fcntl.ts";
import { alignDown } from "../../base/bits.ts";
import type { Mm } from "../../kernel/mm.ts";
import type { Vma } from "../../kernel/vma.ts";
import { EXEC } from "../../mmu/access.ts";
import { PAGE } from "../../mmu/frames.ts";
import { placePath } from "../../vfs/place.ts";
import type { Cred, File, Inode, Place } from "../../vfs/types.ts";
import { CallFrames } from "./call-frames.ts";
import { findDebugFile } from "./debug-file.ts";
import { ElfFile, type Segment } from "./elf-file.ts";
import { LineTable } from "./line-table.ts";
import { SymbolTable } from "./symbol-table.ts";

/** The debugger reads what it likes. */
export const DEBUGGER: Cred = {
  uid: 0,
  gid: 0,
  euid: 0,
  egid: 0,
  suid: 0,
  sgid: 0,
  fsuid: 0,
  fsgid: 0,
  groups: [],
};

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

/** What is known of one file. Each part is read when it is first asked for. */
export class ObjectFile {
  private table: SymbolTable | undefined;
  private lineTable: LineTable | undefined;
  private cfi: { frames: CallFrames | undefined } | undefined;
  private debugFile: { elf: ElfFile | undefined } | undefined;

  constructor(
    readonly elf: ElfFile,
    /** As the guest names it. */
    readonly path: string,
    private readonly place: Place | undefined,
    private readonly mm: Mm,
  ) {}
  private get debug(): ElfFile | undefined {
    this.debugFile ??= { elf: this.place && findDebugFile(this.mm.kernel.vfs, this.elf, this.place, elfOf) };
    return this.debugFile.elf;
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

export class Objects {
  private readonly known = new WeakMap<Inode, { file: ObjectFile | undefined }>();

  private ofFile(mm: Mm, source: NonNullable<Vma["source"]>): ObjectFile | undefined {
    const inode = source.file?.inode;
    if (!inode) return undefined;
    let entry = this.known.get(inode);
    if (!entry) {
      const elf = elfOf(inode, source.file);
      const { place } = source;
      const path = (place?.parent && placePath(place)) || source.describe();
      entry = { file: elf && new ObjectFile(elf, path, place, mm) };
      this.known.set(inode, entry);
    }
    return entry.file;
  }
  /** The object that a mapping shows, and where it was put. */
  ofMapping(mm: Mm, v: Vma): MappedObject | undefined {
    const file = v.source && this.ofFile(mm, v.source);
    const segment = file && segmentOf(file.elf, v);
    if (!file || !segment) return undefined;
    const page = alignDown(segment.address, PAGE) + (v.offset - alignDown(segment.offset, PAGE));
    return { file, bias: v.start - page };
  }
  /** The object at an address; also where it has data that starts as zeros. */
  at(mm: Mm, address: number): MappedObject | undefined {
    const i = mm.vmas.indexAfter(address);
    const v = mm.vmas.list[i];
    if (!v || v.start > address) return undefined;
    if (v.source) return this.ofMapping(mm, v);
    for (let j = i - 1; j >= Math.max(0, i - BSS_REACH); j--) {
      const object = this.ofMapping(mm, mm.vmas.list[j]);
      if (object) return object.file.elf.segmentAt(address - object.bias) ? object : undefined;
    }
    return undefined;
  }
  /** All objects of a process: the program, then others in ascending order. */
  all(mm: Mm): MappedObject[] {
    const out = new Map<ObjectFile, MappedObject>();
    for (const v of mm.vmas.list) {
      const object = this.ofMapping(mm, v);
      if (object && !out.has(object.file)) out.set(object.file, object);
    }
    const exe = mm.exe?.inode;
    const program = exe && this.known.get(exe)?.file;
    return [...out.values()].sort((a, b) => Number(b.file === program) - Number(a.file === program));
  }
}

/** The segment that a mapping's pages are of. One page of a file may be mapped for two segments. */
function segmentOf(elf: ElfFile, v: Vma): Segment | undefined {
  const holds = elf.segments.filter(
    (s) => s.type === PT_LOAD && v.offset >= alignDown(s.offset, PAGE) && v.offset < s.offset + s.fileSize,
  );
  return holds.find((s) => ((s.flags & PF_X) !== 0) === ((v.prot & EXEC) !== 0)) ?? holds[0];
}
