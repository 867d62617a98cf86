import { CONST_PAGE, FRAMES } from "../cpu/layout.ts";

/**
 * The machine's RAM: one WebAssembly memory. The views are replaced when it grows, so never keep one across anything
 * that may allocate a frame.
 */
export class Ram {
  readonly memory: WebAssembly.Memory;
  u8!: Uint8Array;
  u16!: Uint16Array;
  u32!: Uint32Array;
  i32!: Int32Array;
  f64!: Float64Array;
  view!: DataView;
  /** Bytes. */
  size = 0;

  /** `maxBytes` at most 4 GiB. */
  constructor(readonly maxBytes = 0x100000000) {
    const initial = Math.min(maxBytes, FRAMES + 0x4000000);
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(initial / 65536), maximum: 65536 });
    this.refresh();
    this.view.setUint32(CONST_PAGE, 4096, true);
  }
  private refresh(): void {
    const b = this.memory.buffer;
    this.u8 = new Uint8Array(b);
    this.u16 = new Uint16Array(b);
    this.u32 = new Uint32Array(b);
    this.i32 = new Int32Array(b);
    this.f64 = new Float64Array(b);
    this.view = new DataView(b);
    this.size = b.byteLength;
  }
  /** Makes RAM at least `bytes` long; false if the host or the limit says no. */
  grow(bytes: number): boolean {
    if (bytes > this.maxBytes) return false;
    const want = Math.min(this.maxBytes, Math.max(bytes, this.size + Math.min(this.size, 0x10000000)));
    for (const size of [want, bytes]) {
      try {
        this.memory.grow(Math.ceil((size - this.size) / 65536));
        this.refresh();
        return true;
      } catch {
        // Not even the smaller amount: out of memory below.
      }
    }
    return false;
  }
}
