/** What is not computing: CPUID, clocks, hints, fences, and instructions of the operating system. */
import { EXIT } from "../cpu/exit.ts";
import { RCX, SCRATCH } from "../cpu/layout.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import { type Emit, type Semantics, VECTOR } from "./emit.ts";
import { type Family, privileged, sizeOf, ZERO } from "./operand.ts";
import { width } from "./width.ts";

const nothing: Semantics = () => {};
const undefinedOpcode: Semantics = (e) => e.fault(VECTOR.UD);

/** A cache line instruction: the byte must be readable, otherwise nothing. */
const touch: Semantics = (e) => e.probe(e.ea(0), 1, "r");

/** What Linux lets user programs see under UMIP, SDM volume 3 section 2.5, CR4.UMIP. */
const UMIP = { gdt: 0xfffffffffffe0000n, idt: 0xffffffffffff0000n, cr0: 0x80050033, tss: 0x40 };
/** SGDT, SIDT: limit 0 and a base that tells nothing. */
function storeTable(base: bigint): Semantics {
  return (e) => {
    const at = e.ea(0);
    const long = e.mode === 64;
    e.probe(at, long ? 10 : 6, "w");
    e.store(at, 16, ZERO);
    const behind = e.tmp(i64.add(at, i64.const(2)));
    e.store(behind, long ? 64 : 32, long ? i64.const(base) : i32.const(Number(BigInt.asIntN(32, base))));
  };
}
/** SLDT, STR, SMSW: a constant of the destination's width. */
function storeWord(value: number): Semantics {
  return (e) => {
    const w = width(sizeOf(e));
    e.write(0, w.mask(w.fromI32(i32.const(value))));
  };
}

/** RDRAND and RDSEED: CF = 1 and the other flags 0. */
const random: Semantics = (e) => {
  const size = sizeOf(e);
  e.helper("random", i32.const(size / 8));
  e.write(0, width(size).mask(width(size).fromI64(e.ld("i64", i32.const(SCRATCH)))));
  e.writeFlags(i32.const(1), 0x8d5);
};

/** A leaf of CPUID or a clock: the helper writes the registers. */
const viaHelper =
  (name: string): Semantics =>
  (e) => {
    e.helper(name);
  };

function faultUnless(e: Emit, vector: Val): void {
  e.if(i32.eq(vector, i32.const(VECTOR.UD)), () => e.fault(VECTOR.UD));
  e.if(i32.eq(vector, i32.const(VECTOR.GP)), () => e.fault(VECTOR.GP, ZERO));
}

export const SYSTEM = {
  NOP: nothing,
  PAUSE: nothing,
  ENDBR32: nothing,
  ENDBR64: nothing,
  LFENCE: nothing,
  SFENCE: nothing,
  MFENCE: nothing,
  PREFETCHT0: nothing,
  PREFETCHT1: nothing,
  PREFETCHT2: nothing,
  PREFETCHNTA: nothing,
  PREFETCHW: nothing,
  PREFETCHWT1: nothing,
  PREFETCH: nothing,
  CLDEMOTE: nothing,
  CLFLUSH: touch,
  CLFLUSHOPT: touch,
  CLWB: touch,
  CPUID: viaHelper("cpuid"),
  RDTSC: viaHelper("rdtsc"),
  RDTSCP: (e) => {
    e.helper("rdtsc");
    e.setReg(RCX, 32, ZERO);
  },
  RDPID: (e) => e.write(0, width(sizeOf(e)).const(0)),
  XGETBV: (e) => faultUnless(e, e.helper("xgetbv")),
  XSETBV: (e) => e.fault(VECTOR.GP, ZERO),
  RDRAND: random,
  RDSEED: random,
  SYSCALL: (e) => {
    if (e.mode !== 64) return e.exit(EXIT.SYSENTER, "next");
    e.setReg(RCX, 64, e.nextRip());
    e.setReg(11, 64, i64.extend_i32_u(i32.and(e.readFlags(), i32.const(~0x10000))));
    e.exit(EXIT.SYSCALL, "next");
  },
  /** Linux offers SYSENTER to 32-bit programs only. */
  SYSENTER: (e) => (e.mode === 64 ? undefinedOpcode(e) : e.exit(EXIT.SYSENTER, "next")),
  SYSRET: privileged,
  SYSRETQ: privileged,
  SYSEXIT: privileged,
  SYSEXITQ: privileged,
  HLT: privileged,
  CLI: privileged,
  STI: privileged,
  IN: privileged,
  OUT: privileged,
  INSB: privileged,
  INSW: privileged,
  INSD: privileged,
  OUTSB: privileged,
  OUTSW: privileged,
  OUTSD: privileged,
  LGDT: privileged,
  LIDT: privileged,
  LLDT: privileged,
  LTR: privileged,
  LMSW: privileged,
  CLTS: privileged,
  INVD: privileged,
  WBINVD: privileged,
  WBNOINVD: privileged,
  INVLPG: privileged,
  INVPCID: privileged,
  RDMSR: privileged,
  WRMSR: privileged,
  RDPMC: privileged,
  SWAPGS: privileged,
  /** SDM: #UD, not #GP, outside the operating system. */
  CLAC: undefinedOpcode,
  STAC: undefinedOpcode,
  RSM: undefinedOpcode,
  MONITOR: undefinedOpcode,
  MWAIT: undefinedOpcode,
  SGDT: storeTable(UMIP.gdt),
  SIDT: storeTable(UMIP.idt),
  SLDT: storeWord(0),
  STR: storeWord(UMIP.tss),
  SMSW: storeWord(UMIP.cr0),
} satisfies Family;
