/** The segments that trials run with, as runner.c makes them. */
import { encodeDescriptor } from "../../src/abi/ldt.ts";
import * as L from "../../src/cpu/layout.ts";
import { loadSegment, restoreSegments, type SegmentHost } from "../../src/sem/helpers/segments.ts";
import { CODE_AT, CODE_SIZE, DATA_LOW } from "./layout.ts";

const ldt = (n: number): number => n * 8 + 7;
/** Code mode, CS, SS, DS, ES, FS (and GS) by world. */
export const WORLDS = [
  { mode: 64, stack: 64, sel: [0x33, 0x2b, 0, 0, 0] },
  { mode: 32, stack: 32, sel: [0x23, 0x2b, 0x2b, 0x2b, 0x2b] },
  { mode: 16, stack: 16, sel: [ldt(0), ldt(2), ldt(3), ldt(5), ldt(4)] },
  { mode: 32, stack: 32, sel: [ldt(1), ldt(6), 0x2b, ldt(3), ldt(7)] },
] as const;
export type World = 0 | 1 | 2 | 3;
/** Offset in the code segment of what lies at CODE_AT. */
export function codeOffset(world: number): number {
  return world < 2 ? CODE_AT : 0;
}
/** Upper half of the stack pointer's low 32 bits where stacks have 16: RSP keeps what it was. */
export const FRAME_AT = 0x5a7f0000;

/** Base, limit, contents (0 data, 1 down, 2 code), big, read-only, in pages, not present. */
const ENTRIES: readonly (readonly number[])[] = [
  [CODE_AT, CODE_SIZE - 1, 2, 0, 0, 0, 0],
  [CODE_AT, CODE_SIZE - 1, 2, 1, 0, 0, 0],
  [DATA_LOW, 0x3fff, 0, 0, 0, 0, 0],
  [DATA_LOW, 0x2fff, 0, 1, 0, 0, 0],
  [DATA_LOW + 0x100, 0x1ffe, 0, 1, 0, 0, 0],
  [DATA_LOW, 0xfff, 1, 0, 0, 0, 0],
  [DATA_LOW, 0x3, 0, 1, 0, 1, 0],
  [DATA_LOW, 0x2fff, 0, 1, 1, 0, 0],
  [DATA_LOW, 0x2fff, 0, 1, 0, 0, 1],
  [CODE_AT, 1, 2, 1, 0, 1, 1],
  [CODE_AT, 1, 2, 1, 1, 1, 0],
];
/** Selectors to try, by the code segments that the kernel has: 32 bits, and those of a local table. */
export function selectorsFor(has: (world: number) => boolean): readonly number[] {
  const local = [...ENTRIES.map((_, i) => ldt(i)), ldt(20), ldt(1) - 3];
  return [0, 3, 8, 0x13, 0x2b, 0x33, 0x43, 0x83, ...(has(1) ? [0x23] : []), ...(has(2) ? local : [])];
}

/** The local descriptor table. */
export function makeTable(): Uint8Array {
  const table = new Uint8Array(ENTRIES.length * 8);
  const v = new DataView(table.buffer);
  for (const [entry, [base, limit, contents, seg32, ro, pages, absent]] of ENTRIES.entries()) {
    const flags = { seg32: seg32 > 0, readExecOnly: ro > 0, limitInPages: pages > 0, notPresent: absent > 0 };
    const d = { entry, base, limit, contents, ...flags, useable: false, lm: false };
    v.setBigUint64(entry * 8, encodeDescriptor(d), true);
  }
  return table;
}

/** Loads all six. CS is of 64 bits as long as nobody has loaded it. */
export function loadWorld(host: SegmentHost, world: number): void {
  const [cs, ss, ds, es, fs] = WORLDS[world].sel;
  for (const [n, selector] of [
    [L.DS, ds],
    [L.ES, es],
    [L.FS, fs],
    [L.GS, fs],
  ]) {
    if (loadSegment(host, n, selector)) throw new Error(`selector ${selector.toString(16)}`);
  }
  if (!restoreSegments(host, cs, ss, 0n)) throw new Error("code segment");
}
