/** Guest memory for generated code: the TLB's inline test, and the shared functions behind it. */
import {
  BOUNCE,
  BOUNCE_HOST1,
  BOUNCE_HOST2,
  BOUNCE_LEN1,
  BOUNCE_SIZE,
  EXIT_ADDR,
  EXIT_ERROR,
  EXIT_VECTOR,
  FRAME_FLAGS,
  PT_ROOT,
  STAT_TLB_MISS,
  TLB,
  TLB_DELTA,
  TLB_ENTRIES,
  TLB_ENTRY,
  TLB_RTAG,
  TLB_WTAG,
  WATCHING,
} from "../../cpu/layout.ts";
import { EXEC, READ, WRITE } from "../../mmu/access.ts";
import { PTE_COW } from "../../mmu/space.ts";
import { type Shared, VECTOR } from "../../sem/emit.ts";
import type { Callee, Code, StoreWidth } from "../../wasm/code.ts";
import { i32, i64, select, type Ty, type Val } from "../../wasm/expr.ts";
import { PF_USER, PF_WRITE, WATCH_REFUSED } from "./access-codes.ts";

const ZERO = i32.const(0);
const PAGE_MASK = i64.const(-4096);
/** Byte address in RAM of the TLB entry, less TLB. */
export function tlbOffset(address: Val): Val {
  return i32.and(i32.shr_u(i32.wrap_i64(address), i32.const(7)), i32.const((TLB_ENTRIES - 1) * TLB_ENTRY));
}

function lastPage(address: Val, bytes: number): Val {
  const last = bytes === 1 ? address : i64.add(address, i64.const(bytes - 1));
  return i64.and(last, PAGE_MASK);
}
/** True (i32) if all `bytes` at the address lie in the page that the TLB entry at `at` holds for this access. */
export function tlbHit(c: Code, address: Val, at: Val, bytes: number, write: boolean): Val {
  return i64.eq(lastPage(address, bytes), c.ldExpr("i64", at, TLB + (write ? TLB_WTAG : TLB_RTAG)));
}
export function tlbMiss(c: Code, address: Val, at: Val, bytes: number, write: boolean): Val {
  return i64.ne(lastPage(address, bytes), c.ldExpr("i64", at, TLB + (write ? TLB_WTAG : TLB_RTAG)));
}

export function tlbHost(c: Code, address: Val, at: Val): Val {
  return i32.add(i32.wrap_i64(address), c.ldExpr("i32", at, TLB + TLB_DELTA));
}

/** Page-table entry for an address (canonical lower half), or 0. */
const walk: Shared = {
  name: "walk",
  params: ["i64"],
  result: "i32",
  body: (c) => {
    const a = c.param(0);
    const hi = c.tmp(i32.wrap_i64(i64.shr_u(a, i64.const(32))));
    const lo = c.tmp(i32.wrap_i64(a));
    const indices = [
      i32.and(i32.shr_u(hi, i32.const(10)), i32.const(63)),
      i32.and(hi, i32.const(1023)),
      i32.shr_u(lo, i32.const(22)),
    ];
    let table = c.ld("i32", ZERO, PT_ROOT);
    for (const index of indices) {
      const entry = c.ld("i32", i32.add(table, i32.shl(index, i32.const(2))));
      c.if(i32.eqz(entry), () => c.ret(ZERO));
      table = c.tmp(i32.and(entry, i32.const(-4096)));
    }
    const last = i32.and(i32.shr_u(lo, i32.const(12)), i32.const(1023));
    c.ret(c.ldExpr("i32", i32.add(table, i32.shl(last, i32.const(2)))));
  },
};

/** (linear address) -> frame (byte address) that it may be executed from, or 0. */
export const execFrame: Shared = {
  name: "execFrame",
  params: ["i64"],
  result: "i32",
  body: (c, use) => {
    c.if(i64.ne(i64.shr_u(c.param(0), i64.const(47)), i64.const(0)), () => c.ret(ZERO));
    const pte = c.call(use(walk), c.param(0));
    c.ret(select(i32.and(pte, i32.const(EXEC)), i32.and(pte, i32.const(-4096)), ZERO));
  },
};

