import { describe, expect, test } from "vitest";
import * as L from "../../../cpu/layout.ts";
import { Registers } from "../../../kernel/registers.ts";
import { Ram } from "../../../mmu/ram.ts";
import type { Look, Mapping } from "../look.ts";
import { Canvas, Screen } from "../screen/screen.ts";
import { THEME } from "../screen/style.ts";
import { arrows } from "./arrows.ts";
import { DisassemblyView } from "./disassembly.ts";
import { drawBreakpoints, drawFrames, drawMaps } from "./lists.ts";
import { decimate, MemoryView } from "./memory.ts";
import { drawRegisters } from "./registers.ts";
import { short } from "./text.ts";
import { drawVectors, floatText, integerText } from "./vectors.ts";
import { drawX87, fromExtended } from "./x87.ts";

const CODE = 0x401000;
const DATA = 0x404000;
const ram = new Ram();

/** xor ecx, ecx; loop: add eax, ecx; inc ecx; cmp ecx, 10; jl loop; call leaf; mov rax, [rip+0x2fe8]; ret; leaf: ret */
const bytes = Uint8Array.from([
  0x31, 0xc9, 0x01, 0xc8, 0xff, 0xc1, 0x83, 0xf9, 0x0a, 0x7c, 0xf7, 0xe8, 0x08, 0x00, 0x00, 0x00, 0x48, 0x8b, 0x05,
  0xe9, 0x2f, 0x00, 0x00, 0xc3, 0xc3,
]);
const data = Uint8Array.from("Hello, world!\n\0\0abc", (c) => c.charCodeAt(0));
const mappings: Mapping[] = [
  { start: CODE, end: CODE + 0x1000, access: "r-xp", name: "/usr/bin/loops" },
  { start: DATA, end: DATA + 0x2000, access: "rw-p", name: "" },
];
const names: Readonly<Record<number, string>> = { [CODE]: "main", [CODE + 24]: "leaf", [DATA]: "greeting" };

function fake(rip = CODE + 2): Look & { regs: Registers; before: Registers; breakpoints: Set<number> } {
  const regs = new Registers(ram);
  regs.rip = BigInt(rip);
  const before = new Registers(ram);
  before.copyFrom(regs);
  const read = (start: number, part: Uint8Array, address: number, length: number): Uint8Array | undefined => {
    const at = address - start;
    return at >= 0 && at < part.length ? part.subarray(at, at + length) : undefined;
  };
  return {
    regs,
    before,
    mappings,
    frames: [
      { pc: rip, cfa: 0x7ffe0010 },
      { pc: CODE + 0x10, cfa: 0x7ffe0040 },
    ],
    breakpoints: new Set(),
    read: (a, n) => read(CODE, bytes, a, n) ?? read(DATA, data, a, n) ?? new Uint8Array(0),
    symbolAt: (address) => {
      const start = Object.keys(names)
        .map(Number)
        .findLast((s) => s <= address && address < s + 0x20);
      return start === undefined ? undefined : { name: names[start], offset: address - start, object: "loops" };
    },
    lineAt: (address) => ({ file: "/src/loops.c", line: address < CODE + 11 ? 3 : 5 }),
    sourceText: ({ line }) => (line === 3 ? "for (;;)" : undefined),
  };
}

function picture(cols: number, rows: number, draw: (canvas: Canvas) => void): string {
  const screen = new Screen(cols, rows);
  draw(new Canvas(screen, { x: 0, y: 0, w: cols, h: rows }));
  return screen.toText();
}

describe("disassembly", () => {
  test("labels, lines, arrows, names, breakpoints", () => {
    const look = fake();
    look.breakpoints.add(CODE + 4);
    const view = new DisassemblyView();
    expect(picture(60, 14, (c) => view.draw(c, look, true))).toBe(
      [
        "─ main+0x2 ─────────────────────────────────────────────────",
        "     main:",
        "     loops.c:3  for (;;)",
        "     000000401000 xor ecx, ecx",
        "   ╭►000000401002 add eax, ecx",
        "●  │ 000000401004 inc ecx",
        "   │ 000000401006 cmp ecx, 0xa",
        "   ╰─000000401009 jl 0x401002 ; main+0x2",
        "     loops.c:5",
        "   ╭─00000040100b call 0x401018 ; leaf",
        "   │ 000000401010 mov rax, qword ptr [rel 0x404000] ; greet…",
        "   │ 000000401017 ret",
        "   │ leaf:",
        "   ╰►000000401018 ret",
      ].join("\n"),
    );
  });
  test("the listing stays while RIP is in it", () => {
    const view = new DisassemblyView();
    const first = (rip: number) => picture(40, 8, (c) => view.draw(c, fake(rip), false)).split("\n")[3];
    const before = first(CODE + 2);
    expect(first(CODE + 4)).toBe(before);
    expect(first(CODE + 0x17)).not.toBe(before);
  });
  test("a click finds its instruction", () => {
    const view = new DisassemblyView();
    picture(60, 12, (c) => view.draw(c, fake(), true));
    expect(view.addressAt(5)).toBe(CODE + 4);
  });
});

