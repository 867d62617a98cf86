/** Regions as text: their code by blocks, with how often they were entered and left. */
import { disassemble } from "../../decode/text.ts";
import type { FlowBlock } from "./flow.ts";
import { CAUSES, type Exit, type RegionWatch, type Watched } from "./watch.ts";

const hex = (address: number): string => address.toString(16);

function exitLine(watch: RegionWatch, e: Exit): string {
  const to = e.to === undefined || e.to === e.at ? "" : ` to ${hex(e.to)}`;
  return `${" ".repeat(14)}; left ${watch.counts[e.id]} times: ${e.cause}${to}`;
}

function blockLines(watch: RegionWatch, b: FlowBlock, exits: readonly Exit[]): string[] {
  const lines = [`  block ${hex(b.address)}`];
  for (const { address, insn } of b.insns) {
    lines.push(`${hex(address).padStart(14)}  ${disassemble(insn, BigInt(address))}`);
    for (const e of exits) if (e.at === address && watch.counts[e.id]) lines.push(exitLine(watch, e));
  }
  const end = exits.filter((e) => e.at === b.fall && !b.insns.some((i) => i.address === e.at) && watch.counts[e.id]);
  return [...lines, ...end.map((e) => exitLine(watch, e))];
}

/** One region. Exits that were never taken are left out. */
export function listing(watch: RegionWatch, r: Watched): string {
  const insns = r.blocks.reduce((n, b) => n + b.insns.length, 0);
  const lines = [
    `region ${hex(r.entries[0])}: function r${r.index} of module ${r.module}, ${r.blocks.length} blocks, ${insns} instructions`,
    `  entered ${watch.counts[r.entered]} times, at ${r.entries.map(hex).join(", ")}`,
  ];
  for (const cause of CAUSES) {
    const of = r.exits.filter((e) => e.cause === cause);
    const n = of.reduce((sum, e) => sum + watch.counts[e.id], 0);
    if (n) lines.push(`  left ${n} times: ${cause}`);
  }
  const blocks = [...r.blocks].sort((a, b) => a.address - b.address);
  for (const b of blocks) lines.push(...blockLines(watch, b, r.exits));
  return `${lines.join("\n")}\n`;
}

/** All regions, the most often entered first. */
export function listings(watch: RegionWatch): string {
  const order = [...watch.regions].sort((a, b) => watch.counts[b.entered] - watch.counts[a.entered]);
  return order.map((r) => listing(watch, r)).join("\n");
}
