/** Makes trials out of the instruction table: every operand form, values and addresses that favour corners. */
import { AC, TF } from "../../src/cpu/flags.ts";
import { decode } from "../../src/decode/decode.ts";
import { VARIANTS } from "../../src/engine/interp/variant.ts";
import type { Form } from "../../src/isa/row.ts";
import { form, ROWS } from "../../src/isa/table.ts";
import { M64 } from "../../src/isa/types.ts";
import { Builder, Pools } from "./builder.ts";
import { isTranscendental } from "./compare.ts";
import { CompatMaker } from "./compat.ts";
import { encode, type Fields, type MemoryParts } from "./encode.ts";
import { hostHas } from "./features.ts";
import { finishOperands, prepare } from "./implied.ts";
import { LargeMaker } from "./large.ts";
import * as T from "./layout.ts";
import { COUNTER, type MakeOne, PROGRAM_SIZE, ProgramMaker } from "./program.ts";
import type { Flavour, Random } from "./random.ts";
import type { World } from "./segments.ts";
import { ALIGNED_ONLY, CLEARS_TOP, LEFT_OUT, leavesOut } from "./vendor.ts";
import { WILD_LENGTH, wildRegisters } from "./wild.ts";

const RSP = 4;
const RDI = 7;

/** Not comparable: the outcome is the machine's or the system's own, or it would leave the trial. */
export const SKIPPED = new RegExp(
  "^(" +
    "INT|SYSCALL|SYSENTER|IRET[DQ]?|RETF|CPUID|RDTSCP?|RDPMC|RDRAND|RDSEED|RDPID|XGETBV|RDPKRU|WRPKRU|" +
    "XSAVE\\w*|XRSTOR\\w*|S[GIL]DT|STR|SMSW|LAR|LSL|VER[RW]|L[FGS]S|MONITORX?|MWAITX?|" +
    "X(BEGIN|END|ABORT|TEST)|SERIALIZE|RCPSS|RCPPS|RSQRTSS|RSQRTPS|VRCP\\w+|VRSQRT\\w+|INSB|INSW|INSD|OUTS\\w|IN|OUT" +
    ")$",
);

/** Writes of segment registers and far transfers depend on the system's descriptors. */
function isFar(f: Form): boolean {
  if (/^(JMP|CALL) m16/.test(f.text)) return true;
  return f.operands[0]?.kind === "sreg" && f.mnemonic === "MOV" ? true : /^POP [FG]S/.test(f.text);
}

export function usable(f: Form, index: Uint16Array): boolean {
  if (!(f.modes & M64) || f.unsupported || !hostHas(f)) return false;
  if (SKIPPED.test(f.mnemonic) || LEFT_OUT.test(f.mnemonic) || isFar(f)) return false;
  for (let i = 0; i < VARIANTS; i++) if (index[f.index * VARIANTS + i]) return true;
  return false;
}

/** Rows that trials can be made of. */
export function usableRows(index: Uint16Array): Form[] {
  return ROWS.map((_, i) => form(i)).filter((f) => usable(f, index));
}

export const FLAG_BITS: Readonly<Record<string, number>> = {
  o: 0x800,
  s: 0x80,
  z: 0x40,
  a: 0x10,
  p: 4,
  c: 1,
  d: 0x400,
};
export function flagMask(letters: string): number {
  let mask = 0;
  for (const letter of letters) mask |= FLAG_BITS[letter] ?? 0;
  return mask;
}

export function flavourOf(f: Form, r: Random): Flavour {
  if (f.feature === "X87" || f.mnemonic.startsWith("FI")) return "f80";
  const { mnemonic: m } = f;
  if (r.one(8)) return "mixed";
  if (/^V?(CVT|F?M?ADD|ROUND|DP)/.test(m)) return /D2|PD|SD$/.test(m) ? "f64" : /S2|PS|SS$/.test(m) ? "f32" : "int";
  if (/(PS|SS)$/.test(m)) return "f32";
  if (/(PD|SD)$/.test(m)) return "f64";
  return f.operands.some((o) => o.kind.includes("mm")) ? (r.one(4) ? "mixed" : "int") : "int";
}

