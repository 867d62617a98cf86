/** The header of a unit in .debug_line: DWARF 5, section 6.2.4. */
import { BadFile, type Reader, textAt } from "./reader.ts";

/** .debug_line_str and .debug_str. */
export interface Strings {
  line: Uint8Array;
  other: Uint8Array;
}

export interface LineHeader {
  minLength: number;
  lineBase: number;
  lineRange: number;
  opcodeBase: number;
  /** How many operands each standard opcode has. */
  operands: readonly number[];
  /** Paths by the numbers that rows use. */
  files: string[];
}

const LNCT_PATH = 1;
const LNCT_DIRECTORY = 2;
const FORM_BLOCK2 = 3;
const FORM_BLOCK4 = 4;
const FORM_DATA2 = 5;
const FORM_DATA4 = 6;
const FORM_DATA8 = 7;
const FORM_STRING = 8;
const FORM_BLOCK = 9;
const FORM_BLOCK1 = 10;
const FORM_DATA1 = 11;
const FORM_STRP = 14;
const FORM_UDATA = 15;
const FORM_DATA16 = 30;
const FORM_LINE_STRP = 31;

const joined = (directory: string | undefined, name: string): string =>
  !directory || name.startsWith("/") ? name : `${directory}/${name}`;

/** Reads up to the program, at which the reader then stands. */
export function unitFiles(r: Reader, wide: boolean, strings: Strings): LineHeader {
  const version = r.u16();
  if (version < 2 || version > 5) throw new BadFile("version of .debug_line");
  if (version === 5 && (r.u8() !== 8 || r.u8() !== 0)) throw new BadFile("address size");
  const headerLength = wide ? r.u64() : r.u32();
  const program = r.at + headerLength;
  const minLength = r.u8();
  if (version >= 4) r.skip(1);
  r.skip(1);
  const lineBase = r.i8();
  const lineRange = r.u8();
  const opcodeBase = r.u8();
  const operands = [0];
  for (let i = 1; i < opcodeBase; i++) operands.push(r.u8());
  const files = version === 5 ? filesOf5(r, wide, strings) : filesOf4(r);
  if (program < r.at || program > r.end) throw new BadFile("header length");
  r.at = program;
  return { minLength, lineBase, lineRange, opcodeBase, operands, files };
}

function filesOf4(r: Reader): string[] {
  // Directory 0 is where the compiler ran: it stands elsewhere, and such paths stay relative.
  const directories = [""];
  for (let d = r.text(); d !== ""; d = r.text()) directories.push(d);
  const files = [""];
  for (let name = r.text(); name !== ""; name = r.text()) {
    files.push(joined(directories[r.uleb()], name));
    r.uleb();
    r.uleb();
  }
  return files;
}

interface Named {
  path: string;
  directory: number;
}

function filesOf5(r: Reader, wide: boolean, strings: Strings): string[] {
  const directories = entries(r, wide, strings).map((d) => d.path);
  const base = directories[0];
  const absolute = directories.map((d) => joined(base, d));
  return entries(r, wide, strings).map((f) => joined(absolute[f.directory], f.path));
}

function entries(r: Reader, wide: boolean, strings: Strings): Named[] {
  const format = Array.from({ length: r.u8() }, () => ({ content: r.uleb(), form: r.uleb() }));
  const count = r.uleb();
  if (count > 0 && format.length === 0) throw new BadFile("entries without a format");
  const out: Named[] = [];
  for (let i = 0; i < count; i++) {
    const entry: Named = { path: "", directory: 0 };
    for (const { content, form } of format) {
      const value = field(r, form, wide, strings);
      if (content === LNCT_PATH && typeof value === "string") entry.path = value;
      if (content === LNCT_DIRECTORY && typeof value === "number") entry.directory = value;
    }
    out.push(entry);
  }
  return out;
}

function field(r: Reader, form: number, wide: boolean, strings: Strings): string | number {
  switch (form) {
    case FORM_STRING:
      return r.text();
    case FORM_LINE_STRP:
      return textAt(strings.line, wide ? r.u64() : r.u32());
    case FORM_STRP:
      return textAt(strings.other, wide ? r.u64() : r.u32());
    case FORM_UDATA:
      return r.uleb();
    case FORM_DATA1:
      return r.u8();
    case FORM_DATA2:
      return r.u16();
    case FORM_DATA4:
      return r.u32();
    case FORM_DATA8:
      return r.u64();
    case FORM_DATA16:
      r.skip(16);
      return 0;
    case FORM_BLOCK:
      r.skip(r.uleb());
      return 0;
    case FORM_BLOCK1:
      r.skip(r.u8());
      return 0;
    case FORM_BLOCK2:
      r.skip(r.u16());
      return 0;
    case FORM_BLOCK4:
      r.skip(r.u32());
      return 0;
    default:
      throw new BadFile(`form ${form}`);
  }
}
