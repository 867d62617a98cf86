/** .eh_frame: how to find a function's caller. LSB Core, "Exception Frames"; DWARF 5, section 6.4. Addresses are the file's own. */
import * as E from "../../abi/elf.ts";
import type { ElfFile } from "./elf-file.ts";
import { lastNotAbove } from "./line-table.ts";
import { BadFile, Reader, unlessBad } from "./reader.ts";

/** Common information entry. */
export interface Cie {
  codeAlign: number;
  dataAlign: number;
  returnColumn: number;
  /** 'S' in the augmentation: a frame that a signal made, so its pc is no return address. */
  signal: boolean;
  pointerEncoding: number;
  /** 'z': the entries that refer to it have augmentation data. */
  augmented: boolean;
  /** Range of the initial instructions. */
  from: number;
  to: number;
}

/** Frame description entry of [start, end). */
export interface Fde {
  cie: Cie;
  start: number;
  end: number;
  from: number;
  to: number;
}

const PE_OMIT = 0xff;
const PE_PCREL = 0x10;
const PE_DATAREL = 0x30;
/** The table in .eh_frame_hdr is read where it has the one form that linkers write: datarel, sdata4. */
const HDR_TABLE = 0x3b;

export class CallFrames {
  private readonly cies = new Map<number, Cie | undefined>();
  private index: { starts: Float64Array; offsets: Float64Array } | undefined;

  private constructor(
    readonly bytes: Uint8Array,
    private readonly address: number,
    /** .eh_frame_hdr's table: pairs of signed 32-bit distances from its section. */
    private readonly hdr: { address: number; table: Reader; count: number } | undefined,
  ) {}

  static of(elf: ElfFile): CallFrames | undefined {
    return unlessBad(() => {
      const hdr = readHdr(elf);
      const section = elf.section(".eh_frame");
      const address = section?.address ?? hdr?.frames;
      if (address === undefined) return undefined;
      const bytes = section ? elf.bytes(section) : elf.bytesAt(address);
      return bytes && new CallFrames(bytes, address, hdr?.table ? { ...hdr, table: hdr.table } : undefined);
    });
  }

  /** The entry of the function that holds the address. */
  find(address: number): Fde | undefined {
    return unlessBad(() => {
      const at = this.hdr ? this.fromTable(address) : this.fromIndex(address);
      const fde = at === undefined ? undefined : this.fde(at);
      return fde && address >= fde.start && address < fde.end ? fde : undefined;
    });
  }
  private fromTable(address: number): number | undefined {
    const { hdr } = this;
    if (!hdr) return undefined;
    const { table, count } = hdr;
    const field = (i: number, which: number): number => {
      return hdr.address + new Reader(table.bytes, table.at + i * 8 + which * 4).i32();
    };
    const i = lastNotAbove(count, (n) => field(n, 0), address);
    return i < 0 ? undefined : field(i, 1) - this.address;
  }
  private fromIndex(address: number): number | undefined {
    this.index ??= this.makeIndex();
    const { starts, offsets } = this.index;
    const i = lastNotAbove(starts.length, (n) => starts[n], address);
    return i < 0 ? undefined : offsets[i];
  }
  private makeIndex(): { starts: Float64Array; offsets: Float64Array } {
    const found: { start: number; at: number }[] = [];
    const r = new Reader(this.bytes);
    unlessBad(() => {
      while (!r.done) {
        const { at } = r;
        const { length } = r.length();
        if (length === 0) break;
        r.skip(length);
        const fde = unlessBad(() => this.fde(at));
        if (fde) found.push({ start: fde.start, at });
      }
    });
    found.sort((a, b) => a.start - b.start);
    return { starts: Float64Array.from(found, (f) => f.start), offsets: Float64Array.from(found, (f) => f.at) };
  }

