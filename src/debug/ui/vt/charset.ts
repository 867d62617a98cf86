/** DEC special graphics: what the bytes 0x60 to 0x7e mean after ESC ( 0. */
const GRAPHICS = "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·";
const TABLE = [...GRAPHICS].map((c) => c.codePointAt(0) ?? 32);

/** Four sets can be designated, two of them are switched between by SO and SI. */
export class Charsets {
  private readonly graphic = [false, false, false, false];
  active = 0;

  designate(set: number, final: string): void {
    this.graphic[set] = final === "0";
  }
  map(code: number): number {
    return this.graphic[this.active] && code >= 0x60 && code < 0x7f ? TABLE[code - 0x60] : code;
  }
  copyFrom(other: Charsets): void {
    this.active = other.active;
    for (let i = 0; i < 4; i++) this.graphic[i] = other.graphic[i];
  }
}
