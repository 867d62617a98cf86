/**
 * Builds the modules that hold the handlers. Done ahead (tools/build.mjs writes it to a file); V8 compiles its functions
 * lazily, so its size costs little at start.
 */

import { EXIT } from "../../cpu/exit.ts";
import {
  BUDGET,
  CALL_DEPTH,
  CALL_HEAT,
  CALL_HEAT_SIZE,
  CODE_BASE,
  CODE_GENERATION,
  EXIT_CODE,
  HOPPED,
  JUMP_CACHE,
  REGION_CODE,
  REGION_FROM,
  RETURN_SP,
  RETURN_TO,
  RIP,
} from "../../cpu/layout.ts";
import type { Row } from "../../isa/types.ts";
import type { Semantics, Shared } from "../../sem/emit.ts";
import { type Callee, Code } from "../../wasm/code.ts";
import { i32, i64, select, type Val } from "../../wasm/expr.ts";
import { ModuleBuilder } from "../../wasm/module.ts";
import { type MemoryFunctions, memoryFunctions, STORE_WIDTHS } from "../emit/memory.ts";
import { settle, settleIfPending } from "../emit/pending.ts";
import { R_ENTRY, R_FN, R_GENERATION, R_IMM, R_MOVED, R_RIP, R_SLOT } from "../record.ts";
import { findCode } from "./find.ts";
import { isFirst } from "./first.ts";
import { HandlerEmit, type HandlerModule } from "./handler.ts";
import { jumpCacheEntry } from "./jump-entry.ts";
import { LaterImage } from "./later-image.ts";
import { ALONE, ENDS_BLOCK, FN_MASK, FN_REGION, SPECIALS } from "./numbers.ts";
import { quickInsn } from "./quick.ts";
import { CHAIN, INVOKE, jumpCache, proceed } from "./shared.ts";
import { VARIANTS, type Variant, variantsOf } from "./variant.ts";

export interface HandlerImage {
  /** The first module, and how many handlers it holds: see first.ts. */
  wasm: Uint8Array<ArrayBuffer>;
  first: number;
  /** The second one. */
  later(): Uint8Array<ArrayBuffer>;
  /** The first module compiled, if it was in time. */
  module?: WebAssembly.Module;
  /** By row index * VARIANTS + variant: index in table 0, with ENDS_BLOCK and ALONE; 0 where there is no semantics. */
  index: Uint16Array;
  /** How to make records: see plans.ts. */
  plans: Int32Array;
}

export interface ImageSource {
  rows: readonly Row[];
  semantics(row: Row): Semantics | undefined;
  /** Names of helpers with the number of their i32 arguments. */
  helpers: readonly { name: string; arity: number }[];
}

const ZERO = i32.const(0);
const GONE = i64.const(-1);
/** Visits from regions after which code is compiled. */
const HOT_VISITS = 4000;
const SPECIAL_ROW: Row = {
  index: -1,
  mnemonic: "",
  text: "",
  encoding: "",
  operands: [],
  modes: 7,
  feature: "",
  opSize: 64,
  flagsRead: "",
  flagsWritten: "",
  flagsUndefined: "",
  keepsFlagsAtZero: false,
  repeat: "",
  lockable: false,
  privileged: false,
  unsupported: false,
};

export class Image {
  private readonly module = new ModuleBuilder();
  private readonly helpers = new Map<string, Callee>();
  private readonly sharedFunctions = new Map<string, Callee>();
  private readonly pending: (() => void)[] = [];
  readonly memory: MemoryFunctions;
  /** Imported: () -> record for RIP, or 0 with the exit fields set. */
  private readonly lookup: Callee;
  /** Imported: compiles the code at RIP if that can be done. */
  private readonly hot: Callee;
  /** Type index of handlers: (record) -> exit code. */
  readonly handlerType: number;
  /** Type index of regions: see `Region` below. */
  readonly regionType: number;

  constructor(private readonly source: ImageSource) {
    const m = this.module;
    m.importMemory("env", "memory", 1, 65536);
    const codeStore = m.importFunc("env", "codeStore", { params: ["i32", "i32"], results: [] });
    const watch = m.importFunc("env", "watch", { params: ["i64", "i32", "i32"], results: ["i32"] });
    for (const h of source.helpers) {
      const params = new Array(h.arity).fill("i32");
      const index = m.importFunc("helper", h.name, { params, results: ["i32"] });
      this.helpers.set(h.name, { index, params, result: "i32" });
    }
    this.lookup = {
      index: m.importFunc("env", "lookup", { params: [], results: ["i32"] }),
      params: [],
      result: "i32",
    };
    this.hot = { index: m.importFunc("env", "hot", { params: [], results: [] }), params: [], result: undefined };
    this.handlerType = m.typeIndex({ params: ["i32"], results: ["i32"] });
    this.regionType = m.typeIndex({ params: ["i32", "i32"], results: ["i64"] });
    this.memory = memoryFunctions({
      codeStore: { index: codeStore, params: ["i32", "i32"], result: undefined },
      watch: { index: watch, params: ["i64", "i32", "i32"], result: "i32" },
    });
  }

