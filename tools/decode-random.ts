/** Byte strings that are likely instructions, from a seed. */
import type { Form } from "../src/isa/row.ts";
import type { Mode } from "../src/isa/types.ts";

/** Mulberry32: a small seeded generator. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const PREFIXES = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

function fillRandom(bytes: Uint8Array, random: () => number): void {
  for (let i = 0; i < bytes.length; i += 4) {
    const r = random();
    bytes[i] = r;
    bytes[i + 1] = r >>> 8;
    bytes[i + 2] = r >>> 16;
    bytes[i + 3] = r >>> 24;
  }
}

/** Random bytes, of which an instruction's first ones are likely prefixes and escapes. */
export function randomBytes(bytes: Uint8Array, mode: Mode, random: () => number): void {
  fillRandom(bytes, random);
  const shape = random();
  if ((shape & 7) === 0) return;
  let at = 0;
  for (let n = (shape >>> 3) & 3; n > 1; n--) bytes[at++] = PREFIXES[random() % PREFIXES.length] as number;
  if (mode === 64 && ((shape >>> 5) & 3) === 0) bytes[at++] = 0x40 | (random() & 15);
  const opening = (shape >>> 7) & 15;
  if (opening < 4) bytes[at++] = 0x0f;
  else if (opening < 7) {
    bytes[at++] = 0x0f;
    bytes[at++] = opening & 1 ? 0x38 : 0x3a;
  } else if (opening < 12) {
    // VEX; half of it with the vvvv of what has no third register.
    const unused = shape & 0x10000 ? 0x78 : 0;
    bytes[at] = opening < 9 ? 0xc5 : 0xc4;
    if (opening >= 9) bytes[++at] = ((bytes[at] as number) & 0xe0) | (1 + (random() % 3));
    bytes[at + 1] = (bytes[at + 1] as number) | unused;
  } else if (opening === 12) bytes[at] = 0x62;
  else if (opening === 13) bytes[at] = 0xd8 | (random() & 7);
}

const PREFIX_BYTES = { any: [], NP: [], NFx: [], "66": [0x66], F2: [0xf2], F3: [0xf3] } as const;

/** Bytes of one row, the rest random: with registers or memory in ModRM as the row wants. */
export function bytesOfRow(bytes: Uint8Array, f: Form, mode: Mode, random: () => number): void {
  fillRandom(bytes, random);
  const r = random();
  const head: number[] = [];
  if ((r & 7) === 0) head.push(PREFIXES[random() % PREFIXES.length] as number);
  const modrm = (random() & 0xff) | (f.mod === "reg" ? 0xc0 : 0);
  const reg = f.digit >= 0 ? f.digit : (modrm >> 3) & 7;
  const rm = f.rm >= 0 ? f.rm : f.gather ? 4 : modrm & 7;
  const mod = f.mod === "mem" ? Math.min(modrm >> 6, 2) : modrm >> 6;
  if (f.gather && mode === 16) head.push(0x67);
  if (f.space === "legacy") {
    head.push(...PREFIX_BYTES[f.prefix]);
    if (f.osize !== 0 && (f.osize === 16) === (mode !== 16)) head.push(0x66);
    if (mode === 64 && (f.w === 1 || r & 8)) head.push(0x40 | (f.w === 1 ? 8 : 0) | ((r >> 4) & 7));
    if (f.map > 0) head.push(0x0f);
    if (f.map > 1) head.push(f.map === 2 ? 0x38 : 0x3a);
    head.push(f.plusR ? f.opcode | (r & 7) : f.opcode);
  } else {
    const pp = { any: 0, NP: 0, NFx: 0, "66": 1, F3: 2, F2: 3 }[f.prefix];
    const w = f.w >= 0 ? f.w : (r >> 4) & 1;
    const length = f.length === 0 ? (r >> 5) & 1 : f.length >> 8;
    const vvvv = f.usesV ? (r >> 6) & 15 : 15;
    head.push(
      0xc4,
      (mode === 64 ? (r >> 10) & 0xe0 : 0xe0) | f.map,
      (w << 7) | (vvvv << 3) | (length << 2) | pp,
      f.opcode,
    );
  }
  if (f.modrm) head.push((mod << 6) | (reg << 3) | rm);
  bytes.set(head);
}
