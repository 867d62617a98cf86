import {
  CODE_GENERATION,
  JUMP_CACHE,
  JUMP_ENTRIES,
  jumpEntry,
  PT_ROOT,
  TLB,
  TLB_ENTRIES,
  TLB_ENTRY,
  TLB_WTAG,
} from "../cpu/layout.ts";
import { EXEC, FAULT_ACCERR, FAULT_MAPERR, FAULT_OK, FAULT_OOM, type FaultResult, WRITE } from "./access.ts";
import { type Frames, PAGE } from "./frames.ts";
import type { Ram } from "./ram.ts";

/** End of user addresses: canonical lower half. */
export const USER_END = 0x7ffffffff000;

/**
 * Page-table entry (32 bits): frame byte address in the upper 20 bits, then permissions (READ, WRITE, EXEC), PRESENT,
 * COW (writable in principle, shared for now) and SHARED (fork keeps sharing it). Four levels: 6, 10, 10 and 10 bits
 * of a 48-bit address.
 */
export const PTE_PRESENT = 8;
export const PTE_COW = 16;
export const PTE_SHARED = 32;
/** The page has been stored to since the bit was cleared (shared file pages, /proc). */
export const PTE_DIRTY = 64;
const FRAME_MASK = 0xfffff000;

/** Serves demand faults: maps the page (space.map) and answers FAULT_OK, or says why not. */
export type FaultHandler = (address: number, access: number) => FaultResult;

/** One process's page tables, in RAM. Addresses are numbers below 2^47. */
export class AddressSpace {
  private readonly root: number;
  /** Demand paging: set by the kernel's memory manager. */
  onFault: FaultHandler = () => FAULT_MAPERR;
  /** Pages present, for RSS. */
  pages = 0;
  /** The local descriptor table: see modify_ldt(2). Replaced as a whole when it changes. */
  ldt: Uint8Array | undefined;
  /** Tasks and others that use it; see `destroy`. */
  refs = 1;

  constructor(
    readonly ram: Ram,
    readonly frames: Frames,
  ) {
    this.root = frames.alloc();
    if (!this.root) throw new Error("no memory for page tables");
  }