/** Sets the exit fields of a page fault or, for a non-canonical address, #GP. */
const raisePage: Shared = {
  name: "raisePage",
  params: ["i64", "i32", "i32"],
  result: undefined,
  body: (c) => {
    const [address, pte, bits] = [c.param(0), c.param(1), c.param(2)];
    c.st("i64", ZERO, address, EXIT_ADDR);
    const canonical = i64.eq(address, i64.shr_s(i64.shl(address, i64.const(16)), i64.const(16)));
    c.if(
      canonical,
      () => {
        c.st("i32", ZERO, i32.const(VECTOR.PF), EXIT_VECTOR);
        c.st("i32", ZERO, i32.or(i32.or(bits, i32.const(PF_USER)), i32.ne(pte, ZERO)), EXIT_ERROR);
      },
      () => {
        c.st("i32", ZERO, i32.const(VECTOR.GP), EXIT_VECTOR);
        c.st("i32", ZERO, ZERO, EXIT_ERROR);
      },
    );
    c.ret();
  },
};

/** What the slow path asks of the engine; imported by the handlers' module. */
export interface MemoryImports {
  /** (host address, bytes): drops code before a store to a frame that holds some. */
  codeStore: Callee;
  /** (address, bytes, is a write) -> WATCH_NONE, WATCH_SLOW or WATCH_REFUSED. */
  watch: Callee;
}

/** Walks and fills the TLB for one page. Host address, or 0 with the exit fields set. */
function translateOne(write: boolean, { codeStore, watch }: MemoryImports, inRegion = false): Shared {
  const name = write ? "translateWrite" : "translateRead";
  return {
    name: inRegion ? `${name}Region` : name,
    params: ["i64", "i32"],
    result: "i32",
    body: (c, use) => {
      const [address, bytes] = [c.param(0), c.param(1)];
      c.st("i32", ZERO, i32.add(c.ldExpr("i32", ZERO, STAT_TLB_MISS), i32.const(1)), STAT_TLB_MISS);
      const pte = c.var(ZERO);
      c.if(i64.eqz(i64.shr_u(address, i64.const(47))), () => c.set(pte, c.call(use(walk), address)));
      const entry = c.get(pte);
      const need = write ? i32.const(WRITE | PTE_COW) : i32.const(READ);
      c.if(i32.ne(i32.and(entry, need), i32.const(write ? WRITE : READ)), () => {
        c.callVoid(use(raisePage), address, entry, i32.const(write ? PF_WRITE : 0));
        c.ret(ZERO);
      });
      const frame = c.tmp(i32.and(entry, i32.const(-4096)));
      const host = c.tmp(i32.or(frame, i32.and(i32.wrap_i64(address), i32.const(4095))));
      const watched = c.var(ZERO);
      c.if(c.ldExpr("i32", ZERO, WATCHING), () => {
        c.set(watched, c.callExpr(watch, address, bytes, i32.const(write ? 1 : 0)));
        // What regions can't do, the interpreter does.
        const no = inRegion ? c.get(watched) : i32.eq(c.get(watched), i32.const(WATCH_REFUSED));
        c.if(no, () => c.ret(ZERO));
      });
      if (write) {
        const flags = c.ldExpr("u8", i32.shr_u(frame, i32.const(12)), FRAME_FLAGS);
        c.if(flags, () => {
          // A region may be what changes: leave it to the interpreter.
          if (inRegion) return c.ret(ZERO);
          c.callVoid(codeStore, host, bytes);
          c.ret(host);
        });
      }
      c.if(c.get(watched), () => c.ret(host));
      const at = c.tmp(tlbOffset(address));
      const page = c.tmp(i64.and(address, PAGE_MASK));
      const other = TLB + (write ? TLB_RTAG : TLB_WTAG);
      // The delta serves both tags: drop the other one unless it is this page's already.
      c.if(i64.ne(c.ldExpr("i64", at, other), page), () => c.st("i64", at, i64.const(-1), other));
      c.st("i64", at, page, TLB + (write ? TLB_WTAG : TLB_RTAG));
      if (write) c.if(i32.and(entry, i32.const(READ)), () => c.st("i64", at, page, TLB + TLB_RTAG));
      c.st("i32", at, i32.sub(frame, i32.wrap_i64(page)), TLB + TLB_DELTA);
      c.ret(host);
    },
  };
}

/**
 * Translation when the inline test fails: (address, bytes) -> host address, or 0 with the exit fields set. An access
 * that crosses pages gets the bounce buffer: filled with the present bytes; for a write, `commit` copies it back.
 */
