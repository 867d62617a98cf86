/** Small helpers of panels. */
import type { Canvas } from "../screen/screen.ts";
import { type Style, THEME } from "../screen/style.ts";

export function hex(v: number | bigint, digits = 0): string {
  return v.toString(16).padStart(digits, "0");
}

/** Cut to so many columns, with a sign that it was. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : width <= 0 ? "" : `${text.slice(0, width - 1)}…`;
}

/** A panel's first row: its title on a line. The canvas of what is below. */
export function titled(canvas: Canvas, title: string, focused = false): Canvas {
  const line: Style = focused ? THEME.focus : THEME.frame;
  const shown = clip(title, canvas.width - 4);
  canvas.text(0, 0, "─".repeat(canvas.width), line);
  canvas.text(1, 0, ` ${shown} `, focused ? THEME.focus : THEME.title);
  return canvas.part(0, 1, canvas.width, canvas.height - 1);
}

const UNITS = ["", "K", "M", "G", "T"];

/** 1234567 as "1.23M": three digits. `base` 1000 or 1024. */
export function short(v: number, base = 1000): string {
  let unit = 0;
  while (v >= base * 0.9995 && unit < UNITS.length - 1) {
    v /= base;
    unit++;
  }
  const text = unit === 0 || v >= 99.95 ? v.toFixed(0) : v >= 9.995 ? v.toFixed(1) : v.toFixed(2);
  return text + UNITS[unit];
}

/** 1234567 as "1,234,567". */
export function grouped(v: number): string {
  return v.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");
}