/** What the instruction being made may touch. */
export interface Making {
  b: Builder;
  r: Random;
  f: Form;
  flavour: Flavour;
  /** Part of a sequence: registers that addresses stand on are not to be written, faults are rare. */
  sequence: boolean;
  /** Linear address of the memory operand, if there is one. */
  target: bigint | undefined;
  /** Bytes of it. */
  size: number;
  fields: Fields;
  /** Offset in the code area that the instruction will have. */
  at: number;
}

/** Registers that hold addresses in sequences. */
const ADDRESS_REGISTERS = [3, 5, 12, 13, 14, 15];

/** An address for an access of `size` bytes: mostly good; else at or over an edge, misaligned, or nowhere. */
export function chooseAddress(r: Random, size: number, sequence: boolean): bigint {
  const base = BigInt(r.one(4) ? T.DATA_HIGH : T.DATA_LOW);
  const writable = T.DATA_SIZE - T.PAGE;
  const room = Math.max(1, size);
  const kind = r.below(sequence ? 60 : 100);
  if (kind < 55) {
    const align = Math.min(64, 2 ** Math.ceil(Math.log2(room)));
    return base + BigInt(Math.floor(r.below(writable - room) / align) * align);
  }
  if (kind < 72) return base + BigInt(r.below(writable - room));
  // Over a border between pages: writable, then writable to read-only, then read-only to none, then none to writable.
  const into = BigInt(r.below(room + 1));
  if (kind < 84) return base + BigInt(T.PAGE * (1 + r.below(2))) - into;
  if (kind < 87) return base + BigInt(writable) - into;
  if (kind < 90) return base + BigInt(T.DATA_SIZE) - into;
  if (kind < 92) return base - into;
  if (kind < 95) return base + BigInt(writable + r.below(T.PAGE - room));
  if (kind < 97) return BigInt(r.pick([0, 8, T.PAGE, T.CODE_AT + 64, T.DATA_LOW + 0x100000]) + r.below(16));
  if (kind < 98) return 0x800000000000n - into;
  if (kind < 99) return r.u64();
  return -BigInt(r.below(0x1000)) & 0xffffffffffffffffn;
}

/** A gather's operand: a base, and a vector register with small indices, which now and then lead elsewhere. */
function chooseGather(m: Making, target: bigint, segmentBase: bigint): MemoryParts {
  const { b, r } = m;
  const index = r.below(16);
  const scale = r.below(4);
  const wide = /Q[DQ]$|QP[SD]$/.test(m.f.mnemonic);
  for (let at = T.S_YMM + index * 32; at < T.S_YMM + index * 32 + 32; at += wide ? 8 : 4) {
    const value = r.one(24) ? r.u32() | 0 : r.below(128) - 64;
    if (wide) b.view.setBigInt64(at, BigInt(value), true);
    else b.view.setInt32(at, value, true);
  }
  let base = r.below(16);
  while (base === RSP || b.isPinned(base)) base = r.below(16);
  b.setGpr(base, target - segmentBase);
  return { base, index, scale, disp: r.below(64), dispSize: 0 };
}

