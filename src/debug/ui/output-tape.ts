/** What the guest wrote to its terminal and when, so that the terminal can be shown as it was at any position. */

interface Piece {
  position: number;
  bytes: Uint8Array;
}

/** Kept at most, bytes: of more, the beginning is forgotten. */
const MOST = 8 << 20;

export class OutputTape {
  private pieces: Piece[] = [];
  private size = 0;
  /** Pieces forgotten. */
  private dropped = 0;

  /** `position`: of the machine when it wrote. A later past is over: another one is made now. */
  add(position: number, bytes: Uint8Array): void {
    while (this.pieces.length > 0 && this.pieces[this.pieces.length - 1].position > position) {
      this.size -= this.pieces.pop()?.bytes.length ?? 0;
    }
    this.pieces.push({ position, bytes: bytes.slice() });
    this.size += bytes.length;
    if (this.size > MOST) this.forget();
  }
  private forget(): void {
    const half = this.pieces.splice(0, this.pieces.length >> 1);
    this.dropped += half.length;
    for (const p of half) this.size -= p.bytes.length;
  }
  /** How many pieces had been written at a position. */
  countAt(position: number): number {
    let lo = 0;
    let hi = this.pieces.length;
    while (lo < hi) {
      const mid = (lo + hi) >>> 1;
      if (this.pieces[mid].position <= position) lo = mid + 1;
      else hi = mid;
    }
    return this.dropped + lo;
  }
  /** Pieces from one count up to another. */
  *between(from: number, to: number): Iterable<Uint8Array> {
    for (const p of this.pieces.slice(Math.max(0, from - this.dropped), Math.max(0, to - this.dropped))) yield p.bytes;
  }
}
