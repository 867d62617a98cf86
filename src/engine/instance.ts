/** The module of the handlers, made to run in a machine's RAM. */
import { HANDLERS, INDEX, INDEX_SIZE, PLANS, PLANS_SIZE } from "../cpu/layout.ts";
import type { Ram } from "../mmu/ram.ts";
import type { CpuLevel } from "../sem/cpu-features.ts";
import type { Helper, HelperHost } from "../sem/helpers.ts";
import type { HandlerImage } from "./interp/image.ts";
import { FN_MASK } from "./interp/numbers.ts";

export interface InstanceOptions {
  ram: Ram;
  image: HandlerImage;
  helpers: Readonly<Record<string, Helper>>;
  /** Cycles and random numbers for helpers. */
  tsc(): number;
  random(bytes: Uint8Array): void;
  /** The processor to be; instructions that it doesn't have are undefined. */
  level?: CpuLevel;
}

/** What the handlers' module imports of the engine. */
export interface EngineImports {
  lookup(): number;
  codeStore(at: number, n: number): void;
  watch(address: bigint, n: number, write: number): number;
  hot(): void;
}

/** By name. */
export type Helpers = Record<string, (...args: number[]) => number>;

/** `ldt`: the local descriptor table of the address space that runs, if it has one. */
export function bindHelpers(o: InstanceOptions, ldt: () => Uint8Array | undefined): Helpers {
  const { ram } = o;
  const host: HelperHost = {
    get u8() {
      return ram.u8;
    },
    get u16() {
      return ram.u16;
    },
    get i32() {
      return ram.i32;
    },
    get f64() {
      return ram.f64;
    },
    get view() {
      return ram.view;
    },
    get ldt() {
      return ldt();
    },
    tsc: o.tsc,
    random: o.random,
    level: o.level,
  };
  const helper: Helpers = {};
  for (const [name, fn] of Object.entries(o.helpers)) helper[name] = (...args) => fn(host, ...args);
  return helper;
}

/** The handlers as functions, with what they import. */
export function instantiate(o: InstanceOptions, helper: Helpers, imports: EngineImports): Record<string, unknown> {
  const env = { memory: o.ram.memory, ...imports };
  const module = o.image.module ?? new WebAssembly.Module(o.image.wasm);
  const instance = new WebAssembly.Instance(module, { env, helper });
  return instance.exports;
}

/** Adds the handlers of the second module to the table. `exports`: the first one's. */
export function instantiateLater(o: InstanceOptions, helper: Helpers, exports: Record<string, unknown>): void {
  const env = { memory: o.ram.memory, table: exports.table as WebAssembly.Table };
  const shared: Helpers = {};
  for (const [name, f] of Object.entries(exports)) if (typeof f === "function") shared[name] = f as Helpers[string];
  new WebAssembly.Instance(new WebAssembly.Module(o.image.later()), { env, helper, shared });
  o.ram.i32[HANDLERS >> 2] = FN_MASK + 1;
}

/** Puts into RAM what the handlers' module makes records by. */
export function installTables(ram: Ram, index: Uint16Array, { plans, first }: HandlerImage): void {
  ram.i32[HANDLERS >> 2] = first;
  if (index.byteLength > INDEX_SIZE || plans.byteLength > PLANS_SIZE)
    throw new Error("the handlers' tables are too large");
  ram.u16.set(index, INDEX >> 1);
  ram.i32.set(plans, PLANS >> 2);
}
