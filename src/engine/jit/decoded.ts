/** Instructions of frames with code, decoded once for all that is planned. */
import { FRAME_FLAGS } from "../../cpu/layout.ts";
import type { Insn } from "../../isa/types.ts";
import { PAGE } from "../../mmu/frames.ts";
import type { Ram } from "../../mmu/ram.ts";
import type { FlowBlock } from "./flow.ts";

/** What is known of a frame. */
export class FrameInsns {
  /** By offset: the instruction, or undefined where there is none that regions can hold. */
  readonly insns = new Map<number, Insn | undefined>();
  /** By address: runs that lie in the frame as a whole, where it is mapped at a page. */
  runs = new Map<number, FlowBlock>();
  page = -1;

  at(page: number): this {
    if (page === this.page) return this;
    this.page = page;
    this.runs = new Map();
    return this;
  }
}

/** Frames that are remembered at most. */
const MAX_FRAMES = 2048;

export class Decoded {
  private readonly frames = new Map<number, FrameInsns>();

  constructor(private readonly ram: Ram) {}
  /** What is known of a frame, to be added to. */
  of(frame: number): FrameInsns {
    const known = this.frames.get(frame);
    if (known) return known;
    const made = new FrameInsns();
    // Stores to others are not noticed.
    if (this.ram.u8[FRAME_FLAGS + frame / PAGE]) {
      if (this.frames.size >= MAX_FRAMES) this.frames.clear();
      this.frames.set(frame, made);
    }
    return made;
  }
  /** Bytes of a frame change. */
  drop(frame: number): void {
    this.frames.delete(frame);
  }
  clear(): void {
    this.frames.clear();
  }
}
