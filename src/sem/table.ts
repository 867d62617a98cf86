/** All semantics by mnemonic: the one place where the families' tables come together. */
import { ALU } from "./alu.ts";
import { avx } from "./avx.ts";
import { avxMask } from "./avx-mask.ts";
import { avxMove } from "./avx-move.ts";
import { avxShift } from "./avx-shift.ts";
import { BCD } from "./bcd.ts";
import { BIT } from "./bit.ts";
import { BMI } from "./bmi.ts";
import { CONTROL } from "./control.ts";
import { crypto } from "./crypto.ts";
import type { SemTable } from "./emit.ts";
import { f16c } from "./f16c.ts";
import { FLAGS } from "./flags.ts";
import { fma } from "./fma.ts";
import { fxsave } from "./fxsave.ts";
import { MOVE } from "./move.ts";
import { MULDIV } from "./muldiv.ts";
import { SEGMENT } from "./segment.ts";
import { SHIFT } from "./shift.ts";
import { sseConvert } from "./sse-convert.ts";
import { sseConvertMmx } from "./sse-convert-mmx.ts";
import { sseFloat } from "./sse-float.ts";
import { sseFloatShuffle } from "./sse-float-shuffle.ts";
import { sseMove } from "./sse-move.ts";
import { STACK } from "./stack.ts";
import { STRING } from "./string.ts";
import { SYSTEM } from "./system.ts";
import { vectorInt } from "./vector-int.ts";
import { vectorMove } from "./vector-move.ts";
import { vectorShift } from "./vector-shift.ts";
import { vectorShuffle } from "./vector-shuffle.ts";
import { vectorString } from "./vector-string.ts";
import { x87 } from "./x87.ts";
import { x87Functions } from "./x87-functions.ts";
import { x87State } from "./x87-state.ts";
import { xsave } from "./xsave.ts";

const FAMILIES: Readonly<Record<string, SemTable>> = {
  ALU,
  BCD,
  BIT,
  BMI,
  CONTROL,
  FLAGS,
  MOVE,
  MULDIV,
  SEGMENT,
  SHIFT,
  STACK,
  STRING,
  SYSTEM,
  crypto,
  vectorInt,
  vectorMove,
  vectorShift,
  vectorShuffle,
  vectorString,
  sseConvert,
  sseConvertMmx,
  sseFloat,
  sseFloatShuffle,
  sseMove,
  x87,
  x87Functions,
  x87State,
  fxsave,
  avx,
  avxMask,
  avxMove,
  avxShift,
  f16c,
  fma,
  xsave,
};

function merge(): SemTable {
  const all: SemTable = {};
  for (const [family, table] of Object.entries(FAMILIES)) {
    for (const [mnemonic, semantics] of Object.entries(table)) {
      if (all[mnemonic]) throw new Error(`${mnemonic} has semantics twice, the second time in ${family}`);
      all[mnemonic] = semantics;
    }
  }
  return all;
}

export const SEMANTICS: Readonly<SemTable> = merge();

/** CPU features of the instruction table that nothing implements yet: their instructions are undefined (#UD), and CPUID doesn't claim them. */
export const UNIMPLEMENTED_FEATURES: readonly string[] = "RTM PKU SERIALIZE XSAVES".split(" ");
