import { FRAME_FLAGS, FRAMES } from "../cpu/layout.ts";
import type { Ram } from "./ram.ts";

export const PAGE = 4096;
/** Frame flag bits (one byte a frame in RAM at FRAME_FLAGS): decoded code refers to the frame, so stores take the slow path. */
export const FRAME_CODE = 1;

/** Who decodes code looks at so many bytes behind a frame. */
const READ_BEHIND = 16;

/** Allocates 4 KiB frames of RAM and counts references. A frame is named by its byte address; 0 is none. */
export class Frames {
  /** By frame number. Grows, because debuggers compare it with what it was. */
  private refs = new Int32Array(1 << 16);
  private free: number[] = [];
  private next = FRAMES;
  /** Frames in use. */
  used = 0;
  /** Called when a frame with code is about to be reused. */
  onCodeFrameFreed: ((frame: number) => void) | undefined;

  /** Asked when memory is exhausted; true if frames were released (the page cache gave some back). */
  reclaim: (() => boolean) | undefined;

  constructor(readonly ram: Ram) {}

  /** A zeroed frame with one reference, or 0 when memory is exhausted. */
  alloc(): number {
    const frame = this.allocDirty();
    if (frame && this.dirty) this.ram.u8.fill(0, frame, frame + PAGE);
    return frame;
  }
  private dirty = false;
  /** A frame whose contents the caller overwrites entirely. */
  allocDirty(): number {
    let frame = this.free.pop();
    this.dirty = frame !== undefined;
    if (frame === undefined) {
      const end = this.next + PAGE + READ_BEHIND;
      if (end > this.ram.size && !this.ram.grow(end)) {
        return this.reclaim?.() ? this.allocDirty() : 0;
      }
      frame = this.next;
      this.next += PAGE;
      if (frame / PAGE >= this.refs.length) this.grow();
    }
    this.refs[frame / PAGE] = 1;
    this.used++;
    return frame;
  }
  private grow(): void {
    const { refs } = this;
    this.refs = new Int32Array(refs.length * 2);
    this.refs.set(refs);
  }
  retain(frame: number): void {
    this.refs[frame / PAGE]++;
  }
  count(frame: number): number {
    return this.refs[frame / PAGE];
  }
  release(frame: number): void {
    const i = frame / PAGE;
    if (--this.refs[i] > 0) return;
    if (this.refs[i] < 0) throw new Error(`frame 0x${frame.toString(16)} released twice`);
    if (this.ram.u8[FRAME_FLAGS + i]) {
      this.onCodeFrameFreed?.(frame);
      this.ram.u8[FRAME_FLAGS + i] = 0;
    }
    this.used--;
    this.free.push(frame);
  }
  /** Bytes that could still be had, roughly. */
  get available(): number {
    return this.ram.maxBytes - this.next + this.free.length * PAGE;
  }
  /** Frames from here on were never used. */
  get end(): number {
    return this.next;
  }
  get total(): number {
    return this.ram.maxBytes - FRAMES;
  }
}
