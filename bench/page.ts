/** Writes the measured part of docs/performance.md, between its two marks; the rest of the page is written by hand. */
import { readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import type { Column } from "./columns.ts";
import type { Result } from "./measure.ts";
import type { Clock } from "./options.ts";
import { markdown, remarks } from "./table.ts";

const FILE = fileURLToPath(new URL("../docs/performance.md", import.meta.url));
const BEGIN = "<!-- measured by `npm run bench -- --write`: do not edit -->";
const END = "<!-- end of what was measured -->";

const CLOCKS: Readonly<Record<Clock, string>> = {
  wall: "the time on the wall",
  cpu: "the time that processors were busy, V8's compiler threads included",
};

export function writePage(results: readonly Result[], columns: readonly Column[], by: Clock): void {
  const command = ["npm run bench --", ...process.argv.slice(2)]
    .join(" ")
    .replace(/ --json[ =]\S+/, "")
    .replace(/(--(?:node|blink|dist|vs)[ =])\S+/g, "$1PATH");
  const page = readFileSync(FILE, "utf8");
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${FILE} lacks its marks: ${BEGIN} and ${END}`);
  const notes = remarks(results).map((line) => `- ${line}`);
  const text = [
    BEGIN,
    "",
    machine(),
    `${new Date().toISOString().slice(0, 10)}, \`${command}\`.`,
    `Medians of ${CLOCKS[by]}.`,
    "",
    ...columns.map((c) => `- ${c.name}: ${c.about}`),
    "",
    markdown(results, columns),
    "",
    ...(notes.length ? ["Without a figure:", "", ...notes, ""] : []),
  ].join("\n");
  writeFileSync(FILE, page.slice(0, from) + text + page.slice(to));
}

/** The machine in one sentence. */
export function machine(): string {
  const list = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${list[0]?.model.trim()}, ${list.length} cores, ${gib} GiB; ${type()} ${release().split("-")[0]} ${arch()}, Node ${process.version}.`;
}
