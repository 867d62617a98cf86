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
import { type Access, M16, M32, M64, type OperandKind, type OperandSpec, type Row } from "./types.ts";

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

type Template = readonly [kind: OperandKind, size: number, memSize: number];

/** Operand tokens with kind, bits as a register, bits in memory. */
const OPERANDS: Readonly<Record<string, Template>> = {
  r8: ["r", 8, 8],
  r16: ["r", 16, 16],
  r32: ["r", 32, 32],
  r64: ["r", 64, 64],
  "r/m8": ["rm", 8, 8],
  "r/m16": ["rm", 16, 16],
  "r/m32": ["rm", 32, 32],
  "r/m64": ["rm", 64, 64],
  "r16/m8": ["rm", 16, 8],
  "r32/m8": ["rm", 32, 8],
  "r64/m8": ["rm", 64, 8],
  "r32/m16": ["rm", 32, 16],
  "r64/m16": ["rm", 64, 16],
  "r64/m32": ["rm", 64, 32],
  m: ["m", 0, 0],
  m8: ["m", 8, 8],
  m16: ["m", 16, 16],
  m32: ["m", 32, 32],
  m64: ["m", 64, 64],
  m128: ["m", 128, 128],
  m256: ["m", 256, 256],
  m512: ["m", 512, 512],
  m384: ["m", 384, 384],
  m32fp: ["m", 32, 32],
  m64fp: ["m", 64, 64],
  m80fp: ["m", 80, 80],
  m80bcd: ["m", 80, 80],
  m16int: ["m", 16, 16],
  m32int: ["m", 32, 32],
  m64int: ["m", 64, 64],
  "m16:16": ["m", 32, 32],
  "m16:32": ["m", 48, 48],
  "m16:64": ["m", 80, 80],
  "m16&16": ["m", 32, 32],
  "m32&32": ["m", 64, 64],
  "m16&32": ["m", 48, 48],
  "m16&64": ["m", 80, 80],
  m14byte: ["m", 112, 112],
  m28byte: ["m", 224, 224],
  m94byte: ["m", 752, 752],
  m108byte: ["m", 864, 864],
  m512byte: ["m", 4096, 4096],
  imm8: ["imm", 8, 8],
  imm16: ["imm", 16, 16],
  imm32: ["imm", 32, 32],
  imm64: ["imm", 64, 64],
  simm8: ["imm", 8, 8],
  simm16: ["imm", 16, 16],
  simm32: ["imm", 32, 32],
  rel8: ["rel", 8, 8],
  rel16: ["rel", 16, 16],
  rel32: ["rel", 32, 32],
  "ptr16:16": ["far", 32, 32],
  "ptr16:32": ["far", 48, 48],
  moffs8: ["moffs", 8, 8],
  moffs16: ["moffs", 16, 16],
  moffs32: ["moffs", 32, 32],
  moffs64: ["moffs", 64, 64],
  Sreg: ["sreg", 16, 16],
  CRn: ["creg", 64, 64],
  DRn: ["dreg", 64, 64],
  "ST(i)": ["st", 80, 80],
  mm: ["mm", 64, 64],
  "mm/m32": ["mm/m", 64, 32],
  "mm/m64": ["mm/m", 64, 64],
  xmm: ["xmm", 128, 128],
  "xmm/m8": ["xmm/m", 128, 8],
  "xmm/m16": ["xmm/m", 128, 16],
  "xmm/m32": ["xmm/m", 128, 32],
  "xmm/m64": ["xmm/m", 128, 64],
  "xmm/m128": ["xmm/m", 128, 128],
  ymm: ["ymm", 256, 256],
  "ymm/m128": ["ymm/m", 256, 128],
  "ymm/m256": ["ymm/m", 256, 256],
  zmm: ["zmm", 512, 512],
  "zmm/m512": ["zmm/m", 512, 512],
  k: ["k", 64, 64],
  "k/m8": ["k/m", 64, 8],
  "k/m16": ["k/m", 64, 16],
  "k/m32": ["k/m", 64, 32],
  "k/m64": ["k/m", 64, 64],
  // Memory with a vector index: bits of an index, bits of the vector register.
  vm32x: ["vsib", 32, 128],
  vm32y: ["vsib", 32, 256],
  vm32z: ["vsib", 32, 512],
  vm64x: ["vsib", 64, 128],
  vm64y: ["vsib", 64, 256],
  vm64z: ["vsib", 64, 512],
  // Implied string operands: [rSI], segment overridable; ES:[rDI]; XLAT's [rBX+AL].
  "si:m8": ["str", 8, 8],
  "si:m16": ["str", 16, 16],
  "si:m32": ["str", 32, 32],
  "si:m64": ["str", 64, 64],
  "di:m8": ["str", 8, 8],
  "di:m16": ["str", 16, 16],
  "di:m32": ["str", 32, 32],
  "di:m64": ["str", 64, 64],
  "bx:m8": ["str", 8, 8],
  // Fixed registers and constants.
  AL: ["fixed", 8, 8],
  CL: ["fixed", 8, 8],
  AX: ["fixed", 16, 16],
  DX: ["fixed", 16, 16],
  EAX: ["fixed", 32, 32],
  ECX: ["fixed", 32, 32],
  RAX: ["fixed", 64, 64],
  RCX: ["fixed", 64, 64],
  ES: ["fixed", 16, 16],
  CS: ["fixed", 16, 16],
  SS: ["fixed", 16, 16],
  DS: ["fixed", 16, 16],
  FS: ["fixed", 16, 16],
  GS: ["fixed", 16, 16],
  "ST(0)": ["fixed", 80, 80],
  XMM0: ["fixed", 128, 128],
  "1": ["fixed", 8, 8],
};

