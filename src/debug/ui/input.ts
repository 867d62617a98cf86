/** What a terminal sends when keys are pressed and the mouse is used (ctlseqs of xterm), taken apart. */

export type MouseAction = "press" | "release" | "move" | "up" | "down";

export type InputEvent =
  /** `name`: a character, or "up", "pageup", "f1", "enter" ...; with "ctrl-" and "alt-" before it. `bytes`: as it came. */
  | { kind: "key"; name: string; bytes: Uint8Array }
  /** Cell from 0; "up" and "down" are the wheel's. `button` 0 to 2. */
  | {
      kind: "mouse";
      action: MouseAction;
      button: number;
      x: number;
      y: number;
      ctrl: boolean;
      shift: boolean;
      alt: boolean;
    }
  /** Pasted text. */
  | { kind: "paste"; bytes: Uint8Array };

const ESC = 0x1b;

const FINALS: Readonly<Record<string, string | undefined>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  H: "home",
  F: "end",
  P: "f1",
  Q: "f2",
  R: "f3",
  S: "f4",
  Z: "shift-tab",
  M: "enter",
};
const TILDES: Readonly<Record<number, string | undefined>> = {
  1: "home",
  2: "insert",
  3: "delete",
  4: "end",
  5: "pageup",
  6: "pagedown",
  7: "home",
  8: "end",
  11: "f1",
  12: "f2",
  13: "f3",
  14: "f4",
  15: "f5",
  17: "f6",
  18: "f7",
  19: "f8",
  20: "f9",
  21: "f10",
  23: "f11",
  24: "f12",
};
const CONTROLS: Readonly<Record<number, string | undefined>> = {
  8: "backspace",
  9: "tab",
  10: "enter",
  13: "enter",
  27: "escape",
  32: "space",
  127: "backspace",
};
/** Between these comes pasted text. */
const PASTE_BEGIN = "\x1b[200~";
const PASTE_END = "\x1b[201~";
/** Unfinished sequences longer than this are none. */
const LONGEST = 64;
/** Behind ESC [: what can't become a sequence. */
const WRONG = /^[\d;:<=>?]*[^\d;:<=>? -/]/;

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => String.fromCharCode(b)).join("");
}
function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function modified(name: string, modifier: number): string {
  const bits = Math.max(modifier - 1, 0);
  return `${bits & 4 ? "ctrl-" : ""}${bits & 2 ? "alt-" : ""}${bits & 1 ? "shift-" : ""}${name}`;
}

/** The name of the key that sends one byte or one UTF-8 character. */
function plainName(text: string): string {
  const code = text.charCodeAt(0);
  const special = CONTROLS[code];
  if (special) return special;
  if (code < 32) return `ctrl-${String.fromCharCode(code + (code <= 26 ? 0x60 : 0x40))}`;
  return code < 0x80 ? text : new TextDecoder().decode(fromLatin1(text));
}

/** Bytes of the UTF-8 character that begins with this one. */
function charLength(first: number): number {
  if (first < 0xc0) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** Takes bytes as they come, in pieces; gives events. */
export class InputParser {
  private pending = "";

  constructor(private readonly emit: (event: InputEvent) => void) {}

  /** True while an unfinished sequence is held: `flush` after a moment says that it was an Escape key. */
  get waiting(): boolean {
    return this.pending !== "";
  }
  feed(bytes: Uint8Array): void {
    this.pending += latin1(bytes);
    while (this.pending !== "") {
      const used = this.take(this.pending);
      if (used === 0) return;
      this.pending = this.pending.slice(used);
    }
  }
  /** Nothing more has come: what is held are single keys. */
  flush(): void {
    const held = this.pending;
    this.pending = "";
    for (const c of held) this.key(plainName(c), c);
  }
  private key(name: string, text: string): void {
    this.emit({ kind: "key", name, bytes: fromLatin1(text) });
  }
  /** Handles what `s` begins with; how much that was, 0 if its end is still missing. */
  private take(s: string): number {
    if (s.charCodeAt(0) !== ESC) return this.character(s, 0, "");
    if (s.length === 1) return 0;
    if (s.startsWith(PASTE_BEGIN)) return this.paste(s);
    if (s[1] === "[") return this.sequence(s);
    if (s[1] === "O") {
      if (s.length === 2) return 0;
      this.key(FINALS[s[2]] ?? `alt-${s[2]}`, s.slice(0, 3));
      return 3;
    }
    if (s.charCodeAt(1) === ESC) {
      this.key("escape", "\x1b");
      return 1;
    }
    return this.character(s, 1, "alt-");
  }
  private character(s: string, at: number, prefix: string): number {
    const end = at + charLength(s.charCodeAt(at));
    if (s.length < end) return 0;
    this.key(prefix + plainName(s.slice(at, end)), s.slice(0, end));
    return end;
  }
  private paste(s: string): number {
    const end = s.indexOf(PASTE_END);
    if (end < 0) return 0;
    this.emit({ kind: "paste", bytes: fromLatin1(s.slice(PASTE_BEGIN.length, end)) });
    return end + PASTE_END.length;
  }
  private sequence(s: string): number {
    const m = /^([<=>?]?)([\d;:]*)([ -/]*)([@-~])/.exec(s.slice(2));
    if (!m) return s.length > LONGEST || WRONG.test(s.slice(2)) ? this.character(s, 1, "alt-") : 0;
    const whole = s.slice(0, m[0].length + 2);
    const p = m[2].split(/[;:]/).map(Number);
    if (m[1] === "<" && (m[4] === "M" || m[4] === "m")) this.mouse(p, m[4] === "m");
    else if (m[1] === "") {
      const name = m[4] === "~" ? TILDES[p[0]] : FINALS[m[4]];
      if (name) this.key(modified(name, p[1] ?? 1), whole);
    }
    return whole.length;
  }
  private mouse([code = 0, col = 1, row = 1]: number[], released: boolean): void {
    let action: MouseAction = released ? "release" : "press";
    if (code & 64) action = code & 1 ? "down" : "up";
    else if (code & 32) action = "move";
    const [shift, alt, ctrl] = [4, 8, 16].map((bit) => (code & bit) !== 0);
    this.emit({ kind: "mouse", action, button: code & 3, x: col - 1, y: row - 1, ctrl, shift, alt });
  }
}
