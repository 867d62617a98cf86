/** Functions and variables of an ELF file by address and by name: .symtab, else .dynsym. Addresses are the file's own. */
import * as E from "../../abi/elf.ts";
import type { ElfFile } from "./elf-file.ts";
import { plt } from "./plt.ts";
import { Reader, textAt, unlessBad } from "./reader.ts";

export interface Sym {
  address: number;
  /** 0: up to the next one. */
  size: number;
  name: string;
}

interface Entry extends Sym {
  /** Which of several at one address is shown: functions before untyped ones, global before local, known size first. */
  rank: number;
}

/** Entries before the nearest one that may still enclose the address. */
const NESTED = 8;
/** Symbols without a size reach this far at most: what lies beyond has lost its own. */
const UNSIZED = 1 << 20;

const TYPES = [E.STT_NOTYPE, E.STT_OBJECT, E.STT_FUNC, E.STT_GNU_IFUNC];

function rank(type: number, binding: number, size: number, name: string): number {
  const known = type === E.STT_NOTYPE ? 0 : 8;
  const bound = binding === E.STB_LOCAL ? 0 : binding === E.STB_GLOBAL ? 2 : 1;
  return known + (size > 0 ? 4 : 0) + bound - (name.startsWith("_") ? 0.5 : 0);
}

function readTable(elf: ElfFile, name: string): Entry[] {
  const section = elf.section(name);
  const bytes = elf.bytes(section);
  const strings = section && elf.bytes(elf.sections[section.link]);
  if (!bytes || !strings) return [];
  const r = new Reader(bytes);
  const out: Entry[] = [];
  while (r.end - r.at >= E.SYM_SIZE) {
    const nameAt = r.u32();
    const info = r.u8();
    r.skip(1);
    const index = r.u16();
    const [address, size] = [r.u64(), r.u64()];
    if (index === 0 || !TYPES.includes(info & 15) || !address) continue;
    const text = textAt(strings, nameAt);
    // Mapping marks and the like say nothing.
    if (text === "") continue;
    out.push({ address, size, name: text, rank: rank(info & 15, info >> 4, size, text) });
  }
  return out;
}

export class SymbolTable {
  /** By address, the one to show last. */
  private readonly entries: readonly Entry[];
  private names: Map<string, Entry> | undefined;

  /** `debug`: the file to which the symbols were moved, if there is one. */
  constructor(elf: ElfFile, debug: ElfFile | undefined) {
    let found = readTable(elf, ".symtab");
    if (found.length === 0 && debug) found = readTable(debug, ".symtab");
    // What is exported is in .symtab too.
    if (found.length === 0) found = readTable(elf, ".dynsym");
    const stubs = unlessBad(() => plt(elf)) ?? [];
    for (const s of stubs) found.push({ ...s, rank: 0 });
    this.entries = found.sort((a, b) => a.address - b.address || a.rank - b.rank);
  }

  /** The symbol that an address belongs to. */
  at(address: number): Sym | undefined {
    const { entries } = this;
    let lo = 0;
    let hi = entries.length;
    while (lo < hi) {
      const mid = (lo + hi) >>> 1;
      if (entries[mid].address <= address) lo = mid + 1;
      else hi = mid;
    }
    for (let i = lo - 1; i >= Math.max(0, lo - NESTED); i--) {
      const e = entries[i];
      const reach = e.size || (i === lo - 1 ? UNSIZED : 0);
      if (address - e.address < reach) return e;
    }
    return undefined;
  }
  /** By the name as it stands in the file. */
  named(name: string): Sym | undefined {
    if (!this.names) {
      this.names = new Map();
      for (const e of this.entries) {
        // Names with a version may be given without it; a stub is not the function.
        for (const key of e.name.endsWith("@plt") ? [e.name] : [e.name, e.name.split("@")[0]]) {
          const known = this.names.get(key);
          if (!known || known.rank <= e.rank) this.names.set(key, e);
        }
      }
    }
    return this.names.get(name);
  }
  /** All of them. */
  get all(): readonly Sym[] {
    return this.entries;
  }
}