  /** The entry at an offset; undefined if a CIE stands there. */
  private fde(at: number): Fde | undefined {
    const { entry, id, idAt } = this.entry(at);
    if (id === 0) return undefined;
    const cie = this.cie(idAt - id);
    if (!cie) return undefined;
    const start = this.pointer(entry, cie.pointerEncoding);
    const length = this.pointer(entry, cie.pointerEncoding & 15);
    if (cie.augmented) entry.skip(entry.uleb());
    return { cie, start, end: start + length, from: entry.at, to: entry.end };
  }
  private entry(at: number): { entry: Reader; id: number; idAt: number } {
    const r = new Reader(this.bytes, at);
    const { length } = r.length();
    const entry = r.part(length);
    const idAt = entry.at;
    return { entry, id: entry.u32(), idAt };
  }
  private cie(at: number): Cie | undefined {
    if (!this.cies.has(at))
      this.cies.set(
        at,
        unlessBad(() => this.readCie(at)),
      );
    return this.cies.get(at);
  }
  private readCie(at: number): Cie {
    const { entry, id } = this.entry(at);
    const version = entry.u8();
    if (id !== 0 || (version !== 1 && version !== 3)) throw new BadFile("no CIE");
    const augmentation = entry.text();
    const codeAlign = entry.uleb();
    const dataAlign = entry.sleb();
    const returnColumn = version === 1 ? entry.u8() : entry.uleb();
    const cie = { codeAlign, dataAlign, returnColumn, signal: false, pointerEncoding: 0, augmented: false };
    if (augmentation.startsWith("z")) {
      cie.augmented = true;
      const data = entry.part(entry.uleb());
      for (const letter of augmentation.slice(1)) {
        if (letter === "R") cie.pointerEncoding = data.u8();
        else if (letter === "P") this.pointer(data, data.u8());
        else if (letter === "L") data.u8();
        else if (letter === "S") cie.signal = true;
        else break;
      }
    } else if (augmentation !== "") throw new BadFile("augmentation");
    return { ...cie, from: entry.at, to: entry.end };
  }
  /** An address, in one of the forms that DW_EH_PE_ names. Indirect ones (of personality routines) are not followed. */
  private pointer(r: Reader, encoding: number): number {
    if (encoding === PE_OMIT) return 0;
    const here = this.address + r.at;
    const value = encoded(r, encoding);
    return (encoding & 0x70) === PE_PCREL ? here + value : value;
  }
}

function encoded(r: Reader, encoding: number): number {
  switch (encoding & 15) {
    case 0:
    case 4:
    case 12:
      return r.i64();
    case 1:
      return r.uleb();
    case 2:
      return r.u16();
    case 3:
      return r.u32();
    case 9:
      return r.sleb();
    case 10:
      return r.i16();
    case 11:
      return r.i32();
    default:
      throw new BadFile("pointer encoding");
  }
}

/** PT_GNU_EH_FRAME: where .eh_frame is, and the sorted table. */
function readHdr(elf: ElfFile): { frames: number; address: number; table?: Reader; count: number } | undefined {
  const segment = elf.segments.find((s) => s.type === E.PT_GNU_EH_FRAME);
  const bytes = segment && elf.bytesAt(segment.address, segment.memSize);
  if (!segment || !bytes) return undefined;
  const { address } = segment;
  const r = new Reader(bytes);
  const [version, framesForm, countForm, tableForm] = [r.u8(), r.u8(), r.u8(), r.u8()];
  if (version !== 1) return undefined;
  const relative = (form: number, at: number): number =>
    (form & 0x70) === PE_PCREL ? address + at : (form & 0x70) === PE_DATAREL ? address : 0;
  const { at } = r;
  const frames = encoded(r, framesForm) + relative(framesForm, at);
  if (tableForm !== HDR_TABLE || countForm === PE_OMIT) return { frames, address, count: 0 };
  const count = Math.min(encoded(r, countForm), Math.floor((bytes.length - r.at) / 8));
  return { frames, address, table: count > 0 ? r : undefined, count };
}
