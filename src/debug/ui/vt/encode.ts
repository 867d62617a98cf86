/** What the embedded terminal sends to the guest for keys and the mouse: as the guest set its modes. */
import type { InputEvent } from "../input.ts";
import type { Modes } from "./modes.ts";

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** Cursor keys end in one of these, behind ESC [ or ESC O. */
const CURSOR = "ABCDHF";

function keyBytes(bytes: Uint8Array, modes: Modes): Uint8Array {
  if (bytes.length !== 3 || bytes[0] !== 0x1b) return bytes;
  const [middle, final] = [String.fromCharCode(bytes[1]), String.fromCharCode(bytes[2])];
  if (!"[O".includes(middle) || !CURSOR.includes(final)) return bytes;
  return latin1(`\x1b${modes.applicationCursor ? "O" : "["}${final}`);
}

function mouseBytes(event: InputEvent & { kind: "mouse" }, x: number, y: number, modes: Modes): Uint8Array | undefined {
  const { action } = event;
  if (modes.mouse === 0 || (action === "move" && modes.mouse === 1000)) return undefined;
  const wheel = action === "up" ? 64 : 65;
  let code = action === "up" || action === "down" ? wheel : event.button + (action === "move" ? 32 : 0);
  code += (event.shift ? 4 : 0) + (event.alt ? 8 : 0) + (event.ctrl ? 16 : 0);
  if (modes.mouseSgr) return latin1(`\x1b[<${code};${x + 1};${y + 1}${action === "release" ? "m" : "M"}`);
  if (x > 222 || y > 222) return undefined;
  // Without SGR it isn't said which button was released.
  if (action === "release") code |= 3;
  return Uint8Array.of(0x1b, 0x5b, 0x4d, 32 + code, 33 + x, 33 + y);
}

/** Bytes for the guest; undefined if the event is not for it. `x`, `y`: where the terminal's first cell is. */
export function encodeInput(event: InputEvent, modes: Modes, x: number, y: number): Uint8Array | undefined {
  switch (event.kind) {
    case "key":
      return keyBytes(event.bytes, modes);
    case "mouse":
      return mouseBytes(event, event.x - x, event.y - y, modes);
    case "paste": {
      const [before, after] = modes.bracketedPaste ? [latin1("\x1b[200~"), latin1("\x1b[201~")] : [[], []];
      return Uint8Array.from([...before, ...event.bytes, ...after]);
    }
  }
}
