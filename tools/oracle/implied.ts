/** What instructions want beyond their encoded operands: implied registers, memory with a meaning, jump targets. */
import type { Builder } from "./builder.ts";
import { chooseAddress, type Making } from "./generate.ts";
import * as T from "./layout.ts";
import type { Random } from "./random.ts";

const [RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI] = [0, 1, 2, 3, 4, 5, 6, 7];

const STACK = /^(PUSH|POP|CALL|RET|ENTER|LEAVE)(F|FQ)?$/;
const SHIFT = /^(RO[LR]|RC[LR]|S[HA][LR]|SH[LR]D|S[HA][LR]X|SAR)$/;

/**
 * AMD's processors enter MMX mode even where MASKMOVQ faults, and REPE CMPSB reads its operands in another order than
 * the other comparisons: these get good addresses.
 */
const FAULTS_ODDLY = /^(MASKMOVQ|CMPSB)$/;

function count(r: Random): bigint {
  return r.one(30) ? r.u64() : BigInt(r.below(r.one(8) ? 3000 : 12));
}

/** Registers that the instruction uses by itself. Runs before its operands are chosen. */
export function prepare(m: Making, addressSize: 32 | 64, segmentBase: bigint): void {
  const { b, r, f } = m;
  const garbage = addressSize === 64 ? 0n : BigInt(r.u32()) << 32n;
  const pointer = (n: number, size: number, base: bigint): void => {
    const wanted = chooseAddress(r, size, m.sequence || FAULTS_ODDLY.test(f.mnemonic)) - base;
    b.suggest(n, addressSize === 64 ? wanted : (wanted & 0xffffffffn) | garbage);
  };
  if (STACK.test(f.mnemonic)) {
    b.suggest(RSP, chooseAddress(r, 8, m.sequence) & (r.one(3) ? -1n : -8n));
    if (f.mnemonic === "LEAVE" || f.mnemonic === "ENTER") b.suggest(RBP, chooseAddress(r, 8, m.sequence));
  }
  const implied = f.operands.filter((o) => o.kind === "str").map((o) => o.fixed ?? "");
  for (const text of implied) {
    if (text.startsWith("si")) pointer(RSI, 16, segmentBase);
    else if (text.startsWith("di")) pointer(RDI, 16, 0n);
    else pointer(RBX, 256, segmentBase);
  }
  if (f.repeat !== "") {
    b.suggest(RCX, (addressSize === 64 ? count(r) : count(r) & 0xffffffffn) | garbage);
    if (r.one(3)) b.rflags ^= 0x400;
  }
  if (/^MASKMOV/.test(f.mnemonic) || /^VMASKMOVDQU/.test(f.mnemonic)) pointer(RDI, 16, segmentBase);
  // Beyond its operand's size SHLD's result is undefined, which takes an operand of 16 bits.
  if (/^SH[LR]D$/.test(f.mnemonic) && f.osize === 16) b.suggest(RCX, BigInt(r.below(17)));
  else if (SHIFT.test(f.mnemonic) && r.one(2)) b.suggest(RCX, BigInt(r.below(r.one(2) ? 70 : 4)));
  if (/^I?DIV$/.test(f.mnemonic) && !r.one(3)) {
    const value = b.gpr(RAX);
    b.suggest(RDX, r.one(2) ? BigInt(r.below(3)) : BigInt.asUintN(64, BigInt.asIntN(64, value) >> 63n));
    if (f.operands[0]?.size === 8) b.suggest(RAX, value & 0xfffn);
  }
  if (/^(LOOP|J[ER]?CXZ)/.test(f.mnemonic)) b.suggest(RCX, BigInt(r.below(3)) | garbage);
  if (/PCMPESTR/.test(f.mnemonic)) {
    for (const n of [RAX, RDX]) if (!r.one(4)) b.suggest(n, BigInt.asUintN(64, BigInt(r.below(44) - 22)));
  }
}

/** Where a jump may lead: filler around the code, data (not executable), nowhere. */
function jumpTarget(m: Making): bigint {
  const { r } = m;
  if (!r.one(5)) return BigInt(T.CODE_AT + ((m.at + 100 + r.below(3000)) % T.CODE_SIZE));
  if (r.one(3)) return BigInt(T.DATA_LOW + r.below(T.DATA_SIZE));
  if (r.one(2)) return BigInt(r.pick([0, 0x1000, T.CODE_AT - 1, T.CODE_AT + T.CODE_SIZE]));
  if (r.one(3)) return r.one(2) ? r.u64() : BigInt.asUintN(64, 0x800000000000n - BigInt(r.below(3)));
  return BigInt.asUintN(64, -BigInt(r.below(r.one(2) ? 100 : 0x7fffffff)));
}

/** Bits that POPF may load: not AC, which would trap later. */
const POPF_BITS = 0x4dd5n | 0x200000n;

