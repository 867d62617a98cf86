/** Whether anybody can see the flags that an instruction sets. */
import type { FlowInsn } from "./flow.ts";

/** Register forms of these never leave the region. */
const PLAIN = new Set(
  (
    "MOV MOVZX MOVSX MOVSXD ADD SUB AND OR XOR CMP TEST NEG NOT LEA IMUL MUL XCHG BSWAP NOP INC DEC SHL SHR SAR ROL ROR " +
    "CWDE CDQE CDQ CQO MOVAPS MOVAPD MOVDQA MOVDQU MOVUPS ANDN BLSR BLSI BLSMSK POPCNT TZCNT LZCNT " +
    "MOVSD MOVSS PXOR XORPS XORPD ANDPS ANDPD UNPCKLPD MOVHLPS MOVLHPS"
  ).split(" "),
);
const ARITHMETIC = "oszapc";

/** "live" (read, or seen by a fault), "dead" (all overwritten), or neither. */
function use({ insn }: FlowInsn): "live" | "dead" | undefined {
  const { row } = insn;
  if (row.flagsRead !== "") return "live";
  const memory = insn.operands.some((o) => o.kind === "mem") && row.mnemonic !== "LEA" && row.mnemonic !== "NOP";
  if (memory || !PLAIN.has(row.mnemonic)) return "live";
  if (row.keepsFlagsAtZero) {
    const count = insn.operands[1];
    if (count?.kind !== "imm" || (count.lo & 31) === 0) return "live";
  }
  for (const f of ARITHMETIC) if (!row.flagsWritten.includes(f) && !row.flagsUndefined.includes(f)) return undefined;
  return "dead";
}

/** True if what instruction `i` sets is overwritten in its block before anybody can look. */
export function flagsDead(insns: readonly FlowInsn[], i: number): boolean {
  const { row, rep } = insns[i].insn;
  if (row.flagsWritten + row.flagsUndefined === "") return false;
  // A round of a repeated comparison may fault, with the flags of the rounds before.
  if (rep && row.repeat !== "") return false;
  for (let k = i + 1; k < insns.length; k++) {
    const u = use(insns[k]);
    if (u) return u === "dead";
  }
  return false;
}
