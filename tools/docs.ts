/** Writes docs/syscalls.md from the rows of the system calls. Run after a change of a row: npm run docs */
import { writeFileSync } from "node:fs";
import { syscallNames } from "../src/abi/unistd.ts";
import { syscalls } from "../src/kernel/table.ts";

const rows = new Map(syscalls.map((r) => [r.nr, r]));
const count = (support: string): number => syscalls.filter((r) => r.support === support).length;

const lines = [
  "# System calls",
  "",
  "Made by `npm run docs` from the rows in `src/kernel/sys/`; don't edit. All calls of x86-64 Linux are listed.",
  "",
  `${count("full")} calls are as Linux has them, ${count("partial")} in part; ${count("none")} are refused as some kernels refuse them. The`,
  "rest answers ENOSYS, as a kernel does that was built without them, and is named in the log.",
  "",
  "| nr | name | arguments | support |",
  "|---:|---|---|---|",
];
for (const { nr, name } of syscallNames()) {
  const r = rows.get(nr);
  const args = r?.args.map((a) => a.slice(0, a.indexOf(":"))).join(", ") ?? "";
  const support = r ? `${r.support}${r.note ? `: ${r.note}` : ""}` : "none";
  if (r && r.name !== name) throw new Error(`system call ${nr} is ${name}, not ${r.name}`);
  lines.push(`| ${nr} | \`${name}\` | ${args} | ${support} |`);
}
writeFileSync("docs/syscalls.md", `${lines.join("\n")}\n`);
