/**
 * An esbuild plugin that leaves the JIT, what runs 16- and 32-bit code, the semantics, and the instruction table with what
 * decodes by it out of the command's bundle: they go into one of their own, which is loaded when the first code is to be
 * compiled. Programs that end soon start without reading it: their instructions are decoded by plans (interp/quick.ts).
 */
const compiler = `let made;
export const compiler = () => (made ??= load("blink.jit"));
`;
const stubs = {
  jit: `import { compiler } from "compiler";
export class Jit {
  constructor(parts) {
    return new (compiler().Jit)(parts);
  }
}
`,
  compat: `import { compiler } from "compiler";
export class CompatCpu {
  constructor(parts) {
    return new (compiler().CompatCpu)(parts);
  }
}
`,
  rows: `import { compiler } from "compiler";
export const form = (index) => compiler().form(index);
`,
  decode: `import { compiler } from "compiler";
export const decode = (...all) => compiler().decode(...all);
`,
  table: `import { compiler } from "compiler";
export const SEMANTICS = new Proxy({}, { get: (_, mnemonic) => compiler().SEMANTICS[mnemonic] });
`,
};

export const lazyJit = {
  name: "lazy-jit",
  setup(plugin) {
    const load = (contents) => () => ({ contents, loader: "js" });
    plugin.onResolve({ filter: /^compiler$/ }, () => ({ path: "compiler", namespace: "lazy-jit" }));
    plugin.onLoad({ filter: /.*/, namespace: "lazy-jit" }, load(compiler));
    plugin.onLoad({ filter: /[\\/]src[\\/]engine[\\/]jit[\\/]jit\.ts$/ }, load(stubs.jit));
    plugin.onLoad({ filter: /[\\/]src[\\/]engine[\\/]compat[\\/]cpu\.ts$/ }, load(stubs.compat));
    plugin.onLoad({ filter: /[\\/]src[\\/]sem[\\/]table\.ts$/ }, load(stubs.table));
    plugin.onLoad({ filter: /[\\/]src[\\/]isa[\\/]table\.ts$/ }, load(stubs.rows));
    plugin.onLoad({ filter: /[\\/]src[\\/]decode[\\/]decode\.ts$/ }, load(stubs.decode));
  },
};

/** The source of the other bundle. */
export const jitBundle = `
export { Jit } from "./src/engine/jit/jit.ts";
export { CompatCpu } from "./src/engine/compat/cpu.ts";
export { SEMANTICS } from "./src/sem/table.ts";
export { decode } from "./src/decode/decode.ts";
export { form } from "./src/isa/table.ts";
`;
