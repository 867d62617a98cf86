/** Names of the stubs through which calls to shared objects go: NAME@plt. */
import * as E from "../../abi/elf.ts";
import type { ElfFile, Section } from "./elf-file.ts";
import { Reader, textAt } from "./reader.ts";
import type { Sym } from "./symbol-table.ts";

const STUB_SECTIONS = [".plt", ".plt.sec", ".plt.got"];
/** Stubs have 8 or 16 bytes. */
const STEP = 8;

/** Which function's address each slot of the GOT gets. */
function slots(elf: ElfFile): Map<number, string> {
  const out = new Map<number, string>();
  for (const name of [".rela.plt", ".rela.dyn"]) {
    const section = elf.section(name);
    const bytes = elf.bytes(section);
    const symbols = section && elf.sections[section.link];
    const table = elf.bytes(symbols);
    const strings = symbols && elf.bytes(elf.sections[symbols.link]);
    if (!bytes || !table || !strings) continue;
    const r = new Reader(bytes);
    while (r.end - r.at >= E.RELA_SIZE) {
      const slot = r.u64();
      r.skip(4);
      const index = r.u32();
      r.skip(8);
      if (index === 0 || (index + 1) * E.SYM_SIZE > table.length) continue;
      out.set(slot, textAt(strings, new Reader(table, index * E.SYM_SIZE).u32()));
    }
  }
  return out;
}

/** The slot that a stub's `jmp [rip+x]` goes through, behind ENDBR64 and BND if they are there. */
function slotOf(bytes: Uint8Array, at: number, address: number): number | undefined {
  let i = at;
  if (bytes[i] === 0xf3 && bytes[i + 1] === 0x0f) i += 4;
  if (bytes[i] === 0xf2) i++;
  if (bytes[i] !== 0xff || bytes[i + 1] !== 0x25 || i + 6 > bytes.length) return undefined;
  return address + (i - at) + 6 + new Reader(bytes, i + 2).i32();
}

export function plt(elf: ElfFile): Sym[] {
  const names = slots(elf);
  const out: Sym[] = [];
  const scan = (section: Section, bytes: Uint8Array): void => {
    for (let at = 0; at + STEP <= bytes.length; at += STEP) {
      const slot = slotOf(bytes, at, section.address + at);
      const name = slot === undefined ? undefined : names.get(slot);
      // A stub of 16 bytes is found once, at its beginning.
      if (name) out.push({ address: section.address + at, size: at % 16 === 0 ? 16 : STEP, name: `${name}@plt` });
    }
  };
  for (const name of STUB_SECTIONS) {
    const section = elf.section(name);
    const bytes = elf.bytes(section);
    if (section && bytes && names.size > 0) scan(section, bytes);
  }
  return out;
}