test("arrows nest, and what has no room is left out", () => {
  const branches = [
    { from: 0, to: 5 },
    { from: 4, to: 1 },
    { from: 2, to: 3 },
  ];
  expect(arrows(branches, 6, 4)).toEqual(["╭───", "│╭─►", "││╭─", "││╰►", "│╰──", "╰──►"]);
  expect(arrows(branches, 6, 2)).toEqual(["  ", "  ", "╭─", "╰►", "  ", "  "]);
});

test("registers: what changed is highlighted", () => {
  const look = fake();
  look.regs.setGpr(L.RBX, 0xdeadbeefn);
  look.regs.flags = 0x247;
  const screen = new Screen(41, 10);
  drawRegisters(new Canvas(screen, { x: 0, y: 0, w: 41, h: 10 }), look);
  expect(screen.toText()).toBe(
    [
      "─ Registers ─────────────────────────────",
      "rax 0000000000000000 r8  0000000000000000",
      "rbx 00000000deadbeef r9  0000000000000000",
      "rcx 0000000000000000 r10 0000000000000000",
      "rdx 0000000000000000 r11 0000000000000000",
      "rsi 0000000000000000 r12 0000000000000000",
      "rdi 0000000000000000 r13 0000000000000000",
      "rbp 0000000000000000 r14 0000000000000000",
      "rsp 0000000000000000 r15 0000000000000000",
      "rip 0000000000401002 fl  o d s Z a P C",
    ].join("\n"),
  );
  expect(screen.bg[2 * 41 + 4]).toBe(THEME.changed.bg);
  expect(screen.bg[1 * 41 + 4]).toBe(0);
});

describe("vectors", () => {
  const look = fake();
  const at = L.YMM - L.STATE;
  new DataView(look.regs.bytes().buffer).setFloat64(at, 1.5, true);
  new DataView(look.regs.bytes().buffer).setFloat64(at + 8, -2e100, true);
  const first = (cols: number, format: Parameters<typeof drawVectors>[2]) =>
    picture(cols, 2, (c) => drawVectors(c, look, format)).split("\n");
  test("hex", () => {
    expect(first(77, { type: "integer", size: 8, radix: "hex" })[1]).toBe(
      "xmm0  0000000000000000 0000000000000000 d4c249ad2594c37d 3ff8000000000000",
    );
    expect(first(45, { type: "integer", size: 1, radix: "hex" })[1]).toBe("xmm0  d4c249ad2594c37d3ff8000000000000");
  });
  test("doubles", () => {
    expect(first(45, { type: "double", size: 1, radix: "hex" })).toEqual([
      "─ Vectors: double ───────────────────────────",
      "xmm0          -2e+100             1.5",
    ]);
  });
  test("every radix", () => {
    const b = Uint8Array.of(0xfe, 0xff);
    expect(integerText(b, "hex")).toBe("fffe");
    expect(integerText(b, "unsigned")).toBe("65534");
    expect(integerText(b, "signed")).toBe("    -2");
    expect(integerText(b, "octal")).toBe("177776");
    expect(integerText(b, "binary")).toBe("1111111111111110");
    expect(integerText(b, "characters")).toBe("■ ");
    expect(floatText(1 / 3, 9)).toBe("0.3333333");
    expect(floatText(Number.NaN, 5)).toBe("  nan");
  });
});

