import { row } from "./row.ts";

/** BT, BTS, BTR, BTC. With a memory operand the register's bit number reaches beyond the operand. */
function bitTest<const M extends string>(name: M, op: string, n: number, dst: "r" | "rw") {
  const attributes = dst === "rw" ? "w=c u=osap lock" : "w=c u=osap";
  const access = `${dst},r`;
  return [
    row(`${name} r/m16, r16`, `o16 0F ${op} /r`, access, attributes),
    row(`${name} r/m32, r32`, `o32 0F ${op} /r`, access, attributes),
    row(`${name} r/m64, r64`, `REX.W 0F ${op} /r`, access, attributes),
    row(`${name} r/m16, imm8`, `o16 0F BA /${n} ib`, access, attributes),
    row(`${name} r/m32, imm8`, `o32 0F BA /${n} ib`, access, attributes),
    row(`${name} r/m64, imm8`, `REX.W 0F BA /${n} ib`, access, attributes),
  ];
}

/** Destination register, source register or memory, in three sizes. */
function scan<const M extends string>(name: M, prefix: string, op: string, dst: "w" | "rw", attributes: string) {
  return [
    row(`${name} r16, r/m16`, `o16${prefix} 0F ${op} /r`, `${dst},r`, attributes),
    row(`${name} r32, r/m32`, `o32${prefix} 0F ${op} /r`, `${dst},r`, attributes),
    row(`${name} r64, r/m64`, `REX.W${prefix} 0F ${op} /r`, `${dst},r`, attributes),
  ];
}

export const rows = [
  ...bitTest("BT", "A3", 4, "r"),
  ...bitTest("BTS", "AB", 5, "rw"),
  ...bitTest("BTR", "B3", 6, "rw"),
  ...bitTest("BTC", "BB", 7, "rw"),
  // The destination is kept if the source is zero.
  ...scan("BSF", "", "BC", "rw", "w=z u=oscap"),
  ...scan("BSR", "", "BD", "rw", "w=z u=oscap"),
  ...scan("TZCNT", " F3", "BC", "w", "w=zc u=osap BMI1"),
  ...scan("LZCNT", " F3", "BD", "w", "w=zc u=osap LZCNT"),
  ...scan("POPCNT", " F3", "B8", "w", "w=oszapc POPCNT"),

  row("BSWAP r16", "o16 0F C8+r", "rw"), // undefined: processors clear the register's low half
  row("BSWAP r32", "o32 0F C8+r", "rw"),
  row("BSWAP r64", "REX.W 0F C8+r", "rw"),

  row("MOVBE r16, m16", "o16 NFx 0F38 F0 /r", "w,r", "MOVBE"),
  row("MOVBE r32, m32", "o32 NFx 0F38 F0 /r", "w,r", "MOVBE"),
  row("MOVBE r64, m64", "REX.W NFx 0F38 F0 /r", "w,r", "MOVBE"),
  row("MOVBE m16, r16", "o16 NFx 0F38 F1 /r", "w,r", "MOVBE"),
  row("MOVBE m32, r32", "o32 NFx 0F38 F1 /r", "w,r", "MOVBE"),
  row("MOVBE m64, r64", "REX.W NFx 0F38 F1 /r", "w,r", "MOVBE"),

  row("ADCX r32, r/m32", "66 W0 0F38 F6 /r", "rw,r", "r=c w=c ADX"),
  row("ADCX r64, r/m64", "66 REX.W 0F38 F6 /r", "rw,r", "r=c w=c ADX"),
  row("ADOX r32, r/m32", "F3 W0 0F38 F6 /r", "rw,r", "r=o w=o ADX"),
  row("ADOX r64, r/m64", "F3 REX.W 0F38 F6 /r", "rw,r", "r=o w=o ADX"),

  row("CRC32 r32, r/m8", "F2 W0 0F38 F0 /r", "rw,r", "SSE42"),
  row("CRC32 r64, r/m8", "F2 REX.W 0F38 F0 /r", "rw,r", "SSE42"),
  row("CRC32 r32, r/m16", "o16 F2 0F38 F1 /r", "rw,r", "SSE42"),
  row("CRC32 r32, r/m32", "o32 F2 0F38 F1 /r", "rw,r", "SSE42"),
  row("CRC32 r64, r/m64", "REX.W F2 0F38 F1 /r", "rw,r", "SSE42"),

  row("RDRAND r16", "o16 NFx 0F C7 /6", "w", "w=oszapc RDRAND"),
  row("RDRAND r32", "o32 NFx 0F C7 /6", "w", "w=oszapc RDRAND"),
  row("RDRAND r64", "REX.W NFx 0F C7 /6", "w", "w=oszapc RDRAND"),
  row("RDSEED r16", "o16 NFx 0F C7 /7", "w", "w=oszapc RDSEED"),
  row("RDSEED r32", "o32 NFx 0F C7 /7", "w", "w=oszapc RDSEED"),
  row("RDSEED r64", "REX.W NFx 0F C7 /7", "w", "w=oszapc RDSEED"),
];
