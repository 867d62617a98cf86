/**
 * One row describes one form of an instruction, in the notation of Intel's manual (volume 2, section 3.1):
 *
 *     row(text, encoding, access, attributes)
 *
 *     row("ADD r/m64, r64", "REX.W 01 /r", "rw,r", "w=oszapc lock")
 *     row("ADD r/m32, r32", "o32 01 /r", "rw,r", "w=oszapc lock")
 *     row("ADD r/m8, simm8", ...)                         simm = sign-extended to the operand size, imm = zero-extended
 *     row("PUSH r64", "d64 50+r", "r")                    d64 = operand size is 64 in 64-bit mode unless 66 is there
 *     row("CALL rel32", "f64 E8 cd", "n")                 f64 = always 64 in 64-bit mode
 *     row("FADD ST(0), ST(i)", "D8 C0+i", "rw,r")         second byte of x87 forms: a fixed ModRM, +i = any rm
 *     row("MOVAPS xmm1, xmm2/m128", "NP 0F 28 /r", "w,r", "SSE")
 *     row("MOVQ r/m64, xmm", "66 REX.W 0F 7E /r", "w,r", "SSE2")
 *     row("MOVHLPS xmm1, xmm2", "NP 0F 12 /r", "rw,r", "SSE")   register-only operand in rm: implies mod=3
 *     row("MOVLPS xmm, m64", "NP 0F 12 /r", "rw,r", "SSE")      memory-only operand: implies mod!=3
 *     row("PSRLW mm, imm8", "NP 0F 71 /2 ib", "rw,r", "MMX")
 *     row("VADDPS ymm1, ymm2, ymm3/m256", "VEX.256.0F.WIG 58 /r", "w,r,r", "AVX")
 *     row("VADDSS xmm1, xmm2, xmm3/m32", "VEX.LIG.F3.0F.WIG 58 /r", "w,r,r", "AVX")
 *     row("VBLENDVPS xmm1, xmm2, xmm3/m128, xmm4", "VEX.128.66.0F3A.W0 4A /r is4", "w,r,r,r", "AVX")
 *     row("VMASKMOVPS m128, xmm1, xmm2", "VEX.128.66.0F38.W0 2E /r MVR", "w,r,r", "AVX")
 *     row("BEXTR r32a, r/m32, r32b", "VEX.LZ.0F38.W0 F7 /r", "w,r,r", "BMI1 w=z u=sap")
 *     row("VPGATHERDD xmm1, vm32x, xmm2", "VEX.128.66.0F38.W0 90 /r", "rw,r,rw", "AVX2")
 *     row("VADDPS zmm1 {k1}{z}, zmm2, zmm3/m512/m32bcst {er}", "EVEX.512.0F.W0 58 /r", "w,r,r", "AVX512F tuple=FV")
 *
 * text: mnemonic in capitals, then operands (see OPERANDS below). A digit or a/b after a register only tells
 * operands apart. Operands that assembly text doesn't show are left out. Fixed ones stand as they are: AL, DX, 1, XMM0.
 *
 * access: one of r, w, rw, n (n: not accessed, as LEA's memory or a branch target) for each operand.
 *
 * encoding, in this order, everything optional but the opcode:
 * - NP (none of 66, F2, F3), NFx (neither F2 nor F3), 66, F2, F3: mandatory prefixes. Without any, prefixes don't matter.
 *   Where rows with and without overlap, the one that asks for more wins (F3 0F BC over 0F BC).
 * - o16, o32, REX.W: effective operand size, where the same opcode exists in several; REX.W is preferred to rows that
 *   don't name a size. d64, f64: see above. W0: REX.W must be zero. a16, a32, a64: effective address size.
 * - 0F, 0F38, 0F3A (or VEX.L.pp.map.W, EVEX.L.pp.map.W with L = 128 256 512 LIG LZ L0 L1, W = W0 W1 WIG)
 * - the opcode byte; "50+r" takes eight of them, the register in its low bits
 * - /r; /0 to /7; a further byte C0 to FF: ModRM as a whole; "C0+i": the same with any rm
 * - mod=3: register form only; mod=mem: memory form only (where no operand says so)
 * - ib iw id io, cb cw cd, cp, mo (moffs), is4: what follows. Two immediates may follow (ENTER iw ib).
 * - REX.B0: REX.B is zero (NOP, which is XCHG R8 otherwise).
 * - where operands are, if not deducible, as in the manual's Op/En column: one letter each out of R (ModRM.reg),
 *   M (ModRM.rm), V (vvvv), O (opcode low bits), S (is4), I (immediate), X (none). Deduced otherwise: operands with memory
 *   are M; the others in order R V (VEX) M, or V M with /digit; MVR and the like must be told.
 *
 * attributes, separated by spaces:
 * - r=, w=, u=: flags read, written, undefined afterwards, letters out of oszapc, d, i, t
 * - count: flags stay as they are when the count is zero (shifts: last operand, masked; strings: rCX under REP), so they
 *   are read, too, unless the count is a constant other than zero
 * - lock: LOCK allowed with a memory destination; rep, repe: takes REP, or REPE/REPNE
 * - only64, not64, only16...: modes; priv: privileged; unsupported: decodes, but nothing implements it (implied by EVEX)
 * - tuple=FV ...: EVEX tuple type, for the scaling of 8-bit displacements
 * - a CPU feature in capitals (FEATURES below)
 */
