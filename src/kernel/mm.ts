import { alignUp } from "../base/bits.ts";
import { counters } from "../base/counters.ts";
import { FAULT_ACCERR, FAULT_BUS, FAULT_MAPERR, FAULT_OK, FAULT_OOM, type FaultResult, WRITE } from "../mmu/access.ts";
import { PAGE } from "../mmu/frames.ts";
import { AddressSpace, PTE_COW, PTE_SHARED, USER_END } from "../mmu/space.ts";
import { UserMemory } from "../mmu/user.ts";
import type { Place } from "../vfs/types.ts";
import type { Kernel } from "./kernel.ts";
import { permissions, type Vma, VmaList } from "./vma.ts";

/** Linux keeps this much free below a growing stack. */
const STACK_GUARD = 256 * PAGE;
/** Room for the stack above the area where mmap places things: max(this, RLIMIT_STACK + guard). */
const MIN_STACK_GAP = 128 << 20;

/** Pages that a fault maps at most, as Linux's fault_around_bytes says. */
const AROUND = 16;

/** A process's memory: page tables, mappings, and what execve put where. Shared by CLONE_VM. */
export class Mm {
  /** Tasks that use it. */
  refs = 1;
  /** Names it in futex keys. */
  readonly id = ++counters.space;
  readonly user: UserMemory;
  readonly vmas = new VmaList();
  brkStart = 0;
  brk = 0;
  /** mmap goes downwards from here. */
  mmapBase = USER_END - MIN_STACK_GAP;
  /** RLIMIT_STACK at execve, for the stack's growth; kept current by prlimit of the process itself. */
  stackLimit = 8 << 20;
  /** The program, for /proc/PID/exe. */
  exe: Place | undefined;
  /** Byte ranges for /proc/PID/{cmdline,environ}. */
  argStart = 0;
  argEnd = 0;
  envStart = 0;
  envEnd = 0;
  startStack = 0;
  startCode = 0;
  endCode = 0;
  startData = 0;
  endData = 0;
  /** Pairs, for /proc/PID/auxv. */
  auxv: bigint[] = [];
  /** mlockall(MCL_FUTURE). */
  lockFuture = false;
  /** Largest number of pages present, for ru_maxrss. */
  peakPages = 0;

  private constructor(
    readonly kernel: Kernel,
    readonly space: AddressSpace,
  ) {
    this.user = new UserMemory(space, (host, length) => kernel.cpu.onCodeStore(host, length));
    space.onFault = (address, access) => this.onFault(address, access);
  }
  /** Undefined when not even the page tables' root can be had. */
  static create(kernel: Kernel): Mm | undefined {
    if (kernel.frames.available < 64 * PAGE) return undefined;
    return new Mm(kernel, new AddressSpace(kernel.ram, kernel.frames));
  }
  /** Chooses where mmap starts, below the room that the stack may take. */
  layout(stackLimit: number): void {
    const gap = Math.min(Math.max(stackLimit + STACK_GUARD, MIN_STACK_GAP), Math.floor((USER_END / 6) * 5));
    this.mmapBase = USER_END - Math.ceil(gap / PAGE) * PAGE;
    this.stackLimit = stackLimit;
  }
  retain(): this {
    this.refs++;
    return this;
  }
  release(): void {
    if (--this.refs > 0) return;
    this.drop(this.vmas.remove(0, USER_END));
    this.space.destroy();
  }
  /** A copy for fork, or undefined when memory is exhausted. */
  fork(): Mm | undefined {
    if (this.kernel.frames.available < 64 * PAGE) return undefined;
    const space = this.space.fork();
    if (!space) return undefined;
    const child = new Mm(this.kernel, space);
    for (const v of this.vmas.list) {
      if (v.dontFork || v.wipeOnFork) space.unmap(v.start, v.end);
      if (v.dontFork) continue;
      v.source?.retain();
      child.vmas.list.push({ ...v, locked: false });
    }
    for (const key of INHERITED) copyField(this, child, key);
    return child;
  }
  /** Lets go of mappings that were taken out of the list: pages of shared files reach the file, pages are freed. */
  drop(gone: readonly Vma[]): void {
    for (const v of gone) {
      this.markDirty(v, v.start, v.end);
      this.space.unmap(v.start, v.end);
      if (v.shared) v.source?.file?.writeback?.(v.offset, v.offset + v.end - v.start);
      v.source?.release();
    }
  }
  /** Tells the file of every page in the range that may have been stored to through the mapping. */
  markDirty(v: Vma, start: number, end: number): void {
    const dirty = v.shared ? v.source?.dirty : undefined;
    if (!dirty) return;
    this.space.each(start, end, (address, pte) => {
      if (pte & WRITE) dirty(v.offset + (address - v.start));
    });
  }
  /** A file got shorter: its pages past the end go, also private copies of them. */
  truncated(inode: object, size: number): void {
    const end = alignUp(size, PAGE);
    for (const v of this.vmas.list) {
      if (v.source?.file?.inode !== inode) continue;
      const from = Math.max(v.start, v.start + end - v.offset);
      if (from < v.end) this.space.unmap(from, v.end);
    }
  }
  /** Bytes mapped (VmSize). */
  get size(): number {
    return this.vmas.total;
  }

