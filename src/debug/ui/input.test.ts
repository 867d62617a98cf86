import { expect, test } from "vitest";
import { type InputEvent, InputParser } from "./input.ts";
import { encodeInput } from "./vt/encode.ts";
import { defaultModes } from "./vt/modes.ts";

const bytes = (s: string) => new TextEncoder().encode(s);

function events(...pieces: string[]): InputEvent[] {
  const seen: InputEvent[] = [];
  const parser = new InputParser((e) => seen.push(e));
  for (const p of pieces) parser.feed(bytes(p));
  return seen;
}
const names = (...pieces: string[]) => events(...pieces).map((e) => (e.kind === "key" ? e.name : e.kind));

test("keys have names", () => {
  expect(names("sC\x03\x14\x1bt\r\x7f\té")).toEqual([
    "s",
    "C",
    "ctrl-c",
    "ctrl-t",
    "alt-t",
    "enter",
    "backspace",
    "tab",
    "é",
  ]);
  expect(names("\x1b[A\x1bOB\x1b[5~\x1b[1~\x1b[F\x1b[1;5C\x1b[Z\x1b[15~")).toEqual([
    "up",
    "down",
    "pageup",
    "home",
    "end",
    "ctrl-right",
    "shift-tab",
    "f5",
  ]);
});

test("sequences may come in pieces", () => {
  expect(names("\x1b", "[", "1;", "5", "A", "x")).toEqual(["ctrl-up", "x"]);
  expect(names("\xe2\x82")).toHaveLength(2);
});

test("an Escape alone needs a moment", () => {
  const seen: string[] = [];
  const parser = new InputParser((e) => e.kind === "key" && seen.push(e.name));
  parser.feed(bytes("\x1b"));
  expect([seen, parser.waiting]).toEqual([[], true]);
  parser.flush();
  expect([seen, parser.waiting]).toEqual([["escape"], false]);
});

test("the mouse", () => {
  expect(events("\x1b[<0;10;5M\x1b[<0;10;5m\x1b[<80;1;1M\x1b[<65;2;3M")).toMatchObject([
    { action: "press", button: 0, x: 9, y: 4 },
    { action: "release" },
    { action: "up", ctrl: true, x: 0, y: 0 },
    { action: "down", ctrl: false, x: 1, y: 2 },
  ]);
});

test("pasted text is no keys", () => {
  expect(events("\x1b[200~q\n\x1b[A", "\x1b[201~s")).toMatchObject([
    { kind: "paste", bytes: bytes("q\n\x1b[A") },
    { kind: "key", name: "s" },
  ]);
});

test("what is no sequence does not block the rest", () => {
  expect(names("\x1b[\x01q").at(-1)).toBe("q");
  expect(names(`\x1b[${"1;".repeat(60)}`, "q").at(-1)).toBe("q");
});

test("the guest gets keys and the mouse as it asked for them", () => {
  const modes = defaultModes();
  const [up, click, paste] = events("\x1b[A\x1b[<0;10;5M\x1b[200~hi\x1b[201~");
  const text = (e: InputEvent) => {
    const sent = encodeInput(e, modes, 4, 2);
    return sent && String.fromCharCode(...sent);
  };
  expect([up, click, paste].map(text)).toEqual(["\x1b[A", undefined, "hi"]);
  Object.assign(modes, { applicationCursor: true, mouse: 1000, mouseSgr: true, bracketedPaste: true });
  expect([up, click, paste].map(text)).toEqual(["\x1bOA", "\x1b[<0;6;3M", "\x1b[200~hi\x1b[201~"]);
  modes.mouseSgr = false;
  expect(text(click)).toBe("\x1b[M &#");
});