import type { Row } from "./types.ts";

type MnemonicOf<T extends string> = T extends `${infer M} ${string}` ? M : T;

/** A row as written, not yet parsed: parsing is put off until the decoder needs the row, for start-up's sake. */
export interface RowDef<M extends string = string> {
  readonly mnemonic: M;
  readonly text: string;
  readonly encoding: string;
  readonly access: string;
  readonly attributes: string;
}

export function row<const T extends string>(
  text: T,
  encoding: string,
  access = "",
  attributes = "",
): RowDef<MnemonicOf<T>> {
  const space = text.indexOf(" ");
  return {
    mnemonic: (space < 0 ? text : text.slice(0, space)) as MnemonicOf<T>,
    text,
    encoding,
    access,
    attributes,
  };
}

/** Where an operand is encoded. */
export type Field = "R" | "M" | "V" | "O" | "S" | "I" | "X";

export type Space = "legacy" | "vex" | "evex";

/** Mandatory prefix: "any" = no matter, "NFx" = 66 or not, but no F2, F3. */
export type Prefix = "any" | "NP" | "NFx" | "66" | "F2" | "F3";

/** A parsed row with everything the decoder needs. */
export interface Form extends Row {
  space: Space;
  /** 0 = one-byte, 1 = 0F, 2 = 0F38, 3 = 0F3A; 5, 6 = EVEX maps. */
  map: number;
  opcode: number;
  /** Register in the opcode's low three bits. */
  plusR: boolean;
  prefix: Prefix;
  /** Required W: 0, 1 or -1. Legacy: REX.W. */
  w: number;
  /** Effective operand size required: 16, 32, or 0. (64 is w = 1.) */
  osize: number;
  default64: boolean;
  force64: boolean;
  /** Effective address size required, or 0. */
  asize: number;
  /** Vector length in bits required, or 0. */
  length: number;
  modrm: boolean;
  /** /digit, or -1. */
  digit: number;
  /** Value of ModRM.rm required, or -1. */
  rm: number;
  /** "reg", "mem", or "" for both. */
  mod: "reg" | "mem" | "";
  rexB0: boolean;
  /** Bytes of the immediates (or relative, moffs, far), as tokens. */
  immediates: readonly string[];
  fields: readonly Field[];
  /** vvvv is an operand. */
  usesV: boolean;
  /** A VEX gather: three registers that must differ. */
  gather: boolean;
  tuple: string;
}
