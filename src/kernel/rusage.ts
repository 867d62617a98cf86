/** struct rusage in guest memory. */
import { RUSAGE_SIZE } from "../abi/resource.ts";
import type { UserMemory } from "../mmu/user.ts";
import { type Process, Usage } from "./process.ts";

/** Of a process so far: living and dead threads. */
export function processUsage(process: Process): Usage {
  const sum = new Usage();
  sum.add(process.usage);
  for (const t of process.tasks) {
    sum.add(t.usage);
    sum.maxrss = Math.max(sum.maxrss, t.mm.peakPages * 4);
  }
  return sum;
}

export function writeRusage(user: UserMemory, address: number, u: Usage): void {
  const bytes = new Uint8Array(RUSAGE_SIZE);
  const v = new DataView(bytes.buffer);
  const put = (i: number, n: number): void => v.setBigInt64(i * 8, BigInt(Math.floor(n)), true);
  const micros = (ns: number): [number, number] => [ns / 1e9, (ns % 1e9) / 1e3];
  micros(u.utime).forEach((n, i) => {
    put(i, n);
  });
  micros(u.stime).forEach((n, i) => {
    put(2 + i, n);
  });
  put(4, u.maxrss);
  put(8, u.minflt);
  put(9, u.majflt);
  put(16, u.nvcsw);
  put(17, u.nivcsw);
  user.writeBytes(address, bytes);
}
