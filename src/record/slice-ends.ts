/**
 * Where slices ended because their time was over: the one decision of a machine that depends on what was compiled when, and
 * on nothing that the host said. Positions in instructions, ascending.
 */
export class SliceEnds {
  /** How many of them lie behind the machine. */
  at = 0;

  constructor(readonly positions: number[] = []) {}
  /** Instructions until the recorded end of a slice; undefined where nothing is recorded. */
  left(position: number): number | undefined {
    return this.at < this.positions.length ? this.positions[this.at] - position : undefined;
  }
  /** A slice's time is over. */
  over(position: number): void {
    if (this.at === this.positions.length) this.positions.push(position);
    this.at++;
  }
  /** Forgets what is behind the machine. */
  forget(): void {
    this.positions.splice(0, this.at);
    this.at = 0;
  }
  /** Forgets what comes after here. */
  cut(): void {
    this.positions.length = this.at;
  }
}
