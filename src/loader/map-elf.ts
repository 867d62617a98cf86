/** Puts the segments of an ELF file where they belong, as Linux's fs/binfmt_elf.c does. */
import { ET_DYN } from "../abi/elf.ts";
import { EFAULT, EINVAL, ENOMEM } from "../abi/errno.ts";
import { alignDown, alignUp } from "../base/bits.ts";
import { EXEC, UserFault, WRITE } from "../mmu/access.ts";
import { PAGE } from "../mmu/frames.ts";
import { USER_END } from "../mmu/space.ts";
import type { File } from "../vfs/types.ts";
import type { Elf, Segment } from "./elf.ts";
import type { LoadTarget } from "./target.ts";

/** Where position-independent programs with an interpreter go: two thirds up (ELF_ET_DYN_BASE). */
export const DYN_BASE = alignDown(Math.floor((USER_END / 3) * 2), PAGE);

/** What was mapped, in guest addresses. */
export interface MappedElf {
  /** Added to the file's addresses. */
  bias: number;
  entry: number;
  /** The program headers in memory; if no segment holds them, `bias`, as Linux has it. */
  phdr: number;
  startCode: number;
  endCode: number;
  startData: number;
  endData: number;
  /** Page-aligned end of all segments. */
  end: number;
}

/**
 * Maps all segments. `base`: where a position-independent file goes, undefined lets the memory manager choose. Returns
 * -errno when the file cannot be mapped: too late to return to the old program.
 */
export function mapElf(elf: Elf, file: File, target: LoadTarget, base: number | undefined): MappedElf | number {
  const dyn = elf.type === ET_DYN;
  let bias = 0;
  if (dyn) {
    const first = elf.segments[0];
    const size = first ? totalSize(elf.segments) : 0;
    if (!first || size <= 0) return -EINVAL;
    const at = reserve(elf, target, base, size);
    if (at < 0) return at;
    bias = at - alignDown(first.vaddr, PAGE);
  }
  const out: MappedElf = {
    bias,
    entry: elf.entry + bias,
    phdr: bias,
    startCode: Number.POSITIVE_INFINITY,
    endCode: 0,
    startData: 0,
    endData: 0,
    end: 0,
  };
  for (const [i, s] of elf.segments.entries()) {
    const error = mapSegment(s, file, target, bias, dyn || i > 0);
    if (error < 0) return error;
    account(out, s, bias, elf.phoff);
  }
  out.end = alignUp(out.end, PAGE);
  return out;
}

/** Bytes from the first segment's page to the last one's end. */
function totalSize(segments: readonly Segment[]): number {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const s of segments) {
    low = Math.min(low, alignDown(s.vaddr, PAGE));
    high = Math.max(high, s.vaddr + s.memSize);
  }
  return high - low;
}

/** Finds room for a position-independent file: the hole is claimed by mapping it all, then cleared for the segments. */
function reserve(elf: Elf, target: LoadTarget, base: number | undefined, size: number): number {
  if (size > USER_END) return -ENOMEM;
  const at =
    base === undefined
      ? target.map(0, size, 0, {})
      : target.map(alignDown(base, maxAlign(elf.segments)), size, 0, { fixed: true });
  if (at >= 0) target.unmap(at, alignUp(size, PAGE));
  return at;
}

function maxAlign(segments: readonly Segment[]): number {
  let align = PAGE;
  for (const s of segments) if (Number.isInteger(Math.log2(s.align))) align = Math.max(align, s.align);
  return align;
}

function mapSegment(s: Segment, file: File, target: LoadTarget, bias: number, replace: boolean): number {
  const start = s.vaddr + bias;
  if (start < 0 || start >= USER_END || s.memSize > USER_END || start + s.memSize > USER_END) return -EINVAL;
  if (s.fileSize > s.memSize) return -EINVAL;
  const pageOffset = start % PAGE;
  const fileEnd = start + s.fileSize;
  const mapEnd = alignUp(fileEnd, PAGE);
  const memEnd = alignUp(start + s.memSize, PAGE);
  if (s.fileSize > 0) {
    const offset = s.offset - pageOffset;
    if (offset < 0 || offset % PAGE !== 0 || !Number.isSafeInteger(offset)) return -EINVAL;
    const how = { file, offset, fixed: true, replace };
    const r = target.map(start - pageOffset, mapEnd - (start - pageOffset), s.prot, how);
    if (r < 0) return r;
    if (s.memSize > s.fileSize && s.prot & WRITE && !zero(target, fileEnd, Math.min(mapEnd, memEnd))) return -EFAULT;
  }
  const from = s.fileSize > 0 ? mapEnd : start - pageOffset;
  return memEnd > from ? target.map(from, memEnd - from, s.prot, { fixed: true, replace }) : 0;
}

/** The last page of the file part holds what follows in the file: the program expects zeros. */
function zero(target: LoadTarget, from: number, to: number): boolean {
  try {
    target.user.writeBytes(from, new Uint8Array(to - from));
    return true;
  } catch (e) {
    if (e instanceof UserFault) return false;
    throw e;
  }
}

function account(out: MappedElf, s: Segment, bias: number, phoff: number): void {
  const start = s.vaddr + bias;
  if (phoff >= s.offset && phoff < s.offset + s.fileSize) out.phdr = start + (phoff - s.offset);
  out.startCode = Math.min(out.startCode, start);
  out.startData = Math.max(out.startData, start);
  if (s.prot & EXEC) out.endCode = Math.max(out.endCode, start + s.fileSize);
  out.endData = Math.max(out.endData, start + s.fileSize);
  out.end = Math.max(out.end, start + s.memSize);
}
