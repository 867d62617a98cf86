import { EIO, ENOMEM } from "../abi/errno.ts";
import { FRAME_FLAGS } from "../cpu/layout.ts";
import { type Frames, PAGE } from "../mmu/frames.ts";

/** Fills a page from the file (zeroes after the end of file); 0 or -errno. */
export type FillPage = (index: number, page: Uint8Array) => number;
/** Puts a page (cut at the end of file) into the file; 0 or -errno. */
export type StorePage = (index: number, page: Uint8Array) => number;

/**
 * Pages of files in frames, shared by every mapping of the file in every process: and so is the code compiled from
 * them. Only what was mapped is here; read(2) and write(2) go to the file itself where no page is cached, and keep
 * cached pages in step.
 */
export class PageCache {
  /** Told before bytes of a frame with code change: host address and length. */
  onCodeStore: (host: number, length: number) => void = () => {};
  /** Told when a file gets a new size: whoever maps pages past it must let go of them. */
  onTruncate: ((owner: object, size: number) => void) | undefined;
  private readonly files = new Set<InodePages>();

  constructor(readonly frames: Frames) {
    frames.reclaim = () => this.reclaim() > 0;
  }

  /** The pages of one file. As long as there are any, `owner` is kept alive, so that the file is known by them. */
  open(owner: object): InodePages {
    return new InodePages(this, owner);
  }
  /** Kept by InodePages: files that have pages. */
  track(pages: InodePages): void {
    this.files.add(pages);
  }
  untrack(pages: InodePages): void {
    this.files.delete(pages);
  }
  /** Drops clean pages that nobody maps, to make room; returns how many frames became free. */
  reclaim(): number {
    let n = 0;
    for (const f of [...this.files]) n += f.reclaim();
    return n;
  }
  /** Frames held. */
  get size(): number {
    let n = 0;
    for (const f of this.files) n += f.count;
    return n;
  }
  touch(frame: number, offset: number, length: number): void {
    if (this.frames.ram.u8[FRAME_FLAGS + Math.floor(frame / PAGE)]) this.onCodeStore(frame + offset, length);
  }
}

/** Pages that are read at once: as Linux maps around a fault. */
export const WINDOW = 16;
const window = new Uint8Array(WINDOW * PAGE);

/** The cached pages of one file, by page number. */
export class InodePages {
  private readonly pages = new Map<number, number>();
  private readonly dirty = new Set<number>();
  /** The frames are the file (tmpfs): never dropped for want of room. */
  pinned = false;

  constructor(
    private readonly cache: PageCache,
    readonly owner: object,
  ) {}

  get count(): number {
    return this.pages.size;
  }
  get hasDirty(): boolean {
    return this.dirty.size > 0;
  }
  has(index: number): boolean {
    return this.pages.has(index);
  }
  private view(frame: number): Uint8Array {
    return this.cache.frames.ram.u8.subarray(frame, frame + PAGE);
  }

  /** The frame of a page, filled if it was absent, with a reference for the caller; or -errno. */
  get(index: number, fill: FillPage): number {
    let frame = this.pages.get(index);
    if (frame === undefined) {
      frame = this.cache.frames.allocDirty();
      if (!frame) return -ENOMEM;
      const r = fill(index, this.view(frame));
      if (r < 0) {
        this.cache.frames.release(frame);
        return r;
      }
      this.pages.set(index, frame);
      this.cache.track(this);
    }
    this.cache.frames.retain(frame);
    return frame;
  }

  /** The frame of a page if it is here, with a reference for the caller; or 0. */
  cached(index: number): number {
    const frame = this.pages.get(index);
    if (frame === undefined) return 0;
    this.cache.frames.retain(frame);
    return frame;
  }
  /**
   * Brings in the pages of the window around `index` that are absent, with one read: it fills the buffer from the
   * window's first page on and answers how many bytes that were. `size` is the file's.
   */
  readAround(index: number, size: number, read: (into: Uint8Array, index: number) => number): void {
    const first = index - (index % WINDOW);
    const count = Math.min(WINDOW, Math.ceil(size / PAGE) - first);
    let n = -1;
    for (let i = 0; i < count; i++) {
      if (this.pages.has(first + i)) continue;
      if (n < 0) {
        n = read(window.subarray(0, count * PAGE), first);
        if (n <= 0) return;
        window.fill(0, n, count * PAGE);
      }
      if (n <= i * PAGE) return;
      const frame = this.cache.frames.allocDirty();
      if (!frame) return;
      this.cache.frames.ram.u8.set(window.subarray(i * PAGE, (i + 1) * PAGE), frame);
      this.pages.set(first + i, frame);
      this.cache.track(this);
    }
  }

