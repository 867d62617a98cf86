/** Changes to the mappings of an address space: the work of mmap(2), munmap(2), mprotect(2), mremap(2), brk(2). */
import { EACCES, EEXIST, EFAULT, EINVAL, ENOMEM } from "../abi/errno.ts";
import { alignUp } from "../base/bits.ts";
import { WRITE } from "../mmu/access.ts";
import { PAGE } from "../mmu/frames.ts";
import { USER_END } from "../mmu/space.ts";
import type { Mm } from "./mm.ts";
import { accountable, makeVma, permissions, type Vma } from "./vma.ts";

/** Lowest address that mmap chooses or accepts by itself (vm.mmap_min_addr). */
export const MMAP_MIN = 0x10000;
const LOW_2G = 0x80000000;
/** vm.max_map_count */
const MAX_MAPS = 65530;

export interface MapRequest {
  /** Hint, or with `fixed` the place. 0: anywhere. */
  address: number;
  length: number;
  prot: number;
  fixed?: boolean;
  noReplace?: boolean;
  low32?: boolean;
  /** RLIMIT_AS */
  limit?: number;
  /** Rest of the mapping; a source's reference is taken over, also on failure. */
  vma?: Partial<Vma>;
}

/** Where a mapping that has no fixed place goes, or -1. */
function place(mm: Mm, r: MapRequest, length: number): number {
  const hint = Math.floor(r.address / PAGE) * PAGE;
  if (hint >= MMAP_MIN && hint + length <= USER_END && mm.vmas.overlapping(hint, hint + length).length === 0)
    return hint;
  if (r.low32) return mm.vmas.holeAbove(length, 0x40000000, LOW_2G);
  const below = mm.vmas.holeBelow(length, MMAP_MIN, mm.mmapBase);
  return below >= 0 ? below : mm.vmas.holeAbove(length, Math.floor(USER_END / 3 / PAGE) * PAGE, USER_END);
}

/** Memory is handed out when touched, so what may be promised is more than there is: as if swap were thrice the RAM. */
const PROMISE = 4;

/** The heuristic overcommit of Linux: only what could never be served is refused. */
function overcommits(mm: Mm, v: Vma): boolean {
  return accountable(v) && v.source === undefined && v.end - v.start > mm.kernel.frames.total * PROMISE;
}

/** Maps; returns the address or -errno. */
export function mapRegion(mm: Mm, r: MapRequest): number {
  const result = tryMap(mm, r);
  if (result < 0) r.vma?.source?.release();
  return result;
}

function tryMap(mm: Mm, r: MapRequest): number {
  const length = alignUp(r.length, PAGE);
  if (length === 0) return -EINVAL;
  if (length > USER_END) return -ENOMEM;
  let start = r.address;
  if (r.fixed) {
    if (start % PAGE !== 0) return -EINVAL;
    if (start < 0 || start > USER_END - length) return -ENOMEM;
    if (r.noReplace && mm.vmas.overlapping(start, start + length).length > 0) return -EEXIST;
  } else {
    start = place(mm, r, length);
    if (start < 0) return -ENOMEM;
  }
  const v = makeVma(start, start + length, r.prot, r.vma);
  if (overcommits(mm, v)) return -ENOMEM;
  if (mm.vmas.list.length >= MAX_MAPS) return -ENOMEM;
  if (r.limit !== undefined && r.limit !== Number.POSITIVE_INFINITY && mm.size + length > r.limit) return -ENOMEM;
  if (r.fixed) mm.drop(mm.vmas.remove(start, start + length));
  if (mm.lockFuture) v.locked = true;
  mm.vmas.insert(v);
  return start;
}

/** munmap(2): pages in the range that are not mapped don't matter. */
export function unmapRegion(mm: Mm, start: number, length: number): number {
  const size = alignUp(length, PAGE);
  if (start % PAGE !== 0 || size <= 0 || start < 0 || start > USER_END - size) return -EINVAL;
  if (mm.vmas.list.length >= MAX_MAPS && splits(mm, start, start + size)) return -ENOMEM;
  mm.drop(mm.vmas.remove(start, start + size));
  return 0;
}

function splits(mm: Mm, start: number, end: number): boolean {
  const v = mm.vmas.find(start);
  return v !== undefined && v.start < start && v.end > end;
}

