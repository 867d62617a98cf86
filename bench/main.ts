/** Benchmarks: programs natively, in other emulators and under blink.ts. `npm run bench -- --help` */
import { writeFileSync } from "node:fs";
import { check, save, slower } from "./baseline.ts";
import { CATALOGUE, type Group } from "./catalogue.ts";
import { columns } from "./columns.ts";
import { measure, type Result } from "./measure.ts";
import { type Options, options, USAGE } from "./options.ts";
import { writePage } from "./page.ts";
import { byGroup } from "./ratios.ts";
import { header, meanRow, plain, remarks, row } from "./table.ts";

async function main(o: Options): Promise<number> {
  const chosen = CATALOGUE.filter((b) => b.group.includes(o.group ?? "") && (o.only?.test(b.name) ?? true));
  if (o.list) {
    for (const b of chosen) console.log(`${b.group.padEnd(16)} ${b.name}`);
    return 0;
  }
  const list = columns(o);
  console.log(plain(header(list)));
  let group: Group | undefined;
  const progress = (result: Result): void => {
    if (result.group !== group) console.log(`${(group = result.group)}:`);
    console.log(plain(row(result, list)));
  };
  const results = await measure(chosen, { columns: list, ...o, progress });
  console.log("geometric means:");
  for (const [name, members] of byGroup(results)) console.log(plain(meanRow(name, members, list)));
  console.log(plain(meanRow("all", results, list)));
  for (const remark of remarks(results)) console.log(remark);
  if (o.json) writeFileSync(o.json, `${JSON.stringify({ columns: list, results }, undefined, 2)}\n`);
  if (o.write) writePage(results, list, o.by);
  if (o.save) save(results);
  return o.check ? verdicts(results) : 0;
}

function verdicts(results: readonly Result[]): number {
  let bad = 0;
  for (const v of check(results)) {
    const word = slower(v) ? "TOO SLOW" : "fine";
    const limit = `limit ${v.allowed.toFixed(2)}, ${v.programs} programs`;
    console.log(`${v.group}: ${v.change.toFixed(2)} times the baseline (${limit}): ${word}`);
    for (const name of v.lost) console.log(`  ${name} has a figure in the baseline and none now`);
    if (slower(v)) bad = 1;
  }
  return bad;
}

try {
  const chosen = options(process.argv.slice(2));
  if (chosen) process.exitCode = await main(chosen);
  else console.log(USAGE);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
