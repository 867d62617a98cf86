/** Why some programs differ, as far as it is known: the program's file name, what differs, and the reason. */
const KNOWN: readonly { name: RegExp; detail?: RegExp; reason: string }[] = [
  {
    name: /./,
    detail: /Host CPU:/,
    reason: "LLVM names the processor: it does not know this machine's, and takes blink's for a Haswell",
  },
  {
    name: /^(chromium|gnome-www-browser|x-www-browser)$/,
    reason: "a script that stumbles over the size of /tmp or of RAM",
  },
  {
    name: /./,
    detail: /time is up/,
    reason: "not done within 60 s on a machine that others kept busy (load above 10, lowest priority)",
  },
];

export function kindOf(result: { path: string; detail?: string }): string | undefined {
  const name = result.path.slice(result.path.lastIndexOf("/") + 1);
  return KNOWN.find((k) => k.name.test(name) && (k.detail?.test(result.detail ?? "") ?? true))?.reason;
}
