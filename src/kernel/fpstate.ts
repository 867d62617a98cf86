/** The x87, SSE and AVX registers as XSAVE stores them (SDM volume 1, sections 10.5 and 13.4), and as Linux puts them in signal frames. */
import * as L from "../cpu/layout.ts";
import { type CpuLevel, DEFAULT_LEVEL, hasFeature } from "../sem/cpu-features.ts";
import type { Registers } from "./registers.ts";

const FXSAVE_SIZE = 512;
const HEADER_SIZE = 64;
const YMM_AT = FXSAVE_SIZE + HEADER_SIZE;
/** Legacy area, header and the upper halves of the YMM registers. */
export const XSTATE_SIZE = YMM_AT + 256;
/** <asm/sigcontext.h>: marks of an extended frame, in the software-reserved bytes and after the image. */
const FP_XSTATE_MAGIC1 = 0x46505853;
const FP_XSTATE_MAGIC2 = 0x46505845;
const SW_RESERVED = 464;
/** In a signal frame: the image and the closing mark. */
export const FPFRAME_SIZE = XSTATE_SIZE + 4;
/** x87, SSE, AVX. */
const XFEATURES = 7n;
const MXCSR_MASK = 0xffff;
const FCW_INIT = 0x37f;
const MXCSR_INIT = 0x1f80;

const top = (regs: Registers): number => (regs.u16(L.FSW) >> 11) & 7;

/** Bytes of the image in a signal frame: processors without XSAVE have FXSAVE's. */
export function fpFrameSize(level: CpuLevel = DEFAULT_LEVEL): number {
  return hasFeature(level, "XSAVE") ? FPFRAME_SIZE : FXSAVE_SIZE;
}

/** Components x87 and SSE. */
const FPSSE = 3n;

function uppersInUse(state: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) {
    const at = L.YMM - L.STATE + i * L.YMM_STRIDE + 16;
    for (let k = at; k < at + 16; k++) if (state[k]) return true;
  }
  return false;
}

/** The image that a signal frame holds, of one of the sizes that `fpFrameSize` gives. */
export function saveFp(regs: Registers, size = FPFRAME_SIZE): Uint8Array {
  const out = new Uint8Array(FPFRAME_SIZE);
  const v = new DataView(out.buffer);
  v.setUint16(0, regs.u16(L.FCW), true);
  v.setUint16(2, regs.u16(L.FSW), true);
  v.setUint8(4, regs.u8(L.FTW));
  v.setUint16(6, regs.u16(L.FOP), true);
  v.setBigUint64(8, regs.u64(L.FIP), true);
  v.setBigUint64(16, regs.u64(L.FDP), true);
  v.setUint32(24, regs.u32(L.MXCSR), true);
  v.setUint32(28, MXCSR_MASK, true);
  const state = regs.bytes();
  for (let i = 0; i < 8; i++) {
    const from = L.X87 - L.STATE + ((top(regs) + i) & 7) * 16;
    out.set(state.subarray(from, from + 10), 32 + i * 16);
  }
  for (let i = 0; i < 16; i++) {
    const from = L.YMM - L.STATE + i * L.YMM_STRIDE;
    out.set(state.subarray(from, from + 16), 160 + i * 16);
    out.set(state.subarray(from + 16, from + 32), YMM_AT + i * 16);
  }
  if (size === FXSAVE_SIZE) return out.subarray(0, size);
  v.setUint32(SW_RESERVED, FP_XSTATE_MAGIC1, true);
  v.setUint32(SW_RESERVED + 4, FPFRAME_SIZE, true);
  v.setBigUint64(SW_RESERVED + 8, XFEATURES, true);
  v.setUint32(SW_RESERVED + 16, XSTATE_SIZE, true);
  // Linux says that x87 and SSE are there, whatever the processor found in use (arch/x86/kernel/fpu/signal.c).
  v.setBigUint64(FXSAVE_SIZE, uppersInUse(state) ? XFEATURES : FPSSE, true);
  v.setUint32(XSTATE_SIZE, FP_XSTATE_MAGIC2, true);
  return out;
}

/** XSAVE's image with XCR0 where debuggers look for it: the software's bytes of the legacy area. */
export function plainXstate(regs: Registers): Uint8Array {
  const image = saveFp(regs).slice(0, XSTATE_SIZE);
  image.fill(0, SW_RESERVED, FXSAVE_SIZE);
  image[SW_RESERVED] = Number(XFEATURES);
  return image;
}

/** Sets the marks of an extended frame in an image that has room for them. */
export function xstateFrame(image: Uint8Array): Uint8Array {
  const v = new DataView(image.buffer, image.byteOffset, image.byteLength);
  v.setUint32(XSTATE_SIZE, FP_XSTATE_MAGIC2, true);
  return image;
}

/** Says how long the image is: FXSAVE only, unless the marks of an extended one are there. */
export function fpImageSize(legacy: DataView): number {
  const extended =
    legacy.getUint32(SW_RESERVED, true) === FP_XSTATE_MAGIC1 &&
    legacy.getUint32(SW_RESERVED + 16, true) === XSTATE_SIZE &&
    legacy.getUint32(SW_RESERVED + 4, true) >= FPFRAME_SIZE;
  return extended ? FPFRAME_SIZE : FXSAVE_SIZE;
}

/** Loads an image; false if no processor would (reserved bits of MXCSR). */
export function restoreFp(regs: Registers, image: Uint8Array): boolean {
  const v = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const extended = image.length >= FPFRAME_SIZE && v.getUint32(XSTATE_SIZE, true) === FP_XSTATE_MAGIC2;
  const present = extended ? v.getBigUint64(FXSAVE_SIZE, true) : 3n;
  if (v.getUint32(24, true) & ~MXCSR_MASK) return false;
  resetFp(regs);
  const state = regs.bytes();
  if (present & 1n) {
    regs.setU16(L.FCW, v.getUint16(0, true));
    regs.setU16(L.FSW, v.getUint16(2, true));
    regs.setU8(L.FTW, v.getUint8(4));
    regs.setU16(L.FOP, v.getUint16(6, true));
    regs.setU64(L.FIP, v.getBigUint64(8, true));
    regs.setU64(L.FDP, v.getBigUint64(16, true));
    for (let i = 0; i < 8; i++) {
      const to = L.X87 - L.STATE + ((top(regs) + i) & 7) * 16;
      state.set(image.subarray(32 + i * 16, 32 + i * 16 + 10), to);
    }
  }
  if (present & 6n) regs.setU32(L.MXCSR, v.getUint32(24, true));
  for (let i = 0; i < 16; i++) {
    const to = L.YMM - L.STATE + i * L.YMM_STRIDE;
    if (present & 2n) state.set(image.subarray(160 + i * 16, 176 + i * 16), to);
    if (present & 4n) state.set(image.subarray(YMM_AT + i * 16, YMM_AT + i * 16 + 16), to + 16);
  }
  return true;
}

/** The state that programs and signal handlers start with. */
export function resetFp(regs: Registers): void {
  const state = regs.bytes();
  state.fill(0, L.X87 - L.STATE, L.X87 - L.STATE + 8 * 16);
  state.fill(0, L.YMM - L.STATE, L.YMM - L.STATE + 16 * L.YMM_STRIDE);
  regs.setU16(L.FCW, FCW_INIT);
  regs.setU16(L.FSW, 0);
  regs.setU8(L.FTW, 0);
  regs.setU16(L.FOP, 0);
  regs.setU64(L.FIP, 0n);
  regs.setU64(L.FDP, 0n);
  regs.setU32(L.MXCSR, MXCSR_INIT);
}