/** mprotect(2). Like Linux it goes as far as it can and then says what stopped it. */
export function protectRegion(mm: Mm, start: number, length: number, prot: number): number {
  const end = start + alignUp(length, PAGE);
  if (end > USER_END || start < 0) return -ENOMEM;
  if (end === start) return 0;
  let at = start;
  let result = 0;
  for (const v of mm.vmas.isolate(start, end)) {
    if (v.start !== at) break;
    if (prot & ~v.maxProt) {
      result = -EACCES;
      break;
    }
    if (overcommits(mm, { ...v, prot })) {
      result = -ENOMEM;
      break;
    }
    v.prot = prot;
    // Shared file pages have to report their first store again.
    if (v.shared && v.source?.dirty) mm.markDirty(v, v.start, v.end);
    const perms = permissions(prot);
    mm.space.protect(v.start, v.end, v.shared && v.source?.dirty ? perms & ~WRITE : perms);
    at = v.end;
  }
  mm.vmas.mergeRange(start, end);
  if (result < 0) return result;
  return at < end ? -ENOMEM : 0;
}

export interface RemapRequest {
  from: number;
  oldLength: number;
  newLength: number;
  mayMove: boolean;
  /** MREMAP_FIXED */
  to?: number;
  dontUnmap: boolean;
  limit: number;
}

/** mremap(2), arguments checked for alignment by the caller. Returns the new address or -errno. */
export function remapRegion(mm: Mm, r: RemapRequest): number {
  const v = mm.vmas.find(r.from);
  if (!v) return -EFAULT;
  if (r.oldLength === 0 && !(v.shared && v.source)) return -EINVAL;
  if (r.dontUnmap && v.source) return -EINVAL;
  if (r.from + r.oldLength > v.end) return -EFAULT;
  if (r.newLength > r.oldLength && mm.size + r.newLength - r.oldLength > r.limit) return -ENOMEM;
  if (r.to !== undefined) {
    if (r.to < 0 || r.to > USER_END - r.newLength) return -EINVAL;
    if (r.to < r.from + r.oldLength && r.from < r.to + r.newLength) return -EINVAL;
    mm.drop(mm.vmas.remove(r.to, r.to + r.newLength));
    return moveTo(mm, v, r, r.to);
  }
  if (r.dontUnmap) return moveAnywhere(mm, v, r);
  if (r.newLength <= r.oldLength) {
    if (r.newLength < r.oldLength) mm.drop(mm.vmas.remove(r.from + r.newLength, r.from + r.oldLength));
    return r.from;
  }
  if (r.oldLength > 0 && growsInPlace(mm, v, r)) return r.from;
  return r.mayMove ? moveAnywhere(mm, v, r) : -ENOMEM;
}

function growsInPlace(mm: Mm, v: Vma, r: RemapRequest): boolean {
  const end = r.from + r.newLength;
  if (r.from + r.oldLength !== v.end || end > USER_END) return false;
  if (mm.vmas.overlapping(v.end, end).length > 0) return false;
  v.end = end;
  mm.vmas.mergeRange(v.start, end);
  return true;
}

function moveAnywhere(mm: Mm, v: Vma, r: RemapRequest): number {
  const to = mm.vmas.holeBelow(r.newLength, MMAP_MIN, mm.mmapBase);
  return to < 0 ? -ENOMEM : moveTo(mm, v, r, to);
}

function moveTo(mm: Mm, v: Vma, r: RemapRequest, to: number): number {
  const offset = v.source ? v.offset + (r.from - v.start) : 0;
  const moved: Vma = { ...v, start: to, end: to + r.newLength, offset };
  if (overcommits(mm, moved)) return -ENOMEM;
  v.source?.retain();
  const length = Math.min(r.oldLength, r.newLength);
  if (length > 0 && !mm.space.move(r.from, to, length)) {
    v.source?.release();
    return -ENOMEM;
  }
  if (r.oldLength > 0 && !r.dontUnmap) mm.drop(mm.vmas.remove(r.from, r.from + r.oldLength));
  mm.vmas.insert(moved);
  return to;
}

/** brk(2): the new end of the heap, or the old one when that cannot be. */
export function setBrk(mm: Mm, to: number, limits: { as: number; data: number }): number {
  if (to < mm.brkStart) return mm.brk;
  const oldEnd = alignUp(mm.brk, PAGE);
  const newEnd = alignUp(to, PAGE);
  if (to - mm.brkStart + (mm.endData - mm.startData) > limits.data) return mm.brk;
  if (newEnd < oldEnd) mm.drop(mm.vmas.remove(newEnd, oldEnd));
  if (newEnd > oldEnd) {
    if (newEnd > USER_END || mm.vmas.overlapping(oldEnd, newEnd + PAGE).length > 0) return mm.brk;
    const r = mapRegion(mm, {
      address: oldEnd,
      length: newEnd - oldEnd,
      prot: 3,
      fixed: true,
      limit: limits.as,
      vma: { name: "[heap]" },
    });
    if (r < 0) return mm.brk;
  }
  mm.brk = to;
  return to;
}
