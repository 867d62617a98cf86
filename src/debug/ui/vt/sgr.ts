/** Select graphic rendition: CSI ... m, as console_codes(4) and xterm's ctlseqs list it. */
import { BOLD, COLOR, DIM, INVERSE, ITALIC, PALETTE, RGB, type Style, UNDERLINE } from "../screen/style.ts";

const ON: Readonly<Record<number, number | undefined>> = { 1: BOLD, 2: DIM, 3: ITALIC, 4: UNDERLINE, 7: INVERSE };
const OFF: Readonly<Record<number, number | undefined>> = {
  21: BOLD,
  22: BOLD | DIM,
  23: ITALIC,
  24: UNDERLINE,
  27: INVERSE,
};

/** The colour after 38 or 48 at `i`, and how many parameters it took. */
function extended(p: readonly number[], i: number): { color: number | undefined; used: number } {
  if (p[i + 1] === 5) return { color: PALETTE | (Math.max(p[i + 2] ?? 0, 0) & 255), used: 2 };
  if (p[i + 1] !== 2) return { color: undefined, used: 1 };
  // With colons an empty colour space may stand before the three.
  const at = p[i + 2] === -1 && p.length > i + 5 ? i + 3 : i + 2;
  const [r, g, b] = [0, 1, 2].map((k) => Math.max(p[at + k] ?? 0, 0) & 255);
  return { color: RGB | (r << 16) | (g << 8) | b, used: at - i + 2 };
}

/** A basic colour's number 0..15 from a parameter, for foregrounds (base 30) or backgrounds (40). */
function basic(n: number, base: number): number | undefined {
  if (n >= base && n < base + 8) return n - base;
  return n >= base + 60 && n < base + 68 ? n - base - 52 : undefined;
}

export function applySgr(parameters: readonly number[], style: Style): Style {
  let { fg, bg } = style;
  const p = parameters.length === 0 ? [0] : parameters;
  for (let i = 0; i < p.length; i++) {
    const n = Math.max(p[i], 0);
    const fore = basic(n, 30);
    const back = basic(n, 40);
    if (n === 0) fg = bg = 0;
    else if (n === 38 || n === 48) {
      const { color, used } = extended(p, i);
      if (color !== undefined && n === 38) fg = (fg & ~COLOR) | color;
      else if (color !== undefined) bg = color;
      i += used;
    } else if (n === 39) fg &= ~COLOR;
    else if (n === 49) bg = 0;
    else if (fore !== undefined) fg = (fg & ~COLOR) | PALETTE | fore;
    else if (back !== undefined) bg = PALETTE | back;
    else fg = (fg | (ON[n] ?? 0)) & ~(OFF[n] ?? 0);
  }
  return { fg, bg };
}
