/** All helpers that semantics call by name. */
import type { Helper } from "../helpers.ts";
import { cpuid } from "./cpuid.ts";
import * as segments from "./segments.ts";
import { random, rdtsc, xgetbv } from "./system.ts";
import { x87Exp2m1, x87Log2, x87Log2p1 } from "./x87-log.ts";
import { x87Extract, x87FromDecimal, x87Remainder, x87Scale, x87ToDecimal } from "./x87-rem.ts";
import { x87Atan, x87Cos, x87Sin, x87Tan } from "./x87-trig.ts";

export const HELPERS: Readonly<Record<string, Helper>> = {
  cpuid,
  rdtsc,
  random,
  xgetbv,
  loadSegment: segments.loadSegment,
  codeSegment: segments.codeSegment,
  beyondSegment: segments.beyondSegment,
  enterSegment: segments.enterSegment,
  descriptorKnown: segments.descriptorKnown,
  descriptorReadable: segments.descriptorReadable,
  descriptorWritable: segments.descriptorWritable,
  descriptorAccess: segments.descriptorAccess,
  descriptorLimit: segments.descriptorLimit,
  x87Atan,
  x87Cos,
  x87Exp2m1,
  x87Extract,
  x87FromDecimal,
  x87Log2,
  x87Log2p1,
  x87Remainder,
  x87Scale,
  x87Sin,
  x87Tan,
  x87ToDecimal,
};
