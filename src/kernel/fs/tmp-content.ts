import { PAGE } from "../../mmu/frames.ts";
import type { InodePages } from "../../vfs/page-cache.ts";

/**
 * Bytes of a file in memory. Three layers, the upper hiding the lower: frames, for pages that were ever mapped; pages that were
 * written; `base`, bytes that came with an archive and are never changed. What is in no layer is zero.
 */
export class TmpContent {
  private readonly written = new Map<number, Uint8Array>();
  size: number;

  constructor(
    private readonly pages: InodePages,
    private base: Uint8Array = new Uint8Array(0),
  ) {
    this.size = base.length;
    pages.pinned = true;
  }

  /** Bytes that take memory of their own, for st_blocks. */
  get allocated(): number {
    return (this.written.size + this.pages.count) * PAGE + Math.ceil(this.base.length / PAGE) * PAGE;
  }

  read(into: Uint8Array, at: number): number {
    if (at >= this.size) return 0;
    const part = into.length > this.size - at ? into.subarray(0, this.size - at) : into;
    return this.pages.read(part, at, (p, from) => this.readBelow(p, from));
  }
  /** From the lower layers. */
  private readBelow(into: Uint8Array, at: number): number {
    for (let done = 0; done < into.length; ) {
      const pos = at + done;
      const n = Math.min(into.length - done, PAGE - (pos % PAGE));
      const part = into.subarray(done, done + n);
      const page = this.written.get(Math.floor(pos / PAGE));
      if (page) part.set(page.subarray(pos % PAGE, (pos % PAGE) + n));
      else {
        const bytes = this.base.subarray(pos, pos + n);
        part.set(bytes);
        part.fill(0, bytes.length);
      }
      done += n;
    }
    return into.length;
  }
  write(from: Uint8Array, at: number): number {
    const n = this.pages.write(from, at, (p, pos) => this.writeBelow(p, pos));
    this.size = Math.max(this.size, at + n);
    return n;
  }
  private writeBelow(from: Uint8Array, at: number): number {
    for (let done = 0; done < from.length; ) {
      const pos = at + done;
      const n = Math.min(from.length - done, PAGE - (pos % PAGE));
      this.pageFor(Math.floor(pos / PAGE)).set(from.subarray(done, done + n), pos % PAGE);
      done += n;
    }
    return from.length;
  }
  private pageFor(index: number): Uint8Array {
    let page = this.written.get(index);
    if (!page) {
      page = new Uint8Array(PAGE);
      page.set(this.base.subarray(index * PAGE, (index + 1) * PAGE));
      this.written.set(index, page);
    }
    return page;
  }
  /** The frame of a page, from now on its only home; a reference for the caller, or 0. */
  frame(index: number): number {
    if (index * PAGE >= this.size) return 0;
    const frame = this.pages.get(index, (_, view) => {
      this.readBelow(view, index * PAGE);
      this.written.delete(index);
      return 0;
    });
    return Math.max(0, frame);
  }
  truncate(size: number): void {
    if (size < this.size) {
      this.pages.truncate(size);
      const first = Math.ceil(size / PAGE);
      for (const index of this.written.keys()) if (index >= first) this.written.delete(index);
      this.written.get(first - 1)?.fill(0, size % PAGE || PAGE);
      this.base = this.base.subarray(0, size);
    }
    this.size = size;
  }
  /** Zeroes a range within the file. */
  punch(from: number, to: number): void {
    const end = Math.min(to, this.size);
    const zeroes = new Uint8Array(PAGE);
    for (let at = from; at < end; ) {
      const n = Math.min(end - at, PAGE - (at % PAGE));
      const index = Math.floor(at / PAGE);
      if (n === PAGE && !this.pages.has(index) && index * PAGE >= this.base.length) this.written.delete(index);
      else this.write(zeroes.subarray(0, n), at);
      at += n;
    }
  }
  free(): void {
    this.pages.dropAll();
    this.written.clear();
  }
}
