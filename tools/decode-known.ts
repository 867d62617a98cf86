import type { DecodeError } from "../src/decode/decode.ts";
import type { Insn, Mode } from "../src/isa/types.ts";

interface Known {
  /** Matches the name of iced's Code, or "INVALID" where iced has no instruction. */
  code: RegExp;
  reason: string;
}

const KNOWN: readonly Known[] = [
  { code: /^EVEX_/, reason: "AVX-512 is not supported" },
  { code: /^XOP_/, reason: "XOP: AMD only, gone since Zen" },
  { code: /^D3NOW_/, reason: "3DNow!: AMD only, gone since Bulldozer" },
];

/** Why decoder and iced may differ here, or undefined where they may not. */
export function knownDifference(
  code: string,
  _bytes: Uint8Array,
  _ours: Insn | DecodeError,
  _mode: Mode,
): string | undefined {
  return KNOWN.find((k) => k.code.test(code))?.reason;
}
