/** Segment descriptors as Linux's 64-bit user programs see them: Linux arch/x86/include/asm/segment.h. */
import { FS, GS, SEG_BASE, SEL, SS } from "../../cpu/layout.ts";
import type { Helper } from "../helpers.ts";

interface Descriptor {
  code: boolean;
  /** What LAR gives: bytes 4 to 7 of the descriptor without the base. */
  access: number;
  limit: number;
}
const FLAT = 0xffffffff;
const DESCRIPTORS: ReadonlyMap<number, Descriptor> = new Map([
  [0x23, { code: true, access: 0x00cffb00, limit: FLAT }],
  [0x2b, { code: false, access: 0x00cff300, limit: FLAT }],
  [0x33, { code: true, access: 0x00affb00, limit: FLAT }],
  // Processor and node number in the limit: processor 0 of node 0.
  [0x7b, { code: false, access: 0x0040f500, limit: 0 }],
]);
/** The requested privilege level does not matter for what a level 3 program may see. */
function find(selector: number): Descriptor | undefined {
  return DESCRIPTORS.get((selector & 0xffff) | 3);
}

/** Loads data segment register n; 1 if allowed. FS and GS loaded so lose their base. */
export const loadSegment: Helper = (host, n, selector) => {
  const nil = (selector & 0xfffc) === 0;
  const d = find(selector);
  if (n === SS ? selector !== 0x2b : !nil && (!d || (d.code && (d.access & 0x200) === 0))) return 0;
  host.u16[(SEL >> 1) + n] = selector;
  if (n === FS || n === GS) {
    host.i32[(SEG_BASE + 8 * n) >> 2] = 0;
    host.i32[(SEG_BASE + 8 * n + 4) >> 2] = 0;
  }
  return 1;
};

export const descriptorKnown: Helper = (_host, selector) => (find(selector) ? 1 : 0);
export const descriptorWritable: Helper = (_host, selector) => {
  const d = find(selector);
  return d && !d.code && d.access & 0x200 ? 1 : 0;
};
export const descriptorAccess: Helper = (_host, selector) => find(selector)?.access ?? 0;
export const descriptorLimit: Helper = (_host, selector) => (find(selector)?.limit ?? 0) | 0;
