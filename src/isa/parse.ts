/** Parses rows: see row.ts for the notation. */
import { operandSpec, operandTokens } from "./operand.ts";
import type { Field, Form, RowDef } from "./row.ts";
import { M16, M32, M64, type OperandSpec } from "./types.ts";

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

/** What attributes add to a form; `modes` is a mask. */
type Attributes = Partial<Form> & { modes: number };

function makeAttributes(attributes: string, where: string): Attributes {
  const out: Attributes = { modes: M16 | M32 | M64 };
  for (const t of attributes.split(" ")) {
    const eq = t.indexOf("=");
    if (eq > 0) {
      const value = t.slice(eq + 1);
      const key = t.slice(0, eq);
      if (key === "tuple" && TUPLES.includes(value)) out.tuple = value;
      else if (!/^[oszapcdit]+$/.test(value)) throw new Error(`${where}: attribute "${t}"`);
      else if (key === "r") out.flagsRead = value;
      else if (key === "w") out.flagsWritten = value;
      else if (key === "u") out.flagsUndefined = value;
      else throw new Error(`${where}: attribute "${t}"`);
    } else if (t === "lock") out.lockable = true;
    else if (t === "count") out.keepsFlagsAtZero = true;
    else if (t === "rep" || t === "repe") out.repeat = t;
    else if (t === "priv") out.privileged = true;
    else if (t === "unsupported") out.unsupported = true;
    else if (MODES[t]) out.modes &= MODES[t];
    else if (FEATURES.includes(t)) out.feature = t;
    else throw new Error(`${where}: attribute "${t}"`);
  }
  return out;
}

const known = new Map<string, Attributes>();

function applyAttributes(form: Form, attributes: string, where: string): void {
  if (attributes === "") return;
  let found = known.get(attributes);
  if (found === undefined) {
    found = makeAttributes(attributes, where);
    known.set(attributes, found);
  }
  const modes = form.modes & found.modes;
  Object.assign(form, found);
  form.modes = modes;
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
  applyAttributes(form, def.attributes, where);
  if (form.space === "evex") form.unsupported = true;
  if (opEn !== "" && opEn.length !== operands.length) throw new Error(`${where}: Op/En "${opEn}"`);
  const fields = opEn === "" ? deduceFields(form, where) : (opEn.split("") as Field[]);
  form.fields = fields;
  form.usesV = fields.includes("V");
  if (fields.filter((f) => f === "I").length > form.immediates.length) throw new Error(`${where}: no immediate`);
  const m = operands[fields.indexOf("M")];
  // W tells the element's size in gathers and scatters.
  if (m?.kind === "vsib") {
    const size = form.w === 1 ? 64 : 32;
    operands[fields.indexOf("M")] = { ...m, size, memSize: size };
    form.gather = form.space === "vex";
  }
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
