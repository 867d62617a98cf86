/** Moves of integer vectors, MMX and SSE, and MMX state. */
import { FTW, RDI } from "../cpu/layout.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import { i8x16, i32x4, i64x2, v128 } from "../wasm/simd.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import { checkPendingX87, enterMmx, mmx } from "./mmx-state.ts";
import { checkAligned, isMm, isVectorMove, read64, readAligned, ZERO } from "./vector.ts";

const aligned: Semantics = (e) => {
  if (isVectorMove(e)) return e.copyVector(0, 1);
  checkAligned(e, 0);
  e.write(0, readAligned(e, 1));
};
const unaligned: Semantics = (e) => (isVectorMove(e) ? e.copyVector(0, 1) : e.write(0, e.read(1)));
const usesMm = (e: Emit): boolean => e.ops.some((op) => op.cls === "mm");

/** MOVD: 32 bits, the rest of a vector register is cleared. */
function movd(e: Emit): void {
  const v = e.read(1);
  if (v.ty === "i32") e.write(0, isMm(e, 0) ? i64.extend_i32_u(v) : i32x4.replace_lane(ZERO, 0, v));
  else e.write(0, v.ty === "i64" ? i32.wrap_i64(v) : i32x4.extract_lane(v, 0));
}
/** MOVQ, MOVQ2DQ, MOVDQ2Q: 64 bits, the rest of a vector register is cleared. */
function movq(e: Emit): void {
  if (e.ops[0].cls === "xmm") e.writeLow(0, low64(e, 1), "zero");
  else e.write(0, low64(e, 1));
}
/** As an integer; out of vector registers as `readLow` gives it. */
function low64(e: Emit, i: number): Val {
  return e.ops[i].cls === "xmm" ? e.readLow(i, "i64") : read64(e, i);
}
const maybeMmx =
  (body: Semantics): Semantics =>
  (e) =>
    usesMm(e) ? mmx(e, () => body(e)) : body(e);

/** Address of the implied DS:rDI operand of MASKMOV*. */
function maskedAddress(e: Emit): Val {
  const di = e.reg(RDI, e.addrSize);
  const bytes = e.ops[0].cls === "mm" ? 8 : 16;
  return e.linear("operand", di.ty === "i64" ? di : i64.extend_i32_u(di), bytes, "w");
}

export const vectorMove = {
  MOVDQA: aligned,
  MOVDQU: unaligned,
  LDDQU: unaligned,
  MOVNTDQ: aligned,
  MOVNTDQA: aligned,
  MOVNTI: unaligned,
  MOVNTQ: maybeMmx(unaligned),
  MOVD: maybeMmx(movd),
  MOVQ: maybeMmx(movq),
  MOVQ2DQ: maybeMmx(movq),
  MOVDQ2Q: maybeMmx(movq),
  /** Bytes whose mask byte has its top bit set are stored. Unselected bytes are written back as they are. */
  MASKMOVDQU: (e) => {
    const at = maskedAddress(e);
    e.probe(at, 16, "w");
    const mask = i8x16.shr_s(e.read(1), i32.const(7));
    e.store(at, 128, v128.bitselect(e.read(0), e.load(at, 128), mask));
  },
  MASKMOVQ: (e) => {
    mmx(e, () => {
      const at = maskedAddress(e);
      e.probe(at, 8, "w");
      const mask = i8x16.shr_s(i64x2.splat(e.read(1)), i32.const(7));
      const merged = v128.bitselect(i64x2.splat(e.read(0)), i64x2.splat(e.load(at, 64)), mask);
      e.store(at, 64, i64x2.extract_lane(merged, 0));
    });
  },
  EMMS: (e) => {
    checkPendingX87(e);
    enterMmx(e);
    e.setField("u8", FTW, i32.const(0));
  },
} satisfies SemTable;
