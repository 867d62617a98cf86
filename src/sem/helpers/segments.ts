/**
 * Segment descriptors as Linux's 64-bit user programs see them: the few of the system's table (Linux
 * arch/x86/include/asm/segment.h) and the program's LDT. SDM volume 3, 3.4.5 and 5.6.
 */
import {
  CS,
  ES,
  GS,
  RIP,
  SCRATCH,
  SEG_BASE,
  SEG_CODE,
  SEG_LIMIT,
  SEG_LONG,
  SEG_PRESENT,
  SEG_RW,
  SEL,
  SS,
} from "../../cpu/layout.ts";
import { VECTOR } from "../emit.ts";
import type { Helper, HelperHost } from "../helpers.ts";

/** RAM, where the register file is, and the program's LDT. */
export type SegmentHost = Pick<HelperHost, "u16" | "view" | "ldt">;

export interface Descriptor {
  base: number;
  /** Last offset. */
  limit: number;
  /** What LAR gives: bytes 4 to 7 of the descriptor without the base. */
  access: number;
}
const FLAT = 0xffffffff;
const DESCRIPTORS: ReadonlyMap<number, Descriptor> = new Map([
  [0x23, { base: 0, access: 0x00cffb00, limit: FLAT }],
  [0x2b, { base: 0, access: 0x00cff300, limit: FLAT }],
  [0x33, { base: 0, access: 0x00affb00, limit: FLAT }],
  // Processor and node number in the limit: processor 0 of node 0.
  [0x7b, { base: 0, access: 0x0040f500, limit: 0 }],
]);
/** Not a system descriptor. */
const ORDINARY = 0x1000;
/** As LAR gives them: with the limit's upper bits. */
const ACCESS = 0x00ffff00;
const LOCAL = 4;

/** The descriptor of an LDT entry, undefined where there is none. Entries that were loaded once have the accessed bit. */
export function localDescriptor(ldt: Uint8Array | undefined, selector: number): Descriptor | undefined {
  const at = selector & 0xfff8;
  if (!ldt || at + 8 > ldt.length) return undefined;
  const v = new DataView(ldt.buffer, ldt.byteOffset + at, 8);
  const [lo, hi] = [v.getUint32(0, true), v.getUint32(4, true)];
  if (lo === 0 && hi === 0) return undefined;
  const units = (lo & 0xffff) | (hi & 0xf0000);
  const limit = hi & 0x800000 ? ((units << 12) | 0xfff) >>> 0 : units;
  const base = ((lo >>> 16) | ((hi & 0xff) << 16) | (hi & 0xff000000)) >>> 0;
  return { base, limit, access: hi & ACCESS };
}
/** The requested privilege level does not matter for what a level 3 program may see. */
function find(host: SegmentHost, selector: number): Descriptor | undefined {
  if (selector & LOCAL) return localDescriptor(host.ldt, selector);
  return DESCRIPTORS.get((selector & 0xffff) | 3);
}

const code = (d: Descriptor): boolean => (d.access & SEG_CODE) !== 0;
const present = (d: Descriptor): boolean => (d.access & SEG_PRESENT) !== 0;
const readable = (d: Descriptor): boolean => !code(d) || (d.access & SEG_RW) !== 0;
const writable = (d: Descriptor): boolean => !code(d) && (d.access & SEG_RW) !== 0;

function set(host: SegmentHost, n: number, selector: number, d: Descriptor | undefined): void {
  host.u16[(SEL >> 1) + n] = selector;
  host.view.setUint32(SEG_LIMIT + 8 * n, d?.limit ?? 0, true);
  host.view.setUint32(SEG_LIMIT + 8 * n + 4, d?.access ?? 0, true);
  host.view.setBigUint64(SEG_BASE + 8 * n, BigInt(d?.base ?? 0), true);
}