export const FEATURES: readonly string[] = (
  "X87 MMX SSE SSE2 SSE3 SSSE3 SSE4A SSE41 SSE42 POPCNT LZCNT BMI1 BMI2 ADX MOVBE AES PCLMULQDQ SHA AVX AVX2 F16C FMA " +
  "VAES VPCLMULQDQ GFNI CMOV CX8 CX16 SYSCALL FXSR XSAVE XSAVEOPT XSAVEC XSAVES RDTSCP RDRAND RDSEED FSGSBASE CLFSH " +
  "CLFLUSHOPT CLWB PREFETCHW MONITOR RDPID SERIALIZE RTM SMAP PKU CET VMX SVM SMX INVPCID WBNOINVD CLDEMOTE MOVDIRI " +
  "MOVDIR64B WAITPKG ENQCMD UINTR PTWRITE PCONFIG MPX CLZERO RDPRU MCOMMIT INVLPGB SNP SEV MONITORX TSXLDTRK HRESET " +
  "SGX KL TDX AVX_VNNI AVX_IFMA AVX_VNNI_INT8 AVX_VNNI_INT16 AVX_NE_CONVERT CMPCCXADD RAO_INT MSRLIST WRMSRNS " +
  "PREFETCHITI SHA512 SM3 SM4 AVX512F AVX512VL AVX512BW AVX512DQ AVX512CD AVX512ER AVX512PF AVX512_IFMA AVX512_VBMI " +
  "AVX512_VBMI2 AVX512_VNNI AVX512_BITALG AVX512_VPOPCNTDQ AVX512_VP2INTERSECT AVX512_BF16 AVX512_FP16 " +
  "AVX512_4VNNIW AVX512_4FMAPS"
).split(" ");

const TUPLES =
  "N1 N2 N4 N8 N16 N32 N64 FV HV QV FVM HVM QVM OVM M128 MEM T1S8 T1S16 T1S T1F32 T1F64 T2 T4 T8 DUP".split(" ");

