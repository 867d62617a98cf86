/**
 * The file that holds the handlers: the lengths in bytes of its parts (32 bits each), then the parts: module, index, plans.
 * Little-endian, as RAM has to be.
 */
import type { HandlerImage } from "./image.ts";

export const IMAGE_HEADER = 12;

/** The module's bytes. */
export function moduleIn(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const length = new DataView(file.buffer, file.byteOffset, file.byteLength).getUint32(0, true);
  return file.subarray(IMAGE_HEADER, IMAGE_HEADER + length);
}

/** Reads what `packImage` wrote. `module`: what V8 made of the module's bytes, if it is known already. */
export function unpackImage(file: Uint8Array<ArrayBuffer>, module?: WebAssembly.Module): HandlerImage {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [wasm, index, plans] = [0, 4, 8].map((at) => view.getUint32(at, true));
  const copy = (at: number, n: number): ArrayBuffer =>
    file.buffer.slice(file.byteOffset + at, file.byteOffset + at + n);
  return {
    wasm: moduleIn(file),
    module,
    index: new Uint16Array(copy(IMAGE_HEADER + wasm, index)),
    plans: new Int32Array(copy(IMAGE_HEADER + wasm + index, plans)),
  };
}
