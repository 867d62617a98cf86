/** The guest's terminal. */
import type { Canvas } from "../screen/screen.ts";
import { INVERSE } from "../screen/style.ts";
import type { Terminal } from "../vt/terminal.ts";
import { clip, titled } from "./text.ts";

/** `back`: lines that are scrolled back into the history. Returns the cursor's cell if it is to be seen. */
export function drawTerminal(
  canvas: Canvas,
  terminal: Terminal,
  focused: boolean,
  back: number,
): { x: number; y: number } | undefined {
  const keys = focused ? "keys go here, ctrl-] leaves" : "Tab to type here";
  const scrolled = back > 0 ? `, ${back} lines back` : "";
  const title = clip(terminal.title, 40);
  const inner = titled(canvas, `${title || "Terminal"}: ${keys}${scrolled}`, focused);
  const { history, lines } = terminal;
  const from = history.length - back;
  for (let y = 0; y < inner.height; y++) {
    const line = from + y < history.length ? history[from + y] : lines[from + y - history.length];
    if (!line) continue;
    const n = Math.min(line.cols, inner.width);
    const at = (inner.rect.y + y) * inner.screen.cols + inner.rect.x;
    inner.screen.chars.set(line.chars.subarray(0, n), at);
    inner.screen.fg.set(line.fg.subarray(0, n), at);
    inner.screen.bg.set(line.bg.subarray(0, n), at);
  }
  const seen = terminal.modes.cursorVisible && back === 0 && terminal.y < inner.height && terminal.x < inner.width;
  if (!seen) return undefined;
  if (focused) return { x: inner.rect.x + terminal.x, y: inner.rect.y + terminal.y };
  // Without the focus the cursor is a mark in the picture.
  inner.screen.fg[(inner.rect.y + terminal.y) * inner.screen.cols + inner.rect.x + terminal.x] ^= INVERSE;
  return undefined;
}
