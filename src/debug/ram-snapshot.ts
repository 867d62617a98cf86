/** Snapshots of a machine's RAM: the running task's registers, and the frames in use, shared with the snapshot before. */
import { CODE_GENERATION, FRAME_FLAGS, FRAMES, STATE, WATCHING } from "../cpu/layout.ts";
import type { Engine } from "../engine/engine.ts";
import { type Frames, PAGE } from "../mmu/frames.ts";
import { flushTlb } from "../mmu/space.ts";

/** From STATE on: the register file, and what the engine left of the last exit; what is watched is the debugger's affair. */
const STATE_LENGTH = WATCHING - STATE;
const WORDS = PAGE / 4;

export class RamSnapshot {
  private readonly state: Uint8Array;
  /** By frame number from FRAMES on; undefined where the frame was free. */
  private readonly pages: (Int32Array | undefined)[] = [];
  /** Frames from here on had never been used. */
  private readonly end: number;
  /** Bytes that it does not share with the one before. */
  size = 0;

  constructor(frames: Frames, before?: RamSnapshot) {
    const { ram } = frames;
    this.state = ram.u8.slice(STATE, STATE + STATE_LENGTH);
    this.end = frames.end;
    for (let frame = FRAMES, i = 0; frame < this.end; frame += PAGE, i++) {
      if (frames.count(frame) <= 0) {
        this.pages.push(undefined);
        continue;
      }
      const old = before?.pages[i];
      if (old && same(ram.i32, frame >>> 2, old)) this.pages.push(old);
      else {
        this.pages.push(ram.i32.slice(frame >>> 2, (frame >>> 2) + WORDS));
        this.size += PAGE;
      }
    }
  }
  /** Bytes that it does not share with another one. */
  sizeBeside(other: RamSnapshot): number {
    let n = 0;
    for (let i = 0; i < this.pages.length; i++) if (this.pages[i] && this.pages[i] !== other.pages[i]) n++;
    return n * PAGE;
  }
  /** Puts it back. To be called before the frames' own state is, with `end` of then. */
  restore(frames: Frames, engine: Engine): void {
    const { ram } = frames;
    // The machine may stand before it, and use less than then.
    const end = Math.max(frames.end, this.end);
    for (let frame = FRAMES, i = 0; frame < end; frame += PAGE, i++) {
      const page = this.pages[i];
      if (page && same(ram.i32, frame >>> 2, page)) continue;
      if (ram.u8[FRAME_FLAGS + frame / PAGE]) engine.cache.invalidate(frame, PAGE);
      if (page) ram.i32.set(page, frame >>> 2);
      // What was never used is handed out without being cleared.
      else if (frame >= this.end) ram.u8.fill(0, frame, frame + PAGE);
    }
    // Compiled code tells by the generation for which mappings it was looked at: it never goes back.
    const generation = ram.i32[CODE_GENERATION >> 2];
    ram.u8.set(this.state, STATE);
    ram.i32[CODE_GENERATION >> 2] = generation;
    flushTlb(ram);
  }
}

/** Does RAM from a word on hold the page? */
function same(words: Int32Array, from: number, page: Int32Array): boolean {
  // Four at a time: this is most of what a step back costs.
  for (let i = 0, at = from; i < WORDS; i += 4, at += 4) {
    const low = (words[at] ^ page[i]) | (words[at + 1] ^ page[i + 1]);
    if (low | (words[at + 2] ^ page[i + 2]) | (words[at + 3] ^ page[i + 3])) return false;
  }
  return true;
}
