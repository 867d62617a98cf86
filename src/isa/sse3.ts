/** SSE3. */
import { row } from "./row.ts";

export const rows = [
  row("MOVSLDUP xmm1, xmm2/m128", "F3 0F 12 /r", "w,r", "SSE3"),
  row("MOVDDUP xmm1, xmm2/m64", "F2 0F 12 /r", "w,r", "SSE3"),
  row("MOVSHDUP xmm1, xmm2/m128", "F3 0F 16 /r", "w,r", "SSE3"),
  row("HADDPD xmm1, xmm2/m128", "66 0F 7C /r", "rw,r", "SSE3"),
  row("HADDPS xmm1, xmm2/m128", "F2 0F 7C /r", "rw,r", "SSE3"),
  row("HSUBPD xmm1, xmm2/m128", "66 0F 7D /r", "rw,r", "SSE3"),
  row("HSUBPS xmm1, xmm2/m128", "F2 0F 7D /r", "rw,r", "SSE3"),
  row("ADDSUBPD xmm1, xmm2/m128", "66 0F D0 /r", "rw,r", "SSE3"),
  row("ADDSUBPS xmm1, xmm2/m128", "F2 0F D0 /r", "rw,r", "SSE3"),
  row("LDDQU xmm1, m128", "F2 0F F0 /r", "w,r", "SSE3"),
];