function operandSpec(token: string, access: string, where: string): OperandSpec {
  if (access !== "r" && access !== "w" && access !== "rw" && access !== "n") {
    throw new Error(`${where}: access "${access}"`);
  }
  let t = token;
  let mask: "k" | "kz" | undefined;
  let rounding: "er" | "sae" | undefined;
  const brace = t.indexOf("{");
  if (brace >= 0) {
    const deco = t.slice(brace).replaceAll(" ", "");
    t = t.slice(0, brace).trimEnd();
    if (deco === "{k1}{z}" || deco === "{k}{z}") mask = "kz";
    else if (deco === "{k1}" || deco === "{k}" || deco === "{k2}") mask = "k";
    else if (deco === "{er}") rounding = "er";
    else if (deco === "{sae}") rounding = "sae";
    else throw new Error(`${where}: decoration "${deco}"`);
  }
  let bcst: 16 | 32 | 64 | undefined;
  const b = /\/m(16|32|64)bcst$/.exec(t);
  if (b) {
    bcst = Number(b[1]) as 16 | 32 | 64;
    t = t.slice(0, b.index);
  }
  const name = OPERANDS[t] ? t : t.replace(/^(r(?:16|32|64))[ab]$/, "$1").replace(/^(mm|xmm|ymm|zmm|k)\d/, "$1");
  const found = OPERANDS[name];
  if (!found) throw new Error(`${where}: operand "${token}"`);
  const [kind, size, memSize] = found;
  const spec: OperandSpec = { kind, size, memSize, access: access as Access };
  if (kind === "fixed" || kind === "str") spec.fixed = name;
  if (kind === "vsib") {
    spec.vsib = memSize === 128 ? "xmm" : memSize === 256 ? "ymm" : "zmm";
    spec.vsibIndex = size === 32 ? 32 : 64;
  }
  if (name.startsWith("simm") || kind === "rel") spec.signed = true;
  if (mask) spec.mask = mask;
  if (rounding) spec.rounding = rounding;
  if (bcst) spec.bcst = bcst;
  return spec;
}

/** Splits at commas, which stand also inside of no operand. */
function operandTokens(text: string, mnemonic: string): string[] {
  const rest = text.slice(mnemonic.length + 1);
  return rest === "" ? [] : rest.split(",").map((s) => s.trim());
}

const HEX_BYTE = /^[0-9A-F]{2}$/;
const MAPS: Readonly<Record<string, number>> = { "0F": 1, "0F38": 2, "0F3A": 3, MAP5: 5, MAP6: 6 };
const IMMEDIATES = new Set(["ib", "iw", "id", "io", "cb", "cw", "cd", "cp", "mo", "is4"]);
const MODES: Readonly<Record<string, number>> = {
  only64: M64,
  not64: M16 | M32,
  only32: M32,
  only16: M16,
  not16: M32 | M64,
};

/** The parts of VEX.128.66.0F38.W0 and EVEX alike. */
function parseVex(form: Form, token: string, where: string): void {
  const parts = token.split(".");
  form.space = parts[0] === "VEX" ? "vex" : "evex";
  form.prefix = "NP";
  form.map = 0;
  let w = false;
  for (const part of parts.slice(1)) {
    if (part === "128" || part === "LZ" || part === "L0") form.length = 128;
    else if (part === "256" || part === "L1") form.length = 256;
    else if (part === "512") form.length = 512;
    else if (part === "66" || part === "F2" || part === "F3" || part === "NP") form.prefix = part;
    else if (MAPS[part]) form.map = MAPS[part];
    else if (part === "W0" || part === "W1" || part === "WIG") {
      form.w = part === "WIG" ? -1 : part === "W1" ? 1 : 0;
      w = true;
    } else if (part !== "LIG" && part !== "LLIG") throw new Error(`${where}: "${part}" in ${token}`);
  }
  if (form.map === 0 || !w) throw new Error(`${where}: ${token} lacks a map or W`);
}

/** A byte after the opcode: ModRM as a whole, or with any rm ("C0+i"). */
function parseModrmByte(form: Form, byte: number, anyRm: boolean, where: string): void {
  if (byte < 0xc0 || form.modrm) throw new Error(`${where}: second opcode byte`);
  form.modrm = true;
  form.mod = "reg";
  form.digit = (byte >> 3) & 7;
  if (!anyRm) form.rm = byte & 7;
}

