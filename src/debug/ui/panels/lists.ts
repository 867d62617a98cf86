/** Panels that are lists: breakpoints, memory maps, call frames, the profile. */
import type { Watchpoint } from "../../types.ts";
import { type Look, nameOf } from "../look.ts";
import type { Profile } from "../profile.ts";
import type { Canvas } from "../screen/screen.ts";
import { THEME } from "../screen/style.ts";
import { baseName } from "../symbols.ts";
import { clip, hex, short, titled } from "./text.ts";

export interface Points {
  watchpoints: readonly Watchpoint[];
  pending: ReadonlySet<string>;
}

export function drawBreakpoints(canvas: Canvas, look: Look, { watchpoints, pending }: Points): void {
  const inner = titled(canvas, "Breakpoints");
  let y = 0;
  for (const address of look.breakpoints) {
    inner.text(0, y, "●", THEME.breakpoint);
    const x = inner.text(2, y, hex(address), THEME.text);
    inner.text(x + 1, y, clip(nameOf(look, address) ?? "", inner.width - x - 1), THEME.symbol);
    y++;
  }
  for (const w of watchpoints) {
    inner.text(0, y, "◄", THEME.breakpoint);
    const x = inner.text(2, y, hex(w.address), THEME.text);
    const what = `${w.kind} ${w.length} ${nameOf(look, w.address) ?? ""}`;
    inner.text(x + 1, y, clip(what, inner.width - x - 1), THEME.symbol);
    y++;
  }
  for (const name of pending) {
    inner.text(0, y, "○", THEME.breakpoint);
    inner.text(2, y, clip(`waits for ${name}`, inner.width - 2), THEME.missing);
    y++;
  }
  if (y === 0) inner.text(0, 0, clip("none: b breaks, w watches", inner.width), THEME.missing);
}

/** `first`: lines that are scrolled away. */
export function drawMaps(canvas: Canvas, look: Look, first: number): void {
  const { mappings } = look;
  const total = mappings.reduce((n, m) => n + m.end - m.start, 0);
  const inner = titled(canvas, `Maps: ${mappings.length}, ${short(total, 1024)}`);
  const rip = Number(look.regs.rip);
  mappings.slice(first, first + inner.height).forEach((m, y) => {
    const x = inner.text(0, y, hex(m.start, 12), THEME.address);
    const size = short(m.end - m.start, 1024).padStart(5);
    const at = inner.text(x, y, ` ${size} ${m.access} `, THEME.text);
    inner.text(at, y, clip(baseName(m.name), inner.width - at), THEME.symbol);
    if (rip >= m.start && rip < m.end) inner.tint(y, THEME.bold);
  });
}

export function drawFrames(canvas: Canvas, look: Look, first: number): void {
  const frames = look.frames.length > 0 ? look.frames : [{ pc: Number(look.regs.rip), cfa: look.regs.rsp }];
  const inner = titled(canvas, "Frames");
  frames.slice(first, first + inner.height).forEach((f, y) => {
    const x = inner.text(0, y, hex(f.cfa, 12), THEME.address);
    // A return address is behind its call, which may be the last instruction of a function.
    const name = nameOf(look, first + y === 0 ? f.pc : f.pc - 1) ?? hex(f.pc);
    inner.text(x + 1, y, clip(name, inner.width - x - 1), y + first === 0 ? THEME.label : THEME.symbol);
  });
}

export function drawProfile(canvas: Canvas, profile: Profile): void {
  const inner = titled(canvas, `Profile: ${profile.samples} samples`);
  profile.top(inner.height).forEach(([name, count], y) => {
    const share = `${((count * 100) / profile.samples).toFixed(1)}%`.padStart(6);
    const x = inner.text(0, y, share, THEME.number);
    inner.text(x + 1, y, clip(name, inner.width - x - 1), THEME.symbol);
  });
  if (profile.samples === 0) inner.text(0, 0, clip("nothing ran yet", inner.width), THEME.missing);
}
