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
  { name: /^ninja$/, detail: /default=/, machine: true, reason: "names the number of processors: blink has one" },
  {
    name: /^npm$/,
    detail: /Maximum call stack/,
    reason: "an error of the engine, not always: calls of compiled code nest deeper than the host's stack allows",
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

export function knownReason(result: { path: string; detail?: string }): Known | undefined {
  const name = result.path.slice(result.path.lastIndexOf("/") + 1);
  return KNOWN.find((k) => k.name.test(name) && (k.detail?.test(result.detail ?? "") ?? true));
}

/** Which programs the sweep in docs/sweep.md has run, and what was run since. */
export const SAMPLE = [
  "The last sweep took the first third by name, up to jdb and its kin, at the lowest priority on a machine that others kept busy. Those",
  "that were not done in 60 s, all of them Python's or Java's, are listed below, and it is not known what they would print; of them",
  "`jfr --version` was run again by itself, took 6 s of processor time and said the same. The rest of the names is not done.",
  "",
  "Earlier trees were run over every fourth program, 577 runs of 289 programs, in which one was not done in time and none",
  "differed; and over every 16th (`--every 16 --offset 7`), 148 runs of 74 programs, in which none differed.",
];