function parseEncoding(form: Form, where: string): string {
  let opEn = "";
  let map = 0;
  const immediates: string[] = [];
  for (const t of form.encoding.split(" ")) {
    if (form.opcode < 0) {
      if (
        t === "NP" ||
        t === "NFx" ||
        ((t === "66" || t === "F2" || t === "F3") && map === 0 && form.space === "legacy")
      )
        form.prefix = t;
      else if (t === "REX.W") form.w = 1;
      else if (t === "W0") form.w = 0;
      else if (t === "o16" || t === "o32") form.osize = t === "o16" ? 16 : 32;
      else if (t === "d64") form.default64 = true;
      else if (t === "f64") form.force64 = true;
      else if (t === "a16" || t === "a32" || t === "a64") form.asize = Number(t.slice(1));
      else if (t.startsWith("VEX.") || t.startsWith("EVEX.")) parseVex(form, t, where);
      else if (form.space === "legacy" && map === 0 && MAPS[t]) map = MAPS[t];
      else if (map === 1 && (t === "38" || t === "3A")) map = t === "38" ? 2 : 3;
      else if (HEX_BYTE.test(t)) form.opcode = Number.parseInt(t, 16);
      else if (/^[0-9A-F]{2}\+r$/.test(t)) {
        form.opcode = Number.parseInt(t, 16);
        form.plusR = true;
      } else throw new Error(`${where}: encoding token "${t}"`);
      continue;
    }
    if (t === "/r") form.modrm = true;
    else if (/^\/[0-7]$/.test(t)) {
      form.modrm = true;
      form.digit = Number(t[1]);
    } else if (HEX_BYTE.test(t)) parseModrmByte(form, Number.parseInt(t, 16), false, where);
    else if (/^[0-9A-F]{2}\+i$/.test(t)) parseModrmByte(form, Number.parseInt(t, 16), true, where);
    else if (t === "mod=3") form.mod = "reg";
    else if (t === "mod=mem") form.mod = "mem";
    else if (t === "REX.B0") form.rexB0 = true;
    else if (IMMEDIATES.has(t)) immediates.push(t);
    else if (/^[RMVOSIX]+$/.test(t)) opEn = t;
    else throw new Error(`${where}: encoding token "${t}"`);
  }
  if (form.space === "legacy") form.map = map;
  if (form.opcode < 0) throw new Error(`${where}: no opcode`);
  form.immediates = immediates;
  return opEn;
}

function fieldOf(spec: OperandSpec): Field | "" {
  switch (spec.kind) {
    case "imm":
    case "rel":
    case "far":
    case "moffs":
      return "I";
    case "fixed":
    case "str":
      return "X";
    case "rm":
    case "m":
    case "mm/m":
    case "xmm/m":
    case "ymm/m":
    case "zmm/m":
    case "k/m":
    case "vsib":
      return "M";
    case "creg":
    case "dreg":
      return "R";
    default:
      return "";
  }
}

/** Tells register-only operands their places. */
function deduceFields(form: Form, where: string): Field[] {
  const fields = form.operands.map(fieldOf);
  const free: Field[] = [];
  const vex = form.space !== "legacy";
  const open = fields.filter((f) => f === "").length;
  const memory = fields.includes("M");
  if (form.plusR) free.push("O");
  else if (form.modrm) {
    if (form.digit < 0 && !fields.includes("R")) free.push("R");
    const is4 = form.immediates.includes("is4");
    const left = open - free.length - (is4 ? 1 : 0);
    if (vex && (memory ? left > 0 : left > 1)) free.push("V");
    if (!memory) free.push("M");
    if (is4) free.push("S");
  }
  let next = 0;
  const out = fields.map((f) => (f === "" ? free[next++] : f));
  for (const f of out) if (f === undefined) throw new Error(`${where}: can't tell where operands are encoded`);
  return out as Field[];
}

