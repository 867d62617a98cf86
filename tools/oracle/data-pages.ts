/** Our data pages: between trials they are as they always are, and so is the image that a trial's end is compared with. */
import type { Ram } from "../../src/mmu/ram.ts";
import * as T from "./layout.ts";

const BLOCK = 64;

export class DataPages {
  private readonly base = T.basePattern();
  private readonly before = Buffer.from(T.basePattern());
  private readonly live: Buffer;
  private readonly words: Int32Array;
  private readonly wordsBefore: Int32Array;
  /** Offsets of the words of 8 bytes that the last trial changed. */
  readonly changed = new Uint16Array(T.DATA_SIZE / 8);

  /** `at`: where they lie in RAM, which must not grow. */
  constructor(ram: Ram, at: number) {
    this.live = Buffer.from(ram.memory.buffer, at, T.DATA_SIZE);
    this.words = new Int32Array(ram.memory.buffer, at, T.DATA_SIZE / 4);
    this.wordsBefore = new Int32Array(this.before.buffer, this.before.byteOffset, T.DATA_SIZE / 4);
    this.live.set(this.base);
  }
  /** Writes a trial's patches. */
  load(trial: T.Trial): void {
    T.eachPatch(trial, (offset, bytes) => {
      this.live.set(bytes, offset);
      this.before.set(bytes, offset);
    });
  }
  /** Finds what changed since `load`; how many words. */
  find(): number {
    if (this.live.equals(this.before)) return 0;
    const { words, wordsBefore, changed } = this;
    let n = 0;
    for (let block = 0; block < words.length; block += BLOCK) {
      let differs = 0;
      for (let i = block; i < block + BLOCK; i++) differs |= words[i] ^ wordsBefore[i];
      if (!differs) continue;
      for (let i = block; i < block + BLOCK; i += 2) {
        if (words[i] !== wordsBefore[i] || words[i + 1] !== wordsBefore[i + 1]) changed[n++] = i * 4;
      }
    }
    return n;
  }
  /** The word at an offset, in halves. */
  word(offset: number, half: 0 | 1): number {
    return this.words[(offset >> 2) + half];
  }
  /** As before `load`. `n`: words that changed, as `find` told. */
  restore(trial: T.Trial, n: number): void {
    const { words, wordsBefore } = this;
    for (let i = 0; i < n; i++) {
      const at = this.changed[i] >> 2;
      words[at] = wordsBefore[at];
      words[at + 1] = wordsBefore[at + 1];
    }
    T.eachPatch(trial, (offset, { length }) => {
      const usual = this.base.subarray(offset, offset + length);
      this.live.set(usual, offset);
      this.before.set(usual, offset);
    });
  }
}
