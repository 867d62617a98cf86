/** AVX and AVX2 forms of SSE instructions, and of AES, PCLMULQDQ and GFNI: all from the text of their SSE forms. */
import { i32, i64, type Val } from "../wasm/expr.ts";
import { i8x16 } from "../wasm/simd.ts";
import { avxFloat } from "./avx-float.ts";
import { crypto } from "./crypto.ts";
import type { Emit, SemTable } from "./emit.ts";
import { sseConvert } from "./sse-convert.ts";
import { sseFloat } from "./sse-float.ts";
import { sseFloatShuffle } from "./sse-float-shuffle.ts";
import { sseMove } from "./sse-move.ts";
import { ZERO } from "./vector.ts";
import { vectorInt } from "./vector-int.ts";
import { vectorMove } from "./vector-move.ts";
import { vectorShift } from "./vector-shift.ts";
import { vectorShuffle } from "./vector-shuffle.ts";
import { vectorString } from "./vector-string.ts";
import { type Form, range, vex } from "./vex.ts";

const SSE: SemTable = {
  ...sseFloat,
  ...sseFloatShuffle,
  ...sseConvert,
  ...sseMove,
  ...vectorInt,
  ...vectorMove,
  ...vectorShift,
  ...vectorShuffle,
  ...vectorString,
  ...crypto,
};

/** V forms of the mnemonics in a list; `arity` counts the SSE form's operands. */
function forms(list: string, form: Form): SemTable {
  return Object.fromEntries(
    list.split(/\s+/).map((name) => {
      const sse = SSE[name];
      if (!sse) throw new Error(`no semantics of ${name} for V${name}`);
      return [`V${name}`, vex(sse, form)];
    }),
  );
}
const PACKED = ["PS", "PD"];
const SCALARS = ["SS", "SD"];
const each = (names: string, types: readonly string[]): string =>
  names
    .split(" ")
    .flatMap((n) => types.map((t) => n + t))
    .join(" ");

/** Masks of the halves' lanes side by side. */
const besides =
  (bits: number): Form["join"] =>
  (e, [lo, hi]) => {
    if (!hi) e.write(0, lo);
    else if (lo.ty === "i64") e.write(0, i64.or(lo, i64.shl(hi, i64.const(bits))));
    else e.write(0, i32.or(lo, i32.shl(hi, i32.const(bits))));
  };
/** The lower halves of the results, in one register. */
function narrowed(e: Emit, [lo, hi]: readonly Val[]): void {
  e.writeWide(0, hi ? i8x16.shuffle(lo, hi, [...range(0, 8), ...range(16, 8)]) : lo, ZERO);
}

export const avx: SemTable = {
  ...avxFloat,
  ...forms(each("ADD SUB MUL DIV MIN MAX SQRT", SCALARS), {}),
  ...forms(`CMPSS CMPSD ${each("ROUND", [...PACKED, ...SCALARS])}`, { arity: 3 }),
  ...forms(each("AND ANDN OR XOR ADDSUB HADD HSUB UNPCKL UNPCKH", PACKED), {}),
  ...forms("RCPPS RCPSS RSQRTPS RSQRTSS COMISS COMISD UCOMISS UCOMISD", {}),
  ...forms("SHUFPS DPPD INSERTPS EXTRACTPS BLENDVPS BLENDVPD", { arity: 3 }),
  ...forms("SHUFPD", { arity: 3, immediate: 2 }),
  ...forms("BLENDPS", { arity: 3, immediate: 4 }),
  ...forms("BLENDPD", { arity: 3, immediate: 2 }),

  ...forms("MOVSS MOVSD MOVLPS MOVHPS MOVLPD MOVHPD MOVHLPS MOVLHPS MOVDDUP MOVSLDUP MOVSHDUP MOVD MOVQ", {}),
  ...forms("LDMXCSR STMXCSR", { arity: 1 }),
  ...forms("MASKMOVDQU", {}),
  ...forms("MOVMSKPS", { join: besides(4) }),
  ...forms("MOVMSKPD", { join: besides(2) }),
  ...forms("PMOVMSKB", { join: besides(16) }),

  ...forms("CVTSI2SS CVTSI2SD CVTSS2SI CVTSD2SI CVTTSS2SI CVTTSD2SI CVTSS2SD CVTSD2SS", {}),
  ...forms("CVTDQ2PS CVTPS2DQ CVTTPS2DQ", {}),
  ...forms("CVTPS2PD CVTDQ2PD", { widening: 8 }),
  ...forms("CVTPD2PS CVTPD2DQ CVTTPD2DQ", { join: narrowed }),

  ...forms(
    "PADDB PADDW PADDD PADDQ PADDSB PADDSW PADDUSB PADDUSW PSUBB PSUBW PSUBD PSUBQ PSUBSB PSUBSW PSUBUSB PSUBUSW " +
      "PMULLW PMULLD PMULHW PMULHUW PMULHRSW PMULUDQ PMULDQ PMADDWD PMADDUBSW PAVGB PAVGW PSADBW PHMINPOSUW " +
      "PABSB PABSW PABSD PSIGNB PSIGNW PSIGND PMINSB PMINSW PMINSD PMINUB PMINUW PMINUD PMAXSB PMAXSW PMAXSD " +
      "PMAXUB PMAXUW PMAXUD PCMPEQB PCMPEQW PCMPEQD PCMPEQQ PCMPGTB PCMPGTW PCMPGTD PCMPGTQ PAND PANDN POR PXOR " +
      "PACKSSWB PACKUSWB PACKSSDW PACKUSDW PUNPCKLBW PUNPCKLWD PUNPCKLDQ PUNPCKLQDQ PUNPCKHBW PUNPCKHWD PUNPCKHDQ " +
      "PUNPCKHQDQ PHADDW PHADDD PHADDSW PHSUBW PHSUBD PHSUBSW PSHUFB",
    {},
  ),
  ...forms("PSLLW PSLLD PSLLQ PSRLW PSRLD PSRLQ PSRAW PSRAD PSLLDQ PSRLDQ", {}),
  ...forms("PSHUFD PSHUFLW PSHUFHW PALIGNR PBLENDW PBLENDVB", { arity: 3 }),
  ...forms("MPSADBW", { arity: 3, immediate: 3 }),
  ...forms("PEXTRB PEXTRW PEXTRD PEXTRQ PINSRB PINSRW PINSRD PINSRQ", { arity: 3 }),
  ...forms("PMOVSXBW PMOVSXWD PMOVSXDQ PMOVZXBW PMOVZXWD PMOVZXDQ", { widening: 8 }),
  ...forms("PMOVSXBD PMOVSXWQ PMOVZXBD PMOVZXWQ", { widening: 4 }),
  ...forms("PMOVSXBQ PMOVZXBQ", { widening: 2 }),
  ...forms("PCMPESTRI PCMPESTRM PCMPESTRI64 PCMPESTRM64 PCMPISTRI PCMPISTRM", { arity: 3 }),

  ...forms("AESENC AESENCLAST AESDEC AESDECLAST AESIMC GF2P8MULB", {}),
  ...forms("AESKEYGENASSIST PCLMULQDQ GF2P8AFFINEQB GF2P8AFFINEINVQB", { arity: 3 }),
};
