import { row } from "./row.ts";

/**
 * What is recognized, so that a disassembly can go on behind it, but not carried out: #UD, as on a processor that doesn't report the
 * feature. One row stands for all of AVX-512.
 */
export const rows = [row("EVEX", "EVEX.LIG.0F.WIG 00 /r", "", "unsupported AVX512F")];