  /** A shared function, emitted on first use. */
  use(f: Shared): Callee {
    const known = this.sharedFunctions.get(f.name);
    if (known) return known;
    const index = this.module.func({ params: f.params, results: f.result ? [f.result] : [] });
    const callee: Callee = { index, params: f.params, result: f.result };
    this.sharedFunctions.set(f.name, callee);
    this.pending.push(() => {
      const c = new Code(f.params);
      f.body(c, (g) => this.use(g));
      if (f.result) c.unreachable();
      this.module.setBody(index, c.finish());
    });
    return callee;
  }
  helper(name: string): Callee {
    const h = this.helpers.get(name);
    if (!h) throw new Error(`no helper named ${name}`);
    return h;
  }

  build(): Omit<HandlerImage, "plans"> {
    const index = new Uint16Array(this.source.rows.length * VARIANTS);
    const functions: number[] = [];
    const known = new Map<string, number>();
    const add = (body: Uint8Array): number => {
      const key = String.fromCharCode(...body);
      const old = known.get(key);
      if (old !== undefined) return old;
      functions.push(this.module.func({ params: ["i32"], results: ["i32"] }, body));
      known.set(key, functions.length - 1);
      return functions.length - 1;
    };
    for (const body of this.specials()) functions.push(this.module.func({ params: ["i32"], results: ["i32"] }, body));
    if (functions.length !== SPECIALS) throw new Error("special handlers miscounted");
    const put = (at: number, e: HandlerEmit, n: number): void => {
      index[at] = n | (e.terminator ? ENDS_BLOCK : 0) | (e.alone ? ALONE : 0);
    };
    const handlers = [...this.handlers()];
    for (const h of handlers) {
      // What the second module's handlers share must stand in the first.
      const e = this.handler(h, this);
      if (isFirst(h.variant.row)) put(h.at, e, add(e.body()));
      else e.body();
    }
    const { region } = this.memory;
    const stores = STORE_WIDTHS.map(region.slowStore);
    const plain = [this.enter, this.invoke, this.chain, proceed, settle, quickInsn];
    for (const f of [...plain, region.slowRead, region.slowWrite, ...stores]) this.use(f);
    while (this.pending.length) this.pending.pop()?.();
    const second = new LaterImage(this.memory, this.sharedFunctions, this.helpers, functions.length);
    for (const h of handlers) {
      if (isFirst(h.variant.row)) continue;
      const e = this.handler(h, second);
      put(h.at, e, second.add(e.body()));
    }
    if (second.count > FN_MASK) throw new Error("too many handlers");
    this.module.table(functions, "table", second.count);
    for (const [name, f] of this.sharedFunctions) this.module.exportFunc(name, f.index);
    const later = second.build();
    return { wasm: this.module.build(), first: functions.length, later: () => later, index };
  }
  /** Each variant of each row that has semantics, with its place in the index. */
  private *handlers(): Generator<{ at: number; variant: Variant; semantics: Semantics }> {
    for (const row of this.source.rows) {
      const semantics = this.source.semantics(row);
      if (!semantics) continue;
      for (const [n, variant] of variantsOf(row)) yield { at: row.index * VARIANTS + n, variant, semantics };
    }
  }
  private handler(
    { variant, semantics }: { variant: Variant; semantics: Semantics },
    module: HandlerModule,
  ): HandlerEmit {
    const e = new HandlerEmit(variant, module);
    try {
      semantics(e);
    } catch (error) {
      throw new Error(`${variant.row.text} (${variant.shape}): ${(error as Error).message}`, { cause: error });
    }
    return e;
  }
  /**
   * Runs the region of the record, unless this address space has other code there or it makes no progress. A region is
   * (nested calls, entry) -> RIP to go on at, or -1 to leave with REGION_CODE and RIP as they are in RAM.
   */
  private region(e: HandlerEmit): void {
    const rec = e.param(0);
    const rip = e.ld("i64", rec, R_RIP);
    const stale = i32.ne(e.ldExpr("i32", rec, R_GENERATION), e.ldExpr("i32", ZERO, CODE_GENERATION));
    e.if(stale, () => e.exit(EXIT.REGION, "this"));
    e.if(i64.eq(rip, e.thisRip()), () => {
      const depth = e.ldExpr("i32", ZERO, CALL_DEPTH);
      const next = e.var(this.runRegion(e, rec, depth));
      settleIfPending(e, (f) => this.use(f));
      e.if(i64.eq(e.get(next), GONE), () => {
        const code = e.ld("i32", ZERO, REGION_CODE);
        e.st("i32", ZERO, ZERO, REGION_CODE);
        e.if(code, () => e.ret(code));
        e.set(next, e.ldExpr("i64", ZERO, RIP));
      });
      e.if(i64.ne(e.get(next), rip), () => {
        const to = e.call(this.use(jumpCache), e.get(next));
        e.if(to, () => {
          e.if(i32.ne(e.ldExpr("i32", to, R_FN), i32.const(FN_REGION)), () =>
            e.callVoid(this.use(this.heat), to, e.get(next)),
          );
        });
        e.go(e.get(next));
      });
      // Calls that the region made have been to other pages.
      e.st("i64", ZERO, i64.and(rip, i64.const(-4096)), CODE_BASE);
    });
    e.tail(e.ld("i32", rec, R_MOVED));
    e.markEnd();
  }
  private runRegion(c: Code, rec: Val, depth: Val): Val {
    const slot = c.ldExpr("i32", rec, R_SLOT);
    return c.callIndirect(this.regionType, slot, "i64", depth, c.ldExpr("u16", rec, R_ENTRY));
  }
  /**
   * (nested calls, target) -> RIP to go on at, or -1: where a region leaves for another one that may run, that one takes its
   * place. Otherwise its caller sees to where to go on.
   */
  private readonly chain: Shared = {
    ...CHAIN,
    body: (c) => {
      const [depth, target] = [c.param(0), c.param(1)];
      const unless = (cond: Val): void => c.if(cond, () => c.ret(target), undefined, false);
      const spent = (): void => {
        c.st("i64", ZERO, target, RIP);
        c.st("i32", ZERO, c.ldExpr("i32", ZERO, REGION_FROM), HOPPED);
        c.st("i32", ZERO, i32.const(EXIT.YIELD), REGION_CODE);
        c.ret(GONE);
      };
      c.if(i32.lt_s(c.ldExpr("i32", ZERO, BUDGET), ZERO), spent, undefined, false);
      const at = jumpCacheEntry(c, target);
      unless(i64.ne(c.ldExpr("i64", at, JUMP_CACHE), target));
      const rec = c.ld("i32", at, JUMP_CACHE + 8);
      unless(i32.ne(c.ldExpr("i32", rec, R_FN), i32.const(FN_REGION)));
      unless(i64.ne(c.ldExpr("i64", rec, R_RIP), target));
      unless(i32.ne(c.ldExpr("i32", rec, R_GENERATION), c.ldExpr("i32", ZERO, CODE_GENERATION)));
      // Interpreted code that a region called has returned there.
      unless(i64.eq(target, c.ldExpr("i64", ZERO, RETURN_TO)));
      const slot = c.ldExpr("i32", rec, R_SLOT);
      c.tailCallIndirect(this.regionType, slot, depth, c.ldExpr("u16", rec, R_ENTRY));
    },
  };
  /** (record, its address) -> nothing: a region led to code that is not compiled; when it has often enough, it is. */
  private readonly heat: Shared = {
    name: "heat",
    params: ["i32", "i64"],
    result: undefined,
    body: (c) => {
      const counter = c.tmp(i32.and(i32.shr_u(c.param(0), i32.const(4)), i32.const(CALL_HEAT_SIZE - 2)));
      const n = c.tmp(i32.add(c.ldExpr("u16", counter, CALL_HEAT), i32.const(1)));
      const hot = i32.eq(n, i32.const(HOT_VISITS));
      c.st("u16", counter, select(hot, ZERO, n), CALL_HEAT);
      c.if(hot, () => {
        c.st("i64", ZERO, c.param(1), RIP);
        c.callVoid(this.hot);
      });
    },
  };
  /**
   * Guest call from a region: (target, return address, stack pointer after the return, nested calls) -> the return
   * address, or -1 if something has to leave. Runs on, compiled or interpreted, until the call has returned.
   */
  readonly invoke: Shared = {
    ...INVOKE,
    body: (c, use) => {
      const [first, back, sp, depth] = [c.param(0), c.param(1), c.param(2), c.param(3)];
      const rip = c.var(first);
      const rec = c.var(c.call(use(jumpCache), first));
      const [outer, generation] = [c.ld("i32", ZERO, CALL_DEPTH), c.ld("i32", ZERO, CODE_GENERATION)];
      c.st("i32", ZERO, depth, CALL_DEPTH);
      const at = (): Val => c.get(rip);
      const record = (): Val => c.get(rec);
      const leave = (code: Val): void => {
        c.st("i32", ZERO, outer, CALL_DEPTH);
        c.st("i32", ZERO, code, REGION_CODE);
        c.ret(GONE);
      };
      const leaveAt = (code: number): void => {
        c.st("i64", ZERO, at(), RIP);
        leave(i32.const(code));
      };
      c.block((done) => {
        c.loop((top) => {
          c.if(i32.lt_s(c.ldExpr("i32", ZERO, BUDGET), ZERO), () => leaveAt(EXIT.YIELD));
          c.if(i32.eqz(record()), () => {
            c.st("i64", ZERO, at(), RIP);
            c.set(rec, c.call(use(findCode), at()));
            c.if(i32.eqz(record()), () => c.set(rec, c.call(this.lookup)));
            c.if(i32.eqz(record()), () => leave(i32.const(EXIT.FETCH)));
          });
          const fresh = i32.eq(c.ldExpr("i32", record(), R_GENERATION), c.ldExpr("i32", ZERO, CODE_GENERATION));
          const here = i32.and(fresh, i64.eq(c.ldExpr("i64", record(), R_RIP), at()));
          c.if(i32.and(i32.eq(c.ldExpr("i32", record(), R_FN), i32.const(FN_REGION)), here), () => {
            const next = c.var(this.runRegion(c, record(), depth));
            c.if(i64.eq(c.get(next), GONE), () => {
              const code = c.ld("i32", ZERO, REGION_CODE);
              c.if(code, () => leave(code));
              c.set(next, c.ldExpr("i64", ZERO, RIP));
            });
            c.brIf(i64.eq(c.get(next), back), done);
            c.if(i64.ne(c.get(next), at()), () => {
              c.set(rip, c.get(next));
              c.set(rec, c.call(use(jumpCache), at()));
              c.br(top);
            });
          });
          c.if(i32.ne(c.ldExpr("i32", record(), R_FN), i32.const(FN_REGION)), () => {
            c.callVoid(use(this.heat), record(), at());
            c.brIf(i32.eq(c.ldExpr("i32", record(), R_FN), i32.const(FN_REGION)), top);
          });
          // A region that made no progress may have called into other pages.
          settleIfPending(c, use);
          c.st("i64", ZERO, i64.and(at(), i64.const(-4096)), CODE_BASE);
          const [oldBack, oldSp] = [c.ld("i64", ZERO, RETURN_TO), c.ld("i64", ZERO, RETURN_SP)];
          c.st("i64", ZERO, back, RETURN_TO);
          c.st("i64", ZERO, sp, RETURN_SP);
          const code = c.call(use(this.enter), record());
          c.st("i64", ZERO, oldBack, RETURN_TO);
          c.st("i64", ZERO, oldSp, RETURN_SP);
          c.brIf(i32.eq(code, i32.const(EXIT.RETURNED)), done);
          c.if(i32.ne(code, i32.const(EXIT.LOOKUP)), () => leave(code));
          c.set(rec, c.call(this.lookup));
          c.if(i32.eqz(record()), () => leave(i32.const(EXIT.FETCH)));
          c.set(rip, c.ldExpr("i64", ZERO, RIP));
          c.br(top);
        });
      });
      c.st("i32", ZERO, outer, CALL_DEPTH);
      c.if(i32.eq(c.ldExpr("i32", ZERO, CODE_GENERATION), generation), () => c.ret(back));
      // Code changed: the regions that wait for this call may be out of date, so all of them leave.
      c.st("i64", ZERO, back, RIP);
      c.ret(GONE);
    },
  };
  /** enter(record): runs until an exit. */
  readonly enter: Shared = {
    name: "enter",
    params: ["i32"],
    result: "i32",
    body: (c) => c.tailCallIndirect(this.handlerType, c.ldExpr("i32", c.param(0), R_FN), c.param(0)),
  };
  /** Bodies of the special handlers, in the order of their indices. */
  private specials(): Uint8Array[] {
    const special = (write: (e: HandlerEmit) => void): Uint8Array => {
      const row = SPECIAL_ROW;
      const e = new HandlerEmit({ row, mode: 64, shape: "none", rep: 0, addrSize: 64 }, this);
      write(e);
      return e.body();
    };
    return [
      special((e) => e.ret(e.ldExpr("i32", ZERO, EXIT_CODE))),
      special((e) => e.exit(EXIT.RECHECK, "this")),
      special((e) => e.jumpRel(0, "jmp")),
      special((e) => {
        const nextPage = i64.add(e.ldExpr("i64", ZERO, CODE_BASE), i64.const(4096));
        const frame = e.call(this.use(this.memory.execFrame), nextPage);
        e.if(i32.ne(frame, e.ldExpr("i32", e.param(0), R_IMM)), () => e.exit(EXIT.RECHECK, "this"));
      }),
      special((e) => e.fault(6)),
      special((e) => e.fault(13)),
      special((e) => this.region(e)),
      special((e) => e.exit(EXIT.BREAK, "this")),
      special((e) => e.exit(EXIT.BUDGET, "this")),
    ];
  }
}
