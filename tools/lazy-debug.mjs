/**
 * An esbuild plugin that leaves out of the command's bundle what debuggers need: `blink -g` is a bundle of its own, with a
 * machine of its own, and crash reports are loaded when a program crashes.
 */
const stub = (bundle, names) =>
  names.map((name) => `export const ${name} = (...all) => load("${bundle}").${name}(...all);\n`).join("");

export const lazyDebug = {
  name: "lazy-debug",
  setup(plugin) {
    const load = (contents) => () => ({ contents, loader: "js" });
    plugin.onLoad({ filter: /[\\/]cli[\\/]gdb\.ts$/ }, load(stub("blink.gdb", ["runForGdb"])));
  },
};
