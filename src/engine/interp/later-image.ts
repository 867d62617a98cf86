/** The second module of handlers: see first.ts. It takes memory, table and all functions from the first one. */
import type { Shared } from "../../sem/emit.ts";
import type { Callee } from "../../wasm/code.ts";
import { ModuleBuilder } from "../../wasm/module.ts";
import type { SlowFunctions } from "../emit/memory.ts";
import type { HandlerModule } from "./handler.ts";

export class LaterImage implements HandlerModule {
  private readonly module = new ModuleBuilder();
  private readonly shared: Map<string, Callee>;
  private readonly helpers: Map<string, Callee>;
  private readonly functions: number[] = [];
  private readonly known = new Map<string, number>();
  readonly handlerType: number;

  /** `shared`, `helpers`: what the first module exports and imports, by name; `first`: how many handlers it has. */
  constructor(
    readonly memory: SlowFunctions,
    shared: ReadonlyMap<string, Callee>,
    helpers: ReadonlyMap<string, Callee>,
    private readonly first: number,
  ) {
    const m = this.module;
    m.importMemory("env", "memory", 1, 65536);
    m.importTable("env", "table", first);
    const all = (from: string, functions: ReadonlyMap<string, Callee>): Map<string, Callee> =>
      new Map(
        [...functions].map(([name, { params, result }]) => {
          const index = m.importFunc(from, name, { params, results: result ? [result] : [] });
          return [name, { index, params, result }];
        }),
      );
    this.shared = all("shared", shared);
    this.helpers = all("helper", helpers);
    this.handlerType = m.typeIndex({ params: ["i32"], results: ["i32"] });
  }
  use(f: Shared): Callee {
    const known = this.shared.get(f.name);
    if (!known) throw new Error(`shared function ${f.name} is not in the first module`);
    return known;
  }
  helper(name: string): Callee {
    const known = this.helpers.get(name);
    if (!known) throw new Error(`no helper named ${name}`);
    return known;
  }
  /** Adds a handler, unless there is one like it: its number. */
  add(body: Uint8Array): number {
    const key = String.fromCharCode(...body);
    let n = this.known.get(key);
    if (n === undefined) {
      n = this.first + this.functions.length;
      this.functions.push(this.module.func({ params: ["i32"], results: ["i32"] }, body));
      this.known.set(key, n);
    }
    return n;
  }
  /** Handlers of both modules. */
  get count(): number {
    return this.first + this.functions.length;
  }
  build(): Uint8Array<ArrayBuffer> {
    this.module.elements(this.first, this.functions);
    return this.module.build();
  }
}