function parseAttributes(form: Form, attributes: string, where: string): void {
  if (attributes === "") return;
  for (const t of attributes.split(" ")) {
    const eq = t.indexOf("=");
    if (eq > 0) {
      const value = t.slice(eq + 1);
      const key = t.slice(0, eq);
      if (key === "tuple" && TUPLES.includes(value)) form.tuple = value;
      else if (!/^[oszapcdit]+$/.test(value)) throw new Error(`${where}: attribute "${t}"`);
      else if (key === "r") form.flagsRead = value;
      else if (key === "w") form.flagsWritten = value;
      else if (key === "u") form.flagsUndefined = value;
      else throw new Error(`${where}: attribute "${t}"`);
    } else if (t === "lock") form.lockable = true;
    else if (t === "count") form.keepsFlagsAtZero = true;
    else if (t === "rep" || t === "repe") form.repeat = t;
    else if (t === "priv") form.privileged = true;
    else if (t === "unsupported") form.unsupported = true;
    else if (MODES[t]) form.modes &= MODES[t];
    else if (FEATURES.includes(t)) form.feature = t;
    else throw new Error(`${where}: attribute "${t}"`);
  }
}

function impliedOpSize(form: Form): number {
  if (form.default64 || form.force64) return form.osize || 64;
  if (form.osize) return form.osize;
  if (form.space === "legacy" && form.w === 1) return 64;
  const first = form.operands[0];
  return first && first.size === 8 && first.kind !== "imm" && first.kind !== "rel" ? 8 : 0;
}

function isWideGeneral(o: OperandSpec): boolean {
  return (o.kind === "r" || o.kind === "rm") && o.size === 64;
}

/** Parses a row and checks it; throws on anything unknown or contradictory. */
export function parseRow(def: RowDef, index: number): Form {
  const where = `${def.text} | ${def.encoding}`;
  const tokens = operandTokens(def.text, def.mnemonic);
  const access = def.access === "" ? [] : def.access.split(",");
  if (tokens.length !== access.length) throw new Error(`${where}: ${tokens.length} operands, access "${def.access}"`);
  const operands = tokens.map((t, i) => operandSpec(t, access[i] as string, where));
  const form: Form = {
    index,
    mnemonic: def.mnemonic,
    text: def.text,
    encoding: def.encoding,
    operands,
    modes: M16 | M32 | M64,
    feature: "",
    opSize: 0,
    flagsRead: "",
    flagsWritten: "",
    flagsUndefined: "",
    keepsFlagsAtZero: false,
    lockable: false,
    privileged: false,
    unsupported: false,
    space: "legacy",
    map: 0,
    opcode: -1,
    plusR: false,
    prefix: "any",
    w: -1,
    osize: 0,
    default64: false,
    force64: false,
    asize: 0,
    length: 0,
    modrm: false,
    digit: -1,
    rm: -1,
    mod: "",
    rexB0: false,
    immediates: [],
    fields: [],
    usesV: false,
    gather: false,
    repeat: "",
    tuple: "",
  };
  const opEn = parseEncoding(form, where);
  parseAttributes(form, def.attributes, where);
  if (form.space === "evex") form.unsupported = true;
  if (opEn !== "" && opEn.length !== operands.length) throw new Error(`${where}: Op/En "${opEn}"`);
  const fields = opEn === "" ? deduceFields(form, where) : (opEn.split("") as Field[]);
  form.fields = fields;
  form.usesV = fields.includes("V");
  if (fields.filter((f) => f === "I").length > form.immediates.length) throw new Error(`${where}: no immediate`);
  const m = operands[fields.indexOf("M")];
  // W tells the element's size in gathers and scatters.
  if (m?.kind === "vsib") m.size = m.memSize = form.w === 1 ? 64 : 32;
  form.gather = m?.kind === "vsib" && form.space === "vex";
  if (m && form.mod === "") {
    if (m.kind === "m" || m.kind === "vsib") form.mod = "mem";
    else if (!m.kind.includes("m") || m.kind === "mm" || m.kind === "xmm" || m.kind === "ymm" || m.kind === "zmm")
      form.mod = "reg";
  }
  form.opSize = impliedOpSize(form);
  if (form.asize === 64) form.modes &= M64;
  if (form.asize === 16) form.modes &= M16 | M32;
  if (form.w === 1 && (form.space === "legacy" || operands.some(isWideGeneral))) form.modes &= M64;
  if ((form.default64 || form.force64) && !form.osize) form.modes &= M64;
  return form;
}
