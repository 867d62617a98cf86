/**
 * Breakpoints: linear addresses whose instructions the engine stops before, in any address space. Blocks are shared by
 * all processes that map a frame, wherever they map it, so a frame gets its FN_BREAK records when code at the
 * breakpoint's page is first looked up in it.
 */
import { BREAKING } from "../cpu/layout.ts";
import { PAGE } from "../mmu/frames.ts";
import type { Ram } from "../mmu/ram.ts";
import { flushJumps } from "../mmu/space.ts";
import type { CodeCache } from "./code-cache.ts";

export class Breakpoints {
  readonly addresses = new Set<number>();
  /** Offsets by page. */
  private readonly pages = new Map<number, Set<number>>();
  /** By frame: offsets at which records stop. */
  private readonly planted = new Map<number, Set<number>>();

  constructor(
    private readonly ram: Ram,
    private readonly cache: CodeCache,
    /** Told of pages whose breakpoints change. */
    private readonly onPage: (page: number) => void,
  ) {}

  /** Replaces them all. */
  set(wanted: ReadonlySet<number>): void {
    const { addresses } = this;
    const gone = [...addresses].filter((a) => !wanted.has(a));
    const added = [...wanted].filter((a) => !addresses.has(a));
    for (const a of gone) this.remove(a);
    for (const a of added) this.add(a);
    this.ram.i32[BREAKING >> 2] = addresses.size;
    // Pages are looked up again, and so get their records.
    if (gone.length || added.length) flushJumps(this.ram);
  }
  private add(address: number): void {
    const offset = address % PAGE;
    const page = address - offset;
    this.addresses.add(address);
    const offsets = this.pages.get(page) ?? new Set();
    this.pages.set(page, offsets.add(offset));
    this.onPage(page);
  }
  private remove(address: number): void {
    const offset = address % PAGE;
    const page = address - offset;
    this.addresses.delete(address);
    const offsets = this.pages.get(page);
    offsets?.delete(offset);
    if (offsets?.size === 0) this.pages.delete(page);
    this.onPage(page);
    for (const [frame, at] of this.planted) {
      if (!at.delete(offset)) continue;
      if (at.size === 0) this.planted.delete(frame);
      this.cache.invalidate(frame + offset, 1);
    }
  }
  /** Code of a page is looked up in a frame: its blocks are made to stop at the breakpoints. */
  enter(page: number, frame: number): void {
    for (const offset of this.pages.get(page) ?? []) {
      const at = this.planted.get(frame) ?? new Set();
      if (at.has(offset)) continue;
      this.planted.set(frame, at.add(offset));
      this.cache.invalidate(frame + offset, 1);
    }
  }
  /** True if a block of the frame is to stop before the instruction at the offset. */
  at(frame: number, offset: number): boolean {
    return this.planted.get(frame)?.has(offset) ?? false;
  }
}
