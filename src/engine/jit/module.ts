/** One WebAssembly module of regions: a root and the functions that it calls. Functions have addresses of their own. */
import type { Shared } from "../../sem/emit.ts";
import type { Callee } from "../../wasm/code.ts";
import { ModuleBuilder } from "../../wasm/module.ts";
import { memoryFunctions } from "../emit/memory.ts";
import { CHAIN, INVOKE, proceed } from "../interp/shared.ts";
import type { RegionBuilder } from "./region.ts";
import type { RegionWatch } from "./watch.ts";

/** Indices from here on are regions of this module; below, imported functions. */
const OWN = 1 << 20;
const REGION = { params: ["i32", "i32"], result: "i64" } as const;

/** A compiled region: (nested calls, entry) -> RIP to go on at, or -1. */
export type RegionFunction = (depth: number, entry: number) => bigint;
type WasmFunction = (...args: number[]) => unknown;

/** A region that is called, and where it is entered. */
export interface Known<F> {
  callee: F;
  entry: number;
}

// Only names and types matter: the functions themselves are in the handlers' module.
const { region: memory } = memoryFunctions({
  codeStore: { index: 0, params: ["i32", "i32"], result: undefined },
  watch: { index: 0, params: ["i64", "i32", "i32"], result: "i32" },
});
const imported = (type: Omit<Shared, "body">): Shared => ({
  ...type,
  body: () => {
    throw new Error(`${type.name} is imported`);
  },
});

export class RegionModule {
  private readonly imports: (Pick<Shared, "name" | "params" | "result"> & { fn: unknown })[] = [];
  private readonly importAt = new Map<string, number>();
  readonly memory = memory;
  readonly invoke = imported(INVOKE);
  readonly chain = imported(CHAIN);
  readonly proceed = proceed;

  /**
   * `exports`: functions of the handlers' module; `entries`: the addresses of the regions, in order; `compiled`: regions
   * of other modules that these call; `watch`: who counts what they do.
   */
  constructor(
    private readonly exports: Readonly<Record<string, unknown>>,
    private readonly entries: readonly number[],
    private readonly compiled: ReadonlyMap<number, Known<RegionFunction>>,
    readonly watch?: RegionWatch,
  ) {}
  /** (count) -> nothing: for regions that are watched. */
  get countFunction(): Callee {
    return this.importOf({ name: "count", params: ["i32"], result: undefined }, this.watch?.count);
  }
  use(f: Shared): Callee {
    return this.importOf(f, this.exports[f.name]);
  }
  private importOf(f: Pick<Shared, "name" | "params" | "result">, fn: unknown): Callee {
    let at = this.importAt.get(f.name);
    if (at === undefined) {
      if (!fn) throw new Error(`shared function ${f.name} is not in the image`);
      at = this.imports.push({ name: f.name, params: f.params, result: f.result, fn }) - 1;
      this.importAt.set(f.name, at);
    }
    return { index: at, params: f.params, result: f.result };
  }
  /** The region for an address, in this module or another. */
  regionAt(address: number): Known<Callee> | undefined {
    const i = this.entries.indexOf(address);
    if (i >= 0) return { callee: { index: OWN + i, ...REGION }, entry: 0 };
    const known = this.compiled.get(address);
    return (
      known && { callee: this.importOf({ name: `region ${address}`, ...REGION }, known.callee), entry: known.entry }
    );
  }
  /** Final index of a function; known once all regions are emitted. */
  functionIndex(index: number): number {
    return index >= OWN ? this.imports.length + index - OWN : index;
  }
  build(regions: readonly RegionBuilder[]): Uint8Array<ArrayBuffer> {
    const m = new ModuleBuilder();
    m.importMemory("env", "memory", 1, 65536);
    for (const f of this.imports)
      m.importFunc("shared", f.name, { params: f.params, results: f.result ? [f.result] : [] });
    for (const [i, r] of regions.entries()) {
      const { body, hints } = r.assemble();
      const index = m.func({ params: REGION.params, results: [REGION.result] }, body);
      m.hintBranches(index, hints);
      m.exportFunc(`r${i}`, index);
    }
    return m.build();
  }
  instantiate(ram: WebAssembly.Memory, bytes: Uint8Array<ArrayBuffer>): RegionFunction[] {
    const shared: Record<string, WasmFunction> = {};
    for (const f of this.imports) shared[f.name] = f.fn as WasmFunction;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: ram }, shared });
    return this.entries.map((_, i) => instance.exports[`r${i}`] as RegionFunction);
  }
}