  /** Host index (in u32 units) of the entry, or -1 if its table does not exist and `make` is false (or memory is exhausted). */
  private slot(address: number, make: boolean): number {
    const hi = Math.floor(address / 0x100000000);
    const lo = address >>> 0;
    // bits 47..42, 41..32, 31..22, 21..12
    const i0 = (hi >>> 10) & 63;
    const i1 = hi & 1023;
    let table = this.next(this.root, i0, make);
    if (table) table = this.next(table, i1, make);
    if (table) table = this.next(table, lo >>> 22, make);
    return table ? (table >>> 2) + ((lo >>> 12) & 1023) : -1;
  }
  /** The table that an entry of another leads to, or 0. */
  private next(table: number, i: number, make: boolean): number {
    const at = (table >>> 2) + i;
    const next = (this.ram.u32[at] & FRAME_MASK) >>> 0;
    if (next || !make) return next;
    const made = this.frames.alloc();
    if (made) this.ram.u32[at] = made | PTE_PRESENT;
    return made;
  }
  /** The entry for the page, 0 if none. */
  entry(address: number): number {
    const s = this.slot(address, false);
    return s < 0 ? 0 : this.ram.u32[s];
  }
  /**
   * Maps a page: takes over one reference to `frame`, drops what was mapped there. `flags` are permissions, PTE_COW,
   * PTE_SHARED. False when no memory is left for tables (the reference then stays with the caller).
   */
  map(address: number, frame: number, flags: number): boolean {
    const s = this.slot(address, true);
    if (s < 0) return false;
    const old = this.ram.u32[s];
    this.ram.u32[s] = frame | (flags & 0xfff) | PTE_PRESENT;
    if (old) {
      this.frames.release((old & FRAME_MASK) >>> 0);
      this.flushPage(address, old);
    } else this.pages++;
    return true;
  }
  /** Unmaps every present page in [start, end); `onPage` sees each address and entry first. */
  unmap(start: number, end: number, onPage?: (address: number, pte: number) => void): void {
    const changed = new Changed(this.active);
    this.eachPage(start, end, (address, s) => {
      const old = this.ram.u32[s];
      onPage?.(address, old);
      this.ram.u32[s] = 0;
      this.pages--;
      changed.page(this.ram, address, old);
      this.frames.release((old & FRAME_MASK) >>> 0);
    });
    changed.end(this.ram);
  }
  /** Sets the permissions of every present page in [start, end). */
  protect(start: number, end: number, permissions: number): void {
    const changed = new Changed(this.active);
    this.eachPage(start, end, (address, s) => {
      const old = this.ram.u32[s];
      this.ram.u32[s] = (old & ~7) | permissions;
      if ((old & 7) !== permissions) changed.page(this.ram, address, old);
    });
    changed.end(this.ram);
  }
  /** Moves present pages to a new address (mremap); the target range must be unmapped. */
  move(from: number, to: number, length: number): boolean {
    let ok = true;
    this.eachPage(from, from + length, (address, s) => {
      const pte = this.ram.u32[s];
      const t = this.slot(to + (address - from), true);
      if (t < 0) {
        ok = false;
        return;
      }
      this.ram.u32[t] = pte;
      this.ram.u32[s] = 0;
    });
    this.flush();
    return ok;
  }
  /** Calls `fn(address, slot)` for every present page in [start, end), skipping absent tables. */
  private eachPage(start: number, end: number, fn: (address: number, slot: number) => void): void {
    let a = start;
    while (a < end) {
      const s = this.slot(a, false);
      const tableEnd = Math.min(end, (Math.floor(a / 0x400000) + 1) * 0x400000);
      if (s < 0) {
        a = this.skipAbsent(a, end);
        continue;
      }
      for (let i = s; a < tableEnd; a += PAGE, i++) if (this.ram.u32[i]) fn(a, i);
    }
  }
  /** First address after `a`, which has no table, where the tables of the same parent go on. */
  private skipAbsent(a: number, end: number): number {
    const hi = Math.floor(a / 2 ** 32);
    const t1 = this.ram.u32[(this.root >>> 2) + ((hi >>> 10) & 63)] & FRAME_MASK;
    if (!t1) return Math.min(end, this.nextTable(this.root, (hi >>> 10) & 63, 64, a, 2 ** 42));
    const t2 = this.ram.u32[(t1 >>> 2) + (hi & 1023)] & FRAME_MASK;
    if (!t2) return Math.min(end, this.nextTable(t1, hi & 1023, 1024, a, 2 ** 32));
    return Math.min(end, this.nextTable(t2, Math.floor(a / 0x400000) & 1023, 1024, a, 0x400000));
  }
  /** Where the next entry of a table that is not absent begins, or what follows the table; entries stand for `span` bytes. */
  private nextTable(table: number, index: number, entries: number, a: number, span: number): number {
    const { u32 } = this.ram;
    let i = index + 1;
    while (i < entries && !u32[(table >>> 2) + i]) i++;
    return (Math.floor(a / span) + i - index) * span;
  }
  /** Calls `fn` for every present page in [start, end). */
  each(start: number, end: number, fn: (address: number, pte: number) => void): void {
    this.eachPage(start, end, (a, s) => fn(a, this.ram.u32[s]));
  }

  /**
   * Makes the page accessible as asked if it may be: resolves copy-on-write here and demand paging through `onFault`.
   * `access` is READ, WRITE or EXEC.
   */
  fault(address: number, access: number): FaultResult {
    if (!(address >= 0 && address < USER_END)) return FAULT_MAPERR;
    const page = address - (address % PAGE);
    let pte = this.entry(page);
    if (!(pte & access)) {
      // Absent, or the mapping allows more than the entry does (a shared file page mapped clean, say).
      const r = this.onFault(page, access);
      if (r !== FAULT_OK) return pte && r === FAULT_MAPERR ? FAULT_ACCERR : r;
      pte = this.entry(page);
      if (!(pte & access)) return FAULT_ACCERR;
    }
    if (access === WRITE && pte & PTE_COW) return this.breakCow(page, pte);
    return FAULT_OK;
  }
  private breakCow(page: number, pte: number): FaultResult {
    const frame = (pte & FRAME_MASK) >>> 0;
    const s = this.slot(page, false);
    if (this.frames.count(frame) === 1) {
      this.ram.u32[s] = pte & ~PTE_COW;
    } else {
      const copy = this.frames.allocDirty();
      if (!copy) return FAULT_OOM;
      this.ram.u8.copyWithin(copy, frame, frame + PAGE);
      this.ram.u32[s] = copy | (pte & 0xfff & ~PTE_COW);
      this.frames.release(frame);
    }
    this.flushPage(page, pte);
    return FAULT_OK;
  }
  /**
   * Host address of a guest byte for the given access, faulting pages in, or -1. Valid up to the end of the page and
   * until the next call that may map, allocate or run the guest. For WRITE the caller must pass it to `onStore` if code
   * may lie there (UserMemory does).
   */
  host(address: number, access: number): number {
    const r = this.fault(address, access);
    if (r !== FAULT_OK) return -1;
    return ((this.entry(address) & FRAME_MASK) >>> 0) + (address % PAGE);
  }

