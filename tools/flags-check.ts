/**
 * Compares what rows say of flags and of access to operands with iced-x86.
 *
 *     npx tsx tools/flags-check.ts
 */
import { Code, Decoder, DecoderOptions, Instruction, InstructionInfoFactory, OpAccess, RflagsBits } from "iced-x86";
import { decode } from "../src/decode/decode.ts";
import type { Form } from "../src/isa/row.ts";
import { EVEX_ROW, form } from "../src/isa/table.ts";
import { M16, M32, M64, type Mode, type Operand } from "../src/isa/types.ts";
import { bytesOfRow, generator } from "./decode-random.ts";

const BITS: readonly (readonly [string, number])[] = [
  ["o", RflagsBits.OF],
  ["s", RflagsBits.SF],
  ["z", RflagsBits.ZF],
  ["a", RflagsBits.AF],
  ["p", RflagsBits.PF],
  ["c", RflagsBits.CF],
  ["d", RflagsBits.DF],
  ["i", RflagsBits.IF],
];

function letters(bits: number): string {
  return BITS.filter(([, b]) => (bits & b) !== 0)
    .map(([l]) => l)
    .join("");
}

function sorted(flags: string): string {
  return BITS.filter(([l]) => flags.includes(l))
    .map(([l]) => l)
    .join("");
}

/** What a row may say where iced says this. A conditional write is also a read here: the old value may stay. */
const ACCESS: Readonly<Record<number, readonly string[]>> = {
  [OpAccess.None]: ["n"],
  [OpAccess.Read]: ["r"],
  [OpAccess.CondRead]: ["r"],
  [OpAccess.Write]: ["w"],
  [OpAccess.CondWrite]: ["rw"],
  [OpAccess.ReadWrite]: ["rw"],
  [OpAccess.ReadCondWrite]: ["rw"],
  [OpAccess.NoMemAccess]: ["n"],
};

const factory = new InstructionInfoFactory();
const instruction = new Instruction();
const random = generator(1);
const bytes = new Uint8Array(20);

/** A sample of the row with operands 1 not zero (a shift by zero changes nothing), or undefined. */
function sample(f: Form, mode: Mode): boolean {
  for (let tries = 0; tries < 500; tries++) {
    bytesOfRow(bytes, f, mode, random);
    const insn = decode(bytes, 0, bytes.length, mode);
    if (typeof insn === "string" || insn.row !== f) continue;
    const last: Operand | undefined = insn.operands.at(-1);
    if (f.keepsFlagsAtZero && last?.kind === "imm" && ((last.lo & 31) < 2 || (last.lo & 31) > 7)) continue;
    const decoder = new Decoder(mode, bytes, DecoderOptions.None);
    decoder.decodeOut(instruction);
    decoder.free();
    return instruction.code !== Code.INVALID;
  }
  return false;
}

/** Whether the accesses to operands are iced's, where it has the same operands. Branch targets are no access here. */
function sameAccess(f: Form): boolean {
  if (instruction.opCount !== f.operands.length) return true;
  const info = factory.info(instruction);
  const same = f.operands.every(
    (o, i) => o.kind === "rel" || o.kind === "far" || (ACCESS[info.opAccess(i)] ?? []).includes(o.access),
  );
  info.free();
  return same;
}

let different = 0;
for (let i = 0; i < EVEX_ROW; i++) {
  const f = form(i);
  const mode: Mode = f.modes & M64 ? 64 : f.modes & M32 ? 32 : f.modes & M16 ? 16 : 64;
  if (!sample(f, mode)) {
    console.log(`no sample: ${f.text} | ${f.encoding}`);
    continue;
  }
  const written = instruction.rflagsWritten | instruction.rflagsCleared | instruction.rflagsSet;
  const theirs = `r=${letters(instruction.rflagsRead)} w=${letters(written)} u=${letters(instruction.rflagsUndefined)}`;
  const ours = `r=${sorted(f.flagsRead)} w=${sorted(f.flagsWritten)} u=${sorted(f.flagsUndefined)}`;
  if (theirs !== ours) {
    different++;
    console.log(`${f.text} | ${f.encoding}: ${ours}, iced ${theirs}`);
  }
  if (!sameAccess(f)) {
    different++;
    console.log(`${f.text} | ${f.encoding}: access ${f.operands.map((o) => o.access).join(",")}`);
  }
}
console.log(`${different} differences`);
process.exitCode = different === 0 ? 0 : 1;
