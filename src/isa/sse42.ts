/** SSE4.2 (CRC32 and POPCNT stand in bits.ts). */
import { row } from "./row.ts";

export const rows = [
  row("PCMPGTQ xmm1, xmm2/m128", "66 0F 38 37 /r", "rw,r", "SSE42"),
  row("PCMPESTRM64 xmm1, xmm2/m128, imm8", "66 REX.W 0F 3A 60 /r ib", "r,r,r", "SSE42 w=oszapc"),
  row("PCMPESTRI64 xmm1, xmm2/m128, imm8", "66 REX.W 0F 3A 61 /r ib", "r,r,r", "SSE42 w=oszapc"),
  row("PCMPESTRM xmm1, xmm2/m128, imm8", "66 0F 3A 60 /r ib", "r,r,r", "SSE42 w=oszapc"),
  row("PCMPESTRI xmm1, xmm2/m128, imm8", "66 0F 3A 61 /r ib", "r,r,r", "SSE42 w=oszapc"),
  row("PCMPISTRM xmm1, xmm2/m128, imm8", "66 0F 3A 62 /r ib", "r,r,r", "SSE42 w=oszapc"),
  row("PCMPISTRI xmm1, xmm2/m128, imm8", "66 0F 3A 63 /r ib", "r,r,r", "SSE42 w=oszapc"),
];
