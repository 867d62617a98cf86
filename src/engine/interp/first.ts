/**
 * Which handlers stand in the first of the two modules, with which every program starts; the other is loaded when one of
 * its instructions is first decoded. V8 spends some 7 ms on a thousand functions, although it compiles none of them.
 */
import type { Row } from "../../isa/types.ts";

const LATER_FEATURES = new Set(
  "AVX AVX2 FMA F16C AES VAES SHA GFNI PCLMULQDQ VPCLMULQDQ ADX X87 MMX SSE3 SSSE3 SSE41 SSE42 FXSR XSAVE XSAVEOPT XSAVEC".split(
    " ",
  ),
);

/** Instructions of those with which C libraries copy, search and compare memory and strings, and programs are linked and begin. */
const FIRST_ANYWAY = new Set(
  (
    "VMOVD VMOVQ VMOVDQA VMOVDQU VMOVUPS VMOVAPS VMOVNTDQ VLDDQU VZEROUPPER VPXOR VPOR VPAND VPANDN VPCMPEQB VPCMPEQD " +
    "VPCMPGTB VPMINUB VPMINUD VPADDB VPMOVMSKB VPBROADCASTB VPBROADCASTD PSHUFB PALIGNR LDDQU PCMPISTRI PCMPESTRI ROUNDSD " +
    "FLDCW FNSTCW XGETBV XRSTOR XSAVEC"
  ).split(" "),
);

export function isFirst({ feature, mnemonic }: Row): boolean {
  return !LATER_FEATURES.has(feature) || FIRST_ANYWAY.has(mnemonic);
}
