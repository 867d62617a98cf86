import { type Frames, PAGE } from "../mmu/frames.ts";
import type { File, Place } from "../vfs/types.ts";
import { releaseFile, retainFile } from "./fdtable.ts";
import type { PageSource } from "./vma.ts";

/** Pages of an open file, out of its page cache. Starts with one reference, which is a reference of the file. */
export class FileSource implements PageSource {
  private refs = 1;
  constructor(readonly file: File) {
    retainFile(file);
    if (file.cachedPage) this.cachedPage = (offset) => file.cachedPage?.(offset) ?? 0;
    if (file.dirty) this.dirty = (offset) => file.dirty?.(offset);
  }
  cachedPage?: (offset: number) => number;
  dirty?: (offset: number) => void;
  get place(): Place | undefined {
    return this.file.place;
  }
  page(offset: number): number {
    return this.file.page?.(offset) ?? 0;
  }
  retain(): void {
    this.refs++;
  }
  release(): void {
    if (--this.refs === 0) releaseFile(this.file);
  }
  describe(): string {
    return this.file.describe();
  }
}

/** Shared anonymous memory: frames made when first touched, kept until the last mapping goes. Starts with one reference. */
export class SharedMemory implements PageSource {
  readonly place = undefined;
  private refs = 1;
  private readonly pages = new Map<number, number>();
  constructor(
    private readonly frames: Frames,
    readonly size: number,
    private readonly name = "/dev/zero (deleted)",
  ) {}
  page(offset: number): number {
    const i = Math.floor(offset / PAGE);
    if (offset >= this.size) return 0;
    let frame = this.pages.get(i);
    if (frame === undefined) {
      frame = this.frames.alloc();
      if (!frame) return 0;
      this.pages.set(i, frame);
    }
    this.frames.retain(frame);
    return frame;
  }
  /** MADV_REMOVE. */
  punch(offset: number, length: number): void {
    for (let o = offset; o < offset + length; o += PAGE) {
      const frame = this.pages.get(o / PAGE);
      if (frame !== undefined) this.frames.release(frame);
      this.pages.delete(o / PAGE);
    }
  }
  retain(): void {
    this.refs++;
  }
  release(): void {
    if (--this.refs > 0) return;
    for (const frame of this.pages.values()) this.frames.release(frame);
    this.pages.clear();
  }
  describe(): string {
    return this.name;
  }
}
