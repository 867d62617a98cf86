/** FMA3. The digits of a mnemonic tell which operands are multiplied and which is added; SDM volume 2, VFMADD132PD. */
import { i32, type Val } from "../wasm/expr.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import { FMA, FMA_PACKED } from "./fma-ops.ts";
import type { Fp } from "./sse-float-nan.ts";
import { exactly } from "./sse-float-ops.ts";
import { ZERO } from "./vector.ts";
import { isWide, replaceLow, Sources, writeVector } from "./vex.ts";

/** Signs as in fma-ops.ts, of even and odd lanes. */
const KINDS = {
  VFMADD: 0b0000,
  VFMSUB: 0b1010,
  VFNMADD: 0b0101,
  VFNMSUB: 0b1111,
  VFMADDSUB: 0b0010,
  VFMSUBADD: 0b1000,
} as const;
/** Factors and addend by operand number. */
const ORDERS = { 132: [0, 2, 1], 213: [1, 0, 2], 231: [1, 2, 0] } as const;

type Order = readonly [number, number, number];

function packed(ty: Fp, signs: number, order: Order): Semantics {
  return (e) => {
    const sources = new Sources(e);
    const halves = isWide(e) ? [0, 1] : [0];
    const operands = halves.map((half) => order.map((i) => sources.read(i, half)));
    const results: Val[] = [];
    exactly(e, () => {
      for (const [x, y, z] of operands) results.push(e.tmp(e.shared(FMA_PACKED[ty], x, y, z, i32.const(signs))));
    });
    writeVector(e, 0, results[0], results[1]);
  };
}
function scalar(ty: Fp, signs: number, order: Order): Semantics {
  return (e: Emit) => {
    const [x, y, z] = order.map((i) => e.readLow(i, ty));
    const old = e.read(0);
    let r: Val = x;
    exactly(e, () => {
      r = e.tmp(e.shared(FMA[ty], x, y, z, i32.const(signs & 3)));
    });
    e.writeWide(0, replaceLow(old, r), ZERO);
  };
}

function table(): SemTable {
  const all: SemTable = {};
  for (const [name, signs] of Object.entries(KINDS)) {
    for (const [digits, order] of Object.entries(ORDERS)) {
      for (const [ty, suffix] of [
        ["f32", "S"],
        ["f64", "D"],
      ] as const) {
        all[`${name}${digits}P${suffix}`] = packed(ty, signs, order);
        if (!/ADDSUB|SUBADD/.test(name)) all[`${name}${digits}S${suffix}`] = scalar(ty, signs, order);
      }
    }
  }
  return all;
}

export const fma: SemTable = table();
