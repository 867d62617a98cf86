/**
 * The file that holds the handlers: 32 bits each for the lengths in bytes of its parts and for the number of handlers in
 * the first module; then the parts: first module, index, plans, second module. Little-endian, as RAM has to be.
 */
import type { HandlerImage } from "./image.ts";

const HEADER_WORDS = 5;
export const IMAGE_HEADER = HEADER_WORDS * 4;

type Bytes = Uint8Array<ArrayBuffer>;

function header(file: Bytes): number[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return Array.from({ length: HEADER_WORDS }, (_, i) => view.getUint32(i * 4, true));
}

/** How many of the file's bytes a start needs, given its first IMAGE_HEADER: all but the second module. */
export function startLength(file: Bytes): number {
  const [wasm, index, plans] = header(file);
  return IMAGE_HEADER + wasm + index + plans;
}

/** The first module's bytes. */
export function moduleIn(file: Bytes): Bytes {
  return file.subarray(IMAGE_HEADER, IMAGE_HEADER + header(file)[0]);
}

/**
 * Reads what `packImage` wrote. `module`: what V8 made of the first module's bytes, if it is known already; `whole`: gives
 * the whole file if this is only the part that a start needs.
 */
export function unpackImage(file: Bytes, module?: WebAssembly.Module, whole = () => file): HandlerImage {
  const [wasm, index, plans, , first] = header(file);
  const copy = (at: number, n: number): ArrayBuffer =>
    file.buffer.slice(file.byteOffset + at, file.byteOffset + at + n);
  return {
    wasm: moduleIn(file),
    module,
    first,
    later: () => whole().subarray(startLength(file)),
    index: new Uint16Array(copy(IMAGE_HEADER + wasm, index)),
    plans: new Int32Array(copy(IMAGE_HEADER + wasm + index, plans)),
  };
}

/** One file: what `unpackImage` reads. */
export function packImage(image: HandlerImage): Uint8Array {
  const parts = [image.wasm, image.index, image.plans, image.later()];
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.byteLength, IMAGE_HEADER));
  const words = [...parts.map((p) => p.byteLength), image.first];
  for (const [i, word] of words.entries()) new DataView(out.buffer).setUint32(i * 4, word, true);
  let at = IMAGE_HEADER;
  for (const part of parts) {
    out.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return out;
}
