/** Which instruction each function of the handlers' first module serves: its own binary, read again. */
import { readFileSync } from "node:fs";
import { unpackImage } from "../src/engine/interp/image-file.ts";
import { FN_MASK } from "../src/engine/interp/numbers.ts";
import { VARIANTS, variantsOf } from "../src/engine/interp/variant.ts";
import { form, ROWS } from "../src/isa/table.ts";

export interface HandlerName {
  name: string;
  /** Serves no instruction: a special handler, or a function that handlers and regions share. */
  special: boolean;
}

/** By number of the function in the module. */
export function handlerNames(): Map<number, HandlerName> {
  const image = unpackImage(readFileSync(new URL("../dist/handlers.bin", import.meta.url)));
  const { elements, exported } = read(image.wasm);
  const names = new Map<number, HandlerName>();
  for (const [index, name] of exported) names.set(index, { name, special: true });
  for (const index of elements) names.set(index, { name: `special ${index}`, special: true });
  for (const [i] of ROWS.entries()) {
    const row = form(i);
    for (const [n, variant] of variantsOf(row)) {
      const handler = image.index[i * VARIANTS + n] & FN_MASK;
      if (handler === 0 || handler >= elements.length) continue;
      const name = `${row.text}${variant.shape === "none" ? "" : ` (${variant.shape})`}${variant.rep ? " repeated" : ""}`;
      const old = names.get(elements[handler]);
      // Rows whose handlers are alike share one.
      if (old && !old.special) old.name = old.name.endsWith(" ...") ? old.name : `${old.name} ...`;
      else names.set(elements[handler], { name, special: false });
    }
  }
  return names;
}

/** The functions of table 0, in order, and the exported functions by number. */
function read(wasm: Uint8Array): { elements: number[]; exported: Map<number, string> } {
  const elements: number[] = [];
  const exported = new Map<number, string>();
  let at = 8;
  const u32 = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  while (at < wasm.length) {
    const section = wasm[at++];
    const size = u32();
    const end = at + size;
    if (section === 7) {
      for (let n = u32(); n > 0; n--) {
        const length = u32();
        const name = Buffer.from(wasm.subarray(at, at + length)).toString();
        at += length;
        const kind = wasm[at++];
        const index = u32();
        if (kind === 0) exported.set(index, name);
      }
    } else if (section === 9) {
      // One segment: active in table 0 (flags 0), at a constant offset (opcode, value, end).
      if (u32() !== 1 || u32() !== 0) throw new Error("another element segment than expected");
      at++;
      u32();
      at++;
      for (let n = u32(); n > 0; n--) elements.push(u32());
    }
    at = end;
  }
  return { elements, exported };
}