function slow(name: string, write: boolean, one: Shared, again = false): Shared {
  return {
    name,
    params: ["i64", "i32"],
    result: "i32",
    body: (c, use) => {
      const [address, bytes] = [c.param(0), c.param(1)];
      if (again) {
        // What was tested may have been more than this access.
        const at = c.tmp(tlbOffset(address));
        const last = i64.add(address, i64.extend_i32_u(i32.sub(bytes, i32.const(1))));
        const tag = c.ldExpr("i64", at, TLB + (write ? TLB_WTAG : TLB_RTAG));
        c.if(i64.eq(i64.and(last, PAGE_MASK), tag), () => c.ret(tlbHost(c, address, at)));
      }
      const left = c.tmp(i32.sub(i32.const(4096), i32.and(i32.wrap_i64(address), i32.const(4095))));
      c.if(i32.le_u(bytes, left), () => c.ret(c.call(use(one), address, bytes)));
      const first = c.call(use(one), address, left);
      c.if(i32.eqz(first), () => c.ret(ZERO));
      const rest = c.tmp(i32.sub(bytes, left));
      const second = c.call(use(one), i64.add(address, i64.extend_i32_u(left)), rest);
      c.if(i32.eqz(second), () => c.ret(ZERO));
      c.memoryCopy(i32.const(BOUNCE), first, left);
      c.memoryCopy(i32.add(i32.const(BOUNCE), left), second, rest);
      if (write) {
        c.st("i32", ZERO, first, BOUNCE_HOST1);
        c.st("i32", ZERO, second, BOUNCE_HOST2);
        c.st("i32", ZERO, left, BOUNCE_LEN1);
        c.st("i32", ZERO, bytes, BOUNCE_SIZE);
      }
      c.ret(i32.const(BOUNCE));
    },
  };
}

/** Copies the bounce buffer to where a page-crossing store belongs. */
export const commit: Shared = {
  name: "commit",
  params: [],
  result: undefined,
  body: (c) => {
    const n1 = c.ld("i32", ZERO, BOUNCE_LEN1);
    c.memoryCopy(c.ldExpr("i32", ZERO, BOUNCE_HOST1), i32.const(BOUNCE), n1);
    const n2 = i32.sub(c.ldExpr("i32", ZERO, BOUNCE_SIZE), n1);
    c.memoryCopy(c.ldExpr("i32", ZERO, BOUNCE_HOST2), i32.add(i32.const(BOUNCE), n1), n2);
    c.ret();
  },
};

const STORE_BYTES: Record<StoreWidth, number> = { u8: 1, u16: 2, i32: 4, i64: 8, f32: 4, f64: 8, v128: 16 };
export const STORE_WIDTHS = Object.keys(STORE_BYTES) as StoreWidth[];

/** (address, value) -> 1, or 0 with the exit fields set: a store where the inline test fails. */
function slowStore(w: StoreWidth, slowWrite: Shared): Shared {
  const ty: Ty = w === "u8" || w === "u16" ? "i32" : w;
  return {
    name: `store_${w}_${slowWrite.name}`,
    params: ["i64", ty],
    result: "i32",
    body: (c, use) => {
      const host = c.call(use(slowWrite), c.param(0), i32.const(STORE_BYTES[w]));
      c.if(i32.eqz(host), () => c.ret(ZERO));
      c.st(w, host, c.param(1));
      c.if(i32.eq(host, i32.const(BOUNCE)), () => c.callVoid(use(commit)));
      c.ret(i32.const(1));
    },
  };
}
function slowStores(slowWrite: Shared): (w: StoreWidth) => Shared {
  const all = new Map(STORE_WIDTHS.map((w) => [w, slowStore(w, slowWrite)]));
  return (w) => all.get(w) as Shared;
}

/** What lies behind the inline test. */
export interface SlowFunctions {
  slowRead: Shared;
  slowWrite: Shared;
  slowStore(w: StoreWidth): Shared;
}

export interface MemoryFunctions extends SlowFunctions {
  /** For regions: 0 also for a store to a frame with code. */
  region: SlowFunctions;
  /** Frame (byte address) that an address may be executed from, or 0. */
  execFrame: Shared;
}

export function memoryFunctions(imports: MemoryImports): MemoryFunctions {
  const slowWrite = slow("slowWrite", true, translateOne(true, imports));
  const regionWrite = slow("slowWriteRegion", true, translateOne(true, imports, true), true);
  return {
    slowRead: slow("slowRead", false, translateOne(false, imports)),
    slowWrite,
    slowStore: slowStores(slowWrite),
    region: {
      slowRead: slow("slowReadRegion", false, translateOne(false, imports, true), true),
      slowWrite: regionWrite,
      slowStore: slowStores(regionWrite),
    },
    execFrame,
  };
}
