/** SSE4.2 and POPCNT. */
import { row } from "./row.ts";

export const sse42 = [
  row("PCMPGTQ xmm1, xmm2/m128", "66 0F 38 37 /r", "rw,r", "SSE42"),
  row("PCMPESTRM xmm1, xmm2/m128, imm8", "66 0F 3A 60 /r ib", "r,r,r", "SSE42 w=oszapc"),
  row("PCMPESTRI xmm1, xmm2/m128, imm8", "66 0F 3A 61 /r ib", "r,r,r", "SSE42 w=oszapc"),
  row("PCMPISTRM xmm1, xmm2/m128, imm8", "66 0F 3A 62 /r ib", "r,r,r", "SSE42 w=oszapc"),
  row("PCMPISTRI xmm1, xmm2/m128, imm8", "66 0F 3A 63 /r ib", "r,r,r", "SSE42 w=oszapc"),
  row("CRC32 r32, r/m8", "F2 0F 38 F0 /r", "rw,r", "SSE42"),
  row("CRC32 r64, r/m8", "F2 REX.W 0F 38 F0 /r", "rw,r", "SSE42"),
  row("CRC32 r32, r/m16", "F2 o16 0F 38 F1 /r", "rw,r", "SSE42"),
  row("CRC32 r32, r/m32", "F2 0F 38 F1 /r", "rw,r", "SSE42"),
  row("CRC32 r64, r/m64", "F2 REX.W 0F 38 F1 /r", "rw,r", "SSE42"),
  row("POPCNT r16, r/m16", "F3 o16 0F B8 /r", "w,r", "POPCNT w=oszapc"),
  row("POPCNT r32, r/m32", "F3 0F B8 /r", "w,r", "POPCNT w=oszapc"),
  row("POPCNT r64, r/m64", "F3 REX.W 0F B8 /r", "w,r", "POPCNT w=oszapc"),
];
