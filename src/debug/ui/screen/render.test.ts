import { describe, expect, test } from "vitest";
import { Terminal } from "../vt/terminal.ts";
import { Renderer } from "./render.ts";
import { Canvas, Screen } from "./screen.ts";
import { BOLD, INVERSE, PALETTE, RGB } from "./style.ts";

const bytes = (s: string) => new TextEncoder().encode(s);
const FULL = { colors: true, utf8: true };

function screen(...lines: string[]): Screen {
  const s = new Screen(20, 4);
  const canvas = new Canvas(s, { x: 0, y: 0, w: 20, h: 4 });
  lines.forEach((line, y) => {
    canvas.text(0, y, line);
  });
  return s;
}

describe("differences", () => {
  test("nothing is sent for nothing", () => {
    const r = new Renderer(FULL);
    r.render(screen("hello"));
    expect(r.render(screen("hello"))).toBe("");
  });
  test("only what changed is sent", () => {
    const r = new Renderer(FULL);
    r.render(screen("count 1 of 9", "other"));
    expect(r.render(screen("count 2 of 8", "other"))).toBe("\x1b[?2026h\x1b[?25l\x1b[1;7H2 of 8\x1b[?2026l");
    expect(r.render(screen("Count 2 of 7", "other"))).toContain("\x1b[1;1HC\x1b[1;12H7");
  });
  test("ASCII alone if the terminal has no more", () => {
    const r = new Renderer({ colors: true, utf8: false });
    expect(r.render(screen("─╮☺"))).toContain("-+.");
  });
  test("without colours a background becomes inverse", () => {
    const s = screen("x");
    s.set(0, 0, 0x78, PALETTE | 3, PALETTE | 1);
    expect(new Renderer({ colors: false, utf8: true }).render(s)).toContain("\x1b[7mx");
  });
});

test("what is sent makes a terminal show the picture, whatever was there", () => {
  let seed = 3;
  const random = (n: number) => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) >>> 8) % n;
  const letters = [..."abc 日é─"];
  const colors = [0, PALETTE | 3, PALETTE | 12, PALETTE | 200, RGB | 0x102030];
  const r = new Renderer(FULL);
  const t = new Terminal(20, 4, () => {});
  let last = screen();
  for (let round = 0; round < 60; round++) {
    const next = new Screen(20, 4);
    for (const part of ["chars", "fg", "bg"] as const) next[part].set(last[part]);
    const canvas = new Canvas(next, { x: 0, y: 0, w: 20, h: 4 });
    // Wide characters may be cut only by a whole new row, as panels never do either.
    for (let n = random(3); n >= 0; n--) {
      const y = random(4);
      canvas.text(0, y, " ".repeat(20));
      const attributes = random(2) * BOLD + random(2) * INVERSE;
      const style = { fg: colors[random(5)] + attributes, bg: colors[random(5)] };
      for (let x = 0; x < 18; ) x = canvas.text(x, y, letters[random(letters.length)], style);
    }
    t.write(bytes(r.render(next)));
    expect(t.toText()).toBe(next.toText());
    expect(t.lines.flatMap((l) => [...l.fg]).join()).toBe([...next.fg].join());
    expect(t.lines.flatMap((l) => [...l.bg]).join()).toBe([...next.bg].join());
    last = next;
  }
});
