/** Layout of trials and results, shared with runner.c, and the addresses that both sides map. */

export const PAGE = 4096;
/** Data pages: three writable, then a read-only one; unmapped pages before and after. Mapped at two addresses. */
export const DATA_LOW = 0x10000000;
export const DATA_HIGH = 0x700010000000;
export const DATA_PAGES = 4;
export const DATA_SIZE = DATA_PAGES * PAGE;
/** Two pages of code with all permissions, filled with INT3; unmapped pages before and after. */
export const CODE_AT = 0x20000000;
export const CODE_PAGES = 2;
export const CODE_SIZE = CODE_PAGES * PAGE;
export const FILLER = 0xcc;

/** State, at the same offsets in trials and results. */
export const S_GPR = 0;
export const S_RFLAGS = 128;
/** Number of the segments to run with (u32): see segments.ts. */
export const S_WORLD = 132;
export const S_FS = 136;
export const S_GS = 144;
/** In a result RIP; in a trial u32 offset of the code and u32 its length. */
export const S_RIP = 152;
export const S_CODE_AT = 152;
export const S_CODE_LENGTH = 156;
/** First 160 bytes of an FXSAVE image. */
export const S_FX = 160;
export const S_FCW = S_FX;
export const S_FSW = S_FX + 2;
export const S_FTW = S_FX + 4;
export const S_FOP = S_FX + 6;
export const S_FIP = S_FX + 8;
export const S_FDP = S_FX + 16;
export const S_MXCSR = S_FX + 24;
export const S_ST = S_FX + 32;
/** In a result: selectors ES to GS (u16), 16 bytes apart. */
export const S_SEL = S_ST + 10;
/** Sixteen registers of 32 bytes. */
export const S_YMM = 320;
export const STATE_SIZE = 832;

/** Trial: after the state u32 number of patches, u32 their bytes; the code, padded to 8 bytes; patches. */
export const T_PATCHES = 832;
export const T_PATCH_BYTES = 836;
export const T_CODE = 840;
export const T_CODE_MAX = 6144;
/** A patch of the data pages: u16 offset, u16 length, 4 bytes unused, then the bytes padded to 8. */
export const PATCH_HEAD = 8;

/** Result: after the state the signal, si_code, si_addr, trap number and error code, changes of the data pages. */
export const R_SIGNO = 832;
export const R_CODE = 836;
export const R_ADDR = 840;
export const R_TRAPNO = 848;
export const R_ERR = 852;
export const R_CHANGES = 856;
export const RESULT_SIZE = 864;
/** A change: u64 offset, then the 8 bytes that stand there now. */
export const CHANGE_SIZE = 16;

/** A trial in bytes, with what its maker knows of it. */
export interface Trial {
  bytes: Uint8Array;
  view: DataView;
  /** Rows of its instructions, in order. */
  rows: readonly number[];
  /** RFLAGS bits that are undefined in the end, and those that are at some time. */
  undefinedFlags: number;
  everUndefined: number;
  /** The one instruction is in its memory form. */
  memory?: boolean;
  /** Offsets in its code of functions. */
  entries?: readonly number[];
  /** Bytes of the data pages that are not compared: [offset, length]. */
  loose: readonly (readonly [number, number])[];
}

/** Padded to 8 bytes. */
export const padded = (n: number): number => (n + 7) & ~7;

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Contents of the data pages before patches: the same on both sides, no two pages alike. */
export function basePattern(): Uint8Array {
  const out = new Uint8Array(DATA_SIZE);
  let x = 0x2545f491;
  for (let i = 0; i < out.length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    out[i] = x >>> 24;
  }
  return out;
}

/** Calls `fn` for every patch of a trial. */
export function eachPatch(trial: Trial, fn: (offset: number, bytes: Uint8Array) => void): void {
  const { view: v, bytes } = trial;
  let at = T_CODE + padded(v.getUint32(S_CODE_LENGTH, true));
  for (let n = v.getUint32(T_PATCHES, true); n > 0; n--) {
    const length = v.getUint16(at + 2, true);
    fn(v.getUint16(at, true), bytes.subarray(at + PATCH_HEAD, at + PATCH_HEAD + length));
    at += PATCH_HEAD + padded(length);
  }
}

/** Contents of the data pages when the trial starts. */
export function dataBefore(trial: Trial): Uint8Array {
  const out = basePattern();
  eachPatch(trial, (offset, bytes) => out.set(bytes, offset));
  return out;
}
