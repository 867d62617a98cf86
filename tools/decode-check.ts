/**
 * Compares decoder and disassembler with iced-x86: which bytes are an instruction, its length, its text.
 *
 *     npx tsx tools/decode-check.ts [--mode 64] [--count 3000000] [--rows 200] [--seed 1] [--show 40] [file.elf ...]
 *
 * Without files, random byte strings, and for each row so many strings made for it; with files, the executable sections by linear sweep.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Code, Decoder, DecoderOptions, Formatter, FormatterSyntax, Instruction, MemorySizeOptions } from "iced-x86";
import { decode } from "../src/decode/decode.ts";
import { disassemble } from "../src/decode/text.ts";
import { EVEX_ROW, form } from "../src/isa/table.ts";
import { M16, M32, M64, type Mode } from "../src/isa/types.ts";
import { knownDifference } from "./decode-known.ts";
import { bytesOfRow, generator, randomBytes } from "./decode-random.ts";
import { normalizeIced, normalizeOurs } from "./decode-spelling.ts";

const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    mode: { type: "string", default: "64" },
    count: { type: "string", default: "3000000" },
    rows: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    show: { type: "string", default: "40" },
  },
});
const mode = Number(options.mode) as Mode;

const ADDRESS = 0x12345678n;

interface Tally {
  checked: number;
  known: Map<string, number>;
  different: number;
  /** Differences by what iced calls the instruction, with the first example of each. */
  examples: Map<string, { text: string; count: number }>;
}

const tally: Tally = { checked: 0, known: new Map(), different: 0, examples: new Map() };
const formatter = new Formatter(FormatterSyntax.Masm);
formatter.hexPrefix = "0x";
formatter.hexSuffix = "";
formatter.uppercaseHex = false;
formatter.addLeadingZeroToHexNumbers = false;
formatter.spaceAfterOperandSeparator = true;
formatter.branchLeadingZeros = false;
formatter.memorySizeOptions = MemorySizeOptions.Always;
formatter.usePseudoOps = false;
formatter.preferSt0 = true;
formatter.masmAddDsPrefix32 = false;
formatter.showBranchSize = false;
// (It takes a number whose low half is small for a small one.)
formatter.smallHexNumbersInDecimal = false;

const instruction = new Instruction();
/** Rows seen, to tell what the random bytes never reached. */
const reached = new Set<number>();

/** Checks the instruction at `at`; returns the length to go on by. */
function check(bytes: Uint8Array, at: number, end: number): number {
  const window = bytes.subarray(at, Math.min(end, at + 16));
  const decoder = new Decoder(mode, window, DecoderOptions.None);
  decoder.ip = ADDRESS;
  decoder.decodeOut(instruction);
  const code = instruction.code;
  const valid = code !== Code.INVALID;
  const ours = decode(bytes, at, end, mode);
  tally.checked++;
  if (typeof ours !== "string") reached.add(ours.row.index);
  const length = instruction.length;
  decoder.free();
  let difference = "";
  let key = "";
  if (typeof ours === "string") {
    if (valid) difference = `ours: ${ours}`;
    key = `${Code[code]}: missing`;
  } else if (!valid) {
    difference = `ours: ${disassemble(ours, ADDRESS)}  (${ours.row.text}), iced: invalid`;
    key = `${ours.row.text} | ${ours.row.encoding}: invalid in iced`;
  } else if (ours.length !== length) {
    difference = `lengths ${ours.length} and ${length}`;
    key = `${Code[code]}: length`;
  } else {
    const left = normalizeOurs(disassemble(ours, ADDRESS), mode);
    const right = normalizeIced(formatter.format(instruction), Code[code] as string, mode);
    if (left !== right) difference = `ours: ${left}  (${right})`;
    key = `${Code[code]}: text`;
  }
  if (difference === "") return length;
  const reason = knownDifference(valid ? (Code[code] as string) : "INVALID", ours, length);
  if (reason) {
    tally.known.set(reason, (tally.known.get(reason) ?? 0) + 1);
    return length;
  }
  tally.different++;
  const seen = tally.examples.get(key);
  if (seen) seen.count++;
  else {
    const hex = Array.from(window, (b) => b.toString(16).padStart(2, "0")).join("");
    const iced = valid ? formatter.format(instruction) : "invalid";
    tally.examples.set(key, { text: `${hex}\n || ${iced} || ${difference}`, count: 1 });
  }
  return length;
}

/** File offsets of the executable sections of an ELF file. */
function textSections(file: Buffer): { start: number; end: number }[] {
  const sections: { start: number; end: number }[] = [];
  const is64 = file[4] === 2;
  const table = is64 ? Number(file.readBigUInt64LE(0x28)) : file.readUInt32LE(0x20);
  const entry = file.readUInt16LE(is64 ? 0x3a : 0x2e);
  const count = file.readUInt16LE(is64 ? 0x3c : 0x30);
  for (let i = 0; i < count; i++) {
    const at = table + i * entry;
    const type = file.readUInt32LE(at + 4);
    const flags = file.readUInt32LE(at + 8);
    if (type !== 1 || (flags & 4) === 0) continue;
    const start = is64 ? Number(file.readBigUInt64LE(at + 0x18)) : file.readUInt32LE(at + 0x10);
    const size = is64 ? Number(file.readBigUInt64LE(at + 0x20)) : file.readUInt32LE(at + 0x14);
    sections.push({ start, end: start + size });
  }
  return sections;
}

if (files.length > 0) {
  for (const name of files) {
    const file = readFileSync(name);
    for (const { start, end } of textSections(file)) {
      for (let at = start; at < end; ) at += Math.max(1, check(file, at, end));
    }
  }
} else {
  const random = generator(Number(options.seed));
  const bytes = new Uint8Array(20);
  const bit = mode === 64 ? M64 : mode === 32 ? M32 : M16;
  for (let n = Number(options.count); n > 0; n--) {
    randomBytes(bytes, mode, random);
    check(bytes, 0, bytes.length);
  }
  for (let i = 0; i < EVEX_ROW; i++) {
    const f = form(i);
    if ((f.modes & bit) === 0) continue;
    for (let n = Number(options.rows); n > 0; n--) {
      bytesOfRow(bytes, f, mode, random);
      check(bytes, 0, bytes.length);
    }
    if (!reached.has(i)) {
      console.log(`never reached: ${f.text} | ${f.encoding}`);
      tally.different++;
    }
  }
}

const sorted = [...tally.examples].sort((a, b) => b[1].count - a[1].count);
for (const [key, { text, count }] of sorted.slice(0, Number(options.show))) console.log(`${count} ${key}: ${text}`);
for (const [reason, count] of tally.known) console.log(`known: ${count} ${reason}`);
console.log(`mode ${mode}: ${tally.checked} checked, ${tally.different} differences of ${tally.examples.size} kinds`);
process.exitCode = tally.different === 0 ? 0 : 1;