/** Parts of ModRM and register values that lead to a target. */
function chooseParts(m: Making, target: bigint, addressSize: 32 | 64, segmentBase: bigint): MemoryParts | undefined {
  const { b, r } = m;
  const bits = addressSize === 64 ? 64 : 32;
  const mask = (1n << BigInt(bits)) - 1n;
  const wanted = (target - segmentBase) & mask;
  const fits = (v: bigint): boolean => v === (BigInt.asIntN(32, v) & mask);
  const kind = r.below(10);
  if (kind === 0 && addressSize === 64) {
    const disp = BigInt.asIntN(64, wanted - BigInt(T.CODE_AT + m.at));
    if (disp >= -0x7fffff00n && disp < 0x7fffff00n) {
      // Counted from the end of the instruction; corrected once its length is known.
      return { base: "rip", index: -1, scale: 0, disp: Number(disp), dispSize: 4 };
    }
  }
  if (kind === 1 && fits(wanted)) {
    return { base: "none", index: -1, scale: 0, disp: Number(BigInt.asIntN(32, wanted)), dispSize: 4 };
  }
  const free = (n: number): boolean => !b.isPinned(n) && n !== RSP;
  const choices = m.sequence ? ADDRESS_REGISTERS.filter(free) : Array.from({ length: 16 }, (_, n) => n).filter(free);
  if (m.sequence && (choices.length < 2 || r.one(4))) {
    // One that holds an address already, with the distance from it.
    const base = r.pick(ADDRESS_REGISTERS);
    const disp = BigInt.asIntN(64, wanted - b.gpr(base));
    if (base === COUNTER || disp !== BigInt.asIntN(32, disp) || addressSize === 32) return undefined;
    b.setGpr(base, b.gpr(base));
    return { base, index: -1, scale: 0, disp: Number(disp), dispSize: 0 };
  }
  if (choices.length < 2) return undefined;
  const base = r.pick(choices);
  const disp = kind < 5 ? r.below(256) - 128 : kind < 7 ? (r.u32() | 0) >> r.below(16) : 0;
  let index = -1;
  const scale = r.below(4);
  const garbage = addressSize === 64 ? 0n : BigInt(r.u32()) << 32n;
  let left = (wanted - BigInt(disp)) & mask;
  if (r.one(2)) {
    index = r.pick(choices.filter((n) => n !== base && n !== RSP));
    const value = r.one(3) ? r.u64() : BigInt.asUintN(64, BigInt(r.below(512) - 256));
    b.setGpr(index, value);
    left = (left - (value << BigInt(scale))) & mask;
    if (r.one(8) && fits(left)) {
      return { base: "none", index, scale, disp: Number(BigInt.asIntN(32, (left + BigInt(disp)) & mask)), dispSize: 4 };
    }
  }
  b.setGpr(base, left | garbage);
  return { base, index, scale: index < 0 ? 0 : scale, disp, dispSize: r.one(8) ? 4 : 0 };
}

function memoryBytes(f: Form): number {
  const i = f.fields.indexOf("M");
  const size = f.operands[i]?.memSize ?? 0;
  return size === 0 ? 64 : size / 8;
}

function immediate(m: Making, kind: string): bigint {
  const { r, f } = m;
  switch (kind) {
    case "ib":
      return BigInt(r.one(3) ? r.below(72) : r.u32() & 0xff);
    case "iw":
      // ENTER and RET: amounts of stack.
      if (f.mnemonic === "ENTER" || f.mnemonic === "RET") return BigInt(r.below(r.one(8) ? 65536 : 64));
      break;
    case "cb":
    case "cd":
      // Into the filler behind, far enough from the code to come.
      if (kind === "cd" && r.one(6)) return BigInt(r.u32());
      return BigInt(r.one(12) ? 0 : 70 + r.below(56));
  }
  return r.one(2) ? BigInt.asUintN(64, BigInt((r.u32() | 0) >> r.below(32))) : r.u64();
}

function register(m: Making, kind: string): number {
  const { r, sequence } = m;
  if (kind === "mm" || kind === "mm/m" || kind === "st") return r.below(8);
  if (kind === "sreg") return r.below(6);
  if (!sequence || (kind !== "r" && kind !== "rm")) return r.below(16);
  let n = r.below(16);
  while (n === RSP || ADDRESS_REGISTERS.includes(n)) n = r.below(16);
  return n;
}

function blank(): Fields {
  return { reg: 0, rm: 0, v: 0, o: 0, is4: 0, immediates: [], extra: [], forceRex: false, w: 0, l: 0 };
}

