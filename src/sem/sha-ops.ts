/** SHA-1 and SHA-256 steps. The manual numbers words from the top: its bits 127:96 are lane 3. */
import type { Code } from "../wasm/code.ts";
import { i32, select, type Val } from "../wasm/expr.ts";
import { i8x16, i32x4, v128 } from "../wasm/simd.ts";
import type { Shared } from "./emit.ts";
import { type Op2, range, ZERO } from "./vector.ts";

const lanes = (list: readonly number[]): number[] => list.flatMap((n) => range(4 * n, 4));
const rotl = (v: Val, n: number): Val => i32.rotl(v, i32.const(n));
const lane = (v: Val, n: number): Val => i32x4.extract_lane(v, n);
function vector(...words: Val[]): Val {
  return words.reduce((v, w, n) => i32x4.replace_lane(v, n, w), ZERO);
}
const add = (...v: Val[]): Val => v.reduce(i32.add);
const xor = (...v: Val[]): Val => v.reduce(i32.xor);
const choose = (x: Val, y: Val, z: Val): Val => i32.xor(z, i32.and(x, i32.xor(y, z)));
const majority = (x: Val, y: Val, z: Val): Val => i32.or(i32.and(x, y), i32.and(z, i32.or(x, y)));
const vectorRotr = (v: Val, n: number): Val => v128.or(i32x4.shr_u(v, i32.const(n)), i32x4.shl(v, i32.const(32 - n)));

/** (state, words with E added to the first, kind of rounds) -> state. */
export const sha1Rounds: Shared = {
  name: "sha1Rounds",
  params: ["v128", "v128", "i32"],
  result: "v128",
  body: (c: Code) => {
    const kind = c.tmp(i32.and(c.param(2), i32.const(3)));
    const is = (n: number): Val => i32.eq(kind, i32.const(n));
    const pick = (k0: Val, k1: Val, k2: Val, k3: Val): Val =>
      select(is(0), k0, select(is(1), k1, select(is(2), k2, k3)));
    const k = c.tmp(pick(i32.const(0x5a827999), i32.const(0x6ed9eba1), i32.const(0x8f1bbcdc), i32.const(0xca62c1d6)));
    let [d, cc, b, a] = range(0, 4).map((n) => c.tmp(lane(c.param(0), n)));
    let e: Val = i32.const(0);
    for (let round = 0; round < 4; round++) {
      const parity = c.tmp(xor(b, cc, d));
      const f = pick(choose(b, cc, d), parity, majority(b, cc, d), parity);
      const next = c.tmp(add(f, rotl(a, 5), lane(c.param(1), 3 - round), e, k));
      [a, b, cc, d, e] = [next, a, c.tmp(rotl(b, 30)), cc, d];
    }
    c.ret(vector(d, cc, b, a));
  },
};
export const sha1NextE: Op2 = (a, b) => i32x4.replace_lane(b, 3, i32.add(lane(b, 3), rotl(lane(a, 3), 30)));
export const sha1Message1: Op2 = (a, b) => v128.xor(a, i8x16.shuffle(a, b, lanes([6, 7, 0, 1])));
export const sha1Message2: Op2 = (a, b, e) => {
  const w16 = e.tmp(rotl(i32.xor(lane(a, 3), lane(b, 2)), 1));
  const word = (n: number, w: Val): Val => rotl(i32.xor(lane(a, n), w), 1);
  return vector(word(0, w16), word(1, lane(b, 0)), word(2, lane(b, 1)), w16);
};

/** (C D G H, A B E F, two words with their constants added) -> A B E F. */
export const sha256Rounds: Shared = {
  name: "sha256Rounds",
  params: ["v128", "v128", "v128"],
  result: "v128",
  body: (c: Code) => {
    const word = (p: number, n: number): Val => c.tmp(lane(c.param(p), n));
    let [a, b, cc, d] = [word(1, 3), word(1, 2), word(0, 3), word(0, 2)];
    let [e, f, g, h] = [word(1, 1), word(1, 0), word(0, 1), word(0, 0)];
    for (let round = 0; round < 2; round++) {
      const s1 = xor(rotl(e, 26), rotl(e, 21), rotl(e, 7));
      const t = c.tmp(add(choose(e, f, g), s1, lane(c.param(2), round), h));
      const s0 = xor(rotl(a, 30), rotl(a, 19), rotl(a, 10));
      const nextA = c.tmp(add(t, majority(a, b, cc), s0));
      [a, b, cc, d, e, f, g, h] = [nextA, a, b, cc, c.tmp(i32.add(t, d)), e, f, g];
    }
    c.ret(vector(f, e, b, a));
  },
};
export const sha256Message1: Op2 = (a, b, e) => {
  const next = e.tmp(i8x16.shuffle(a, b, lanes([1, 2, 3, 4])));
  const s0 = v128.xor(v128.xor(vectorRotr(next, 7), vectorRotr(next, 18)), i32x4.shr_u(next, i32.const(3)));
  return i32x4.add(a, s0);
};
export const sha256Message2: Op2 = (a, b, e) => {
  const s1 = (w: Val): Val => xor(rotl(w, 15), rotl(w, 13), i32.shr_u(w, i32.const(10)));
  const w16 = e.tmp(i32.add(lane(a, 0), s1(lane(b, 2))));
  const w17 = e.tmp(i32.add(lane(a, 1), s1(lane(b, 3))));
  return vector(w16, w17, i32.add(lane(a, 2), s1(w16)), i32.add(lane(a, 3), s1(w17)));
};
