/**
 * An esbuild plugin that leaves out of the command's bundle what debuggers need: `blink -g` is a bundle of its own, with a
 * machine of its own, and crash reports are loaded when a program crashes.
 */
const stub = (bundle, name) => `let made;
export const ${name} = (...all) => (made ??= load("${bundle}")).${name}(...all);
`;

export const lazyDebug = {
  name: "lazy-debug",
  setup(plugin) {
    const load = (contents) => () => ({ contents, loader: "js" });
    plugin.onLoad({ filter: /[\\/]cli[\\/]gdb\.ts$/ }, load(stub("blink.gdb", "runForGdb")));
    plugin.onLoad({ filter: /[\\/]cli[\\/]crash\.ts$/ }, load(stub("blink.crash", "crashed")));
  },
};
