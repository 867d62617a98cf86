/** Boxes over the panels. */
import type { Canvas } from "../screen/screen.ts";
import { THEME } from "../screen/style.ts";
import { clip } from "./text.ts";

export interface Dialog {
  title: string;
  lines: readonly string[];
}

export function drawDialog(canvas: Canvas, dialog: Dialog): void {
  const longest = Math.max(dialog.title.length + 4, ...dialog.lines.map((l) => l.length));
  const w = Math.min(canvas.width, longest + 4);
  const h = Math.min(canvas.height, dialog.lines.length + 2);
  const box = canvas.part((canvas.width - w) >> 1, (canvas.height - h) >> 1, w, h);
  box.fill(" ");
  const line = "─".repeat(w - 2);
  box.text(0, 0, `╭${line}╮`, THEME.focus);
  box.text(0, h - 1, `╰${line}╯`, THEME.focus);
  box.text(2, 0, ` ${clip(dialog.title, w - 6)} `, THEME.focus);
  for (let y = 1; y < h - 1; y++) {
    box.text(0, y, "│", THEME.focus);
    box.text(w - 1, y, "│", THEME.focus);
    box.text(2, y, clip(dialog.lines[y - 1], w - 4));
  }
}
