/**
 * How a cell looks, in two words. Foreground word: a colour in bits 0..25, attributes above. Background word: a colour.
 * A colour is 0 (the terminal's own), PALETTE with a number 0..255, or RGB with 24 bits.
 */
export const PALETTE = 1 << 24;
export const RGB = 2 << 24;
export const COLOR = 0x3ffffff;

export const BOLD = 1 << 26;
export const DIM = 1 << 27;
export const ITALIC = 1 << 28;
export const UNDERLINE = 1 << 29;
export const INVERSE = 1 << 30;
export const ATTRIBUTES = BOLD | DIM | ITALIC | UNDERLINE | INVERSE;

export interface Style {
  readonly fg: number;
  readonly bg: number;
}

export const PLAIN: Style = { fg: 0, bg: 0 };

function indexed(fg: number, attributes = 0, bg?: number): Style {
  return { fg: PALETTE | fg | attributes, bg: bg === undefined ? 0 : PALETTE | bg };
}

/** The debugger's own styles. Numbers are of the 256-colour palette; 0 to 15 are what the terminal's theme makes of them. */
export const THEME = {
  text: PLAIN,
  dim: { fg: DIM, bg: 0 },
  bold: { fg: BOLD, bg: 0 },
  title: indexed(6, BOLD),
  frame: indexed(8),
  focus: indexed(11, BOLD),
  address: indexed(8),
  symbol: indexed(2),
  label: indexed(2, BOLD),
  source: indexed(8, ITALIC),
  mnemonic: indexed(12, BOLD),
  branch: indexed(13, BOLD),
  register: indexed(6),
  number: indexed(3),
  arrow: indexed(13),
  current: { fg: BOLD, bg: PALETTE | 24 },
  breakpoint: indexed(9, BOLD),
  /** What has just changed, and what did a moment ago. */
  changed: indexed(0, BOLD, 11),
  recent: indexed(11, BOLD),
  read: indexed(15, BOLD, 22),
  written: indexed(15, BOLD, 88),
  status: { fg: INVERSE, bg: 0 },
  alert: indexed(15, BOLD, 1),
  missing: indexed(8),
} satisfies Record<string, Style>;

/** The same background (the line of the current instruction) under another style. */
export function over(style: Style, background: Style | undefined): Style {
  return background === undefined ? style : { fg: style.fg | (background.fg & ATTRIBUTES), bg: background.bg };
}
