/** Clock, random numbers, extended control register. */
import { hi32, lo32 } from "../../base/bits.ts";
import { GPR, RAX, RCX, RDX, SCRATCH } from "../../cpu/layout.ts";
import { hasFeature } from "../cpu-features.ts";
import { VECTOR } from "../emit.ts";
import type { Helper, HelperHost } from "../helpers.ts";
import { levelOf } from "./cpuid.ts";

/** EDX:EAX, upper halves cleared. */
function setPair(host: HelperHost, lo: number, hi: number): void {
  for (const [n, v] of [
    [RAX, lo],
    [RDX, hi],
  ]) {
    host.view.setInt32(GPR + 8 * n, v, true);
    host.view.setInt32(GPR + 8 * n + 4, 0, true);
  }
}

export const rdtsc: Helper = (host) => {
  const t = Math.floor(host.tsc());
  setPair(host, lo32(t), hi32(t));
  return 0;
};

/** Fills the first `bytes` of SCRATCH. */
export const random: Helper = (host, bytes) => {
  host.random(host.u8.subarray(SCRATCH, SCRATCH + bytes));
  return 0;
};

/** XCR0 into EDX:EAX; otherwise the exception's vector. */
export const xgetbv: Helper = (host) => {
  if (!hasFeature(levelOf(host), "OSXSAVE")) return VECTOR.UD;
  // Number 1 is XCR0 without the components in their initial state, which nobody tracks here.
  if (host.view.getUint32(GPR + 8 * RCX, true) > 1) return VECTOR.GP;
  setPair(host, 7, 0);
  return 0;
};
