import { row } from "./row.ts";

/** ADD, OR, ADC, SBB, AND, SUB, XOR, CMP: opcodes 8n to 8n+5, and /n of 80 to 83. */
function alu<const M extends string>(name: M, n: number, dst: "rw" | "r", flags: string) {
  const op = (low: number): string => (8 * n + low).toString(16).toUpperCase().padStart(2, "0");
  const lock = dst === "rw" ? `${flags} lock` : flags;
  const access = `${dst},r`;
  return [
    row(`${name} r/m8, r8`, `${op(0)} /r`, access, lock),
    row(`${name} r/m16, r16`, `o16 ${op(1)} /r`, access, lock),
    row(`${name} r/m32, r32`, `o32 ${op(1)} /r`, access, lock),
    row(`${name} r/m64, r64`, `REX.W ${op(1)} /r`, access, lock),
    row(`${name} r8, r/m8`, `${op(2)} /r`, access, flags),
    row(`${name} r16, r/m16`, `o16 ${op(3)} /r`, access, flags),
    row(`${name} r32, r/m32`, `o32 ${op(3)} /r`, access, flags),
    row(`${name} r64, r/m64`, `REX.W ${op(3)} /r`, access, flags),
    row(`${name} AL, imm8`, `${op(4)} ib`, access, flags),
    row(`${name} AX, imm16`, `o16 ${op(5)} iw`, access, flags),
    row(`${name} EAX, imm32`, `o32 ${op(5)} id`, access, flags),
    row(`${name} RAX, simm32`, `REX.W ${op(5)} id`, access, flags),
    row(`${name} r/m8, imm8`, `80 /${n} ib`, access, lock),
    row(`${name} r/m8, imm8`, `82 /${n} ib`, access, `${lock} not64`),
    row(`${name} r/m16, imm16`, `o16 81 /${n} iw`, access, lock),
    row(`${name} r/m32, imm32`, `o32 81 /${n} id`, access, lock),
    row(`${name} r/m64, simm32`, `REX.W 81 /${n} id`, access, lock),
    row(`${name} r/m16, simm8`, `o16 83 /${n} ib`, access, lock),
    row(`${name} r/m32, simm8`, `o32 83 /${n} ib`, access, lock),
    row(`${name} r/m64, simm8`, `REX.W 83 /${n} ib`, access, lock),
  ];
}

/** NOT, NEG and the accumulator's MUL, IMUL, DIV, IDIV: /n of F6 and F7. */
function unary<const M extends string>(name: M, n: number, access: "rw" | "r", attributes: string) {
  return [
    row(`${name} r/m8`, `F6 /${n}`, access, attributes),
    row(`${name} r/m16`, `o16 F7 /${n}`, access, attributes),
    row(`${name} r/m32`, `o32 F7 /${n}`, access, attributes),
    row(`${name} r/m64`, `REX.W F7 /${n}`, access, attributes),
  ];
}

