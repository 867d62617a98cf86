/**
 * AVX moves of lanes under a mask, and gathers. Lanes whose mask bit (the sign) is clear are not touched in memory, so
 * they cannot fault.
 */
import { SCRATCH } from "../cpu/layout.ts";
import { i32, i64, type Val } from "../wasm/expr.ts";
import { i32x4, i64x2 } from "../wasm/simd.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import { range, ZERO } from "./vector.ts";
import { isWide, writeVector } from "./vex.ts";

const MASK = i32.const(SCRATCH);
const DATA = i32.const(SCRATCH + 32);

function halves(e: Emit, i: number): Val[] {
  return e.ops[i].size === 256 ? e.readWide(i) : [e.read(i)];
}
function keep(e: Emit, at: Val, list: readonly Val[]): void {
  for (const [n, v] of list.entries()) e.st("v128", at, v, 16 * n);
}
/** Calls `body` for each lane under the mask, with its offset in bytes (i32). */
function eachLane(e: Emit, bytes: 4 | 8, total: number, body: (offset: Val) => void): void {
  const offset = e.var(i32.const(0));
  e.loop((top) => {
    const at = e.tmp(e.get(offset));
    const sign = i32.lt_s(e.ldExpr("i32", i32.add(MASK, at), bytes - 4), i32.const(0));
    e.if(sign, () => body(at));
    e.set(offset, i32.add(at, i32.const(bytes)));
    e.brIf(i32.lt_u(e.get(offset), i32.const(total)), top);
  });
}
const lane = (e: Emit, i: number, offset: Val): Val => e.tmp(i64.add(e.ea(i), i64.extend_i32_u(offset)));

/** VMASKMOV*, VPMASKMOV*: lanes not under the mask are zero in a register, and kept in memory. */
function masked(bytes: 4 | 8): Semantics {
  const size = bytes === 4 ? 32 : 64;
  const w = bytes === 4 ? "i32" : "i64";
  return (e) => {
    const total = isWide(e) ? 32 : 16;
    const mask = halves(e, 1);
    if (e.ops[0].kind === "mem") {
      e.ea(0);
      const data = halves(e, 2);
      keep(e, MASK, mask);
      eachLane(e, bytes, total, (offset) => e.probe(lane(e, 0, offset), bytes, "w"));
      keep(e, DATA, data);
      eachLane(e, bytes, total, (offset) => e.store(lane(e, 0, offset), size, e.ld(w, i32.add(DATA, offset))));
      return;
    }
    e.ea(2);
    keep(e, MASK, mask);
    const zero = mask.map(() => ZERO);
    keep(e, DATA, zero);
    eachLane(e, bytes, total, (offset) => {
      const v = e.load(lane(e, 2, offset), size);
      e.st(w, i32.add(DATA, offset), v);
    });
    const [lo, hi] = zero.map((_, n) => e.ld("v128", DATA, 16 * n));
    writeVector(e, 0, lo, hi);
  };
}

/**
 * Gathers, lane by lane. When one faults, those before it are done and their mask is clear, so that the instruction
 * goes on where it stopped, as the manual has it.
 */
function gather(indexBits: 32 | 64, bytes: 4 | 8): Semantics {
  const lanes = bytes === 4 ? i32x4 : i64x2;
  const none = bytes === 4 ? i32.const(0) : i64.const(0);
  const perHalf = 16 / bytes;
  return (e) => {
    const indices = e.vectorIndex(1);
    const count = Math.min(e.ops[0].size / (bytes * 8), (e.ops[1].cls === "ymm" ? 256 : 128) / indexBits);
    const data = e.readWide(0).map((v) => e.var(v));
    const mask = e.readWide(2).map((v) => e.var(v));
    for (const i of range(0, count)) {
      const half = Math.floor(i / perHalf);
      const at = i % perHalf;
      const own = lanes.extract_lane(e.get(mask[half]), at);
      const selected = own.ty === "i64" ? i64.lt_s(own, i64.const(0)) : i32.lt_s(own, i32.const(0));
      e.if(selected, () => {
        e.writeWide(0, e.get(data[0]), e.get(data[1]));
        e.writeWide(2, e.get(mask[0]), e.get(mask[1]));
        const from = indices[Math.floor((i * indexBits) / 128)];
        const n = i % (128 / indexBits);
        const index = indexBits === 64 ? i64x2.extract_lane(from, n) : i64.extend_i32_s(i32x4.extract_lane(from, n));
        const v = e.load(e.vectorAddress(1, index), bytes === 4 ? 32 : 64);
        e.set(data[half], lanes.replace_lane(e.get(data[half]), at, v));
      });
      e.set(mask[half], lanes.replace_lane(e.get(mask[half]), at, none));
    }
    // Lanes that no index is for are zero in the end.
    const done = e.get(data[0]);
    e.writeWide(0, count < perHalf ? low(done) : done, count > perHalf ? e.get(data[1]) : ZERO);
    e.writeWide(2, ZERO, ZERO);
  };
}
/** The lower 64 bits. */
function low(v: Val): Val {
  return i64x2.replace_lane(v, 1, i64.const(0));
}

export const avxMask: SemTable = {
  VMASKMOVPS: masked(4),
  VMASKMOVPD: masked(8),
  VPMASKMOVD: masked(4),
  VPMASKMOVQ: masked(8),
  VPGATHERDD: gather(32, 4),
  VPGATHERDQ: gather(32, 8),
  VPGATHERQD: gather(64, 4),
  VPGATHERQQ: gather(64, 8),
  VGATHERDPS: gather(32, 4),
  VGATHERDPD: gather(32, 8),
  VGATHERQPS: gather(64, 4),
  VGATHERQPD: gather(64, 8),
};
