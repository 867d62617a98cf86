/** Functions of the handlers' module that find the records for an address, or make them: what code-cache.ts and block.ts describe. */
import {
  ARENA,
  ARENA_NEXT,
  ARENA_SIZE,
  BREAKING,
  CODE_BASE,
  FRAME_BLOCKS,
  FRAME_FLAGS,
  JUMP_CACHE,
  STAT_BLOCKS,
  STAT_DECODED,
  STAT_LOOKUPS,
  TLB,
  TLB_ENTRIES,
  TLB_ENTRY,
  TLB_WTAG,
} from "../../cpu/layout.ts";
import { FRAME_CODE } from "../../mmu/frames.ts";
import type { Shared } from "../../sem/emit.ts";
import type { Code, Var } from "../../wasm/code.ts";
import { i32, i64, type Val } from "../../wasm/expr.ts";
import { v128 } from "../../wasm/simd.ts";
import { execFrame } from "../emit/memory.ts";
import {
  B_COUNT,
  B_END,
  B_FRAME,
  B_MOVED,
  B_NEXT,
  B_START,
  BUCKET_SHIFT,
  BUCKETS_SIZE,
  MAX_BLOCK,
  MAX_RECORDS,
  R_COUNT,
  R_FN,
  R_IMM,
  R_POS,
  R_WHERE,
  RECORD,
} from "../record.ts";
import { jumpCacheEntry } from "./jump-entry.ts";
import { ENDED, FN_GOTO, LENGTH, SHORT } from "./numbers.ts";
import { quickInsn } from "./quick.ts";

const ZERO = i32.const(0);
const n = i32.const;

function count(c: Code, field: number, by: Val): void {
  c.st("i32", ZERO, i32.add(c.ldExpr("i32", ZERO, field), by), field);
}
/** The list of a frame's blocks, which may be 0. */
function listOf(c: Code, frame: Val): Val {
  return c.ld("i32", i32.shr_u(frame, n(10)), FRAME_BLOCKS);
}
/** Where the list keeps the first block of those whose code starts near an offset. */
function bucketOf(list: Val, offset: Val): Val {
  return i32.add(list, i32.shl(i32.shr_u(offset, n(BUCKET_SHIFT)), n(2)));
}

/** (frame, offset) -> first record of the block that starts there, or 0. */
const known: Shared = {
  name: "knownBlock",
  params: ["i32", "i32"],
  result: "i32",
  body: (c) => {
    const [frame, offset] = [c.param(0), c.param(1)];
    const list = listOf(c, frame);
    c.if(i32.eqz(list), () => c.ret(ZERO));
    const at = c.var(c.ldExpr("i32", bucketOf(list, offset)));
    c.loop((top) => {
      c.if(i32.eqz(c.get(at)), () => c.ret(ZERO));
      c.if(i32.eq(c.ldExpr("u16", c.get(at), B_START), offset), () => c.ret(i32.add(c.get(at), n(RECORD))));
      c.set(at, c.ldExpr("i32", c.get(at), B_NEXT));
      c.br(top);
    });
  },
};

/** (frame) -> nothing: stores to the frame have to be noticed from now on. */
const mark: Shared = {
  name: "markCode",
  params: ["i32"],
  result: undefined,
  body: (c) => {
    const flags = c.tmp(i32.shr_u(c.param(0), n(12)));
    c.if(c.ldExpr("u8", flags, FRAME_FLAGS), () => c.ret());
    c.st("u8", flags, n(FRAME_CODE), FRAME_FLAGS);
    const at = c.var(ZERO);
    c.loop((top) => {
      c.st("i64", c.get(at), i64.const(-1), TLB + TLB_WTAG);
      c.set(at, i32.add(c.get(at), n(TLB_ENTRY)));
      c.brIf(i32.ne(c.get(at), n(TLB_ENTRIES * TLB_ENTRY)), top);
    });
  },
};

/** (frame) -> the list of its blocks, made if there is none. The caller has seen that there is room. */
const ensureList: Shared = {
  name: "ensureList",
  params: ["i32"],
  result: "i32",
  body: (c) => {
    const known = listOf(c, c.param(0));
    c.if(known, () => c.ret(known));
    const list = c.ld("i32", ZERO, ARENA_NEXT);
    c.memoryFill(list, ZERO, n(BUCKETS_SIZE));
    c.st("i32", i32.shr_u(c.param(0), n(10)), list, FRAME_BLOCKS);
    c.st("i32", ZERO, i32.add(list, n(BUCKETS_SIZE)), ARENA_NEXT);
    c.ret(list);
  },
};

