/** GFNI: products and affine transformations of bytes in GF(2^8). */
import { i32, type Val } from "../wasm/expr.ts";
import { i8x16, v128 } from "../wasm/simd.ts";
import { byteTable, gfInverse } from "./aes-ops.ts";
import type { Emit, Shared } from "./emit.ts";
import { type Op2, range } from "./vector.ts";

const product: Shared = {
  name: "gfProduct",
  params: ["v128", "v128"],
  result: "v128",
  body: (c) => {
    const x = c.var(c.param(0));
    const r = c.var(v128.const([0]));
    for (let n = 0; n < 8; n++) {
      const bit = i8x16.shr_s(i8x16.shl(c.param(1), i32.const(7 - n)), i32.const(7));
      c.set(r, v128.xor(c.get(r), v128.and(c.get(x), bit)));
      const carry = v128.and(i8x16.shr_s(c.get(x), i32.const(7)), v128.const([0x1b]));
      c.set(x, v128.xor(i8x16.shl(c.get(x), i32.const(1)), carry));
    }
    c.ret(c.get(r));
  },
};
const inverse = byteTable("gfInverse", () => Uint8Array.from(range(0, 256), gfInverse));

export const gfMultiply: Op2 = (a, b, e) => e.shared(product, a, b);

/** Bit n of each byte: parity of the byte and row 7-n of the 8 by 8 matrix in the same 64 bits of b; then XOR imm8. */
export function affine(a: Val, b: Val, imm: Val): Val {
  let r = i8x16.splat(imm);
  for (let n = 0; n < 8; n++) {
    const row = i8x16.shuffle(
      b,
      b,
      range(0, 16).map((k) => (k & 8) | (7 - n)),
    );
    const parity = v128.and(i8x16.popcnt(v128.and(a, row)), v128.const([1]));
    r = v128.xor(r, i8x16.shl(parity, i32.const(n)));
  }
  return r;
}
export function affineInverse(a: Val, b: Val, imm: Val, e: Emit): Val {
  return affine(e.shared(inverse, a), b, imm);
}
