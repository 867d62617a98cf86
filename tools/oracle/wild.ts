/**
 * Random bytes as programs, and what of their outcomes can be compared: which instructions ran is known only afterwards, from
 * a run step by step, and with it what the manuals leave open.
 */
import { ARITH } from "../../src/cpu/flags.ts";
import type { Form } from "../../src/isa/row.ts";
import { form } from "../../src/isa/table.ts";
import type { Insn } from "../../src/isa/types.ts";
import { VECTOR } from "../../src/sem/emit.ts";
import type { Builder } from "./builder.ts";
import { hostHas } from "./features.ts";
import { flagMask } from "./generate.ts";
import * as T from "./layout.ts";
import type { Random } from "./random.ts";
import { ALIGNED_ONLY } from "./vendor.ts";

/** Bytes of a program. */
export const WILD_LENGTH = 64;

/** Pointers into the data pages in most registers, so that more than the first access succeeds. */
export function wildRegisters(b: Builder, r: Random): void {
  for (let n = 0; n < 16; n++) {
    if (n !== 4 && r.one(3)) continue;
    const base = BigInt(r.one(3) ? T.DATA_HIGH : T.DATA_LOW);
    b.setGpr(n, base + BigInt(512 + r.below(3 * T.PAGE - 1024)) * (r.one(16) ? 8n : 1n));
  }
}

/** Why an outcome can't be compared: the machine's or the system's own, or a choice of makers. */
const OWN =
  /^(INT1?|CPUID|RDTSCP?|RDPMC|RDRAND|RDSEED|RDPID|XGETBV|S[GIL]DT|STR|SMSW|LAR|LSL|VER[RW]|L[FGS]S|XSAVE\w*|XRSTOR\w*|V?R(CP|SQRT)[PS]S|SYSEXITQ?|SYSENTER|MONITORX?|MWAITX?|FXSAVE\w*|FXRSTOR\w*|V?LDMXCSR|V?STMXCSR|POPFQ?|RDPRU|WR[FG]SBASE|RD[FG]SBASE|ENTER|EMMS|MASKMOVQ|FNSTENV|FNSAVE|F2XM1|FYL2XP?1?|FPTAN|FPATAN|FSIN|FCOS|FSINCOS|BS[FR]|SH[LR]D|IRET[DQ]?|CALL m|JMP m|RETF)$/;

/** An instruction as it ran: its bytes, what they are. */
export interface Ran {
  insn: Insn | undefined;
  bytes: Uint8Array;
  /** Alignment checks were on. */
  aligned: boolean;
}

const near = /^(JMP|CALL|RET|J[A-Z]+|LOOP\w*)$/;
const segmentLoad = (f: Form): boolean => /^(MOV|POP)$/.test(f.mnemonic) && f.operands[0]?.kind === "sreg";

/** Bytes that are undefined for us, but an instruction to processors with features that we don't claim. */
function beyondUs(bytes: Uint8Array): boolean {
  const at = bytes.findIndex(
    (b) => ![0x66, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0x67].includes(b) && (b & 0xf0) !== 0x40,
  );
  const [a, b, c] = bytes.subarray(at, at + 3);
  if (a === 0x62 || a === 0x8f || a === 0xc4 || a === 0xc5) return true; // EVEX, XOP, VEX of AVX-512 and AVX-VNNI
  if (a !== 0x0f) return a === 0xd6;
  // SSE4A, 3DNow, CLZERO and RDPRU, CET, PKU, MOVDIRI and kin, reserved hints.
  return (
    [0x0d, 0x0e, 0x0f, 0x01, 0x1e, 0x78, 0x79, 0x2b, 0xae, 0xc7, 0xff, 0xb9, 0x0b, 0x18, 0x19, 0x1f].includes(b ?? 0) ||
    (b === 0x38 && (c ?? 0) >= 0xc0)
  );
}

/** AMD's processors want the offset canonical, too, before the base is added: any access through FS and GS that differs. */
function beyondWithSegment(insn: Insn): boolean {
  return insn.operands.some((o) => o.kind === "mem" && o.seg >= 4);
}

/** AMD's processors don't check that its operand in memory is aligned. */
function isAlignedOnly(insn: Insn): boolean {
  return ALIGNED_ONLY.test(insn.row.mnemonic) && insn.operands.some((o) => o.kind === "mem");
}

/**
 * An instruction that faulted with `trap`, and whose kind of fault is a maker's choice: accesses through FS and GS, SHA's where
 * they are not aligned, far returns (whether a bad selector or the stack of an outer level is seen first), and ten bytes for the
 * x87 at `address`, if they lie on both sides of where addresses stop being canonical.
 */
export function faultsByMaker(insn: Insn, trap: number, address: bigint): boolean {
  if (insn.row.mnemonic === "RETF" || beyondWithSegment(insn)) return true;
  // Instructions before it in a sequence may have changed its base.
  if (trap === VECTOR.GP && isAlignedOnly(insn)) return true;
  return CANONICAL_END - address < 10n && insn.operands.some((o) => o.kind === "mem" && o.size === 80);
}
const CANONICAL_END = 1n << 47n;

export interface Verdict {
  /** Why it is not compared, or undefined. */
  why: string | undefined;
  rows: number[];
  undefinedFlags: number;
}

/** What may be compared after these instructions ran, the last of which may have faulted. */
export function judge(ran: readonly Ran[]): Verdict {
  const rows = new Set<number>();
  let undefinedNow = 0;
  let why: string | undefined;
  for (const [i, { insn, bytes, aligned }] of ran.entries()) {
    if (aligned) why ??= "alignment checks (AC), which we lack";
    if (!insn) {
      if (beyondUs(bytes)) why ??= "features beyond ours";
      continue;
    }
    const f = form(insn.row.index);
    rows.add(f.index);
    if (flagMask(f.flagsRead) & undefinedNow) why ??= "reads undefined flags";
    if (/^(PUSHF|LAHF)/.test(f.mnemonic) && undefinedNow) why ??= "reads undefined flags";
    if (OWN.test(f.mnemonic) || segmentLoad(f) || /^(JMP|CALL) m/.test(f.text)) why ??= `${f.mnemonic}`;
    else if (f.unsupported || !hostHas(f)) why ??= "features beyond the host's, or ours";
    else if (near.test(f.mnemonic) && bytes.includes(0x66)) why ??= "near branch with an operand size prefix";
    else if (isAlignedOnly(insn)) why ??= "SHA's alignment";
    else if (/^LOOPN?E$/.test(f.mnemonic) && insn.rep) why ??= "LOOPE, LOOPNE with REP";
    else if (f.mnemonic === "NOP" && f.map === 1 && f.opcode === 0x0d) why ??= "0F 0D with a register";
    else if (i === ran.length - 1 && beyondWithSegment(insn)) why ??= "offsets that aren't canonical with FS, GS";
    else if (f.mnemonic === "MOVSXD" && f.osize === 16) why ??= "MOVSXD r16";
    // The last one may have faulted.
    if (!f.keepsFlagsAtZero && i < ran.length - 1) undefinedNow &= ~flagMask(f.flagsWritten);
    undefinedNow |= flagMask(f.flagsUndefined);
  }
  return { why, rows: [...rows], undefinedFlags: undefinedNow & ARITH };
}