  /** Demand paging: makes the page at `page` accessible, if the mapping allows that. */
  private onFault(page: number, access: number): FaultResult {
    const v = this.vmas.find(page) ?? this.growStack(page);
    if (!v) return FAULT_MAPERR;
    if (!(permissions(v.prot) & access)) return FAULT_ACCERR;
    const task = this.kernel.current;
    if (task) task.usage.minflt++;
    if (this.space.entry(page) && !v.shared) {
      this.space.protect(page, page + PAGE, permissions(v.prot));
      return FAULT_OK;
    }
    const r = v.source ? this.filePage(v, v.source, page, access) : this.anonymousPage(v, page, access);
    if (v.source?.cachedPage && access !== WRITE && r === FAULT_OK) this.faultAround(v, v.source, page);
    if (this.space.pages > this.peakPages) this.peakPages = this.space.pages;
    return r;
  }
  private anonymousPage(v: Vma, page: number, access: number): FaultResult {
    const { frames } = this.kernel;
    if (access !== WRITE) {
      const zero = this.kernel.zeroFrame();
      frames.retain(zero);
      return this.enter(page, zero, permissions(v.prot) | PTE_COW);
    }
    return this.enter(page, frames.alloc(), permissions(v.prot));
  }
  private filePage(v: Vma, source: NonNullable<Vma["source"]>, page: number, access: number): FaultResult {
    const offset = v.offset + (page - v.start);
    const frame = source.page(offset);
    if (!frame) return FAULT_BUS;
    const perms = permissions(v.prot);
    if (v.shared) {
      if (access === WRITE) source.dirty?.(offset);
      const clean = source.dirty && access !== WRITE && !(this.space.entry(page) & WRITE);
      return this.enter(page, frame, (clean ? perms & ~WRITE : perms) | PTE_SHARED);
    }
    if (access !== WRITE) return this.enter(page, frame, perms | PTE_COW);
    const copy = this.kernel.frames.allocDirty();
    if (copy) this.kernel.ram.u8.copyWithin(copy, frame, frame + PAGE);
    this.kernel.frames.release(frame);
    return this.enter(page, copy, perms);
  }
  /** Maps what is at hand of the pages around one that was read, as they would be mapped when read. */
  private faultAround(v: Vma, source: NonNullable<Vma["source"]>, page: number): void {
    const window = page - (page % (AROUND * PAGE));
    const end = Math.min(v.end, window + AROUND * PAGE);
    const perms = permissions(v.prot);
    const flags = v.shared ? (source.dirty ? perms & ~WRITE : perms) | PTE_SHARED : perms | PTE_COW;
    for (let at = Math.max(v.start, window); at < end; at += PAGE) {
      if (this.space.entry(at) !== 0) continue;
      const frame = source.cachedPage?.(v.offset + (at - v.start));
      if (frame && this.enter(at, frame, flags) !== FAULT_OK) return;
    }
  }
  /** Takes over the frame's reference. */
  private enter(page: number, frame: number, flags: number): FaultResult {
    if (!frame) return FAULT_OOM;
    if (this.space.map(page, frame, flags)) return FAULT_OK;
    this.kernel.frames.release(frame);
    return FAULT_OOM;
  }
  /** A stack grows down to the page if the limit and its lower neighbour allow it. */
  private growStack(page: number): Vma | undefined {
    const i = this.vmas.indexAfter(page);
    const v = this.vmas.list[i];
    if (!v?.growsDown || v.end - page > this.stackLimit) return undefined;
    const below = this.vmas.list[i - 1];
    if (below && below.prot !== 0 && page - below.end < STACK_GUARD) return undefined;
    v.start = page;
    return v;
  }
}

const INHERITED = [
  "brkStart",
  "brk",
  "mmapBase",
  "stackLimit",
  "exe",
  "argStart",
  "argEnd",
  "envStart",
  "envEnd",
  "startStack",
  "startCode",
  "endCode",
  "startData",
  "endData",
  "auxv",
] as const;

function copyField<K extends (typeof INHERITED)[number]>(from: Mm, to: Mm, key: K): void {
  to[key] = from[key];
}
