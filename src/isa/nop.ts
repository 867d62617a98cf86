import { row } from "./row.ts";

/**
 * 0F 18 to 0F 1F are reserved for hints: what has no meaning yet is a NOP with operands. (The manual calls it
 * reserved NOP.)
 */
function reserved(op: string) {
  return [
    row("NOP r/m16, r16", `o16 0F ${op} /r`, "n,n"),
    row("NOP r/m32, r32", `o32 0F ${op} /r`, "n,n"),
    row("NOP r/m64, r64", `REX.W 0F ${op} /r`, "n,n"),
  ];
}

export const rows = [
  row("NOP", "o16 90 REX.B0"),
  row("NOP", "o32 90 REX.B0"),
  row("NOP", "REX.W 90 REX.B0"),
  row("PAUSE", "F3 90 REX.B0"),

  row("NOP r/m16", "o16 0F 1F /0", "n"),
  row("NOP r/m32", "o32 0F 1F /0", "n"),
  row("NOP r/m64", "REX.W 0F 1F /0", "n"),
  row("ENDBR32", "F3 0F 1E FB", "", "CET"),
  row("ENDBR64", "F3 0F 1E FA", "", "CET"),
  row("CLDEMOTE m8", "NP 0F 1C /0", "n", "CLDEMOTE"),
  row("PREFETCHNTA m8", "0F 18 /0", "n", "SSE"),
  row("PREFETCHT0 m8", "0F 18 /1", "n", "SSE"),
  row("PREFETCHT1 m8", "0F 18 /2", "n", "SSE"),
  row("PREFETCHT2 m8", "0F 18 /3", "n", "SSE"),
  // AMD's, and what Intel kept of them; /2 and up are hints without a name.
  row("PREFETCH m8", "0F 0D /0", "n"),
  row("PREFETCHW m8", "0F 0D /1", "n", "PREFETCHW"),
  row("PREFETCHWT1 m8", "0F 0D /2", "n"),

  ...reserved("0D"),
  ...reserved("18"),
  ...reserved("19"),
  ...reserved("1A"),
  ...reserved("1B"),
  ...reserved("1C"),
  ...reserved("1D"),
  ...reserved("1E"),
  ...reserved("1F"),
];
