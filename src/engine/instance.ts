/** The module of the handlers, made to run in a machine's RAM. */
import type { Ram } from "../mmu/ram.ts";
import type { CpuLevel } from "../sem/cpu-features.ts";
import type { Helper, HelperHost } from "../sem/helpers.ts";
import type { HandlerImage } from "./interp/image.ts";

export interface InstanceOptions {
  ram: Ram;
  image: HandlerImage;
  helpers: Readonly<Record<string, Helper>>;
  tsc(): number;
  random(bytes: Uint8Array): void;
  level?: CpuLevel;
}

/** What the handlers' module imports of the engine. */
export interface EngineImports {
  lookup(from: number): number;
  codeStore(at: number, n: number): void;
  watch(address: bigint, n: number, write: number): number;
  hot(): void;
}

/** The handlers as functions, with what they import. */
export function instantiate(o: InstanceOptions, imports: EngineImports): Record<string, unknown> {
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
    tsc: o.tsc,
    random: o.random,
    level: o.level,
  };
  const helper: Record<string, (...args: number[]) => number> = {};
  for (const [name, fn] of Object.entries(o.helpers)) helper[name] = (...args) => fn(host, ...args);
  const env = { memory: ram.memory, ...imports };
  const module = o.image.module ?? new WebAssembly.Module(o.image.wasm);
  const instance = new WebAssembly.Instance(module, { env, helper });
  return instance.exports;
}
