/**
 * Why some programs differ, as far as it is known: the program's file name, what differs, and the reason. `machine`: the
 * output describes the processor or how many there are, and blink's machine is another one than the computer's.
 */
interface Known {
  name: RegExp;
  detail?: RegExp;
  machine?: boolean;
  reason: string;
}

const KNOWN: readonly Known[] = [
  {
    name: /./,
    detail: /Host CPU:/,
    machine: true,
    reason: "LLVM names the processor: it does not know this machine's, and takes blink's for a Haswell",
  },
  { name: /^ld\.so$/, detail: /x86-64-v/, machine: true, reason: "lists the processor's levels: blink's is x86-64-v3" },
  { name: /^mvn$/, detail: /OS name/, machine: true, reason: "names the kernel's version" },
  { name: /^ninja$/, detail: /default=/, machine: true, reason: "names the number of processors: blink has one" },
  {
    name: /^(chromium|gnome-www-browser|x-www-browser)$/,
    reason: "a script that stumbles over the size of /tmp or of RAM",
  },
  {
    name: /./,
    detail: /time is up/,
    reason: "not done in time on a machine that others kept busy",
  },
];

export function knownReason(result: { path: string; detail?: string }): Known | undefined {
  const name = result.path.slice(result.path.lastIndexOf("/") + 1);
  return KNOWN.find((k) => k.name.test(name) && (k.detail?.test(result.detail ?? "") ?? true));
}

/** How the sweep in docs/sweep.md was made. */
export const SAMPLE = [
  "The last sweep took all of them, in pieces over a day, on two cores that other work kept busy (load 5 to 10), the first half with a",
  "limit of 60 s a run and the others with 240 s. The 19 that were not done in that time, programs in Python and Java that",
  "import much, were run again with 500 s.",
];
