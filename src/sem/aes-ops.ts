/**
 * AES on v128 (FIPS 197): byte r + 4c of the vector is row r, column c of the state. The S-boxes are looked up 16 entries
 * at a time: `swizzle` gives 0 for indexes outside of 0..15, so the parts are OR-ed together.
 */
import { i32, type Val } from "../wasm/expr.ts";
import { i8x16, v128 } from "../wasm/simd.ts";
import type { Emit, Shared } from "./emit.ts";
import { range } from "./vector.ts";

/** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
export function gfMul(a: number, b: number): number {
  let r = 0;
  let x = a;
  for (let i = 0; i < 8; i++) {
    if ((b >> i) & 1) r ^= x;
    x = (x << 1) ^ (x & 0x80 ? 0x11b : 0);
  }
  return r;
}
/** x^254, which is the inverse; 0 for 0. */
export function gfInverse(x: number): number {
  let r = 1;
  for (let i = 0; i < 254; i++) r = gfMul(r, x);
  return r;
}

let boxes: { forward: Uint8Array; inverse: Uint8Array } | undefined;
function sBoxes(): { forward: Uint8Array; inverse: Uint8Array } {
  if (boxes) return boxes;
  const forward = new Uint8Array(256);
  const inverse = new Uint8Array(256);
  for (let x = 0; x < 256; x++) {
    const b = gfInverse(x) * 0x101;
    // XOR with itself rotated left by 1 to 4, and 0x63.
    const s = ((b ^ (b >> 4) ^ (b >> 5) ^ (b >> 6) ^ (b >> 7)) & 0xff) ^ 0x63;
    forward[x] = s;
    inverse[s] = x;
  }
  boxes = { forward, inverse };
  return boxes;
}

/** A function that replaces each byte by its entry in a table of 256. */
export function byteTable(name: string, table: () => Uint8Array): Shared {
  return {
    name,
    params: ["v128"],
    result: "v128",
    body: (c) => {
      const x = c.param(0);
      const t = table();
      const part = (h: number): Val =>
        i8x16.swizzle(v128.const(t.subarray(16 * h, 16 * h + 16)), v128.xor(x, v128.const([16 * h])));
      let r = part(0);
      for (let h = 1; h < 16; h++) r = v128.or(r, part(h));
      c.ret(r);
    },
  };
}
const subBytes = byteTable("aesSubBytes", () => sBoxes().forward);
const invSubBytes = byteTable("aesInvSubBytes", () => sBoxes().inverse);

/** Row r moves by `step * r` columns. */
const rows = (step: 1 | -1): number[] => range(0, 16).map((n) => (n + 4 * step * (n & 3) + 16) & 15);
/** Every column turned up by n bytes. */
const turned = (v: Val, n: number): Val =>
  i8x16.shuffle(
    v,
    v,
    range(0, 16).map((k) => (k & 12) | ((k + n) & 3)),
  );
/** Every byte times x in GF(2^8). */
const xtime = (v: Val): Val =>
  v128.xor(i8x16.shl(v, i32.const(1)), v128.and(i8x16.shr_s(v, i32.const(7)), v128.const([0x1b])));

/** 2a + 3b + c + d for each column a b c d and its rotations. */
function mixColumns(e: Emit, v: Val): Val {
  const pair = e.tmp(v128.xor(v, turned(v, 1)));
  return v128.xor(v128.xor(xtime(pair), turned(v, 1)), turned(pair, 2));
}
/** The inverse is MixColumns after adding 4(a + c), which is 4(b + d) in the other rows. */
export function invMixColumns(e: Emit, v: Val): Val {
  const twice = e.tmp(xtime(e.tmp(v128.xor(v, turned(v, 2)))));
  return mixColumns(e, e.tmp(v128.xor(v, xtime(twice))));
}

export function subWord(e: Emit, v: Val): Val {
  return e.shared(subBytes, v);
}
export function encrypt(e: Emit, state: Val, key: Val, last: boolean): Val {
  const s = e.shared(subBytes, i8x16.shuffle(state, state, rows(1)));
  return v128.xor(last ? s : mixColumns(e, s), key);
}
export function decrypt(e: Emit, state: Val, key: Val, last: boolean): Val {
  const s = e.shared(invSubBytes, i8x16.shuffle(state, state, rows(-1)));
  return v128.xor(last ? s : invMixColumns(e, s), key);
}