interface Made {
  code: number[];
  undefinedFlags: number;
  /** What `undefinedFlags` is computed from: other values of the registers may make it other ones. */
  making: Making;
  memory: boolean;
  /** The register that can take the memory operand elsewhere, if its place has no meaning. */
  movable: number | undefined;
}

/** Makes one instruction and the state that it wants; its bytes, or undefined if this try led nowhere. */
function instruction(b: Builder, f: Form, flavour: Flavour, at: number, sequence: boolean): Made | undefined {
  const { r } = b;
  const fields = blank();
  const m: Making = { b, r, f, flavour, sequence, target: undefined, size: 0, fields, at };
  const extra: number[] = [];
  const memoryAt = f.fields.indexOf("M");
  const spec = f.operands[memoryAt];
  const canMemory = f.modrm && f.mod !== "reg" && spec !== undefined;
  const memory = canMemory && (f.mod === "mem" || r.one(2));
  if (leavesOut(f, memory)) return undefined;
  const implied = f.operands.some((o) => o.kind === "str");
  let segmentBase = 0n;
  if ((memory || implied) && r.one(8)) {
    const gs = r.one(2);
    extra.push(gs ? 0x65 : 0x64);
    segmentBase = b.view.getBigUint64(gs ? T.S_GS : T.S_FS, true);
  } else if (r.one(32)) extra.push(r.pick([0x26, 0x2e, 0x36, 0x3e]));
  let addressSize: 32 | 64 = 64;
  if (f.asize === 32 || ((memory || implied) && f.asize === 0 && r.one(12))) {
    extra.push(0x67);
    addressSize = 32;
  }
  if (f.repeat !== "" && r.one(2)) extra.push(f.repeat === "repe" && r.one(2) ? 0xf2 : 0xf3);
  if (f.space === "legacy") fields.forceRex = r.one(6);
  fields.w = !f.default64 && !f.force64 && f.osize === 0 && r.one(10) ? 1 : 0;
  fields.l = r.one(2) ? 1 : 0;
  fields.extra = extra;
  m.size = memoryBytes(f);
  prepare(m, addressSize, segmentBase);
  if (memory) {
    const chosen = chooseAddress(r, m.size, sequence);
    const target = ALIGNED_ONLY.test(f.mnemonic) ? chosen & -16n : chosen;
    m.target = addressSize === 32 ? (target & 0xffffffffn) + segmentBase : target;
    const gather = spec.kind === "vsib" && !sequence;
    const parts = gather ? chooseGather(m, m.target, segmentBase) : chooseParts(m, m.target, addressSize, segmentBase);
    if (!parts) return undefined;
    fields.rm = parts;
    if (!r.one(4)) b.fill(m.target, m.size, f.operands[memoryAt]?.memSize === 80 ? "f80" : flavour);
    if (f.lockable && r.one(4)) extra.push(0xf0);
  } else m.target = undefined;
  fields.reg = Math.max(f.digit, 0);
  f.operands.forEach((o, i) => {
    switch (f.fields[i]) {
      case "R":
        fields.reg = register(m, o.kind);
        break;
      case "V":
        fields.v = register(m, o.kind);
        break;
      case "O":
        fields.o = register(m, o.kind);
        break;
      case "S":
        fields.is4 = register(m, o.kind);
        break;
      case "M":
        if (!memory) fields.rm = f.rm >= 0 ? f.rm : register(m, o.kind);
        break;
    }
  });
  if (memoryAt < 0 && f.modrm) fields.rm = f.rm >= 0 ? f.rm : register(m, "rm");
  fields.immediates = f.immediates.filter((k) => k !== "is4").map((k) => immediate(m, k));
  const before = b.meanings;
  finishOperands(m);
  const meant = b.meanings !== before;
  let code = encode(f, fields);
  if (memory && (fields.rm as MemoryParts).base === "rip") {
    const parts = fields.rm as MemoryParts;
    fields.rm = { ...parts, disp: parts.disp - code.length };
    code = encode(f, fields);
  }
  const bytes = Uint8Array.from(code);
  const insn = decode(bytes, 0, bytes.length, 64);
  if (typeof insn === "string" || insn.row.index !== f.index || insn.length !== code.length) return undefined;
  const base =
    memory && !meant && !MEANT.test(f.mnemonic) && !f.gather && addressSize === 64
      ? (fields.rm as MemoryParts).base
      : "none";
  const movable = typeof base === "number" ? base : undefined;
  return { code, undefinedFlags: undefinedAfter(m), making: m, memory, movable };
}

