/** XMM and YMM registers as integers, floats or doubles, of every size and radix. */
import * as L from "../../../cpu/layout.ts";
import type { Registers } from "../../../kernel/registers.ts";
import type { Look } from "../look.ts";
import { CP437 } from "../screen/cp437.ts";
import type { Canvas } from "../screen/screen.ts";
import { THEME } from "../screen/style.ts";
import { clip, titled } from "./text.ts";

export const VECTOR_TYPES = ["integer", "single", "double"] as const;
export type VectorType = (typeof VECTOR_TYPES)[number];
/** Bytes of an integer. */
export const VECTOR_SIZES = [1, 2, 4, 8] as const;
export type VectorSize = (typeof VECTOR_SIZES)[number];
export const RADIXES = ["hex", "unsigned", "signed", "octal", "binary", "characters"] as const;
export type Radix = (typeof RADIXES)[number];

export interface VectorFormat {
  type: VectorType;
  size: VectorSize;
  radix: Radix;
}

/** Columns that an integer may take. */
function integerWidth(size: VectorSize, radix: Radix): number {
  const bits = size * 8;
  switch (radix) {
    case "hex":
      return bits / 4;
    case "octal":
      return Math.ceil(bits / 3);
    case "binary":
      return bits;
    case "characters":
      return size;
    case "unsigned":
      return (2n ** BigInt(bits) - 1n).toString().length;
    case "signed":
      return (2n ** BigInt(bits - 1)).toString().length + 1;
  }
}

const BASES: Readonly<Partial<Record<Radix, number>>> = { hex: 16, octal: 8, binary: 2 };

/** One integer's text; `bytes`: little-endian. */
export function integerText(bytes: Uint8Array, radix: Radix): string {
  if (radix === "characters") return Array.from(bytes, (b) => CP437[b]).join("");
  let v = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) v = (v << 8n) | BigInt(bytes[i]);
  const width = integerWidth(bytes.length as VectorSize, radix);
  const base = BASES[radix];
  if (base) return v.toString(base).padStart(width, "0");
  return (radix === "signed" ? BigInt.asIntN(bytes.length * 8, v) : v).toString().padStart(width);
}

/** Seven or so significant digits in so many columns. */
export function floatText(v: number, width: number): string {
  if (Number.isNaN(v)) return "nan".padStart(width);
  if (!Number.isFinite(v)) return (v > 0 ? "inf" : "-inf").padStart(width);
  const plain = `${Object.is(v, -0) ? "-0" : v}`;
  if (plain.length <= width) return plain.padStart(width);
  for (let digits = Math.min(16, width); digits > 0; digits--) {
    const text = v.toPrecision(digits).replace("e+", "e");
    if (text.length <= width) return text.padStart(width);
  }
  return clip(plain, width);
}

/** Elements from the highest to the lowest, as the manuals draw them. */
function elements(bytes: Uint8Array, format: VectorFormat, width: number): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const texts: string[] = [];
  if (format.type === "integer") {
    for (let i = bytes.length - format.size; i >= 0; i -= format.size) {
      texts.push(integerText(bytes.subarray(i, i + format.size), format.radix));
    }
    return texts;
  }
  const size = format.type === "single" ? 4 : 8;
  for (let i = bytes.length - size; i >= 0; i -= size) {
    texts.push(floatText(size === 4 ? view.getFloat32(i, true) : view.getFloat64(i, true), width));
  }
  return texts;
}

/** Spaces between elements: none where they are narrow. */
function gapOf(format: VectorFormat): number {
  if (format.type !== "integer") return 1;
  return format.radix === "characters" || (format.radix === "hex" && format.size === 1) ? 0 : 1;
}

/** Columns of all elements of so many bytes. */
function lineWidth(bytes: number, format: VectorFormat, floatWidth: number): number {
  const size = format.type === "integer" ? format.size : format.type === "single" ? 4 : 8;
  const width = format.type === "integer" ? integerWidth(format.size, format.radix) : floatWidth;
  const gap = gapOf(format);
  return Math.ceil(bytes / size) * (width + gap) - gap;
}

/** Columns of "ymm15 ". */
const LABEL = 6;

function vector(regs: Registers, n: number, bytes: number): Uint8Array {
  const at = L.YMM - L.STATE + n * L.YMM_STRIDE;
  return regs.bytes().slice(at, at + bytes);
}

/** How many bytes of a register fit: all 32, the lower half, or (with a sign for the rest) less. */
function shownBytes(width: number, format: VectorFormat, floatWidth: number): number {
  return [32, 16, 8, 4, 2, 1].find((n) => lineWidth(n, format, floatWidth) <= width) ?? 1;
}

export function drawVectors(canvas: Canvas, look: Look, format: VectorFormat): void {
  const how = format.type === "integer" ? `${format.size * 8}-bit ${format.radix}` : format.type;
  const inner = titled(canvas, `Vectors: ${how}`);
  const floatWidth = format.type === "single" ? 9 : 15;
  const bytes = shownBytes(inner.width - LABEL - 1, format, floatWidth);
  for (let n = 0; n < Math.min(16, inner.height); n++) {
    const all = vector(look.regs, n, 32);
    const old = vector(look.before, n, 32);
    const wide = all.subarray(16).some((b) => b !== 0);
    const more = bytes < 32 && all.subarray(bytes).some((b) => b !== 0);
    inner.text(0, n, `${wide ? "y" : "x"}mm${n}`, THEME.register);
    if (more) inner.text(LABEL - 1, n, "…", THEME.missing);
    const [now, before] = [all, old].map((b) => elements(b.subarray(0, bytes), format, floatWidth));
    drawElements(inner, n, now, before, gapOf(format));
  }
}

function drawElements(canvas: Canvas, y: number, texts: string[], old: string[], gap: number): void {
  let x = LABEL;
  texts.forEach((text, i) => {
    const nothing = /^[0 ]*$/.test(text);
    x = canvas.text(x, y, text, text !== old[i] ? THEME.changed : nothing ? THEME.missing : THEME.text);
    x += gap;
  });
}
