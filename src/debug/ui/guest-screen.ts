/** What the guest has printed, as a terminal shows it, at any position of the history. */
import { OutputTape } from "./output-tape.ts";
import { Terminal } from "./vt/terminal.ts";

export interface Size {
  cols: number;
  rows: number;
}

export class GuestScreen {
  terminal: Terminal;
  private readonly tape = new OutputTape();
  /** Pieces of the tape that the terminal shows. */
  private shown = 0;
  /** The terminal's answers were given already. */
  private muted = false;

  /** `answer` gets what the terminal says to the guest. */
  constructor(
    size: Size,
    private readonly answer: (text: string) => void,
  ) {
    this.terminal = this.blank(size);
  }
  private blank({ cols, rows }: Size): Terminal {
    return new Terminal(cols, rows, (text) => {
      if (!this.muted) this.answer(text);
    });
  }
  /** The guest writes. */
  print(position: number, bytes: Uint8Array): void {
    this.showAt(position);
    this.tape.add(position, bytes);
    this.shown = this.tape.countAt(position);
    this.terminal.write(bytes);
  }
  /** Makes the terminal what it was at a position. */
  showAt(position: number): void {
    const wanted = this.tape.countAt(position);
    if (wanted === this.shown) return;
    this.muted = true;
    if (wanted < this.shown) {
      this.terminal = this.blank(this.terminal);
      this.shown = 0;
    }
    for (const bytes of this.tape.between(this.shown, wanted)) this.terminal.write(bytes);
    this.shown = wanted;
    this.muted = false;
  }
}