/** Takes the memory operand of an instruction elsewhere. */
function move({ making: m }: Made, base: number): void {
  const { b, r, f, size } = m;
  const from = m.target as bigint;
  const chosen = chooseAddress(r, size, m.sequence);
  const to = ALIGNED_ONLY.test(f.mnemonic) ? chosen & -16n : chosen;
  b.setGpr(base, b.gpr(base) + to - from);
  m.target = to;
  if (!r.one(4)) b.fill(to, size, f.operands[f.fields.indexOf("M")]?.memSize === 80 ? "f80" : m.flavour);
}

/** Flags that the instruction leaves undefined in the state that the trial starts with. */
function undefinedAfter(m: Making): number {
  const { f, b, fields } = m;
  if (f.keepsFlagsAtZero) {
    if (f.repeat !== "") return 0;
    const last = f.operands[f.operands.length - 1];
    const count = last?.kind === "imm" ? (fields.immediates[0] as bigint) : b.gpr(1);
    const known = last?.kind === "imm" || !m.sequence;
    if (known && (count & (f.operands[0]?.size === 64 ? 63n : 31n)) === 0n) return 0;
  }
  return flagMask(f.flagsUndefined);
}

/** Where the code goes: mostly inside the first page, now and then over the border or at the end of what is mapped. */
function chooseCode(r: Random): number {
  if (r.one(12)) return T.PAGE - 1 - r.below(16);
  if (r.one(30)) return T.CODE_SIZE - 1 - r.below(16);
  return 512 + r.below(T.PAGE - 1024);
}

/** Rounds of loops. */
const LONG = 4000;
const FEW = 4;
/** Memory that is prepared for, or not compared in full, wherever it lies: it stays where it is. */
const MEANT = /^(V?LDMXCSR|FXRSTOR\w*|FXSAVE\w*|FNSTENV|FNSAVE|FLDCW|FLDENV|FRSTOR|FBLD|JMP|CALL)$/;
const MAX_TRIES = 20;
const MAX_LENGTH = 15;

export interface GenerateOptions {
  /** Other settings of MXCSR than the usual ones. */
  mxcsr: boolean;
  /** The trap flag is set: a trial ends behind its first instruction, or round of a repeated one. */
  trace?: boolean;
  /** Alignment checks are on. */
  align?: boolean;
  /** Rows of other worlds, by text and encoding. */
  pattern?: RegExp;
}