  /** A copy for fork: private pages become copy-on-write in both. Undefined when memory is exhausted. */
  fork(): AddressSpace | undefined {
    const child = new AddressSpace(this.ram, this.frames);
    child.ldt = this.ldt;
    const { frames } = this;
    let ok = true;
    // The child's slot for the page at hand, known as long as pages are neighbours in one table.
    let to = 0;
    let expected = -1;
    this.eachPage(0, USER_END, (address, s) => {
      if (!ok) return;
      const { u32 } = this.ram;
      let pte = u32[s];
      if (!(pte & PTE_SHARED) && !(pte & PTE_COW)) {
        pte |= PTE_COW;
        u32[s] = pte;
      }
      const same = expected >= 0 && s > expected && s >>> 10 === expected >>> 10;
      to = same ? to + (s - expected) : child.slot(address, true);
      expected = s;
      if (to < 0) {
        ok = false;
        return;
      }
      frames.retain((pte & FRAME_MASK) >>> 0);
      this.ram.u32[to] = pte;
      child.pages++;
    });
    // What can be read or executed stays as it was.
    if (this.active) flushWriteTags(this.ram);
    if (ok) return child;
    child.destroy();
    return undefined;
  }
  /** Gives back all pages and tables. */
  destroy(): void {
    this.unmap(0, USER_END);
    const walk = (table: number, level: number): void => {
      for (let i = 0; i < 1024 && level < 3; i++) {
        const next = this.ram.u32[(table >>> 2) + i] & FRAME_MASK;
        if (next) walk(next >>> 0, level + 1);
      }
      this.frames.release(table);
    };
    walk(this.root, 0);
    if (this.active) {
      // A new space may get the same root frame: nothing of this one may survive in the TLB.
      this.ram.u32[PT_ROOT >>> 2] = 0;
      flushTlb(this.ram);
    }
  }

  /** Makes this the space that the engine runs in. */
  activate(): void {
    if (this.ram.u32[PT_ROOT >>> 2] === this.root) return;
    this.ram.u32[PT_ROOT >>> 2] = this.root;
    flushTlb(this.ram);
  }
  private get active(): boolean {
    return this.ram.u32[PT_ROOT >>> 2] === this.root;
  }
  private flush(): void {
    if (this.active) flushTlb(this.ram);
  }
  private flushPage(address: number, old: number): void {
    if (!this.active) return;
    flushEntry(this.ram, address);
    if (old & EXEC) flushJumps(this.ram);
  }
}

/** Forgets the translations of pages whose entries change: one by one if they are few, else all. */
class Changed {
  private count = 0;
  private seen = 0;
  constructor(private readonly active: boolean) {}
  page(ram: Ram, address: number, old: number): void {
    this.seen |= old;
    if (this.active && this.count++ < FEW) flushEntry(ram, address);
  }
  end(ram: Ram): void {
    if (!this.active) return;
    if (this.count > FEW) flushTranslations(ram);
    if (this.seen & EXEC) flushJumps(ram);
  }
}
/** Flushing as many entries costs less than filling the TLB again. */
const FEW = 64;

function flushEntry(ram: Ram, address: number): void {
  const at = (TLB + (Math.floor(address / PAGE) % TLB_ENTRIES) * TLB_ENTRY) >>> 2;
  ram.i32[at] = ram.i32[at + 1] = ram.i32[at + 2] = ram.i32[at + 3] = -1;
}
function flushTranslations(ram: Ram): void {
  ram.u8.fill(0xff, TLB, TLB + TLB_ENTRIES * TLB_ENTRY);
}

/** Forgets all translations, and the jumps that were resolved through them. */
export function flushTlb(ram: Ram): void {
  flushTranslations(ram);
  flushJumps(ram);
}

/** Makes every store look its page up again: a frame got code, and stores to it take the slow path from now on. */
export function flushWriteTags(ram: Ram): void {
  const low = (TLB + TLB_WTAG) >>> 2;
  for (let i = 0; i < TLB_ENTRIES; i++) {
    ram.i32[low + i * (TLB_ENTRY >>> 2)] = -1;
    ram.i32[low + i * (TLB_ENTRY >>> 2) + 1] = -1;
  }
}

/** Forgets resolved jumps: code may no longer be where it was. */
export function flushJumps(ram: Ram): void {
  ram.i32[CODE_GENERATION >> 2]++;
  ram.u8.fill(0xff, JUMP_CACHE, JUMP_CACHE + JUMP_ENTRIES * 16);
  // All ones is an address (a wild jump's): in its entry stands one that belongs to another.
  const wild = jumpEntry(-1);
  ram.view.setBigUint64(wild, 1n, true);
}
