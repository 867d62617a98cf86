/** SSE moves of floating-point operands, and MXCSR. No arithmetic touches the bits, which WebAssembly then keeps. */
import { MXCSR } from "../cpu/layout.ts";
import { i32, i64, type Ty, type Val } from "../wasm/expr.ts";
import { i8x16, i32x4, i64x2 } from "../wasm/simd.ts";
import { type Emit, type Semantics, type SemTable, VECTOR } from "./emit.ts";
import { checkAligned, isVectorMove, readAligned } from "./vector.ts";

const isMem = (e: Emit, i: number): boolean => e.ops[i].kind === "mem";
const range = (from: number, n: number): number[] => Array.from({ length: n }, (_, i) => from + i);

const aligned: Semantics = (e) => {
  if (isVectorMove(e)) return e.copyVector(0, 1);
  checkAligned(e, 0);
  e.write(0, readAligned(e, 1));
};
const unaligned: Semantics = (e) => (isVectorMove(e) ? e.copyVector(0, 1) : e.write(0, e.read(1)));

/** MOVSS, MOVSD: a load clears the other lanes, a register move keeps them. */
function scalarMove(ty: Ty): Semantics {
  return (e) => e.writeLow(0, e.readLow(1, ty), isMem(e, 1) ? "zero" : 0);
}
/** MOVLPS, MOVHPS and the like: 64 bits between memory and one half of a register. */
function halfMove(half: 0 | 1): Semantics {
  return (e) => {
    if (isMem(e, 0)) e.write(0, i64x2.extract_lane(e.read(1), half));
    else e.write(0, i64x2.replace_lane(e.read(0), half, e.read(1)));
  };
}
function shuffled(bytes: readonly number[], read: (e: Emit, i: number) => Val = readAligned): Semantics {
  return (e) => {
    const v = e.tmp(read(e, 1));
    e.write(0, i8x16.shuffle(v, v, bytes));
  };
}
function joined(bytes: readonly number[]): Semantics {
  return (e) => e.write(0, i8x16.shuffle(e.read(0), e.read(1), bytes));
}
/** The low 64 bits of a register or an m64. */
function readHalf(e: Emit, i: number): Val {
  const v = e.read(i);
  return v.ty === "i64" ? i64x2.splat(v) : v;
}
function moveMask(bits: (v: Val) => Val): Semantics {
  return (e) => {
    const mask = bits(e.read(1));
    e.write(0, e.ops[0].size === 64 ? i64.extend_i32_u(mask) : mask);
  };
}

export const sseMove: SemTable = {
  MOVSS: scalarMove("f32"),
  MOVSD: scalarMove("f64"),
  MOVAPS: aligned,
  MOVAPD: aligned,
  MOVUPS: unaligned,
  MOVUPD: unaligned,
  MOVNTPS: aligned,
  MOVNTPD: aligned,
  MOVLPS: halfMove(0),
  MOVLPD: halfMove(0),
  MOVHPS: halfMove(1),
  MOVHPD: halfMove(1),
  MOVHLPS: joined([...range(24, 8), ...range(8, 8)]),
  MOVLHPS: joined([...range(0, 8), ...range(16, 8)]),
  MOVDDUP: shuffled([...range(0, 8), ...range(0, 8)], readHalf),
  MOVSLDUP: shuffled([...range(0, 4), ...range(0, 4), ...range(8, 4), ...range(8, 4)]),
  MOVSHDUP: shuffled([...range(4, 4), ...range(4, 4), ...range(12, 4), ...range(12, 4)]),
  MOVMSKPS: moveMask(i32x4.bitmask),
  MOVMSKPD: moveMask(i64x2.bitmask),
  LDMXCSR: (e) => {
    const v = e.read(0);
    e.faultIf(i32.and(v, i32.const(~0xffff)), VECTOR.GP);
    e.setField("i32", MXCSR, v);
  },
  STMXCSR: (e) => e.write(0, e.field("i32", MXCSR)),
};
