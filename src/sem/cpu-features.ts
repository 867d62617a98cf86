/**
 * What the machine says of itself in CPUID: one table of features with the leaf, register and bit of each, and the level from which on
 * it is present. Levels are those of the x86-64 psABI.
 */
export type CpuLevel = "x86-64" | "v2" | "v3";
export const LEVELS: readonly CpuLevel[] = ["x86-64", "v2", "v3"];
export const DEFAULT_LEVEL: CpuLevel = "v3";

export type Register = "eax" | "ebx" | "ecx" | "edx";

interface Feature {
  name: string;
  leaf: number;
  register: Register;
  bit: number;
  since: CpuLevel;
}

/** Stands for sub-leaf 1 of leaf 13. */
export const XSAVE_MORE = 0xd01;

const rows: readonly [leaf: number, register: Register, since: CpuLevel, bits: Record<string, number>][] = [
  [1, "edx", "x86-64", { FPU: 0, TSC: 4, CX8: 8, CMOV: 15, CLFSH: 19, MMX: 23, FXSR: 24, SSE: 25, SSE2: 26 }],
  [1, "ecx", "v2", { SSE3: 0, PCLMULQDQ: 1, SSSE3: 9, CX16: 13, SSE41: 19, SSE42: 20, POPCNT: 23, AES: 25 }],
  [1, "ecx", "v3", { FMA: 12, MOVBE: 22, XSAVE: 26, OSXSAVE: 27, AVX: 28, F16C: 29, RDRAND: 30 }],
  [1, "ecx", "x86-64", { HYPERVISOR: 31 }],
  // String moves go by whole pages, so long ones are the fastest copy there is.
  [7, "ebx", "x86-64", { ERMS: 9 }],
  [7, "ebx", "v3", { FSGSBASE: 0, BMI1: 3, AVX2: 5, BMI2: 8, RDSEED: 18, ADX: 19, CLFLUSHOPT: 23, CLWB: 24, SHA: 29 }],
  [7, "ecx", "v3", { GFNI: 8, VAES: 9, VPCLMULQDQ: 10, RDPID: 22 }],
  [XSAVE_MORE, "eax", "v3", { XSAVEOPT: 0, XSAVEC: 1, XGETBV1: 2 }],
  [0x80000001, "edx", "x86-64", { SYSCALL: 11, NX: 20, RDTSCP: 27, LM: 29 }],
  [0x80000001, "ecx", "v2", { LAHF: 0 }],
  [0x80000001, "ecx", "v3", { LZCNT: 5, PREFETCHW: 8 }],
  // The clock runs at one rate always.
  [0x80000007, "edx", "x86-64", { INVARIANT_TSC: 8 }],
];

export const FEATURES: readonly Feature[] = rows.flatMap(([leaf, register, since, bits]) =>
  Object.entries(bits).map(([name, bit]) => ({ name, leaf, register, bit, since })),
);

export function hasFeature(level: CpuLevel, name: string): boolean {
  return FEATURES.some((f) => f.name === name && LEVELS.indexOf(f.since) <= LEVELS.indexOf(level));
}

/** Whether instructions of a feature of the instruction table are to be had. What CPUID has no bit for always is. */
export function allows(level: CpuLevel, feature: string): boolean {
  return hasFeature(level, feature) || !FEATURES.some((f) => f.name === feature);
}

/** The feature bits of one register of a leaf. */
export function featureBits(level: CpuLevel, leaf: number, register: Register): number {
  return FEATURES.filter((f) => f.leaf === leaf && f.register === register && hasFeature(level, f.name)).reduce(
    (bits, f) => bits | (1 << f.bit),
    0,
  );
}
