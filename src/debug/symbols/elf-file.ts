/** An ELF file as a debugger needs it: sections and segments, read where they are wanted. elf(5). */
import * as E from "../../abi/elf.ts";
import { inflate } from "./inflate.ts";
import { BadFile, Reader, textAt, unlessBad } from "./reader.ts";

/** Where the bytes come from. */
export interface ElfSource {
  readonly size: number;
  /** Fewer bytes at the file's end. */
  read(offset: number, length: number): Uint8Array;
}

export interface Section {
  name: string;
  type: number;
  flags: number;
  address: number;
  offset: number;
  size: number;
  /** Index of the section that goes with it. */
  link: number;
}

export interface Segment {
  type: number;
  flags: number;
  offset: number;
  address: number;
  fileSize: number;
  memSize: number;
}

/** Debug sections are larger than this only in files that nobody wants to wait for. */
const MOST_BYTES = 1 << 29;
const CHDR_SIZE = 24;

export class ElfFile {
  sections: readonly Section[] = [];
  segments: readonly Segment[] = [];
  private readonly loaded = new Map<Section, Uint8Array | undefined>();

  private constructor(private readonly source: ElfSource) {}

  /** Undefined if it is no 64-bit ELF file for x86-64. */
  static open(source: ElfSource): ElfFile | undefined {
    return unlessBad(() => {
      const file = new ElfFile(source);
      file.readHeaders();
      return file;
    });
  }

  private range(offset: number, length: number): Uint8Array {
    const { size } = this.source;
    if (!(offset >= 0 && length >= 0 && length <= MOST_BYTES && offset + length <= size)) throw new BadFile("range");
    const bytes = this.source.read(offset, length);
    if (bytes.length < length) throw new BadFile("short file");
    return bytes;
  }

  private readHeaders(): void {
    const h = new Reader(this.range(0, E.EHDR_SIZE));
    if (h.u32() !== E.MAGIC || h.u8() !== E.ELFCLASS64 || h.u8() !== E.ELFDATA2LSB) throw new BadFile("not ELF");
    h.at = E.E_MACHINE;
    if (h.u16() !== E.EM_X86_64) throw new BadFile("not x86-64");
    h.at = E.E_PHOFF;
    const phoff = h.u64();
    const shoff = h.u64();
    h.at = E.E_PHENTSIZE;
    const [phentsize, phnum, shentsize, shnum, shstrndx] = [h.u16(), h.u16(), h.u16(), h.u16(), h.u16()];
    if (phentsize === E.PHDR_SIZE) this.segments = this.readSegments(phoff, phnum);
    // Files without sections, or with broken ones, still have their segments.
    if (shentsize === E.SHDR_SIZE && shnum > 0)
      this.sections = unlessBad(() => this.readSections(shoff, shnum, shstrndx)) ?? [];
  }
  private readSegments(offset: number, count: number): Segment[] {
    const r = new Reader(this.range(offset, count * E.PHDR_SIZE));
    return Array.from({ length: count }, () => {
      const [type, flags, offset, address] = [r.u32(), r.u32(), r.u64(), r.u64()];
      r.skip(8);
      const [fileSize, memSize] = [r.u64(), r.u64()];
      r.skip(8);
      return { type, flags, offset, address, fileSize, memSize };
    });
  }
  private readSections(offset: number, count: number, names: number): Section[] {
    const r = new Reader(this.range(offset, count * E.SHDR_SIZE));
    const raw = Array.from({ length: count }, () => {
      const [name, type, flags, address, offset, size, link] = [
        r.u32(),
        r.u32(),
        r.u64(),
        r.u64(),
        r.u64(),
        r.u64(),
        r.u32(),
      ];
      r.skip(20);
      return { nameAt: name, type, flags, address, offset, size, link };
    });
    const strings = raw[names];
    const table = strings ? this.range(strings.offset, strings.size) : new Uint8Array();
    return raw.map(({ nameAt, ...section }) => ({ name: textAt(table, nameAt), ...section }));
  }

  section(name: string): Section | undefined {
    return this.sections.find((s) => s.name === name && s.type !== E.SHT_NOBITS);
  }
  /** A section's content, unpacked; undefined if there is none. */
  bytes(section: Section | undefined): Uint8Array | undefined {
    if (!section || section.type === E.SHT_NOBITS) return undefined;
    if (!this.loaded.has(section))
      this.loaded.set(
        section,
        unlessBad(() => this.content(section)),
      );
    return this.loaded.get(section);
  }
  private content(section: Section): Uint8Array {
    const raw = this.range(section.offset, section.size);
    if (!(section.flags & E.SHF_COMPRESSED)) return raw;
    const r = new Reader(raw);
    const type = r.u32();
    r.skip(4);
    const size = r.u64();
    if (type !== E.ELFCOMPRESS_ZLIB || size > MOST_BYTES) throw new BadFile("unknown compression");
    return inflate(raw.subarray(CHDR_SIZE), size);
  }
  /** The loadable segment that holds an address. */
  segmentAt(address: number): Segment | undefined {
    return this.segments.find((s) => s.type === E.PT_LOAD && address >= s.address && address < s.address + s.memSize);
  }
  /** The file's bytes from an address to the end of its segment. */
  bytesAt(address: number, most = MOST_BYTES): Uint8Array | undefined {
    const s = this.segmentAt(address);
    if (!s) return undefined;
    const from = address - s.address;
    const length = Math.min(most, s.fileSize - from);
    return length <= 0 ? undefined : unlessBad(() => this.range(s.offset + from, length));
  }
  /** NT_GNU_BUILD_ID, hexadecimal. */
  buildId(): string | undefined {
    return unlessBad(() => {
      for (const s of this.segments) {
        if (s.type !== E.PT_NOTE || s.fileSize > 65536) continue;
        const id = buildIdIn(new Reader(this.range(s.offset, s.fileSize)));
        if (id) return id;
      }
      const bytes = this.bytes(this.section(".note.gnu.build-id"));
      return bytes && buildIdIn(new Reader(bytes));
    });
  }
}

const GNU = 0x00554e47;

function buildIdIn(r: Reader): string | undefined {
  while (r.end - r.at >= 12) {
    const [nameSize, size, type] = [r.u32(), r.u32(), r.u32()];
    const gnu = nameSize === 4 && type === E.NT_GNU_BUILD_ID && r.u32() === GNU;
    if (gnu) return [...r.bytes.subarray(r.at, r.at + size)].map((b) => b.toString(16).padStart(2, "0")).join("");
    if (nameSize !== 4 || type !== E.NT_GNU_BUILD_ID) r.skip((nameSize + 3) & ~3);
    r.skip((size + 3) & ~3);
  }
  return undefined;
}
