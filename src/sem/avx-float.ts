/** Packed floating-point arithmetic and comparison of 256 bits: both halves at once. Of 128 bits: as the SSE form's text. */
import type { Val } from "../wasm/expr.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import { sseFloat } from "./sse-float.ts";
import type { Fp } from "./sse-float-nan.ts";
import { predicateOf } from "./sse-float-ops.ts";
import { dotProducts, sseFloatShuffle } from "./sse-float-shuffle.ts";
import { vectorCompare, vectorMinMax, vectorOp } from "./sse-float-vector.ts";
import { isWide, vex, view } from "./vex.ts";

type Wide = (e: Emit, ty: Fp, a: readonly Val[], b: readonly Val[]) => Val[];

/** Destination, two sources (or one, which then is the second) and perhaps an immediate. */
function wide(name: string, ty: Fp, arity: number, op: Wide): SemTable {
  const narrow: Semantics = vex(sseFloat[name] ?? sseFloatShuffle[name], { arity });
  return {
    [`V${name}`]: (e) => {
      if (!isWide(e)) return narrow(e);
      const second = e.ops.length > arity ? 2 : 1;
      const a = e.readWide(1);
      const b = second === 1 ? a : e.readWide(2);
      const inner = view(e, { vex: true, imm: (i: number) => e.imm(i + 1) });
      const [lo, hi] = op(inner, ty, a, b).map((v) => e.tmp(v));
      e.writeWide(0, lo, hi);
    },
  };
}

const table: SemTable = {};
for (const ty of ["f32", "f64"] as const) {
  const s = ty === "f32" ? "PS" : "PD";
  for (const op of ["add", "sub", "mul", "div", "sqrt"] as const) {
    Object.assign(
      table,
      wide(op.toUpperCase() + s, ty, 2, (e, t, a, b) => vectorOp(e, t, op, a, b)),
    );
  }
  for (const op of ["min", "max"] as const) {
    Object.assign(
      table,
      wide(op.toUpperCase() + s, ty, 2, (e, t, a, b) => vectorMinMax(e, t, op, a, b)),
    );
  }
  Object.assign(
    table,
    wide(`CMP${s}`, ty, 3, (e, t, a, b) => vectorCompare(e, t, predicateOf(e), a, b)),
  );
}

Object.assign(table, wide("DPPS", "f32", 3, dotProducts));

export const avxFloat: SemTable = table;
