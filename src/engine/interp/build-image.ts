/** Ties the instruction table and the semantics together into the handler image; used at build time and by tests. */
import { form, ROWS } from "../../isa/table.ts";
import { M64 } from "../../isa/types.ts";
import { HELPERS } from "../../sem/helpers/index.ts";
import { SEMANTICS } from "../../sem/table.ts";
import { type HandlerImage, Image } from "./image.ts";

export function buildImage(): HandlerImage {
  const rows = ROWS.map((_, i) => form(i));
  const helpers = Object.entries(HELPERS).map(([name, fn]) => ({ name, arity: fn.length - 1 }));
  const image = new Image({
    rows,
    helpers,
    semantics: (row) => (row.modes & M64 && !row.unsupported ? SEMANTICS[row.mnemonic] : undefined),
  });
  return image.build();
}

/** One file: length of the module, the module, the index (little-endian). */
export function packImage(image: HandlerImage): Uint8Array {
  const out = new Uint8Array(4 + image.wasm.length + image.index.length * 2);
  const view = new DataView(out.buffer);
  view.setUint32(0, image.wasm.length, true);
  out.set(image.wasm, 4);
  image.index.forEach((v, i) => {
    view.setUint16(4 + image.wasm.length + i * 2, v, true);
  });
  return out;
}
