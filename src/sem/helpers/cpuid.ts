/** CPUID: SDM volume 2, table 3-8. */
import { GPR, RAX, RBX, RCX, RDX } from "../../cpu/layout.ts";
import { type CpuLevel, DEFAULT_LEVEL, featureBits, hasFeature, XSAVE_MORE } from "../cpu-features.ts";
import type { Helper, HelperHost } from "../helpers.ts";

type Leaf = readonly [eax: number, ebx: number, ecx: number, edx: number];
const NONE: Leaf = [0, 0, 0, 0];

const MAX_BASIC = 0xd;
const MAX_EXTENDED = 0x80000008;
const HYPERVISOR = 0x40000000;
export const VENDOR = "GenuineIntel";
export const BRAND = "blink.ts virtual x86-64 processor";

/** Family, model, stepping: of processors that have each level's features and no known faults that libraries work around. */
const SIGNATURE: Record<CpuLevel, number> = { "x86-64": 0x6f6, v2: 0x206c2, v3: 0x306c3 };

/** Four bytes of text at an offset, zero past its end. */
function word(text: string, at: number): number {
  let w = 0;
  for (let i = 0; i < 4; i++) w |= (text.charCodeAt(at + i) || 0) << (8 * i);
  return w;
}

/** Leaf 4: caches, by sub-leaf. Line 64 bytes, one thread, one core. */
function cache(index: number): Leaf {
  const caches = [
    { type: 1, level: 1, ways: 8, sets: 64 }, // data, 32 KiB
    { type: 2, level: 1, ways: 8, sets: 64 }, // instructions, 32 KiB
    { type: 3, level: 2, ways: 8, sets: 512 }, // 256 KiB
    { type: 3, level: 3, ways: 16, sets: 8192 }, // 8 MiB
  ];
  const c = caches[index];
  if (!c) return NONE;
  return [c.type | (c.level << 5) | (1 << 8), ((c.ways - 1) << 22) | 63, c.sets - 1, 0];
}

/** Leaf 13: what XSAVE writes. x87, SSE and the upper halves of YMM. */
function saveArea(level: CpuLevel, index: number): Leaf {
  if (index === 0) return [7, 832, 832, 0];
  if (index === 1) return [featureBits(level, XSAVE_MORE, "eax"), 832, 0, 0];
  if (index === 2) return [256, 576, 0, 0];
  return NONE;
}

/** Leaf 11: one thread in one core. */
function topology(index: number): Leaf {
  if (index === 0) return [0, 1, 0x100, 0];
  if (index === 1) return [0, 1, 0x201, 0];
  return [0, 0, index & 0xff, 0];
}

export function cpuidLeaf(level: CpuLevel, leaf: number, index: number): Leaf {
  const bits = (register: "eax" | "ebx" | "ecx" | "edx"): number => featureBits(level, leaf, register);
  switch (leaf) {
    case 0:
      return [MAX_BASIC, word(VENDOR, 0), word(VENDOR, 8), word(VENDOR, 4)];
    case 1:
      // EBX: CLFLUSH line of 8 quadwords, one logical processor.
      return [SIGNATURE[level], 0x00010800, bits("ecx"), bits("edx")];
    case 2:
      return [0x00feff01, 0xf0, 0, 0]; // caches: see leaf 4; prefetch of 64 bytes
    case 4:
      return cache(index);
    case 7:
      return index === 0 ? [0, bits("ebx"), bits("ecx"), bits("edx")] : NONE;
    case 0xb:
      return topology(index);
    case 0xd:
      return hasFeature(level, "XSAVE") ? saveArea(level, index) : NONE;
    case HYPERVISOR:
      return [HYPERVISOR, word("GenuineBlink", 0), word("GenuineBlink", 4), word("GenuineBlink", 8)];
    case 0x80000000:
      return [MAX_EXTENDED | 0, 0, 0, 0];
    case 0x80000001:
      return [0, 0, bits("ecx"), bits("edx")];
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: {
      const at = (leaf - 0x80000002) * 16;
      return [word(BRAND, at), word(BRAND, at + 4), word(BRAND, at + 8), word(BRAND, at + 12)];
    }
    case 0x80000006:
      return [0, 0, 0x01006040, 0]; // L2: 256 KiB, 8 ways, line 64
    case 0x80000007:
      return [0, 0, 0, bits("edx")];
    case 0x80000008:
      return [0x3028, 0, 0, 0]; // 40 physical and 48 linear address bits
    default:
      return NONE;
  }
}

/** Past the last basic leaf, the last one answers; past the last extended leaf too, as on Intel's processors. */
function known(leaf: number): number {
  if (leaf > MAX_BASIC && leaf < HYPERVISOR) return MAX_BASIC;
  if (leaf > HYPERVISOR && leaf < 0x80000000) return MAX_BASIC;
  return leaf > MAX_EXTENDED ? MAX_BASIC : leaf;
}

export function levelOf(host: HelperHost): CpuLevel {
  return host.level ?? DEFAULT_LEVEL;
}

export const cpuid: Helper = (host) => {
  const get = (n: number): number => host.view.getUint32(GPR + 8 * n, true);
  const leaf = cpuidLeaf(levelOf(host), known(get(RAX)), get(RCX));
  [RAX, RBX, RCX, RDX].forEach((n, i) => {
    host.view.setUint32(GPR + 8 * n, leaf[i] >>> 0, true);
    host.view.setUint32(GPR + 8 * n + 4, 0, true);
  });
  return 0;
};
