/** The register file in RAM, set to what a new program finds. */
import * as L from "../cpu/layout.ts";
import type { Ram } from "../mmu/ram.ts";

const FCW_INIT = 0x37f;
const MXCSR_INIT = 0x1f80;
/** Bit 1 is always set; IF, as user code runs with interrupts on. */
const FLAGS_INIT = 0x202;

export function resetRegisters(ram: Ram): void {
  ram.u8.fill(0, L.STATE, L.STATE_END);
  ram.view.setUint32(L.CONST_PAGE, 4096, true);
  ram.view.setUint16(L.FCW, FCW_INIT, true);
  ram.view.setUint32(L.MXCSR, MXCSR_INIT, true);
  ram.view.setUint32(L.FLAG_SYS, FLAGS_INIT, true);
  // A result of 1 is neither zero nor negative; its odd parity is taken back by the auxiliary word.
  ram.view.setUint32(L.FLAG_RES, 1, true);
  ram.view.setUint32(L.FLAG_AUX, 0, true);
}
