/** Writes docs/syscalls.md from the rows of the system calls. Run after a change of a row: npm run docs */
import { writeFileSync } from "node:fs";
import { syscalls } from "../src/kernel/table.ts";

const rows = [...syscalls].sort((a, b) => a.nr - b.nr);
const full = rows.filter((r) => r.support === "full").length;

const lines = [
  "# System calls",
  "",
  "Made by `npm run docs` from the rows in `src/kernel/sys/`; don't edit.",
  "",
  `${rows.length} calls: ${full} as Linux has them, ${rows.length - full} in part. Any other number answers ENOSYS and is`,
  "named in the log.",
  "",
  "| nr | name | arguments | support |",
  "|---:|---|---|---|",
];
for (const r of rows) {
  const args = r.args.map((a) => a.slice(0, a.indexOf(":"))).join(", ");
  lines.push(`| ${r.nr} | \`${r.name}\` | ${args} | ${r.support}${r.note ? `: ${r.note}` : ""} |`);
}
writeFileSync("docs/syscalls.md", `${lines.join("\n")}\n`);
