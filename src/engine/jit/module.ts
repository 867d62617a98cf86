/** One WebAssembly module of regions: a root and the functions that it calls. Functions have addresses of their own. */
import type { Shared } from "../../sem/emit.ts";
import type { Callee } from "../../wasm/code.ts";
import { ModuleBuilder } from "../../wasm/module.ts";
import type { RegionEmit } from "./emit.ts";

/** Indices from here on are regions of this module; below, imported functions. */
const OWN = 1 << 20;

type WasmFunction = (...args: number[]) => number;

/** What the handlers' module offers. */
export interface SharedFunctions {
  slowRead: Shared;
  slowWrite: Shared;
  invoke: Shared;
  /** Exported functions by name. */
  exports: Readonly<Record<string, unknown>>;
}

export class RegionModule {
  private readonly imports: (Pick<Shared, "name" | "params" | "result"> & { fn: unknown })[] = [];
  readonly memory: { slowRead: Shared; slowWrite: Shared };
  readonly invoke: Shared;

  /** `entries`: the addresses of the regions, in order; `compiled`: regions of other modules that these call. */
  constructor(
    private readonly shared: SharedFunctions,
    private readonly entries: readonly number[],
    private readonly compiled: ReadonlyMap<number, () => number>,
  ) {
    this.memory = { slowRead: shared.slowRead, slowWrite: shared.slowWrite };
    this.invoke = shared.invoke;
  }
  use(f: Shared): Callee {
    const fn = this.shared.exports[f.name];
    if (!fn) throw new Error(`shared function ${f.name} is not in the image`);
    return this.importOf(f, fn);
  }
  private importOf(f: Pick<Shared, "name" | "params" | "result">, fn: unknown): Callee {
    let at = this.imports.findIndex((g) => g.name === f.name);
    if (at < 0) at = this.imports.push({ name: f.name, params: f.params, result: f.result, fn }) - 1;
    return { index: at, params: f.params, result: f.result };
  }
  /** The region for an address, in this module or another. */
  regionAt(address: number): Callee | undefined {
    const i = this.entries.indexOf(address);
    if (i >= 0) return { index: OWN + i, params: [], result: "i32" };
    const fn = this.compiled.get(address);
    return fn && this.importOf({ name: `region ${address}`, params: [], result: "i32" }, fn);
  }
  /** Final index of a function; known once all regions are emitted. */
  functionIndex(index: number): number {
    return index >= OWN ? this.imports.length + index - OWN : index;
  }
  build(regions: readonly RegionEmit[]): Uint8Array<ArrayBuffer> {
    const m = new ModuleBuilder();
    m.importMemory("env", "memory", 1, 65536);
    for (const f of this.imports)
      m.importFunc("shared", f.name, { params: f.params, results: f.result ? [f.result] : [] });
    for (const [i, r] of regions.entries()) {
      const index = m.func({ params: [], results: ["i32"] });
      const { body, hints } = r.assemble();
      m.setBody(index, body);
      m.hintBranches(index, hints);
      m.exportFunc(`r${i}`, index);
    }
    return m.build();
  }
  instantiate(memory: WebAssembly.Memory, bytes: Uint8Array<ArrayBuffer>): (() => number)[] {
    const shared: Record<string, WasmFunction> = {};
    for (const f of this.imports) shared[f.name] = f.fn as WasmFunction;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory }, shared });
    return this.entries.map((_, i) => instance.exports[`r${i}`] as () => number);
  }
}
