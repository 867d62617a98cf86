/** Finds out quickly that both sides agree; where they may not, compare.ts has the rules. */
import type { CompareOptions } from "./compare.ts";
import * as T from "./layout.ts";

const WORDS = T.RESULT_SIZE / 4;
const MXCSR_EXCEPTIONS = 0x3f;

/** Bits of a result's words that have to be alike. Flags that are undefined are the trial's own. */
function maskOf(o: CompareOptions): Int32Array {
  const mask = new Int32Array(WORDS).fill(-1);
  const leave = (at: number, bits: number): void => {
    mask[at >> 2] &= ~bits;
  };
  if (!o.pointers) {
    leave(T.S_FTW, 0xffff0000 | 0); // FOP
    for (let at = T.S_FIP; at < T.S_MXCSR; at += 4) mask[at >> 2] = 0;
  }
  if (!o.mxcsr) leave(T.S_MXCSR, MXCSR_EXCEPTIONS);
  mask[(T.S_MXCSR >> 2) + 1] = 0; // MXCSR_MASK
  leave(T.S_FTW, 0xff00);
  for (let i = 0; i < 8; i++) {
    // Behind the ten bytes of a number: selectors, of which FS's and GS's are not compared.
    if (i > 3) leave(T.S_ST + 16 * i + 8, 0xffff0000 | 0);
    mask[(T.S_ST + 16 * i + 12) >> 2] = 0;
  }
  return mask;
}

export class QuickCompare {
  private readonly mask: Int32Array;
  constructor(o: CompareOptions) {
    this.mask = maskOf(o);
  }
  /** True if both results are the same in all that is compared; false if that takes a closer look. */
  same(trial: T.Trial, ours: Uint8Array, silicon: Uint8Array): boolean {
    if (ours.length !== silicon.length) return false;
    const a = new Int32Array(ours.buffer, ours.byteOffset, ours.length >> 2);
    const b = new Int32Array(silicon.buffer, silicon.byteOffset, silicon.length >> 2);
    const { mask } = this;
    let bits = 0;
    const flags = T.S_RFLAGS >> 2;
    for (let i = 0; i < flags; i++) bits |= a[i] ^ b[i];
    bits |= (a[flags] ^ b[flags]) & ~trial.undefinedFlags;
    for (let i = (T.S_FS >> 2) | 0; i < WORDS; i++) bits |= (a[i] ^ b[i]) & mask[i];
    for (let i = WORDS; i < a.length; i++) bits |= a[i] ^ b[i];
    return bits === 0;
  }
}