export const rows = [
  ...alu("ADD", 0, "rw", "w=oszapc"),
  ...alu("OR", 1, "rw", "w=oszpc u=a"),
  ...alu("ADC", 2, "rw", "r=c w=oszapc"),
  ...alu("SBB", 3, "rw", "r=c w=oszapc"),
  ...alu("AND", 4, "rw", "w=oszpc u=a"),
  ...alu("SUB", 5, "rw", "w=oszapc"),
  ...alu("XOR", 6, "rw", "w=oszpc u=a"),
  ...alu("CMP", 7, "r", "w=oszapc"),

  row("INC r/m8", "FE /0", "rw", "w=oszap lock"),
  row("INC r/m16", "o16 FF /0", "rw", "w=oszap lock"),
  row("INC r/m32", "o32 FF /0", "rw", "w=oszap lock"),
  row("INC r/m64", "REX.W FF /0", "rw", "w=oszap lock"),
  row("INC r16", "o16 40+r", "rw", "w=oszap not64"),
  row("INC r32", "o32 40+r", "rw", "w=oszap not64"),
  row("DEC r/m8", "FE /1", "rw", "w=oszap lock"),
  row("DEC r/m16", "o16 FF /1", "rw", "w=oszap lock"),
  row("DEC r/m32", "o32 FF /1", "rw", "w=oszap lock"),
  row("DEC r/m64", "REX.W FF /1", "rw", "w=oszap lock"),
  row("DEC r16", "o16 48+r", "rw", "w=oszap not64"),
  row("DEC r32", "o32 48+r", "rw", "w=oszap not64"),

  ...unary("NOT", 2, "rw", "lock"),
  ...unary("NEG", 3, "rw", "w=oszapc lock"),
  ...unary("MUL", 4, "r", "w=oc u=szap"),
  ...unary("IMUL", 5, "r", "w=oc u=szap"),
  ...unary("DIV", 6, "r", "u=oszapc"),
  ...unary("IDIV", 7, "r", "u=oszapc"),

  row("IMUL r16, r/m16", "o16 0F AF /r", "rw,r", "w=oc u=szap"),
  row("IMUL r32, r/m32", "o32 0F AF /r", "rw,r", "w=oc u=szap"),
  row("IMUL r64, r/m64", "REX.W 0F AF /r", "rw,r", "w=oc u=szap"),
  row("IMUL r16, r/m16, simm8", "o16 6B /r ib", "w,r,r", "w=oc u=szap"),
  row("IMUL r32, r/m32, simm8", "o32 6B /r ib", "w,r,r", "w=oc u=szap"),
  row("IMUL r64, r/m64, simm8", "REX.W 6B /r ib", "w,r,r", "w=oc u=szap"),
  row("IMUL r16, r/m16, imm16", "o16 69 /r iw", "w,r,r", "w=oc u=szap"),
  row("IMUL r32, r/m32, imm32", "o32 69 /r id", "w,r,r", "w=oc u=szap"),
  row("IMUL r64, r/m64, simm32", "REX.W 69 /r id", "w,r,r", "w=oc u=szap"),

  row("TEST r/m8, r8", "84 /r", "r,r", "w=oszpc u=a"),
  row("TEST r/m16, r16", "o16 85 /r", "r,r", "w=oszpc u=a"),
  row("TEST r/m32, r32", "o32 85 /r", "r,r", "w=oszpc u=a"),
  row("TEST r/m64, r64", "REX.W 85 /r", "r,r", "w=oszpc u=a"),
  row("TEST AL, imm8", "A8 ib", "r,r", "w=oszpc u=a"),
  row("TEST AX, imm16", "o16 A9 iw", "r,r", "w=oszpc u=a"),
  row("TEST EAX, imm32", "o32 A9 id", "r,r", "w=oszpc u=a"),
  row("TEST RAX, simm32", "REX.W A9 id", "r,r", "w=oszpc u=a"),
  row("TEST r/m8, imm8", "F6 /0 ib", "r,r", "w=oszpc u=a"),
  row("TEST r/m8, imm8", "F6 /1 ib", "r,r", "w=oszpc u=a"),
  row("TEST r/m16, imm16", "o16 F7 /0 iw", "r,r", "w=oszpc u=a"),
  row("TEST r/m16, imm16", "o16 F7 /1 iw", "r,r", "w=oszpc u=a"),
  row("TEST r/m32, imm32", "o32 F7 /0 id", "r,r", "w=oszpc u=a"),
  row("TEST r/m32, imm32", "o32 F7 /1 id", "r,r", "w=oszpc u=a"),
  row("TEST r/m64, simm32", "REX.W F7 /0 id", "r,r", "w=oszpc u=a"),
  row("TEST r/m64, simm32", "REX.W F7 /1 id", "r,r", "w=oszpc u=a"),

  // Decimal adjustment, gone from 64-bit mode.
  row("DAA", "27", "", "r=ac w=szapc u=o not64"),
  row("DAS", "2F", "", "r=ac w=szapc u=o not64"),
  row("AAA", "37", "", "r=a w=ac u=oszp not64"),
  row("AAS", "3F", "", "r=a w=ac u=oszp not64"),
  row("AAM imm8", "D4 ib", "r", "w=szp u=oac not64"),
  row("AAD imm8", "D5 ib", "r", "w=szp u=oac not64"),

  row("CBW", "o16 98"),
  row("CWDE", "o32 98"),
  row("CDQE", "REX.W 98"),
  row("CWD", "o16 99"),
  row("CDQ", "o32 99"),
  row("CQO", "REX.W 99"),
];