/** Loads a data segment register: 0, or the exception to raise. FS and GS loaded so have bases of 32 bits. */
export function loadSegment(host: SegmentHost, n: number, selector: number): number {
  if ((selector & 0xfffc) === 0) {
    if (n === SS) return VECTOR.GP;
    set(host, n, selector, undefined);
    return 0;
  }
  const d = find(host, selector);
  if (!d || !(n === SS ? writable(d) && (selector & 3) === 3 : readable(d))) return VECTOR.GP;
  if (!present(d)) return n === SS ? VECTOR.SS : VECTOR.NP;
  set(host, n, selector, d);
  return 0;
}

/** What `codeSegment` found: selector, limit, attributes and base. */
const FOUND = SCRATCH;

/** May CS be loaded with the selector, by a return (1) or by another transfer (0)? 0, or the exception to raise. */
export function codeSegment(host: SegmentHost, selector: number, returns: number): number {
  const d = find(host, selector);
  if ((selector & 0xfffc) === 0 || !d || !code(d) || (returns && (selector & 3) !== 3)) return VECTOR.GP;
  if (!present(d)) return VECTOR.NP;
  const { view } = host;
  view.setUint32(FOUND, selector | 3, true);
  view.setUint32(FOUND + 4, d.limit, true);
  view.setUint32(FOUND + 8, d.access, true);
  view.setUint32(FOUND + 12, d.base, true);
  return 0;
}
/** 1 if an offset (its halves) doesn't lie in the segment that `codeSegment` found. */
export const beyondSegment: Helper = (host, lo, hi) => {
  const { view } = host;
  if (view.getUint32(FOUND + 8, true) & SEG_LONG) return hi >> 15 === 0 || hi >> 15 === -1 ? 0 : 1;
  return lo >>> 0 > view.getUint32(FOUND + 4, true) ? 1 : 0;
};
/** Loads CS with the segment that `codeSegment` found, and RIP. */
export function enterSegment(host: SegmentHost, lo: number, hi: number): number {
  const { view } = host;
  const [selector, limit, access, base] = [0, 4, 8, 12].map((at) => view.getUint32(FOUND + at, true));
  set(host, CS, selector, { limit, access, base });
  view.setInt32(RIP, lo, true);
  view.setInt32(RIP + 4, access & SEG_LONG ? hi : 0, true);
  return 0;
}

/** A return to user code out of the kernel (IRET): loads CS and SS, or answers false with both as they were. */
export function restoreSegments(host: SegmentHost, cs: number, ss: number, rip: bigint): boolean {
  if (codeSegment(host, cs | 3, 1)) return false;
  const [lo, hi] = [Number(BigInt.asIntN(32, rip)), Number(BigInt.asIntN(32, rip >> 32n))];
  // A null SS is 64-bit code's own.
  const long = (host.view.getUint32(FOUND + 8, true) & SEG_LONG) !== 0;
  if (!(long && (ss & 0xfffc) === 0) && loadSegment(host, SS, ss | 3)) return false;
  enterSegment(host, lo, hi);
  return true;
}
/** An LDT has changed: segment registers that name it are loaded again, and are null if they can't be. */
export function reloadLocal(host: SegmentHost): void {
  for (let n = ES; n <= GS; n++) {
    const selector = host.u16[(SEL >> 1) + n];
    if (n !== CS && n !== SS && selector & LOCAL && loadSegment(host, n, selector)) set(host, n, 0, undefined);
  }
}

function known(host: SegmentHost, selector: number): Descriptor | undefined {
  const d = (selector & 0xfffc) === 0 ? undefined : find(host, selector);
  return d && d.access & ORDINARY ? d : undefined;
}
export const descriptorKnown: Helper = (host, selector) => (known(host, selector) ? 1 : 0);
export const descriptorReadable: Helper = (host, selector) => {
  const d = known(host, selector);
  return d && readable(d) ? 1 : 0;
};
export const descriptorWritable: Helper = (host, selector) => {
  const d = known(host, selector);
  return d && writable(d) ? 1 : 0;
};
export const descriptorAccess: Helper = (host, selector) => known(host, selector)?.access ?? 0;
export const descriptorLimit: Helper = (host, selector) => (known(host, selector)?.limit ?? 0) | 0;