  /**
   * Reads `into` from file offset `at` where pages are cached and through `read` elsewhere. The caller has cut the
   * length at the end of file.
   */
  read(into: Uint8Array, at: number, read: (into: Uint8Array, at: number) => number): number {
    return this.eachPart(at, into.length, (from, length, frame) => {
      const part = into.subarray(from - at, from - at + length);
      if (!frame) return read(part, from);
      const offset = frame + (from % PAGE);
      part.set(this.cache.frames.ram.u8.subarray(offset, offset + length));
      return length;
    });
  }
  /** Writes into cached pages, and through `write` elsewhere. */
  write(from: Uint8Array, at: number, write: (from: Uint8Array, at: number) => number): number {
    return this.eachPart(at, from.length, (start, length, frame) => {
      const part = from.subarray(start - at, start - at + length);
      if (!frame) return write(part, start);
      this.cache.touch(frame, start % PAGE, length);
      this.cache.frames.ram.u8.set(part, frame + (start % PAGE));
      return length;
    });
  }
  /** Brings cached pages in step with bytes that were written at `at`. */
  update(from: Uint8Array, at: number): void {
    if (this.pages.size > 0) this.write(from, at, (part) => part.length);
  }
  /** Splits a range into runs without cached pages and single cached pages; stops when `fn` does less than asked. */
  private eachPart(at: number, length: number, fn: (from: number, length: number, frame: number) => number): number {
    const end = at + length;
    let pos = at;
    while (pos < end) {
      const frame = this.pages.get(Math.floor(pos / PAGE)) ?? 0;
      let stop = Math.min(end, (Math.floor(pos / PAGE) + 1) * PAGE);
      while (!frame && stop < end && !this.pages.has(stop / PAGE)) stop = Math.min(end, stop + PAGE);
      const r = fn(pos, stop - pos, frame);
      if (r < 0) return pos > at ? pos - at : r;
      pos += r;
      if (pos < stop) break;
    }
    return pos - at;
  }

  /** The file has a new size: pages past it go, the rest of the last page is zero. */
  truncate(size: number): void {
    if (this.pages.size === 0) return;
    this.cache.onTruncate?.(this.owner, size);
    const first = Math.ceil(size / PAGE);
    for (const [index, frame] of this.pages) {
      if (index >= first) this.drop(index, frame);
      else if (index === first - 1 && size % PAGE) {
        this.cache.touch(frame, size % PAGE, PAGE - (size % PAGE));
        this.cache.frames.ram.u8.fill(0, frame + (size % PAGE), frame + PAGE);
      }
    }
  }
  private drop(index: number, frame: number): void {
    this.pages.delete(index);
    this.dirty.delete(index);
    this.cache.frames.release(frame);
    if (this.pages.size === 0) this.cache.untrack(this);
  }
  dropAll(): void {
    for (const [index, frame] of this.pages) this.drop(index, frame);
  }

  /** The file changed behind our back: pages that are mapped are read again, the rest go. Dirty pages win. */
  refresh(fill: FillPage): void {
    for (const [index, frame] of this.pages) {
      if (this.dirty.has(index)) continue;
      if (this.cache.frames.count(frame) === 1) this.drop(index, frame);
      else {
        this.cache.touch(frame, 0, PAGE);
        fill(index, this.view(frame));
      }
    }
  }

  /** A shared mapping may have stored to the page, and may go on to do so while anyone but the cache holds the frame. */
  markDirty(index: number): void {
    if (this.pages.has(index)) this.dirty.add(index);
  }
  /** Writes dirty pages of [from, to) (page numbers) to the file. */
  flush(from: number, to: number, size: number, store: StorePage): number {
    let result = 0;
    for (const index of this.dirty) {
      const frame = this.pages.get(index);
      if (index < from || index >= to || frame === undefined) continue;
      const length = Math.min(PAGE, size - index * PAGE);
      const r = length > 0 ? store(index, this.view(frame).subarray(0, length)) : 0;
      if (r < 0) result = -EIO;
      if (this.cache.frames.count(frame) === 1) this.dirty.delete(index);
    }
    return result;
  }
  /** No writer is left: what is still marked can no longer be stored to. */
  clean(): void {
    this.dirty.clear();
  }
  reclaim(): number {
    if (this.pinned) return 0;
    let n = 0;
    for (const [index, frame] of this.pages) {
      if (this.dirty.has(index) || this.cache.frames.count(frame) > 1) continue;
      this.drop(index, frame);
      n++;
    }
    return n;
  }
}
