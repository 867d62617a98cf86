/** All helpers that semantics call by name. */
import type { Helper } from "../helpers.ts";
import { cpuid } from "./cpuid.ts";
import { descriptorAccess, descriptorKnown, descriptorLimit, descriptorWritable, loadSegment } from "./segments.ts";
import { random, rdtsc, xgetbv } from "./system.ts";

export const HELPERS: Readonly<Record<string, Helper>> = {
  cpuid,
  rdtsc,
  random,
  xgetbv,
  loadSegment,
  descriptorKnown,
  descriptorWritable,
  descriptorAccess,
  descriptorLimit,
};
