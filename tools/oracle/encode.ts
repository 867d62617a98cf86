/** Encodes a form with given fields: the inverse of the decoder, for generated tests. 64-bit mode only. */
import type { Form } from "../../src/isa/row.ts";

/** ModRM's memory operand, by its parts as they are encoded. */
export interface MemoryParts {
  /** 0..15, "rip" or "none". */
  base: number | "rip" | "none";
  /** 0..15 without 4, or -1 for none; a vector register with VSIB. */
  index: number;
  /** 0..3. */
  scale: number;
  /** int32. */
  disp: number;
  /** Displacement size at least: 0, 1 or 4 bytes. */
  dispSize: 0 | 1 | 4;
}

export interface Fields {
  /** ModRM.reg, 0..15 (or the digit). */
  reg: number;
  /** Register in ModRM.rm, 0..15, or memory. */
  rm: number | MemoryParts;
  /** VEX.vvvv as a register. */
  v: number;
  /** Opcode's register. */
  o: number;
  /** Register in is4. */
  is4: number;
  /** Immediates in order of the encoding. */
  immediates: readonly bigint[];
  /** Prefixes beside those that the form asks for: 0x67, F0, segment overrides, F2/F3 where free. */
  extra: readonly number[];
  /** A REX prefix even if nothing needs it. */
  forceRex: boolean;
  /** W where the form leaves it open. */
  w: 0 | 1;
  /** Vector length where the form leaves it open (VEX.LIG). */
  l: 0 | 1;
}

const IMMEDIATE_BYTES: Readonly<Record<string, number>> = { ib: 1, iw: 2, id: 4, io: 8, cb: 1, cw: 2, cd: 4 };

function littleEndian(out: number[], v: bigint, bytes: number): void {
  for (let i = 0; i < bytes; i++) out.push(Number((v >> BigInt(8 * i)) & 0xffn));
}

/** ModRM, SIB and displacement. A displacement from RIP is counted from the instruction's end by the caller. */
function modrm(out: number[], reg: number, rm: number | MemoryParts): void {
  const r = (reg & 7) << 3;
  if (typeof rm === "number") {
    out.push(0xc0 | r | (rm & 7));
    return;
  }
  const disp = (bytes: number): void => littleEndian(out, BigInt(rm.disp), bytes);
  if (rm.base === "rip") {
    out.push(r | 5);
    disp(4);
    return;
  }
  if (rm.base === "none") {
    out.push(r | 4, (rm.scale << 6) | ((rm.index < 0 ? 4 : rm.index & 7) << 3) | 5);
    disp(4);
    return;
  }
  let size: number = rm.dispSize;
  if (rm.disp !== (rm.disp << 24) >> 24) size = 4;
  else if (size === 0 && (rm.disp !== 0 || (rm.base & 7) === 5)) size = 1;
  const mod = size === 0 ? 0 : size === 1 ? 0x40 : 0x80;
  if (rm.index >= 0 || (rm.base & 7) === 4) {
    out.push(mod | r | 4, (rm.scale << 6) | ((rm.index < 0 ? 4 : rm.index & 7) << 3) | (rm.base & 7));
  } else out.push(mod | r | (rm.base & 7));
  disp(size);
}

export function encode(form: Form, f: Fields): number[] {
  const out: number[] = [...f.extra];
  const w = form.w < 0 ? f.w : form.w;
  const memory = typeof f.rm === "number" ? undefined : f.rm;
  const high = (n: number): number => (n >> 3) & 1;
  const r = high(f.reg);
  const x = memory && memory.index > 0 ? high(memory.index) : 0;
  let b = high(f.o);
  if (memory) b |= typeof memory.base === "number" ? high(memory.base) : 0;
  else b |= high(f.rm as number);
  if (form.space === "vex") {
    const pp = ["NP", "66", "F3", "F2"].indexOf(form.prefix);
    const l = form.length === 256 ? 1 : form.length === 128 ? 0 : f.l;
    const last = (w << 7) | ((~f.v & 15) << 3) | (l << 2) | pp;
    if (form.map === 1 && !x && !b && !w && !f.forceRex) out.push(0xc5, ((r ^ 1) << 7) | (last & 0x7f));
    else out.push(0xc4, ((r ^ 1) << 7) | ((x ^ 1) << 6) | ((b ^ 1) << 5) | form.map, last);
  } else {
    if (form.osize === 16) out.push(0x66);
    if (form.prefix === "66" || form.prefix === "F2" || form.prefix === "F3")
      out.push(Number.parseInt(form.prefix, 16));
    const rex = 0x40 | (w << 3) | (r << 2) | (x << 1) | b;
    if (rex !== 0x40 || f.forceRex) out.push(rex);
    if (form.map > 0) out.push(0x0f);
    if (form.map === 2) out.push(0x38);
    if (form.map === 3) out.push(0x3a);
  }
  out.push(form.plusR ? form.opcode | (f.o & 7) : form.opcode);
  if (form.modrm) modrm(out, f.reg, f.rm);
  let n = 0;
  for (const kind of form.immediates) {
    if (kind === "is4") out.push((f.is4 << 4) & 0xff);
    else if (kind === "mo") littleEndian(out, f.immediates[n++] ?? 0n, f.extra.includes(0x67) ? 4 : 8);
    else littleEndian(out, f.immediates[n++] ?? 0n, IMMEDIATE_BYTES[kind] ?? 1);
  }
  return out;
}
