/**
 * What is not compared, each with its reason: where the makers' manuals leave results open or their processors differ.
 */
import type { Form } from "../../src/isa/row.ts";

/** Memory operands of these rows are only used aligned: AMD's processors don't check it for SHA instructions. */
export const ALIGNED_ONLY = /^SHA/;

/** Rows whose memory or register form is left out. */
export function leavesOut(f: Form, memory: boolean): boolean {
  // 0F 0D with a register is undefined on AMD's processors, a hint without effect on Intel's.
  if (f.mnemonic === "NOP" && f.map === 1 && f.opcode === 0x0d) return !memory;
  // MOVSXD with an operand size of 16 bits reads 16 bits by Intel's manual, 32 by AMD's.
  return f.mnemonic === "MOVSXD" && f.osize === 16 && memory;
}

/** In sequences EMMS is left out, too: AMD's clears TOP. */
export const CLEARS_TOP = /^EMMS$/;

/**
 * Rows left out: INT1 (where hypervisors intercept it, RIP stays at the instruction), and SYSEXIT, which is undefined in AMD's
 * long mode (APM volume 3), privileged in Intel's.
 */
export const LEFT_OUT = /^(INT1|SYSEXITQ?)$/;

const IE = 1;
const ES = 0x80;
const [C0, C1, C2, C3] = [0x100, 0x200, 0x400, 0x4000];

/**
 * Comparisons that end in an unmasked exception: AMD's processors store what they found, Intel's manual says that nothing
 * is stored. `fsw` is the status word after the instruction.
 */
export function stopsComparing(mnemonic: string, fsw: number): boolean {
  return /^F(U?COM|ICOM|TST)/.test(mnemonic) && (fsw & ES) !== 0;
}

/** Bits of the x87 status word that aren't defined after the instruction; `noNumber`: ST(0) is a NaN or infinite then. */
export function undefinedStatus(mnemonic: string, fsw: number, noNumber: boolean): number {
  if (stopsComparing(mnemonic, fsw)) return C0 | C1 | C2 | C3;
  // Left alone on AMD's processors, cleared on Intel's.
  if (/^(FCMOV|FU?COMIP?$|FFREEP?$)/.test(mnemonic)) return C1;
  // The quotient's bits where there may be no quotient, and what FXTRACT, whose C2 has no meaning, makes of it.
  if (/^FPREM/.test(mnemonic)) return noNumber || fsw & (IE | C2) ? C0 | C1 | C3 : 0;
  return mnemonic === "FXTRACT" ? C2 : 0;
}

/**
 * Operands so large that processors touch their parts in different orders, and CMPS, of whose two operands either may
 * be read first: which page faults is not compared.
 */
export function faultsAnywhere(f: Form): boolean {
  return (
    f.operands.some((o) => o.kind === "m" && o.memSize > 128) ||
    /^(FLDENV|FNSTENV|CMPS[BWQ]|CMPSD_STR)$/.test(f.mnemonic)
  );
}
