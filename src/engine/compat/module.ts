/** Makes the function that runs one form of an instruction: a small module of its own, compiled when the form is first met. */
import type { Semantics, Shared } from "../../sem/emit.ts";
import type { Helper } from "../../sem/helpers.ts";
import { type Callee, Code } from "../../wasm/code.ts";
import type { Ty } from "../../wasm/expr.ts";
import { ModuleBuilder } from "../../wasm/module.ts";
import { memoryFunctions } from "../emit/memory.ts";
import type { HandlerModule } from "../interp/handler.ts";
import type { Variant } from "../interp/variant.ts";
import { CompatEmit } from "./emit.ts";

/** (record) -> exit code. */
export type CompatFunction = (record: number) => number;

export interface CompatHost {
  memory: WebAssembly.Memory;
  /** Functions of the handlers' module. */
  exports: Readonly<Record<string, unknown>>;
  /** By name; with the host bound. */
  helpers: Readonly<Record<string, (...args: number[]) => number>>;
  /** For their numbers of arguments. */
  helperTypes: Readonly<Record<string, Helper>>;
}

type AnyFunction = (...args: number[]) => unknown;

interface Import {
  from: "shared" | "helper";
  name: string;
  params: readonly Ty[];
  result: Ty | undefined;
  fn: AnyFunction;
}

// All of these are in the handlers' module.
const memory = memoryFunctions({
  codeStore: { index: 0, params: ["i32", "i32"], result: undefined },
  watch: { index: 0, params: ["i64", "i32", "i32"], result: "i32" },
});

/**
 * Imports come before a module's own functions, so a first emission finds out which ones there are; the second, which asks
 * for the same in the same order, knows their number.
 */
class CompatModule implements HandlerModule {
  readonly memory = memory;
  readonly builder = new ModuleBuilder();
  readonly handlerType: number;
  readonly found: Import[] = [];
  private readonly callees = new Map<string, Callee>();
  private readonly pending: (() => void)[] = [];

  constructor(
    private readonly host: CompatHost,
    private readonly imports: readonly Import[],
  ) {
    this.builder.importMemory("env", "memory", 1, 65536);
    for (const i of imports) {
      this.builder.importFunc(i.from, i.name, { params: i.params, results: i.result ? [i.result] : [] });
    }
    this.handlerType = this.builder.typeIndex({ params: ["i32"], results: ["i32"] });
  }
  private known(key: string, make: () => Callee): Callee {
    const known = this.callees.get(key) ?? make();
    this.callees.set(key, known);
    return known;
  }
  private importOf(i: Import): Callee {
    const key = `${i.from} ${i.name}`;
    return this.known(key, () => {
      this.found.push(i);
      const index = this.imports.findIndex((x) => x.from === i.from && x.name === i.name);
      return { index: Math.max(0, index), params: i.params, result: i.result };
    });
  }
  use(f: Shared): Callee {
    const { name, params, result } = f;
    const fn = this.host.exports[name];
    if (fn) return this.importOf({ from: "shared", name, params, result, fn: fn as AnyFunction });
    return this.known(name, () => {
      const index = this.builder.func({ params, results: result ? [result] : [] });
      this.pending.push(() => {
        const c = new Code(params);
        f.body(c, (g) => this.use(g));
        if (result) c.unreachable();
        this.builder.setBody(index, c.finish());
      });
      return { index, params, result };
    });
  }
  helper(name: string): Callee {
    const fn = this.host.helpers[name];
    if (!fn) throw new Error(`no helper named ${name}`);
    const params = new Array<Ty>(this.host.helperTypes[name].length - 1).fill("i32");
    return this.importOf({ from: "helper", name, params, result: "i32", fn });
  }
  emit(variant: Variant, semantics: Semantics): void {
    const e = new CompatEmit(variant, this);
    semantics(e);
    const index = this.builder.func({ params: ["i32"], results: ["i32"] }, e.body());
    while (this.pending.length) this.pending.pop()?.();
    this.builder.exportFunc("run", index);
  }
}

export function compile(host: CompatHost, variant: Variant, semantics: Semantics): CompatFunction {
  const draft = new CompatModule(host, []);
  draft.emit(variant, semantics);
  const last = new CompatModule(host, draft.found);
  last.emit(variant, semantics);
  const functions: Record<Import["from"], Record<string, AnyFunction>> = { shared: {}, helper: {} };
  for (const i of draft.found) functions[i.from][i.name] = i.fn;
  const module = new WebAssembly.Module(last.builder.build());
  return new WebAssembly.Instance(module, { env: { memory: host.memory }, ...functions }).exports.run as CompatFunction;
}
