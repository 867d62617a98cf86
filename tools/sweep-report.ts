/** What tools/sweep.ts found, as text. */
import { writeFileSync } from "node:fs";
import { knownReason, SAMPLE } from "./sweep-known.ts";

export interface Result {
  path: string;
  argument: string;
  /** "never ends": natively neither; "varies": two native runs differ. */
  kind: "same" | "differs" | "varies" | "never ends";
  what?: string;
  detail?: string;
  /** Duration under blink. */
  ms: number;
}

const count = (results: readonly Result[], kind: Result["kind"]): number =>
  results.filter((r) => r.kind === kind).length;

export function summary(results: readonly Result[]): string[] {
  const same = count(results, "same");
  const different = results.filter((r) => r.kind === "differs");
  const machine = different.filter((r) => knownReason(r)?.machine).length;
  const differs = different.length - machine;
  const times = results.map((r) => r.ms).sort((a, b) => a - b);
  const share = same + differs === 0 ? 100 : (100 * same) / (same + differs);
  return [
    `${results.length} runs of ${new Set(results.map((r) => r.path)).size} programs:`,
    `${same} the same (${share.toFixed(2)} % of those that can be compared)`,
    `${differs} differ`,
    `${machine} describe the processor or the number of processors, which are others in here: not compared`,
    `${count(results, "varies")} differ from one native run to the next`,
    `${count(results, "never ends")} do not end natively either`,
    `median ${times[times.length >> 1] ?? 0} ms under blink`,
  ];
}

export function writeReport(path: string, results: readonly Result[]): void {
  const different = results.filter((r) => r.kind === "differs");
  const lines = [
    "# Sweep over /usr/bin",
    "",
    "Made by `npm run sweep` (tools/sweep.ts); don't edit. Programs of /usr/bin and /bin on one Debian 12 machine run with",
    "`--version` and with `--help`, natively and under blink; standard output, standard error and exit code are compared. The",
    "count below says how many of them: a whole sweep takes hours on a busy machine, and `--results` goes on where it stopped.",
    "",
    ...SAMPLE,
    "",
    ...summary(results)
      .map((line, i) => (i === 0 ? line : `- ${line}`))
      .flatMap((line, i) => (i === 0 ? [line, ""] : [line])),
    "",
    "## Differences",
    "",
  ];
  if (different.length > 0) lines.push("| program | what | native and blink | reason |", "|---|---|---|---|");
  for (const r of different) {
    const text = (r.detail ?? "").replaceAll("|", "\\|").replaceAll("`", "'");
    lines.push(`| \`${r.path} ${r.argument}\` | ${r.what} | ${text} | ${knownReason(r)?.reason ?? "not known yet"} |`);
  }
  writeFileSync(path, `${lines.join("\n")}\n`);
}
