/** The operand tokens of the notation (row.ts). */
import type { Access, OperandKind, OperandSpec } from "./types.ts";

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

function makeSpec(token: string, access: string, where: string): OperandSpec {
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

const specs = new Map<string, OperandSpec>();

/** What an operand token with its access means; throws if it is none. Equal ones share one object. */
export function operandSpec(token: string, access: string, where: string): OperandSpec {
  const key = `${token},${access}`;
  let spec = specs.get(key);
  if (spec === undefined) {
    spec = makeSpec(token, access, where);
    specs.set(key, spec);
  }
  return spec;
}

/** Splits a row's text behind the mnemonic. */
export function operandTokens(text: string, mnemonic: string): string[] {
  return text.length === mnemonic.length ? [] : text.slice(mnemonic.length + 1).split(", ");
}
