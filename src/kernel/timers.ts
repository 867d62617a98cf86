/** One pending alarm; `cancel` it through Timers. */
export interface Timer {
  /** Monotonic nanoseconds. */
  readonly at: bigint;
  readonly fire: () => void;
  /** Place in the heap, -1 when not pending. */
  index: number;
  readonly seq: number;
}

/** Alarms in order of time: a binary heap, earliest first; equal times in order of creation. */
export class Timers {
  private readonly heap: Timer[] = [];
  private seq = 0;

  add(at: bigint, fire: () => void): Timer {
    const t: Timer = { at, fire, index: this.heap.length, seq: this.seq++ };
    this.heap.push(t);
    this.up(t.index);
    return t;
  }
  cancel(t: Timer | undefined): void {
    if (!t || t.index < 0) return;
    const i = t.index;
    const last = this.heap.pop() as Timer;
    t.index = -1;
    if (last === t) return;
    this.put(last, i);
    this.up(i);
    this.down(last.index);
  }
  /** When the next one is due. */
  get next(): bigint | undefined {
    return this.heap[0]?.at;
  }
  /** Fires all that are due. */
  run(now: bigint): void {
    for (let t = this.heap[0]; t && t.at <= now; t = this.heap[0]) {
      this.cancel(t);
      t.fire();
    }
  }
  private put(t: Timer, i: number): void {
    this.heap[i] = t;
    t.index = i;
  }
  private before(a: Timer, b: Timer): boolean {
    return a.at < b.at || (a.at === b.at && a.seq < b.seq);
  }
  private up(i: number): void {
    const t = this.heap[i];
    while (i > 0) {
      const parent = this.heap[(i - 1) >> 1];
      if (!this.before(t, parent)) break;
      this.put(parent, i);
      i = (i - 1) >> 1;
    }
    this.put(t, i);
  }
  private down(i: number): void {
    const t = this.heap[i];
    for (;;) {
      let c = 2 * i + 1;
      if (c >= this.heap.length) break;
      if (c + 1 < this.heap.length && this.before(this.heap[c + 1], this.heap[c])) c++;
      if (!this.before(this.heap[c], t)) break;
      this.put(this.heap[c], i);
      i = c;
    }
    this.put(t, i);
  }
}
