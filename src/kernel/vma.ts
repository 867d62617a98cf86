import type { Place } from "../vfs/types.ts";

/** What a mapping's pages come from: an open file, shared anonymous memory, a SysV segment. */
export interface PageSource {
  /** Frame of the page at the offset, its reference the caller's; 0 past the end. */
  page(offset: number): number;
  dirty?(offset: number): void;
  readonly place: Place | undefined;
  /** References held by mappings. */
  retain(): void;
  release(): void;
  /** For /proc/PID/maps. */
  describe(): string;
}

/** One mapping: [start, end), page aligned. */
export interface Vma {
  start: number;
  end: number;
  /** READ, WRITE, EXEC of mmu/access.ts. */
  prot: number;
  shared: boolean;
  /** Grows down (a stack). */
  growsDown: boolean;
  /** Undefined: private anonymous memory. */
  source: PageSource | undefined;
  /** Offset in the source of `start`. */
  offset: number;
  /** mprotect may not give more than this (a shared mapping of a file opened for reading). */
  maxProt: number;
  noReserve: boolean;
  locked: boolean;
  /** MADV_DONTFORK, MADV_WIPEONFORK. */
  dontFork: boolean;
  wipeOnFork: boolean;
  /** "[heap]", "[stack]" in /proc/PID/maps. */
  name: string;
}