/** A jump without an instruction of its own, to offset `to`: joins blocks. */
function join(c: Code, at: Val, to: Val, pos: Val): void {
  c.st("v128", at, v128.const([0]));
  c.st("v128", at, v128.const([0]), 16);
  c.st("i32", at, n(FN_GOTO), R_FN);
  c.st("u8", at, pos, R_POS);
  c.st("u16", at, i32.and(to, n(0xfff)), R_WHERE);
  c.st("u16", at, pos, R_COUNT);
  c.st("i64", at, i64.extend_i32_u(to), R_IMM);
}

/**
 * (frame, offset) -> first record of a block made of the code there; 0 if the arena is full, or if one of its instructions
 * is not for `quickInsn`.
 */
const decode: Shared = {
  name: "decodeBlock",
  params: ["i32", "i32"],
  result: "i32",
  body: (c, use) => {
    const [frame, offset] = [c.param(0), c.param(1)];
    const room = BUCKETS_SIZE + (1 + MAX_RECORDS) * RECORD;
    const full = i32.gt_u(c.ldExpr("i32", ZERO, ARENA_NEXT), n(ARENA + ARENA_SIZE - room));
    c.if(full, () => c.ret(ZERO), undefined, false);
    const list = c.call(use(ensureList), frame);
    const header = c.ld("i32", ZERO, ARENA_NEXT);
    const [at, ip, pos] = [c.var(i32.add(header, n(RECORD))), c.var(offset), c.var(ZERO)];
    const more = (x: Var, by: Val): void => c.set(x, i32.add(c.get(x), by));
    c.block((done) => {
      c.block((ends) => {
        c.loop((top) => {
          c.brIf(i32.or(i32.ge_u(c.get(ip), n(4096)), i32.eq(c.get(pos), n(MAX_BLOCK))), ends);
          const [start, end] = [i32.add(frame, c.get(ip)), i32.add(frame, n(4096))];
          const made = c.call(use(quickInsn), c.get(at), start, end, c.get(ip), c.get(pos));
          c.if(i32.le_s(made, ZERO), () => {
            c.brIf(i32.and(i32.eq(made, n(SHORT)), i32.ne(c.get(pos), ZERO)), ends);
            c.ret(ZERO);
          });
          more(at, n(RECORD));
          more(pos, n(1));
          more(ip, i32.and(made, n(LENGTH)));
          c.brIf(i32.and(made, n(ENDED)), done);
          c.br(top);
        });
      });
      join(c, c.get(at), c.get(ip), c.get(pos));
      more(at, n(RECORD));
    });
    const records = c.tmp(i32.sub(i32.shr_u(i32.sub(c.get(at), header), n(5)), n(1)));
    const bucket = c.tmp(bucketOf(list, offset));
    c.st("i32", header, c.ldExpr("i32", bucket), B_NEXT);
    c.st("i32", bucket, header);
    c.st("i32", header, frame, B_FRAME);
    c.st("u16", header, offset, B_START);
    c.st("u16", header, c.get(ip), B_END);
    c.st("u16", header, records, B_COUNT);
    c.st("i32", header, ZERO, B_MOVED);
    c.st("i32", ZERO, c.get(at), ARENA_NEXT);
    count(c, STAT_BLOCKS, n(1));
    count(c, STAT_DECODED, records);
    c.callVoid(use(mark), frame);
    c.ret(i32.add(header, n(RECORD)));
  },
};

/**
 * (linear address) -> record for the code there, now in the jump cache, with CODE_BASE set; or 0 if the engine has to see
 * to it: page faults, instructions that need decode/, breakpoints.
 */
export const findCode: Shared = {
  name: "findCode",
  params: ["i64"],
  result: "i32",
  body: (c, use) => {
    const target = c.param(0);
    count(c, STAT_LOOKUPS, n(1));
    c.if(c.ldExpr("i32", ZERO, BREAKING), () => c.ret(ZERO));
    const frame = c.call(use(execFrame), target);
    c.if(i32.eqz(frame), () => c.ret(ZERO));
    const offset = c.tmp(i32.and(i32.wrap_i64(target), n(4095)));
    const record = c.var(c.callExpr(use(known), frame, offset));
    c.if(i32.eqz(c.get(record)), () => {
      c.set(record, c.callExpr(use(decode), frame, offset));
      c.if(i32.eqz(c.get(record)), () => c.ret(ZERO));
    });
    const at = jumpCacheEntry(c, target);
    c.st("i64", at, target, JUMP_CACHE);
    c.st("i32", at, c.get(record), JUMP_CACHE + 8);
    c.st("i64", ZERO, i64.and(target, i64.const(-4096)), CODE_BASE);
    c.ret(c.get(record));
  },
};
