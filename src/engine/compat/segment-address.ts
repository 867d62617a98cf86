/** Addresses through segments, as 16- and 32-bit code makes them. SDM volume 3, 5.3; AMD's manual volume 2, 4.12. */
import {
  EXIT_ADDR,
  EXIT_ERROR,
  EXIT_VECTOR,
  SEG_BASE,
  SEG_BIG,
  SEG_CODE,
  SEG_DOWN,
  SEG_LIMIT_FROM_BASE,
  SEG_RW,
  SS,
} from "../../cpu/layout.ts";
import { type Shared, VECTOR } from "../../sem/emit.ts";
import { i32, i64, select, type Val } from "../../wasm/expr.ts";

const ZERO = i32.const(0);

/**
 * (RAM address of the segment's base, offset, bytes, is it a write) -> linear address of 32 bits; or -1 with the exit fields
 * set, where the segment is null, of another kind, or doesn't have all of the bytes.
 */
export const segmentAddress: Shared = {
  name: "segment_address",
  params: ["i32", "i64", "i32", "i32"],
  result: "i64",
  body: (c) => {
    const [segment, offset, bytes, write] = [c.param(0), c.param(1), c.param(2), c.param(3)];
    const limit = c.tmp(i64.extend_i32_u(c.ldExpr("i32", segment, SEG_LIMIT_FROM_BASE)));
    const kind = c.ld("i32", segment, SEG_LIMIT_FROM_BASE + 4);
    const has = (bit: number): Val => i32.ne(i32.and(kind, i32.const(bit)), ZERO);
    const isCode = c.tmp(has(SEG_CODE));
    const allowed = select(write, i32.and(has(SEG_RW), i32.eqz(isCode)), i32.or(has(SEG_RW), i32.eqz(isCode)));
    const last = c.tmp(i64.add(offset, i64.extend_i32_u(i32.sub(bytes, i32.const(1)))));
    const down = i32.and(has(SEG_DOWN), i32.eqz(isCode));
    // Segments that grow down begin behind their limit.
    const top = select(has(SEG_BIG), i64.const(0xffffffff), i64.const(0xffff));
    const inside = select(down, i32.and(i64.gt_u(offset, limit), i64.le_u(last, top)), i64.le_u(last, limit));
    c.if(i32.and(i32.and(i32.ne(kind, ZERO), allowed), inside), () => {
      const linear = i64.add(c.ldExpr("i64", segment), offset);
      c.ret(i64.and(linear, i64.const(0xffffffff)));
    });
    const isStack = i32.eq(segment, i32.const(SEG_BASE + 8 * SS));
    c.st("i32", ZERO, select(isStack, i32.const(VECTOR.SS), i32.const(VECTOR.GP)), EXIT_VECTOR);
    c.st("i32", ZERO, ZERO, EXIT_ERROR);
    c.st("i64", ZERO, i64.const(0), EXIT_ADDR);
    c.ret(i64.const(-1));
  },
};
