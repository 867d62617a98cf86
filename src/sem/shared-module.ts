/** A module of shared functions alone, for tests: no engine, only the machine's RAM. */
import { type Callee, Code } from "../wasm/code.ts";
import { ModuleBuilder } from "../wasm/module.ts";
import type { Shared } from "./emit.ts";

type Exported = (...args: (number | bigint)[]) => number | bigint | undefined;
export interface SharedModule {
  view: DataView;
  call(f: Shared, ...args: (number | bigint)[]): number | bigint | undefined;
}

export function sharedModule(functions: readonly Shared[]): SharedModule {
  const m = new ModuleBuilder();
  m.importMemory("env", "memory", 1, 1);
  const known = new Map<Shared, Callee>();
  const use = (f: Shared): Callee => {
    const old = known.get(f);
    if (old) return old;
    const index = m.func({ params: f.params, results: f.result ? [f.result] : [] });
    const callee = { index, params: f.params, result: f.result };
    known.set(f, callee);
    const c = new Code(f.params);
    f.body(c, use);
    c.unreachable();
    m.setBody(index, c.finish());
    return callee;
  };
  for (const f of functions) m.exportFunc(f.name, use(f).index);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(m.build()), { env: { memory } });
  return {
    view: new DataView(memory.buffer),
    call: (f, ...args) => (instance.exports[f.name] as Exported)(...args),
  };
}
