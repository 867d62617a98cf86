/**
 * VEX forms out of the semantics of their SSE forms. The SSE text runs once for each 128-bit half, over a view of the
 * emitter in which operands are those of the half: where the VEX form has a separate first source, that is what is
 * read as the destination. Results are kept and written when all halves are done, with the upper half cleared
 * where the instruction has 128 bits. SDM volume 2, 2.3.5 to 2.3.7.
 */
import { MXCSR } from "../cpu/layout.ts";
import { i32, i64, type Ty, type Val } from "../wasm/expr.ts";
import { f32x4, f64x2, i8x16, i32x4, i64x2, v128 } from "../wasm/simd.ts";
import { type Emit, type OperandInfo, type Semantics, VECTOR } from "./emit.ts";
import { raiseUnmasked } from "./sse-float-ops.ts";

const ZERO = v128.const([0]);
export const range = (from: number, n: number): number[] => Array.from({ length: n }, (_, i) => from + i);

/** The emitter with some members replaced for whoever is given the view. */
export function view(e: Emit, changed: Partial<Emit>): Emit {
  return new Proxy(e, {
    get(target, name) {
      if (name in changed) return Reflect.get(changed, name);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

export function isVector(o: OperandInfo): boolean {
  return o.kind === "reg" && (o.cls === "xmm" || o.cls === "ymm");
}
/** The instruction works on 256 bits. */
export function isWide(e: Emit): boolean {
  return e.ops.some((o) => o.size === 256);
}
/** Writes vector register or memory operand i; `hi` is left out by instructions of 128 bits. */
export function writeVector(e: Emit, i: number, lo: Val, hi?: Val): void {
  if (isVector(e.ops[i])) e.writeWide(i, lo, hi ?? ZERO);
  else if (hi) e.writeWide(i, lo, hi);
  else e.write(i, lo);
}
/** The half's 128 bits of operand i, or all of a narrower one; memory is read once. */
export class Sources {
  private readonly known: Val[][] = [];
  constructor(private readonly e: Emit) {}
  read(i: number, half: number): Val {
    this.known[i] ??= this.e.ops[i].size === 256 ? this.e.readWide(i) : [this.e.read(i)];
    return this.known[i][half] ?? this.known[i][0];
  }
}

export function replaceLow(old: Val, v: Val): Val {
  switch (v.ty) {
    case "f32":
      return f32x4.replace_lane(old, 0, v);
    case "f64":
      return f64x2.replace_lane(old, 0, v);
    case "i64":
      return i64x2.replace_lane(old, 0, v);
    case "i32":
      return i32x4.replace_lane(old, 0, v);
    default:
      return v;
  }
}
function asHalf(o: OperandInfo): OperandInfo {
  return o.size === 256 ? { ...o, cls: o.cls === "ymm" ? "xmm" : o.cls, size: 128 } : o;
}

export interface Form {
  /** Operands of the SSE form. */
  arity?: number;
  /** Bits of the immediate that each half has for itself, where it has. */
  immediate?: number;
  /** Bytes of the source that make 16 of the destination, where that is wider. */
  widening?: 2 | 4 | 8;
  /** How results are put together, where not side by side: f(results of the halves, as the SSE form would write them). */
  join?: (e: Emit, results: readonly Val[]) => void;
}

/** The second half's part of a source that is narrower than the destination. */
function upperPart(v: Val, bytes: number): Val {
  if (v.ty === "i64") return i32.wrap_i64(i64.shr_u(v, i64.const(bytes * 8)));
  if (v.ty === "i32") return i32.shr_u(v, i32.const(bytes * 8));
  return i8x16.shuffle(v, ZERO, range(bytes, 16));
}

/** The VEX form of an SSE instruction. */
export function vex(sse: Semantics, form: Form = {}): Semantics {
  const { arity = 2, immediate = 0, widening, join } = form;
  return (e) => {
    const separate = e.ops.length > arity ? 1 : 0;
    const at = (i: number): number => (i === 0 ? 0 : i + separate);
    const sources = new Sources(e);
    const results: Val[] = [];
    const last = e.ops[e.ops.length - 1];
    const ops = e.ops.filter((_, i) => i !== 1 || !separate).map(asHalf);
    const kept = isVector(e.ops[0]) || (e.ops[0].kind === "mem" && e.ops[0].size >= 128) || join !== undefined;
    const wide = isWide(e);
    // An exception that is not masked must wait for the flags of the other half.
    const raised = wide && FLOAT.test(e.mnemonic) ? e.var(i32.const(0)) : undefined;
    const before = raised ? e.field("i32", MXCSR) : ZERO;
    for (const half of wide ? [0, 1] : [0]) {
      const read = (i: number): Val => {
        const v = sources.read(i === 0 ? separate : at(i), half);
        return widening && half === 1 && i === 1 ? e.tmp(upperPart(v, widening)) : v;
      };
      sse(
        view(e, {
          vex: true,
          ops,
          read,
          readLow: (i: number, ty: Ty) => {
            if (widening && wide && i === 1) return e.tmp(f64x2.extract_lane(read(1), 0));
            return e.readLow(i === 0 ? separate : at(i), ty);
          },
          write: (i: number, v: Val) => {
            if (i === 0 && kept) results[half] = e.tmp(v);
            else e.write(at(i), v);
          },
          writeLow: (i: number, v: Val, rest?: number | "zero") => {
            if (!isVector(e.ops[i])) return e.writeLow(i, v);
            e.writeLow(i, v, rest === "zero" ? rest : separate);
            e.clearUpper(i);
          },
          copyVector: (i: number, j: number) => {
            e.copyVector(i, at(j));
            e.clearUpper(i);
          },
          same: (i: number, j: number) => e.same(i === 0 ? separate : at(i), j === 0 ? separate : at(j)),
          imm: (i: number) => {
            const v = e.imm(at(i));
            return immediate && half ? i32.shr_u(v, i32.const(immediate)) : v;
          },
          ea: (i: number) => e.ea(at(i)),
          xmm: (n: number) => (isVector(last) && separate && e.ops.length === 4 ? sources.read(3, half) : e.xmm(n)),
          setXmm: (n: number, v: Val) => {
            e.setXmm(n, v);
            e.setUpper(n, ZERO);
          },
          faultIf: (cond: Val, vector: number) => {
            if (raised && vector === VECTOR.XM) e.set(raised, i32.or(e.get(raised), cond));
            else e.faultIf(cond, vector);
          },
        }),
      );
    }
    if (raised) raiseUnmasked(e, before, e.get(raised));
    if (join) join(e, results);
    else if (results[0]) writeVector(e, 0, results[0], results[1]);
  };
}
/** Packed floating-point arithmetic, which may raise #XM. */
const FLOAT = /^V(ADD|SUB|MUL|DIV|SQRT|MIN|MAX|CMP|HADD|HSUB|ADDSUB|DP|ROUND|CVT)\w*P[SD]/;