test("x87", () => {
  const look = fake();
  const { regs } = look;
  regs.setU16(L.FSW, 7 << 11);
  regs.setU8(L.FTW, 0x80);
  regs.setU64(L.X87 + 7 * 16, 0xc90fdaa22168c235n);
  regs.setU16(L.X87 + 7 * 16 + 8, 0x4000);
  const text = picture(60, 3, (c) => drawX87(c, look)).split("\n");
  expect(text[1]).toBe("st0 3.141592653590 4000:c90fdaa22168c");
  expect(text[2]).toBe("st1 empty");
  expect(fromExtended(1n << 63n, 0xbfff)).toBe(-1);
  expect(fromExtended(1n << 63n, 0x7fff)).toBe(Infinity);
  expect(fromExtended(1n, 0)).toBe(0);
});

describe("memory", () => {
  const mark = { address: DATA + 7, length: 5, style: THEME.written };
  test("hex and characters, and what isn't there", () => {
    const view = new MemoryView("Read", 0);
    view.follow(DATA);
    expect(picture(77, 4, (c) => view.draw(c, fake(), "both", [mark], 1))).toBe(
      [
        "─ Read ──────────────────────────────────────────────────────────────────────",
        "000000404000 48 65 6c 6c 6f 2c 20 77 6f 72 6c 64 21 0a 00 00 Hello, world!◙",
        "000000404010 61 62 63 ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· abc·············",
        "000000404020 ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ················",
      ].join("\n"),
    );
    expect(picture(41, 2, (c) => view.draw(c, fake(), "both", [mark], 1)).split("\n")[1]).toBe(
      "000000404000 48656c6c6f2c2077 Hello, w",
    );
  });
  test("changes glow, longer than one step", () => {
    const view = new MemoryView("Read", 0);
    view.follow(DATA);
    const styles = (position: number) => {
      const screen = new Screen(77, 2);
      view.draw(new Canvas(screen, { x: 0, y: 0, w: 77, h: 2 }), fake(), "both", [], position);
      return screen.bg[77 + 13] !== 0 ? "changed" : screen.fg[77 + 13] === THEME.recent.fg ? "recent" : "plain";
    };
    expect(styles(1)).toBe("plain");
    data[0] = 0x4a;
    expect([2, 2, 3, 4, 5, 6, 7].map(styles)).toEqual([
      "changed",
      "changed",
      "recent",
      "recent",
      "recent",
      "plain",
      "plain",
    ]);
    data[0] = 0x48;
  });
  test("the view moves only when it must, and not when it is held", () => {
    const view = new MemoryView("Read", 0);
    view.follow(DATA);
    picture(77, 4, (c) => view.draw(c, fake(), "both", [], 1));
    view.follow(DATA + 0x2f);
    expect(view.start).toBe(DATA);
    view.scroll(2);
    view.follow(0x1000);
    expect(view.start).toBe(DATA + 0x20);
  });
  test("zoomed: a picture made smaller", () => {
    expect([...decimate(Uint8Array.of(0, 0, 255, 255))]).toEqual([32, 223]);
    const view = new MemoryView("Read", 0);
    view.follow(DATA);
    view.setZoom(2);
    expect(picture(45, 2, (c) => view.draw(c, fake(), "both", [], 1))).toBe(
      [
        "─ Read 1:4 ──────────────────────────────────",
        "000000404000 ░░▒ ····························".slice(0, 45),
      ].join("\n"),
    );
  });
});

test("lists", () => {
  const look = fake();
  look.breakpoints.add(CODE);
  const watch = [{ address: DATA, length: 8, kind: "write" as const }];
  expect(
    picture(40, 4, (c) => drawBreakpoints(c, look, { watchpoints: watch, pending: new Set(["later"]) }))
      .split("\n")
      .slice(1),
  ).toEqual(["● 401000 main", "◄ 404000 write 8 greeting", "○ waits for later"]);
  expect(picture(40, 3, (c) => drawMaps(c, look, 0))).toBe(
    ["─ Maps: 2, 12.0K ───────────────────────", "000000401000 4.00K r-xp loops", "000000404000 8.00K rw-p"].join("\n"),
  );
  expect(
    picture(40, 3, (c) => drawFrames(c, look, 0))
      .split("\n")
      .slice(1),
  ).toEqual(["00007ffe0010 main+0x2", "00007ffe0040 main+0xf"]);
  expect([short(999), short(1234), short(123456), short(99_960_000)]).toEqual(["999", "1.23K", "123K", "100M"]);
});
