/** Which rows the host's processor has. */
import { readFileSync } from "node:fs";
import type { Row } from "../../src/isa/types.ts";

/** Names in /proc/cpuinfo where they aren't the table's in small letters. */
const CPUINFO: Readonly<Record<string, string>> = {
  SSE3: "pni",
  SSE41: "sse4_1",
  SSE42: "sse4_2",
  LZCNT: "abm",
  SHA: "sha_ni",
  CLFSH: "clflush",
  PREFETCHW: "3dnowprefetch",
};
/** Features that every 64-bit processor has, and those whose instructions are no-operations elsewhere. */
const EVERYWHERE = /^(|X87|CLDEMOTE|CET|PREFETCHITI|SYSCALL)$/;

const read = (key: string): string => {
  try {
    return new RegExp(`^${key}\\s*:\\s*(.*)$`, "m").exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
};

export const hostFlags: ReadonlySet<string> = new Set(read("flags").split(" "));
export const hostVendor = read("vendor_id");

export function hostHas(row: Row): boolean {
  return EVERYWHERE.test(row.feature) || hostFlags.has(CPUINFO[row.feature] ?? row.feature.toLowerCase());
}
