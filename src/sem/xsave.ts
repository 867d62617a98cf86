/**
 * XSAVE, XSAVEOPT, XSAVEC and XRSTOR with the components x87, SSE and AVX (XCR0 = 7). SDM volume 1, chapter 13. A component is
 * in use while a value of it is not what XRSTOR would make initial (13.6), as processors were seen to tell it.
 */
import { FCW, FDP, FIP, FOP, FSW, FTW, MXCSR, RAX, X87 } from "../cpu/layout.ts";
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import { v128 } from "../wasm/simd.ts";
import { type Emit, type Semantics, type SemTable, VECTOR } from "./emit.ts";
import { loadMxcsr, loadX87, loadXmm, plus, storeMxcsr, storeX87, storeXmm, xmmCount } from "./fxsave.ts";
import { ZERO } from "./vector.ts";
import { k, k64 } from "./x87-cells.ts";

const X87_STATE = 1;
const SSE_STATE = 2;
const AVX_STATE = 4;
const ALL = 7;
/** Legacy area, header, then the upper halves of YMM registers. */
const HEADER = 512;
const COMPACTED = 1n << 63n;
const UPPERS = 576;
const UPPERS_SIZE = 256;

/** The area's address, checked: aligned to 64, legacy area and header accessible; and the components asked for. */
function start(e: Emit, access: "r" | "w"): { at: Val; wanted: Val } {
  e.interpretOnly();
  const at = e.ea(0);
  e.faultIf(i32.wrap_i64(i64.and(at, k64(63))), VECTOR.GP);
  e.probe(at, UPPERS, access);
  return { at, wanted: e.tmp(i32.and(e.reg(RAX, 32), k(ALL))) };
}
const has = (set: Val, bits: number): Val => i32.and(set, k(bits));

/** Value of MXCSR and FCW after initialization. */
const MXCSR_INITIAL = 0x1f80;
const FCW_INITIAL = 0x37f;

function anyOf(list: readonly Val[]): Val {
  return v128.any_true(list.reduce(v128.or));
}
const SIXTEEN = Array.from({ length: 16 }, (_, i) => i);
/** The components in use, as bits. */
function inUse(e: Emit): Val {
  const words = [FSW, FOP].map((field) => e.field("u16", field));
  const control = i32.xor(e.field("u16", FCW), k(FCW_INITIAL));
  const pointers = i64.ne(i64.or(e.field("i64", FIP), e.field("i64", FDP)), k64(0));
  const registers = anyOf([0, 1, 2, 3, 4, 5, 6, 7].map((i) => e.field("v128", X87 + 16 * i)));
  const x87 = i32.ne([...words, control, e.field("u8", FTW), pointers, registers].reduce(i32.or), k(0));
  const sse = anyOf(SIXTEEN.map((i) => e.xmm(i)));
  const avx = anyOf(SIXTEEN.map((i) => e.upper(i)));
  return i32.or(x87, i32.or(i32.shl(sse, k(1)), i32.shl(avx, k(2))));
}

/** Which of the three: plain, or one that leaves out what is not in use, or that with the compacted format. */
type Form = "plain" | "optimized" | "compacted";

function save(wide: boolean, form: Form): Semantics {
  const compact = form === "compacted";
  return (e) => {
    const { at, wanted } = start(e, "w");
    e.if(has(wanted, AVX_STATE), () => e.probe(plus(at, UPPERS), UPPERS_SIZE, "w"));
    const header = plus(at, HEADER);
    const kept = compact ? k64(0) : i64.and(e.load(header, 64), i64.extend_i32_u(i32.xor(wanted, k(-1))));
    const old = compact ? kept : i64.or(kept, i64.and(e.load(header, 64), k64(-0x100000000n)));
    const control = i32.shl(i32.ne(e.field("i32", MXCSR), k(MXCSR_INITIAL)), k(1));
    const used = e.tmp(i32.and(wanted, compact ? i32.or(inUse(e), control) : inUse(e)));
    const stored = form === "plain" ? wanted : used;
    const present = e.tmp(i64.or(old, i64.extend_i32_u(used)));
    e.if(has(stored, X87_STATE), () => storeX87(e, at, wide));
    e.if(compact ? has(stored, SSE_STATE) : has(wanted, SSE_STATE | AVX_STATE), () => storeMxcsr(e, at));
    e.if(has(stored, SSE_STATE), () => storeXmm(e, at));
    e.if(has(stored, AVX_STATE), () => {
      for (let i = 0; i < xmmCount(e); i++) e.store(plus(at, UPPERS + 16 * i), 128, e.upper(i));
    });
    e.store(header, 64, present);
    if (compact) e.store(plus(header, 8), 64, i64.or(i64.extend_i32_u(wanted), k64(COMPACTED)));
  };
}