export class Generator {
  private readonly b: Builder;
  private compatMaker: CompatMaker | undefined;
  private readonly plain: Form[];
  /** Those of them that a program survives in a loop. */
  private readonly tame: Form[];
  /** Those whose results have no digits that are open: others' may decide anything later. */
  private readonly exact: Form[];
  constructor(
    private readonly r: Random,
    readonly rows: readonly Form[],
    private readonly o: GenerateOptions,
  ) {
    this.b = new Builder(r, new Pools(r));
    const far = (f: Form): boolean => /^SH[LR]D$/.test(f.mnemonic) && f.osize === 16; // the count may be too large
    // Segment bases stay, as addresses are made with them. What x87 instructions leave in pointers and status differs a little between makers: nothing reads it back here.
    const apart = /^(JMP|CALL|RET|INT\d|UD\d|FNSTENV|FNSAVE|FNSTSW|FXSAVE\w*|WR[FG]SBASE|MASKMOVQ)$/;
    this.plain = rows.filter(
      (f) =>
        !f.operands.some((o) => o.kind === "rel") &&
        !apart.test(f.mnemonic) &&
        !far(f) &&
        !CLEARS_TOP.test(f.mnemonic) &&
        (o.mxcsr || !/MXCSR|^FXRSTOR/.test(f.mnemonic)),
    );
    this.exact = this.plain.filter((f) => !isTranscendental(f));
    this.tame = this.exact.filter((f) => !/^(POPFQ?|ENTER|LEAVE|FXRSTOR\w*|FLDENV|FRSTOR|FLDCW)$/.test(f.mnemonic));
  }
  /** A trial of one instruction. */
  single(f: Form): T.Trial | undefined {
    return this.singles(f, 1)[0];
  }
  /** Trials of one instruction, the same bytes with other values: the more the cheaper, for code that is compiled. */
  singles(f: Form, count: number): T.Trial[] {
    const { r, b } = this;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const flavour = flavourOf(f, r);
      const at = chooseCode(r);
      b.start(flavour, this.o.mxcsr);
      const bare = b.mark();
      const made = instruction(b, f, flavour, at, false);
      if (!made) continue;
      if (at + made.code.length > T.CODE_SIZE) continue;
      b.append(made.code);
      if (this.o.trace) b.rflags |= TF;
      if (this.o.align) {
        b.rflags |= AC;
        // AMD's processors enter MMX mode even where it faults.
        if (f.mnemonic === "MASKMOVQ") b.setGpr(RDI, b.gpr(RDI) & -8n);
      }
      const out: T.Trial[] = [];
      for (;;) {
        if (f.mnemonic === "EMMS") b.view.setUint16(T.S_FSW, 0, true); // AMD's clears TOP
        out.push({ ...b.finish(at, [f.index], undefinedAfter(made.making)), memory: made.memory });
        // What a gather's index is, no register's value may change.
        if (out.length === count || f.gather) return out;
        b.vary(flavour, this.o.mxcsr);
        if (made.movable === undefined || !r.one(3)) continue;
        b.back(bare);
        move(made, made.movable);
      }
    }
    return [];
  }
  /** The trial that the builder holds, and others with the same code and other values. */
  private alike(count: number, flavour: Flavour, finish: () => T.Trial): T.Trial[] {
    const out = [finish()];
    while (out.length < count) {
      this.b.vary(flavour, this.o.mxcsr);
      out.push(finish());
    }
    return out;
  }
  /** A trial of several instructions, of which none reads flags that an earlier one left undefined. */
  sequence(): T.Trial | undefined {
    return this.sequences(1)[0];
  }
  sequences(count: number): T.Trial[] {
    const { r, b } = this;
    const flavour = r.pick(["int", "int", "f32", "f64", "f80"] as const);
    const start = 512 + r.below(T.PAGE - 1024);
    b.start(flavour, this.o.mxcsr);
    b.setGpr(RSP, BigInt(T.DATA_LOW + 1024 + 8 * r.below(1024)));
    const rows: number[] = [];
    let undefinedNow = 0;
    let everUndefined = 0;
    const want = 2 + r.below(7);
    for (let tries = 0; tries < MAX_TRIES * 2 && rows.length < want; tries++) {
      if (b.codeLength + MAX_LENGTH > T.T_CODE_MAX) break;
      const f = r.pick(this.exact);
      if (flagMask(f.flagsRead) & undefinedNow) continue;
      const made = instruction(b, f, flavour, start + b.codeLength, true);
      if (!made) continue;
      b.append(made.code);
      rows.push(f.index);
      if (!f.keepsFlagsAtZero) undefinedNow &= ~flagMask(f.flagsWritten);
      undefinedNow |= made.undefinedFlags;
      everUndefined |= made.undefinedFlags;
    }
    if (!rows.length) return [];
    return this.alike(count, flavour, () => b.finish(start, rows, undefinedNow, everUndefined));
  }
  /** Random bytes, or instructions with a few of them changed: see wild.ts. */
  wild(): T.Trial {
    return this.wilds(1)[0];
  }
  wilds(count: number): T.Trial[] {
    const { r, b } = this;
    const flavour = r.pick(["int", "int", "f32", "f64", "f80"] as const);
    const start = 512 + r.below(T.PAGE - 1024);
    b.start(flavour, this.o.mxcsr);
    const bytes: number[] = [];
    if (r.one(2)) {
      while (bytes.length < WILD_LENGTH) {
        const made = instruction(b, r.pick(this.rows), flavour, start + bytes.length, true);
        if (made) bytes.push(...made.code);
        if (r.one(6)) bytes.push(r.below(256));
      }
      if (r.one(2)) bytes[r.below(WILD_LENGTH)] = r.below(256);
    } else while (bytes.length < WILD_LENGTH) bytes.push(r.below(256));
    wildRegisters(b, r);
    b.append(bytes.slice(0, WILD_LENGTH));
    return this.alike(count, flavour, () => b.finish(start, [], 0));
  }
  /** Code of 16 or 32 bits, or what loads segments: see compat.ts. */
  compat(world: World): T.Trial | undefined {
    this.compatMaker ??= new CompatMaker(this.b, this.r, this.o.mxcsr, this.o.pattern);
    return this.compatMaker.make(world);
  }
  /** A small program: see program.ts. */
  program(): T.Trial {
    return this.programs(1)[0];
  }
  /** `long`: with loops of many rounds, so that they get hot. Code that changes itself is made anew each time: fewer. */
  programs(count: number, long = false): T.Trial[] {
    const { r, b } = this;
    const flavour = r.pick(["int", "int", "int", "f32", "f64", "f80"] as const);
    const start = 512 + r.below(2 * T.PAGE - 1024 - PROGRAM_SIZE);
    b.start(flavour, this.o.mxcsr);
    b.setGpr(RSP, BigInt((r.one(4) ? T.DATA_HIGH : T.DATA_LOW) + 2 * T.PAGE + 8 * r.below(512)));
    b.setGpr(COUNTER, 0n);
    const maker = new ProgramMaker(b, r, this.few(flavour, start));
    const { rows: used, everUndefined, modifies } = maker.make(long ? LONG : r.one(6) ? 300 : 8);
    return this.alike(modifies ? Math.min(count, FEW) : count, flavour, () => b.finish(start, used, 0, everUndefined));
  }
  /** Several functions with frames on the stack, that call each other: see large.ts. */
  larges(count: number, long = false): T.Trial[] {
    const { r, b } = this;
    const flavour = r.pick(["int", "int", "int", "f32", "f64"] as const);
    const start = 256 + r.below(2 * T.PAGE - 512 - T.T_CODE_MAX);
    b.start(flavour, this.o.mxcsr);
    b.setGpr(RSP, BigInt((r.one(4) ? T.DATA_HIGH : T.DATA_LOW) + 2 * T.PAGE + 8 * r.below(512)));
    b.setGpr(COUNTER, 0n);
    const maker = new LargeMaker(b, r, this.few(flavour, start));
    const { rows, everUndefined } = maker.make(long ? LONG : 20);
    return this.alike(count, flavour, () => ({
      ...b.finish(start, rows, 0, everUndefined),
      entries: maker.entries,
    }));
  }
  /** Instructions of few kinds, so that some sit close together. */
  private few(flavour: Flavour, start: number): MakeOne {
    const { r, b } = this;
    const rows = Array.from({ length: 8 }, () => r.pick(this.tame));
    return () => {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const f = r.one(3) ? r.pick(this.tame) : r.pick(rows);
        const made = instruction(b, f, flavour, start + b.codeLength, true);
        if (made) return { ...made, form: f };
      }
      return undefined;
    };
  }
}
