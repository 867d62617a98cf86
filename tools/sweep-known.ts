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
  "The last sweep took the names up to jdb and its kin and those from jo to mknod and msginit, at the lowest priority on a machine",
  "that others kept busy; LLVM's tools (`llvm-*`), most of Java's and the names after these are not done. Those that were not done",
  "in 60 s, all of them Python's or Java's, are listed below. Of them, run again by themselves, `gcloud --version` (32 s of",
  "processor time) and `jfr --version` (6 s) said the same as natively: they are slow and wait for nothing. `apt-add-repository`",
  "was done within 120 s, and `local-extract`, which had complained of rseq(2), says the same since membarrier(2) was mended.",
  "",
  "Earlier trees were run over every fourth program, 577 runs of 289 programs, in which one was not done in time and none",
  "differed; and over every 16th (`--every 16 --offset 7`), 148 runs of 74 programs, in which none differed.",
];
