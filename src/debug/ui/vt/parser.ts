/**
 * Bytes of a terminal's output taken apart: characters (UTF-8), control characters, escape sequences. After the state
 * machine of the VT500 series (ECMA-48, ctlseqs of xterm). Whatever comes, it neither fails nor keeps more than LONGEST.
 */

/** What the parser found. */
export interface Actions {
  print(code: number): void;
  control(byte: number): void;
  /** ESC, intermediates, final. */
  escape(intermediates: string, final: string): void;
  /** CSI: `prefix` is one of "<=>?" or ""; parameters left out are -1. Sub-parameters (after `:`) are not told apart. */
  csi(prefix: string, parameters: readonly number[], intermediates: string, final: string): void;
  osc(text: string): void;
}

/** Most that is kept of a string (OSC), and of parameters. */
const LONGEST = 4096;
const MOST_PARAMETERS = 32;

type State = "ground" | "escape" | "csi" | "osc" | "string" | "ignore";

const ESC = 0x1b;
const REPLACEMENT = 0xfffd;

export class Parser {
  private state: State = "ground";
  private prefix = "";
  private intermediates = "";
  private parameters: number[] = [];
  private text: number[] = [];
  /** Bytes of a character that are still to come, its code so far, and the least it may become. */
  private more = 0;
  private code = 0;
  private least = 0;

  constructor(private readonly to: Actions) {}

  write(bytes: Uint8Array): void {
    for (const b of bytes) {
      if (this.more > 0 && this.continues(b)) continue;
      this.byte(b);
    }
  }
  /** Whether the byte belongs to the character that has begun. */
  private continues(b: number): boolean {
    if ((b & 0xc0) !== 0x80) {
      this.more = 0;
      this.to.print(REPLACEMENT);
      return false;
    }
    this.code = (this.code << 6) | (b & 0x3f);
    if (--this.more > 0) return true;
    const bad = this.code < this.least || this.code > 0x10ffff || (this.code >= 0xd800 && this.code < 0xe000);
    this.to.print(bad ? REPLACEMENT : this.code);
    return true;
  }
  private byte(b: number): void {
    if (b === 0x18 || b === 0x1a) {
      this.state = "ground";
      return;
    }
    if (b === ESC) {
      // Ends a string too: the backslash of ST is then an escape sequence without meaning.
      if (this.state === "osc") this.endOsc();
      this.begin("escape");
      return;
    }
    switch (this.state) {
      case "ground":
        this.ground(b);
        break;
      case "osc":
        if (b === 7) this.endOsc();
        else if (this.text.length < LONGEST) this.text.push(b);
        break;
      case "string":
        break;
      default:
        if (b < 0x20) this.to.control(b);
        else if (this.state === "escape") this.inEscape(b);
        else this.inCsi(b);
    }
  }
  private begin(state: State): void {
    this.state = state;
    this.prefix = this.intermediates = "";
    this.parameters = [];
    this.text = [];
  }
  private ground(b: number): void {
    if (b < 0x20) this.to.control(b);
    else if (b < 0x7f) this.to.print(b);
    else if (b >= 0xc2 && b < 0xf5) {
      this.more = b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3;
      this.least = [0, 0x80, 0x800, 0x10000][this.more];
      this.code = b & (0x3f >> this.more);
    } else if (b >= 0x80) this.to.print(REPLACEMENT);
  }
  private inEscape(b: number): void {
    const char = String.fromCharCode(b);
    if (b < 0x30) this.intermediates = (this.intermediates + char).slice(0, 4);
    else if (this.intermediates === "" && char === "[") this.begin("csi");
    else if (this.intermediates === "" && char === "]") this.begin("osc");
    else if (this.intermediates === "" && "PX^_".includes(char)) this.begin("string");
    else if (b < 0x7f) {
      this.state = "ground";
      this.to.escape(this.intermediates, char);
    }
  }
  private inCsi(b: number): void {
    const char = String.fromCharCode(b);
    if (b >= 0x40) {
      const ignored = this.state === "ignore";
      this.state = "ground";
      if (!ignored && b < 0x7f) this.to.csi(this.prefix, this.parameters, this.intermediates, char);
    } else if (b >= 0x3c) {
      if (this.parameters.length > 0 || this.prefix) this.state = "ignore";
      this.prefix = char;
    } else if (b >= 0x30) this.parameter(b);
    else this.intermediates = (this.intermediates + char).slice(0, 4);
  }
  private parameter(b: number): void {
    const { parameters } = this;
    if (parameters.length === 0) parameters.push(-1);
    if (b >= 0x3a) {
      if (parameters.length < MOST_PARAMETERS) parameters.push(-1);
      else this.state = "ignore";
      return;
    }
    const last = parameters.length - 1;
    parameters[last] = Math.min(Math.max(parameters[last], 0) * 10 + (b - 0x30), 99999);
  }
  private endOsc(): void {
    this.state = "ground";
    this.to.osc(String.fromCharCode(...this.text));
  }
}
