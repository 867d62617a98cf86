/** Instructions as Intel-syntax text: `mov rax, qword ptr [rbp-8]`. */
import type { ImmOperand, Insn, MemOperand, Operand, RegClass, RegOperand } from "../isa/types.ts";
import { BASE_RIP, NO_REG } from "../isa/types.ts";

const LEGACY_NAMES = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
const names = (f: (n: number) => string): string[] => Array.from({ length: 16 }, (_, n) => f(n));
const GP8 = names((n) => ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"][n] ?? `r${n}b`);
const GP16 = names((n) => LEGACY_NAMES[n] ?? `r${n}w`);
const GP32 = names((n) => (n < 8 ? `e${LEGACY_NAMES[n]}` : `r${n}d`));
/** The general registers of 64 bits, by their encodings. */
export const GP64 = names((n) => (n < 8 ? `r${LEGACY_NAMES[n]}` : `r${n}`));
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"];
const SS = 2;
const DS = 3;

const REGISTER_NAMES: Readonly<Record<RegClass, (n: number) => string>> = {
  gp8: (n) => GP8[n] as string,
  gp8h: (n) => ["ah", "ch", "dh", "bh"][n] as string,
  gp16: (n) => GP16[n] as string,
  gp32: (n) => GP32[n] as string,
  gp64: (n) => GP64[n] as string,
  sreg: (n) => SEGMENTS[n] as string,
  creg: (n) => `cr${n}`,
  dreg: (n) => `dr${n}`,
  st: (n) => `st(${n})`,
  mm: (n) => `mm${n}`,
  xmm: (n) => `xmm${n}`,
  ymm: (n) => `ymm${n}`,
  zmm: (n) => `zmm${n}`,
  k: (n) => `k${n}`,
};

export function registerName(r: RegOperand): string {
  return REGISTER_NAMES[r.cls](r.num);
}

/** Memory sizes by bits; others (environments, save areas) have no name. */
const SIZE_NAMES: Readonly<Record<number, string | undefined>> = {
  8: "byte ptr ",
  16: "word ptr ",
  32: "dword ptr ",
  48: "fword ptr ",
  64: "qword ptr ",
  80: "tbyte ptr ",
  128: "xmmword ptr ",
  256: "ymmword ptr ",
  512: "zmmword ptr ",
};

function number(v: bigint): string {
  return v < 10n ? `${v}` : `0x${v.toString(16)}`;
}

function fromHalves(lo: number, hi: number, bits: number): bigint {
  return BigInt.asUintN(bits, (BigInt(hi) << 32n) | BigInt(lo >>> 0));
}

function addressRegister(n: number, addrSize: number): string {
  return (addrSize === 64 ? GP64 : addrSize === 32 ? GP32 : GP16)[n] as string;
}

/** Whether the segment must be told: it isn't the one that the base implies. (LEA doesn't use any.) */
function segmentShown(m: MemOperand, insn: Insn): boolean {
  if (insn.row.mnemonic === "LEA") return false;
  const implied = m.base === 4 || m.base === 5 ? SS : DS;
  return m.seg !== implied;
}

function memoryText(m: MemOperand, insn: Insn, address: bigint): string {
  const size = SIZE_NAMES[m.size] ?? "";
  const seg = segmentShown(m, insn) ? `${SEGMENTS[m.seg]}:` : "";
  if (m.base === BASE_RIP) {
    const target = BigInt.asUintN(insn.addrSize, address + BigInt(insn.length) + BigInt(m.dispLo));
    return `${size}${seg}[rel ${number(target)}]`;
  }
  if (m.base === NO_REG && m.index === NO_REG) {
    return `${size}${seg}[${number(fromHalves(m.dispLo, m.dispHi, insn.addrSize))}]`;
  }
  let inner = m.base === NO_REG ? "" : addressRegister(m.base, insn.addrSize);
  if (m.index !== NO_REG) {
    const index = m.vsib ? `${m.vsib}${m.index}` : addressRegister(m.index, insn.addrSize);
    // Without a base, "*1" tells it from one.
    const scale = m.scale === 0 && m.base !== NO_REG ? "" : `*${1 << m.scale}`;
    inner += `${inner === "" ? "" : "+"}${index}${scale}`;
  }
  if (m.dispLo !== 0) inner += m.dispLo < 0 ? `-${number(BigInt(-m.dispLo))}` : `+${number(BigInt(m.dispLo))}`;
  return `${size}${seg}[${inner}]`;
}

/** Bits that an extended immediate is extended to. */
function immediateBits(insn: Insn): number {
  const first = insn.operands[0];
  if (first?.kind === "reg" || (first?.kind === "mem" && first.size !== 0)) return first.size;
  return insn.opSize;
}

function immediateText(o: ImmOperand, insn: Insn, position: number): string {
  const bits = insn.row.operands[position]?.signed ? immediateBits(insn) : 64;
  return number(fromHalves(o.lo, o.hi, bits));
}

function operandText(o: Operand, insn: Insn, position: number, address: bigint): string {
  switch (o.kind) {
    case "reg":
      return registerName(o);
    case "mem":
      return memoryText(o, insn, address);
    case "imm":
      return immediateText(o, insn, position);
    case "rel":
      return number(
        BigInt.asUintN(insn.mode === 64 ? 64 : insn.opSize, address + BigInt(insn.length) + BigInt(o.disp)),
      );
    case "far":
      return `${number(BigInt(o.selector))}:${number(BigInt(o.offset))}`;
  }
}

function prefixText(insn: Insn): string {
  const lock = insn.lock ? "lock " : "";
  const { repeat } = insn.row;
  if (insn.rep === 0 || repeat === "") return lock;
  if (insn.rep === 0xf2) return `${lock}repne `;
  return `${lock}${repeat} `;
}

/** String instructions need no operands unless a segment or address size says something. */
function impliedOnly(insn: Insn): boolean {
  const specs = insn.row.operands;
  if (!specs.some((o) => o.kind === "str") || insn.addrSize !== insn.mode) return false;
  return insn.operands.every((o, i) => o.kind !== "mem" || specs[i]?.fixed?.startsWith("di") || !segmentShown(o, insn));
}

/** Instructions whose operands don't show their operand size; with the size that goes without saying in 64-bit mode. */
const SIZED: Readonly<Record<string, 32 | 64 | undefined>> = {
  PUSH: 64,
  POP: 64,
  ENTER: 64,
  LEAVE: 64,
  RET: 64,
  RETF: 32,
};
const TABLES = new Set(["SGDT", "SIDT", "LGDT", "LIDT"]);
const LOOPS = new Set(["LOOP", "LOOPE", "LOOPNE"]);

function sizeSuffix(bits: number, usual: number): string {
  if (bits === usual) return "";
  return bits === 16 ? "w" : bits === 32 ? "d" : "q";
}

/** Whether an operand shows the operand size. */
function showsSize(o: Operand): boolean {
  return o.kind === "mem" || (o.kind === "reg" && o.cls !== "sreg");
}

/** The mnemonic as assemblers spell it, with a suffix for an unusual size that operands don't show. */
function mnemonicText(insn: Insn): string {
  const { mnemonic } = insn.row;
  const name = mnemonic.replace("_STR", "").toLowerCase();
  if (LOOPS.has(mnemonic)) return name + sizeSuffix(insn.addrSize, insn.mode);
  if (TABLES.has(mnemonic)) return name + (insn.mode === 64 ? "" : sizeSuffix(insn.opSize, insn.mode));
  const usual = SIZED[mnemonic];
  if (usual === undefined || insn.operands.some(showsSize)) return name;
  return name + sizeSuffix(insn.opSize, insn.mode === 64 ? usual : insn.mode);
}

/** Text of an instruction at a linear address. */
export function disassemble(insn: Insn, address: bigint): string {
  const head = prefixText(insn) + mnemonicText(insn);
  if (insn.operands.length === 0 || impliedOnly(insn)) return head;
  return `${head} ${insn.operands.map((o, i) => operandText(o, insn, i, address)).join(", ")}`;
}
