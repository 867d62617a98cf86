/** Modes of a terminal that a guest may set (ctlseqs of xterm, console_codes(4)). */
export interface Modes {
  insert: boolean;
  newLine: boolean;
  wrap: boolean;
  origin: boolean;
  cursorVisible: boolean;
  /** DECCKM: arrow keys send ESC O. */
  applicationCursor: boolean;
  applicationKeypad: boolean;
  bracketedPaste: boolean;
  focusEvents: boolean;
  /** What the mouse reports: nothing, clicks and the wheel, also drags, all moves. */
  mouse: 0 | 1000 | 1002 | 1003;
  mouseSgr: boolean;
}

export function defaultModes(): Modes {
  return {
    insert: false,
    newLine: false,
    wrap: true,
    origin: false,
    cursorVisible: true,
    applicationCursor: false,
    applicationKeypad: false,
    bracketedPaste: false,
    focusEvents: false,
    mouse: 0,
    mouseSgr: false,
  };
}

export function setMode(modes: Modes, prefix: "" | "?", mode: number, on: boolean): void {
  switch (`${prefix}${mode}`) {
    case "4":
      modes.insert = on;
      break;
    case "20":
      modes.newLine = on;
      break;
    case "?1":
      modes.applicationCursor = on;
      break;
    case "?7":
      modes.wrap = on;
      break;
    case "?25":
      modes.cursorVisible = on;
      break;
    case "?1000":
      modes.mouse = on ? 1000 : 0;
      break;
    case "?1002":
      modes.mouse = on ? 1002 : 0;
      break;
    case "?1003":
      modes.mouse = on ? 1003 : 0;
      break;
    case "?1004":
      modes.focusEvents = on;
      break;
    case "?1006":
      modes.mouseSgr = on;
      break;
    case "?2004":
      modes.bracketedPaste = on;
  }
}
