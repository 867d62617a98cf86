/** The x87 stack: values as numbers and as they are encoded, control and status. */
import * as L from "../../../cpu/layout.ts";
import type { Registers } from "../../../kernel/registers.ts";
import type { Look } from "../look.ts";
import type { Canvas } from "../screen/screen.ts";
import { THEME } from "../screen/style.ts";
import { hex, titled } from "./text.ts";
import { floatText } from "./vectors.ts";

const BIAS = 16383;
const EXPONENT = 0x7fff;

/** A double near an 80-bit number: `mantissa` with its explicit integer bit, `top` sign and exponent. */
export function fromExtended(mantissa: bigint, top: number): number {
  const sign = top & 0x8000 ? -1 : 1;
  const exponent = top & EXPONENT;
  if (exponent === EXPONENT) return BigInt.asUintN(63, mantissa) === 0n ? sign * Infinity : Number.NaN;
  // In two steps, or the power would be infinite where the number isn't.
  const power = exponent - BIAS - 63;
  return sign * Number(mantissa) * 2 ** Math.trunc(power / 2) * 2 ** (power - Math.trunc(power / 2));
}

interface StackEntry {
  /** Empty registers hold nothing, whatever their bits. */
  empty: boolean;
  text: string;
  bits: string;
}

function entry(regs: Registers, i: number): StackEntry {
  const top = (regs.u16(L.FSW) >> 11) & 7;
  const physical = (top + i) & 7;
  const at = L.X87 + physical * 16;
  const mantissa = regs.u64(at);
  const high = regs.u16(at + 8);
  return {
    empty: ((regs.u8(L.FTW) >> physical) & 1) === 0,
    text: floatText(fromExtended(mantissa, high), 14),
    bits: `${hex(high, 4)}:${hex(mantissa, 16)}`,
  };
}

const COLUMN = 38;

export function drawX87(canvas: Canvas, look: Look): void {
  const { regs, before } = look;
  const inner = titled(
    canvas,
    `x87  cw ${hex(regs.u16(L.FCW), 4)}  sw ${hex(regs.u16(L.FSW), 4)}  mxcsr ${hex(regs.u32(L.MXCSR), 4)}`,
  );
  const columns = inner.width >= 2 * COLUMN - 1 ? 2 : 1;
  for (let i = 0; i < 8; i++) {
    const x = columns === 2 ? (i >> 2) * COLUMN : 0;
    const y = columns === 2 ? i & 3 : i;
    const now = entry(regs, i);
    const old = entry(before, i);
    inner.text(x, y, `st${i}`, THEME.register);
    if (now.empty) {
      inner.text(x + 4, y, "empty", THEME.missing);
      continue;
    }
    const changed = old.empty || old.bits !== now.bits;
    inner.text(x + 4, y, now.text, changed ? THEME.changed : THEME.text);
    if (inner.width >= COLUMN) inner.text(x + 19, y, now.bits.slice(0, COLUMN - 20), THEME.missing);
  }
}