function environment(m: Making): Uint8Array {
  const { b, r, f } = m;
  const wide = f.osize !== 16;
  const step = wide ? 4 : 2;
  const out = new Uint8Array(m.size);
  const v = T.view(out);
  for (let i = 0; i < out.length; i++) out[i] = r.u32();
  v.setUint16(0, 0x40 | (r.one(8) ? r.u32() & 0xf3f : 0x3f | (r.u32() & 0xf00)), true);
  v.setUint16(step, r.one(2) ? r.u32() & 0x7f00 : r.u32(), true);
  v.setUint16(step * 2, r.one(2) ? r.u32() : r.pick([0, 0xffff]), true);
  for (let at = 7 * step; at + 10 <= out.length; at += 10) out.set(b.float80(), at);
  return out;
}

function decimal(r: Random): Uint8Array {
  const out = new Uint8Array(10);
  for (let i = 0; i < 9; i++) out[i] = r.below(10) | (r.below(10) << 4);
  out[9] = r.below(2) << 7;
  return out;
}

function setMemoryOrRegister(m: Making, v: bigint): void {
  const { b, fields } = m;
  if (m.target !== undefined) b.patch64(m.target, v);
  else if (typeof fields.rm === "number" && !(m.sequence && b.isPinned(fields.rm))) b.setGpr(fields.rm, v);
}

function stackContents(m: Making): void {
  const { b, r, f } = m;
  const sp = b.gpr(RSP);
  if (f.mnemonic === "RET") b.patch64(sp, jumpTarget(m));
  else if (/^POPF/.test(f.mnemonic)) b.patch64(sp, r.one(3) ? r.u64() & ~0x40000n : r.u64() & POPF_BITS);
}

/** These registers keep their values when others get new ones. */
function keep(b: Builder, registers: readonly number[]): void {
  for (const n of registers) b.setGpr(n, b.gpr(n));
}

/** Values that make the chosen operands interesting or harmless. Runs when they are known, before encoding. */
export function finishOperands(m: Making): void {
  const { b, r, f, target } = m;
  const name = f.mnemonic;
  const memory = typeof m.fields.rm !== "number";
  if (STACK.test(name)) stackContents(m);
  if (/^(JMP|CALL) r\/m64/.test(f.text)) setMemoryOrRegister(m, jumpTarget(m));
  else if (name === "CMPXCHG" && r.one(2)) {
    setMemoryOrRegister(m, b.gpr(RAX));
    keep(b, [RAX]);
  } else if (name === "CMPXCHG8B" && r.one(2) && target !== undefined) {
    keep(b, [RAX, RDX]);
    b.patch64(target, (b.gpr(RAX) & 0xffffffffn) | (b.gpr(RDX) << 32n));
  } else if (name === "CMPXCHG16B" && r.one(2) && target !== undefined) {
    keep(b, [RAX, RDX]);
    b.patch64(target, b.gpr(RAX));
    b.patch64(target + 8n, b.gpr(RDX));
  } else if (/^BT[SRC]?$/.test(name) && memory && f.operands[1]?.kind === "r") {
    const wide = BigInt.asUintN(64, BigInt((r.u32() | 0) >> (18 + r.below(12))));
    b.suggest(m.fields.reg, wide);
  } else if (/^V?LDMXCSR$/.test(name) && target !== undefined) {
    patch32(b, target, mxcsr(r));
  } else if (/^FXRSTOR/.test(name) && target !== undefined) {
    patch32(b, target + 24n, mxcsr(r));
  } else if (target !== undefined && savesState(m, target)) {
    // No values to prepare.
  } else if (name === "FLDCW" && target !== undefined) {
    patch32(b, target, 0x40 | (r.u32() & (r.one(8) ? 0xf3f : 0xf00)) | (r.one(8) ? 0 : 0x3f));
  } else if (/^(FLDENV|FRSTOR)$/.test(name) && target !== undefined) b.patch(target, environment(m));
  else if (name === "FBLD" && target !== undefined && !r.one(8)) b.patch(target, decimal(r));
  if (/^SH[LR]D$/.test(name) && f.osize === 16) {
    m.fields.immediates = m.fields.immediates.map((v) => (v & 31n) % 17n);
  }
}

/** Mostly one that can be loaded. Bit 17 exists on AMD's processors only. */
function mxcsr(r: Random): number {
  if (r.one(10)) return (r.u32() & r.u32() & ~0x20000) >>> 0;
  return (r.u32() & 0xe07f) | (r.one(8) ? r.u32() & 0x1f80 : 0x1f80);
}

/**
 * Instructions that store x87's pointers: the code segment's selector is zero after the state was loaded, as no x87
 * instruction has run, and FXSAVE's pointers and reserved parts differ between makers.
 */
function savesState(m: Making, target: bigint): boolean {
  const { b, f } = m;
  if (/^(FNSTENV|FNSAVE)$/.test(f.mnemonic)) b.ignore(target + (f.osize === 16 ? 8n : 16n), 2);
  else if (/^FXSAVE/.test(f.mnemonic)) {
    b.ignore(target + 6n, 18);
    b.ignore(target + 28n, 4);
    b.ignore(target + 416n, 96);
  } else return false;
  return true;
}

function patch32(b: Builder, address: bigint, v: number): void {
  const bytes = new Uint8Array(4);
  T.view(bytes).setUint32(0, v, true);
  b.patch(address, bytes);
}
