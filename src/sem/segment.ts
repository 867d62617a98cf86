/** Segment registers. Programs see Linux's descriptors, and those of their LDT (helpers/segments.ts). */
import { CS, FS, GS, SEG_BASE, SS } from "../cpu/layout.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import { type Emit, type Semantics, VECTOR } from "./emit.ts";
import { type Family, sizeOf } from "./operand.ts";

/** Raises the exception of a helper that checked a selector (i32): 0 for none, else #NP, #SS or #GP, which name it. */
export function faultOf(e: Emit, vector: Val, selector: Val): void {
  const error = i32.and(selector, i32.const(0xfffc));
  const v = e.tmp(vector);
  for (const known of [VECTOR.NP, VECTOR.SS, VECTOR.GP]) e.faultIf(i32.eq(v, i32.const(known)), known, error);
}

/** Loads segment register n (i32) with a selector (i32), or faults. Everything else that can fault must have happened before. */
export function loadSelector(e: Emit, n: Val, selector: Val): void {
  e.faultIf(i32.eq(n, i32.const(CS)), VECTOR.UD);
  faultOf(e, e.helper("loadSegment", n, selector), selector);
}

/** LES, LDS, LFS, LGS, LSS: the offset, then the selector behind it. */
function loadFar(n: number): Semantics {
  return (e) => {
    const size = sizeOf(e);
    const at = e.ea(1);
    const offset = e.load(at, size);
    const selector = e.load(e.tmp(i64.add(at, i64.const(size / 8))), 16);
    loadSelector(e, i32.const(n), selector);
    e.write(0, offset);
  };
}

function readBase(n: number): Semantics {
  return (e) => {
    const base = e.field("i64", SEG_BASE + 8 * n);
    e.write(0, sizeOf(e) === 64 ? base : i32.wrap_i64(base));
  };
}
function writeBase(n: number): Semantics {
  return (e) => {
    const v = e.read(0);
    if (sizeOf(e) === 64) {
      const canonical = i64.eq(i64.shr_s(i64.shl(v, i64.const(16)), i64.const(16)), v);
      e.faultIf(i32.eqz(canonical), VECTOR.GP);
      e.setField("i64", SEG_BASE + 8 * n, v);
    } else e.setField("i64", SEG_BASE + 8 * n, i64.extend_i32_u(v));
  };
}

/** LAR, LSL, VERR, VERW: ZF says whether the selector names a descriptor that the program may see. */
function describe(what: "descriptorAccess" | "descriptorLimit"): Semantics {
  return (e) => {
    const known = e.helper("descriptorKnown", i32.and(source16(e, 1), i32.const(0xffff)));
    const value = e.helper(what, i32.and(source16(e, 1), i32.const(0xffff)));
    e.if(known, () => e.write(0, sizeOf(e) === 64 ? i64.extend_i32_u(value) : value));
    e.flagsSet({ zf: known });
  };
}
function verify(write: boolean): Semantics {
  return (e) => e.flagsSet({ zf: e.helper(write ? "descriptorWritable" : "descriptorReadable", source16(e, 0)) });
}
function source16(e: Emit, i: number): Val {
  const v = e.read(i);
  return v.ty === "i64" ? i32.wrap_i64(v) : i32.and(v, i32.const(0xffff));
}

export const SEGMENT = {
  LES: loadFar(0),
  LSS: loadFar(SS),
  LDS: loadFar(3),
  LFS: loadFar(FS),
  LGS: loadFar(GS),
  RDFSBASE: readBase(FS),
  RDGSBASE: readBase(GS),
  WRFSBASE: writeBase(FS),
  WRGSBASE: writeBase(GS),
  LAR: describe("descriptorAccess"),
  LSL: describe("descriptorLimit"),
  VERR: verify(false),
  VERW: verify(true),
  /** Raises the destination's requested privilege level to the source's. */
  ARPL: (e) => {
    const to = e.read(0);
    const from = i32.and(e.read(1), i32.const(3));
    const lower = e.tmp(i32.lt_u(i32.and(to, i32.const(3)), from));
    e.if(lower, () => e.write(0, i32.or(i32.and(to, i32.const(0xfffc)), from)));
    e.flagsSet({ zf: lower });
  },
} satisfies Family;
