/** AES, PCLMULQDQ, SHA and GFNI. SDM volume 2, by mnemonic. */
import { i32 } from "../wasm/expr.ts";
import { i8x16, i32x4, v128 } from "../wasm/simd.ts";
import { decrypt, encrypt, invMixColumns, subWord } from "./aes-ops.ts";
import { carrylessMultiply } from "./carryless.ts";
import type { SemTable } from "./emit.ts";
import { affine, affineInverse, gfMultiply } from "./gfni-ops.ts";
import {
  sha1Message1,
  sha1Message2,
  sha1NextE,
  sha1Rounds,
  sha256Message1,
  sha256Message2,
  sha256Rounds,
} from "./sha-ops.ts";
import { binary, binaryImm, type Op1Imm, unary, unaryImm } from "./vector.ts";

/** Words 0 and 2 of the result: SubWord of words 1 and 3; words 1 and 3: the same rotated by a byte, XOR imm8. */
const keygenAssist: Op1Imm = (a, imm, e) => {
  const s = subWord(e, a);
  const words = i8x16.shuffle(s, s, [4, 5, 6, 7, 5, 6, 7, 4, 12, 13, 14, 15, 13, 14, 15, 12]);
  const odd = v128.const([0, 0, 0, 0, 255, 0, 0, 0]);
  return v128.xor(words, v128.and(i32x4.splat(i32.and(imm, i32.const(0xff))), odd));
};

export const crypto = {
  AESENC: binary((a, key, e) => encrypt(e, a, key, false)),
  AESENCLAST: binary((a, key, e) => encrypt(e, a, key, true)),
  AESDEC: binary((a, key, e) => decrypt(e, a, key, false)),
  AESDECLAST: binary((a, key, e) => decrypt(e, a, key, true)),
  AESIMC: unary((a, e) => invMixColumns(e, a)),
  AESKEYGENASSIST: unaryImm(keygenAssist),
  PCLMULQDQ: binaryImm(carrylessMultiply),
  SHA1RNDS4: binaryImm((a, b, imm, e) => e.shared(sha1Rounds, a, b, imm)),
  SHA1NEXTE: binary(sha1NextE),
  SHA1MSG1: binary(sha1Message1),
  SHA1MSG2: binary(sha1Message2),
  SHA256RNDS2: binary((a, b, e) => e.shared(sha256Rounds, a, b, e.xmm(0))),
  SHA256MSG1: binary(sha256Message1),
  SHA256MSG2: binary(sha256Message2),
  GF2P8MULB: binary(gfMultiply),
  GF2P8AFFINEQB: binaryImm(affine),
  GF2P8AFFINEINVQB: binaryImm(affineInverse),
} satisfies SemTable;
