/** AVX2 shifts with a count for each lane. Counts of the lane width and above give 0, or copies of the sign. */
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import { i32x4, i64x2 } from "../wasm/simd.ts";
import type { SemTable, Shared } from "./emit.ts";
import { range, ZERO } from "./vector.ts";
import { vex } from "./vex.ts";

type Kind = "shl" | "shr_u" | "shr_s";

function shiftLanes(name: string, bits: 32 | 64, kind: Kind): Shared {
  const lanes = bits === 32 ? i32x4 : i64x2;
  const scalar = bits === 32 ? i32 : i64;
  const most = scalar.const(bits - 1);
  return {
    name,
    params: ["v128", "v128"],
    result: "v128",
    body: (c) => {
      const r = c.var(ZERO);
      for (const i of range(0, 128 / bits)) {
        const n = c.tmp(lanes.extract_lane(c.param(1), i));
        const over = scalar.gt_u(n, most);
        const shift = (count: Val): Val => scalar[kind](lanes.extract_lane(c.param(0), i), count);
        const v = kind === "shr_s" ? shift(select(over, most, n)) : select(over, scalar.const(0), shift(n));
        c.set(r, lanes.replace_lane(c.get(r), i, v));
      }
      c.ret(c.get(r));
    },
  };
}
function variable(name: string, bits: 32 | 64, kind: Kind) {
  const f = shiftLanes(name, bits, kind);
  return vex((e) => e.write(0, e.shared(f, e.read(0), e.read(1))));
}

export const avxShift: SemTable = {
  VPSLLVD: variable("shiftLeftEach32", 32, "shl"),
  VPSLLVQ: variable("shiftLeftEach64", 64, "shl"),
  VPSRLVD: variable("shiftRightEach32", 32, "shr_u"),
  VPSRLVQ: variable("shiftRightEach64", 64, "shr_u"),
  VPSRAVD: variable("shiftSignedEach32", 32, "shr_s"),
};