function initX87(e: Emit): void {
  e.setField("u16", FCW, k(FCW_INITIAL));
  for (const field of [FSW, FOP]) e.setField("u16", field, k(0));
  e.setField("u8", FTW, k(0));
  for (const field of [FIP, FDP]) e.setField("i64", field, k64(0));
  for (let i = 0; i < 8; i++) e.setField("v128", X87 + 16 * i, ZERO);
}

/** Loads a component if the area has it, else makes it initial; leaves it if it isn't wanted. */
function component(e: Emit, wanted: Val, present: Val, bit: number, load: () => void, init: () => void): void {
  e.if(has(wanted, bit), () => e.if(has(present, bit), load, init));
}

function restore(wide: boolean): Semantics {
  return (e) => {
    const { at, wanted } = start(e, "r");
    const header = plus(at, HEADER);
    const words = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => e.load(plus(header, 8 * i), 64));
    const [bits, format] = words;
    const compact = e.tmp(i64.lt_s(format, k64(0)));
    const beyond = (v: Val, set: Val): Val => i64.ne(i64.and(v, i64.xor(set, k64(-1))), k64(0));
    // Standard: nothing but components that exist, the next 16 bytes zero. Compacted: all 48 that follow the format.
    const standardBad = i32.or(beyond(bits, k64(ALL)), i64.ne(i64.or(format, words[2]), k64(0)));
    const formatBad = i32.or(beyond(format, k64(COMPACTED | BigInt(ALL))), beyond(bits, format));
    const rest = words.slice(2).reduce(i64.or);
    const compactBad = i32.or(i32.or(formatBad, i64.lt_s(bits, k64(0))), i64.ne(rest, k64(0)));
    e.faultIf(select(compact, compactBad, standardBad), VECTOR.GP);
    const present = e.tmp(i32.wrap_i64(bits));
    const uppers = e.tmp(i32.and(wanted, has(present, AVX_STATE)));
    e.if(uppers, () => e.probe(plus(at, UPPERS), UPPERS_SIZE, "r"));
    // In the standard format MXCSR comes with SSE or AVX, in the other one with SSE, where it may be initial.
    const standardMxcsr = i32.ne(has(wanted, SSE_STATE | AVX_STATE), k(0));
    const sse = e.tmp(has(wanted, SSE_STATE));
    const compactMxcsr = i32.ne(i32.and(sse, present), k(0));
    const mxcsr = e.var(select(i32.and(compact, i32.ne(sse, k(0))), k(MXCSR_INITIAL), e.field("i32", MXCSR)));
    e.if(select(compact, compactMxcsr, standardMxcsr), () => e.set(mxcsr, loadMxcsr(e, at)));
    e.setField("i32", MXCSR, e.get(mxcsr));
    component(
      e,
      wanted,
      present,
      X87_STATE,
      () => loadX87(e, at, wide),
      () => initX87(e),
    );
    component(
      e,
      wanted,
      present,
      SSE_STATE,
      () => loadXmm(e, at),
      () => {
        for (let i = 0; i < xmmCount(e); i++) e.setXmm(i, ZERO);
      },
    );
    component(
      e,
      wanted,
      present,
      AVX_STATE,
      () => {
        for (let i = 0; i < xmmCount(e); i++) e.setUpper(i, e.load(plus(at, UPPERS + 16 * i), 128));
      },
      () => e.clearUppers(),
    );
  };
}

export const xsave: SemTable = {
  XSAVE: save(false, "plain"),
  XSAVE64: save(true, "plain"),
  XSAVEOPT: save(false, "optimized"),
  XSAVEOPT64: save(true, "optimized"),
  XSAVEC: save(false, "compacted"),
  XSAVEC64: save(true, "compacted"),
  XRSTOR: restore(false),
  XRSTOR64: restore(true),
};
