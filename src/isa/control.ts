import { row } from "./row.ts";

/** Conditions in the order of their codes, with the flags they read. */
const CONDITIONS = [
  ["O", "o"],
  ["NO", "o"],
  ["B", "c"],
  ["AE", "c"],
  ["E", "z"],
  ["NE", "z"],
  ["BE", "cz"],
  ["A", "cz"],
  ["S", "s"],
  ["NS", "s"],
  ["P", "p"],
  ["NP", "p"],
  ["L", "so"],
  ["GE", "so"],
  ["LE", "zso"],
  ["G", "zso"],
] as const;

/** Opcode base + condition. */
function op(base: number, index: number): string {
  return (base + index).toString(16).toUpperCase();
}

const conditional = CONDITIONS.flatMap(([cc, flags], i) => [
  row(`J${cc} rel8`, `o16 ${op(0x70, i)} cb`, "n", `r=${flags} not64`),
  row(`J${cc} rel8`, `o32 ${op(0x70, i)} cb`, "n", `r=${flags} not64`),
  row(`J${cc} rel8`, `f64 ${op(0x70, i)} cb`, "n", `r=${flags}`),
  row(`J${cc} rel16`, `o16 0F ${op(0x80, i)} cw`, "n", `r=${flags} not64`),
  row(`J${cc} rel32`, `o32 0F ${op(0x80, i)} cd`, "n", `r=${flags} not64`),
  row(`J${cc} rel32`, `f64 0F ${op(0x80, i)} cd`, "n", `r=${flags}`),
  row(`SET${cc} r/m8`, `0F ${op(0x90, i)} /r`, "w", `r=${flags}`),
  row(`CMOV${cc} r16, r/m16`, `o16 0F ${op(0x40, i)} /r`, "rw,r", `r=${flags} CMOV`),
  row(`CMOV${cc} r32, r/m32`, `o32 0F ${op(0x40, i)} /r`, "rw,r", `r=${flags} CMOV`),
  row(`CMOV${cc} r64, r/m64`, `REX.W 0F ${op(0x40, i)} /r`, "rw,r", `r=${flags} CMOV`),
]);

/** LOOP and kin: count in CX, ECX or RCX by address size; the target has the operand size. */
function loop<const M extends string>(name: M, opcode: string, flags: string) {
  return [
    row(`${name} rel8`, `o16 ${opcode} cb`, "n", `${flags}not64`),
    row(`${name} rel8`, `o32 ${opcode} cb`, "n", `${flags}not64`),
    row(`${name} rel8`, `f64 ${opcode} cb`, "n", `${flags}only64`),
  ];
}

function jcxz<const M extends string>(name: M, asize: string, modes: string) {
  return [
    row(`${name} rel8`, `o16 ${asize} E3 cb`, "n", "not64"),
    row(`${name} rel8`, `o32 ${asize} E3 cb`, "n", "not64"),
    row(`${name} rel8`, `f64 ${asize} E3 cb`, "n", modes),
  ];
}

export const rows = [
  ...conditional,
  ...loop("LOOPNE", "E0", "r=z "),
  ...loop("LOOPE", "E1", "r=z "),
  ...loop("LOOP", "E2", ""),
  row("JCXZ rel8", "o16 a16 E3 cb", "n", "not64"),
  row("JCXZ rel8", "o32 a16 E3 cb", "n", "not64"),
  ...jcxz("JECXZ", "a32", "only64"),
  row("JRCXZ rel8", "f64 a64 E3 cb", "n"),

  row("JMP rel8", "o16 EB cb", "n", "not64"),
  row("JMP rel8", "o32 EB cb", "n", "not64"),
  row("JMP rel8", "f64 EB cb", "n"),
  row("JMP rel16", "o16 E9 cw", "n", "not64"),
  row("JMP rel32", "o32 E9 cd", "n", "not64"),
  row("JMP rel32", "f64 E9 cd", "n"),
  row("JMP r/m16", "o16 FF /4", "r", "not64"),
  row("JMP r/m32", "o32 FF /4", "r", "not64"),
  row("JMP r/m64", "f64 FF /4", "r"),
  row("JMP ptr16:16", "o16 EA cp", "n", "not64"),
  row("JMP ptr16:32", "o32 EA cp", "n", "not64"),
  row("JMP m16:16", "o16 FF /5", "r"),
  row("JMP m16:32", "o32 FF /5", "r"),
  row("JMP m16:64", "REX.W FF /5", "r"),
  row("CALL rel16", "o16 E8 cw", "n", "not64"),
  row("CALL rel32", "o32 E8 cd", "n", "not64"),
  row("CALL rel32", "f64 E8 cd", "n"),
  row("CALL r/m16", "o16 FF /2", "r", "not64"),
  row("CALL r/m32", "o32 FF /2", "r", "not64"),
  row("CALL r/m64", "f64 FF /2", "r"),
  row("CALL ptr16:16", "o16 9A cp", "n", "not64"),
  row("CALL ptr16:32", "o32 9A cp", "n", "not64"),
  row("CALL m16:16", "o16 FF /3", "r"),
  row("CALL m16:32", "o32 FF /3", "r"),
  row("CALL m16:64", "REX.W FF /3", "r"),

  row("RET", "o16 C3", "", "not64"),
  row("RET", "o32 C3", "", "not64"),
  row("RET", "f64 C3"),
  row("RET imm16", "o16 C2 iw", "r", "not64"),
  row("RET imm16", "o32 C2 iw", "r", "not64"),
  row("RET imm16", "f64 C2 iw", "r"),
  row("RETF", "o16 CB"),
  row("RETF", "o32 CB"),
  row("RETF", "REX.W CB"),
  row("RETF imm16", "o16 CA iw", "r"),
  row("RETF imm16", "o32 CA iw", "r"),
  row("RETF imm16", "REX.W CA iw", "r"),
  row("IRET", "o16 CF", "", "w=oszapcdit"),
  row("IRETD", "o32 CF", "", "w=oszapcdit"),
  row("IRETQ", "REX.W CF", "", "w=oszapcdit"),

  row("INT imm8", "CD ib", "r"),
  row("INT3", "CC"),
  row("INT1", "F1"),
  row("INTO", "CE", "", "r=o not64"),

  row("UD0 r16, r/m16", "o16 0F FF /r", "n,n"),
  row("UD0 r32, r/m32", "o32 0F FF /r", "n,n"),
  row("UD0 r64, r/m64", "REX.W 0F FF /r", "n,n"),
  row("UD1 r16, r/m16", "o16 0F B9 /r", "n,n"),
  row("UD1 r32, r/m32", "o32 0F B9 /r", "n,n"),
  row("UD1 r64, r/m64", "REX.W 0F B9 /r", "n,n"),
  row("UD2", "0F 0B"),

  row("CLC", "F8", "", "w=c"),
  row("STC", "F9", "", "w=c"),
  row("CMC", "F5", "", "r=c w=c"),
  row("CLD", "FC", "", "w=d"),
  row("STD", "FD", "", "w=d"),
  row("LAHF", "9F", "", "r=szapc"),
  row("SAHF", "9E", "", "w=szapc"),
  row("SALC", "D6", "", "r=c not64"),
];
