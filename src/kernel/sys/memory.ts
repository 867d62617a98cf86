/** mmap(2) and its family. */
import { EACCES, EBADF, EBUSY, EINVAL, ENODEV, ENOMEM, ENOSPC, EOPNOTSUPP, EPERM } from "../../abi/errno.ts";
import { O_ACCMODE, O_PATH, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import * as M from "../../abi/mman.ts";
import { RLIMIT_AS, RLIMIT_DATA } from "../../abi/resource.ts";
import { alignUp } from "../../base/bits.ts";
import { EXEC, READ, WRITE } from "../../mmu/access.ts";
import { PAGE } from "../../mmu/frames.ts";
import { USER_END } from "../../mmu/space.ts";
import { MS_NOEXEC } from "../../vfs/mount.ts";
import type { File } from "../../vfs/types.ts";
import type { Mm } from "../mm.ts";
import { MMAP_MIN, mapRegion, protectRegion, remapRegion, setBrk, unmapRegion } from "../mmap.ts";
import { FileSource, SharedMemory } from "../source.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";
import { ALL_PROT, type Vma } from "../vma.ts";

const mmOf = (call: Call): Mm => call.task.mm;
const aligned = (v: number): boolean => v % PAGE === 0;

/** What a file mapping needs of the file: the source with the most that mprotect may give, or -errno. */
function fileMapping(file: File, prot: number, shared: boolean): Partial<Vma> | number {
  const mode = file.flags & O_ACCMODE;
  if (file.flags & O_PATH) return -EBADF;
  if (mode === O_WRONLY) return -EACCES;
  if (shared && prot & WRITE && mode === O_RDONLY) return -EACCES;
  const noExec = ((file.place?.mount?.flags ?? 0) & MS_NOEXEC) !== 0;
  if (noExec && prot & EXEC) return -EPERM;
  if (!file.page) return -ENODEV;
  let maxProt = noExec ? READ | WRITE : ALL_PROT;
  if (shared && mode === O_RDONLY) maxProt &= ~WRITE;
  return { source: new FileSource(file), maxProt };
}

function mmap(
  call: Call,
  address: number,
  length: number,
  protBits: number,
  flags: number,
  fd: number,
  offset: number,
): SysResult {
  const mm = mmOf(call);
  const type = flags & M.MAP_TYPE;
  const shared = type === M.MAP_SHARED || type === M.MAP_SHARED_VALIDATE;
  const prot = protBits & ALL_PROT;
  if (!aligned(offset)) return -EINVAL;
  let file: File | undefined;
  if (!(flags & M.MAP_ANONYMOUS)) {
    file = call.task.fds.get(fd);
    if (!file) return -EBADF;
  }
  if (length === 0) return -EINVAL;
  if (length < 0 || length > USER_END) return -ENOMEM;
  if (flags & M.MAP_HUGETLB) return -ENOMEM;
  if (!shared && type !== M.MAP_PRIVATE) return -EINVAL;
  if (offset < 0 || offset + length > Number.MAX_SAFE_INTEGER) return -EINVAL;
  const fixed = (flags & (M.MAP_FIXED | M.MAP_FIXED_NOREPLACE)) !== 0;
  if (fixed && !aligned(address)) return -EINVAL;
  if (fixed && address >= 0 && address < MMAP_MIN && call.task.cred.euid !== 0) return -EPERM;
  const vma: Partial<Vma> = {
    shared,
    offset: file || shared ? offset : 0,
    growsDown: (flags & M.MAP_GROWSDOWN) !== 0,
    noReserve: (flags & M.MAP_NORESERVE) !== 0,
    locked: (flags & M.MAP_LOCKED) !== 0,
  };
  if (file) {
    const more = fileMapping(file, prot, shared);
    if (typeof more === "number") return more;
    Object.assign(vma, more);
  } else if (shared) {
    if (flags & M.MAP_GROWSDOWN) return -EINVAL;
    const size = alignUp(length, PAGE);
    Object.assign(vma, { source: new SharedMemory(call.kernel.frames, size), offset: 0 });
  }
  const r = mapRegion(mm, {
    address: fixed ? address : Math.max(0, address),
    length,
    prot,
    fixed,
    noReplace: (flags & M.MAP_FIXED_NOREPLACE) !== 0,
    low32: (flags & M.MAP_32BIT) !== 0,
    limit: call.task.process.limits[RLIMIT_AS].soft,
    vma,
  });
  if (r >= 0 && flags & (M.MAP_POPULATE | M.MAP_LOCKED) && !(flags & M.MAP_NONBLOCK)) populate(mm, r, r + length, prot);
  return r;
}

/** Faults pages in, as far as memory goes. */
function populate(mm: Mm, start: number, end: number, prot: number): void {
  if (prot === 0) return;
  const access = prot & WRITE ? WRITE : prot & READ ? READ : EXEC;
  for (let a = start; a < end; a += PAGE) if (mm.space.fault(a, access) !== 0) return;
}

function munmap(call: Call, address: number, length: number): SysResult {
  return unmapRegion(mmOf(call), address, length);
}

function mprotect(call: Call, address: number, length: number, bits: number): SysResult {
  const mm = mmOf(call);
  const grows = bits & (M.PROT_GROWSDOWN | M.PROT_GROWSUP);
  if (grows === (M.PROT_GROWSDOWN | M.PROT_GROWSUP) || !aligned(address)) return -EINVAL;
  // Lengths are unsigned: only what wraps around is refused at once.
  if (length < 0 && address + length >= 0) return -ENOMEM;
  if (bits & ~(ALL_PROT | M.PROT_SEM | M.PROT_GROWSDOWN | M.PROT_GROWSUP)) return -EINVAL;
  if (length === 0) return 0;
  let start = address;
  if (grows) {
    const v = mm.vmas.find(address);
    if (!v) return -ENOMEM;
    if (grows === M.PROT_GROWSUP || !v.growsDown) return -EINVAL;
    start = v.start;
  }
  const end = length < 0 || address + length > USER_END ? USER_END : address + length;
  const r = protectRegion(mm, start, end - start, bits & ALL_PROT);
  return end === USER_END ? r || -ENOMEM : r;
}

function mremap(call: Call, from: number, oldSize: number, newSize: number, flags: number, to: number): SysResult {
  const known = M.MREMAP_MAYMOVE | M.MREMAP_FIXED | M.MREMAP_DONTUNMAP;
  const fixed = (flags & M.MREMAP_FIXED) !== 0;
  const dontUnmap = (flags & M.MREMAP_DONTUNMAP) !== 0;
  const mayMove = (flags & M.MREMAP_MAYMOVE) !== 0;
  const oldLength = alignUp(oldSize, PAGE);
  const newLength = alignUp(newSize, PAGE);
  if (flags & ~known || ((fixed || dontUnmap) && !mayMove)) return -EINVAL;
  if (dontUnmap && oldLength !== newLength) return -EINVAL;
  if (!aligned(from) || newLength <= 0 || oldLength < 0 || (fixed && !aligned(to))) return -EINVAL;
  if (newLength > USER_END) return -ENOMEM;
  const limit = call.task.process.limits[RLIMIT_AS].soft;
  return remapRegion(mmOf(call), { from, oldLength, newLength, mayMove, to: fixed ? to : undefined, dontUnmap, limit });
}

function brk(call: Call, to: number): SysResult {
  const { limits } = call.task.process;
  return setBrk(mmOf(call), to, { as: limits[RLIMIT_AS].soft, data: limits[RLIMIT_DATA].soft });
}

function msync(call: Call, address: number, length: number, flags: number): SysResult {
  if (flags & ~(M.MS_ASYNC | M.MS_INVALIDATE | M.MS_SYNC) || !aligned(address)) return -EINVAL;
  if (flags & M.MS_ASYNC && flags & M.MS_SYNC) return -EINVAL;
  const mm = mmOf(call);
  const end = address + alignUp(length, PAGE);
  if (end < address || end > USER_END) return -ENOMEM;
  for (const v of mm.vmas.overlapping(address, end)) {
    if (flags & M.MS_INVALIDATE && v.locked) return -EBUSY;
    if (!v.shared || !v.source) continue;
    const from = Math.max(address, v.start);
    const to = Math.min(end, v.end);
    mm.markDirty(v, from, to);
    const { file } = v.source;
    const r = file?.writeback?.(v.offset + from - v.start, v.offset + to - v.start) ?? 0;
    if (r < 0) return r;
    if (flags & M.MS_SYNC) file?.sync?.(true);
  }
  return mm.vmas.covers(address, end) ? 0 : -ENOMEM;
}

function mincore(call: Call, address: number, length: number, vec: number): SysResult {
  const mm = mmOf(call);
  if (!aligned(address)) return -EINVAL;
  const end = address + alignUp(length, PAGE);
  if (end > USER_END || end < address || !mm.vmas.covers(address, end)) return -ENOMEM;
  for (let a = address, i = 0; a < end; a += PAGE, i++) mm.user.setU8(vec + i, mm.space.entry(a) ? 1 : 0);
  return 0;
}

/** Applies a change of properties to what is mapped in a range; -ENOMEM when some of it is not. */
function each(mm: Mm, start: number, end: number, change: (v: Vma) => void): number {
  for (const v of mm.vmas.isolate(start, end)) change(v);
  const covered = mm.vmas.covers(start, end);
  mm.vmas.mergeRange(start, end);
  return covered ? 0 : -ENOMEM;
}

function dontNeed(mm: Mm, start: number, end: number): number {
  for (const v of mm.vmas.overlapping(start, end)) {
    if (v.locked) return -EINVAL;
    const from = Math.max(start, v.start);
    const to = Math.min(end, v.end);
    mm.markDirty(v, from, to);
    mm.space.unmap(from, to);
  }
  return mm.vmas.covers(start, end) ? 0 : -ENOMEM;
}

/** MADV_REMOVE: a hole in what backs a shared mapping. */
function removePages(mm: Mm, start: number, end: number): number {
  for (const v of mm.vmas.overlapping(start, end)) {
    if (!v.shared || !v.source) return -EINVAL;
    if (!(v.prot & WRITE)) return -EACCES;
    const from = Math.max(start, v.start);
    const to = Math.min(end, v.end);
    mm.space.unmap(from, to);
    if (v.source instanceof SharedMemory) v.source.punch(v.offset + from - v.start, to - from);
    // FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
    else return v.source.file?.allocate?.(3, v.offset + from - v.start, to - from) ?? -EOPNOTSUPP;
  }
  return mm.vmas.covers(start, end) ? 0 : -ENOMEM;
}

function populateAdvice(mm: Mm, start: number, end: number, access: number): number {
  if (!mm.vmas.covers(start, end)) return -ENOMEM;
  for (let a = start; a < end; a += PAGE) if (mm.space.fault(a, access) !== 0) return -ENOMEM;
  return 0;
}

function madvise(call: Call, address: number, length: number, advice: number): SysResult {
  const mm = mmOf(call);
  const end = address + alignUp(length, PAGE);
  if (!aligned(address) || length < 0 || end > USER_END) return -EINVAL;
  const known = (advice >= 0 && advice <= 4) || (advice >= 8 && advice <= 25);
  if (!known) return -EINVAL;
  if (end === address) return 0;
  const covered = (): number => (mm.vmas.covers(address, end) ? 0 : -ENOMEM);
  switch (advice) {
    case M.MADV_DONTNEED:
    case M.MADV_DONTNEED_LOCKED:
      return dontNeed(mm, address, end);
    case M.MADV_FREE:
      // Without memory pressure Linux keeps the pages too.
      return mm.vmas.overlapping(address, end).some((v) => v.source) ? -EINVAL : covered();
    case M.MADV_REMOVE:
      return removePages(mm, address, end);
    case M.MADV_DONTFORK:
    case M.MADV_DOFORK:
      return each(mm, address, end, (v) => {
        v.dontFork = advice === M.MADV_DONTFORK;
      });
    case M.MADV_WIPEONFORK:
    case M.MADV_KEEPONFORK:
      if (mm.vmas.overlapping(address, end).some((v) => v.source)) return -EINVAL;
      return each(mm, address, end, (v) => {
        v.wipeOnFork = advice === M.MADV_WIPEONFORK;
      });
    case M.MADV_POPULATE_READ:
      return populateAdvice(mm, address, end, READ);
    case M.MADV_POPULATE_WRITE:
      return populateAdvice(mm, address, end, WRITE);
    default:
      return covered();
  }
}

function lockRange(call: Call, address: number, length: number, on: boolean): SysResult {
  const start = Math.floor(address / PAGE) * PAGE;
  const end = alignUp(address + length, PAGE);
  if (end < start) return -EINVAL;
  if (end > USER_END) return -ENOMEM;
  const mm = mmOf(call);
  const r = each(mm, start, end, (v) => {
    v.locked = on;
  });
  if (on && r === 0)
    for (const v of mm.vmas.overlapping(start, end))
      populate(mm, Math.max(v.start, start), Math.min(v.end, end), v.prot);
  return r;
}

function mlock2(call: Call, address: number, length: number, flags: number): SysResult {
  return flags & ~M.MLOCK_ONFAULT ? -EINVAL : lockRange(call, address, length, true);
}

function mlockall(call: Call, flags: number): SysResult {
  if (flags === 0 || flags & ~7 || flags === M.MCL_ONFAULT) return -EINVAL;
  const mm = mmOf(call);
  if (flags & M.MCL_CURRENT) for (const v of mm.vmas.list) v.locked = true;
  mm.lockFuture = (flags & M.MCL_FUTURE) !== 0;
  return 0;
}

function munlockall(call: Call): SysResult {
  const mm = mmOf(call);
  for (const v of mm.vmas.list) v.locked = false;
  mm.lockFuture = false;
  return 0;
}

/** pkey_mprotect(2) on a processor without protection keys: only the key that means "none". */
function pkeyMprotect(call: Call, address: number, length: number, bits: number, key: number): SysResult {
  return key === -1 ? mprotect(call, address, length, bits) : -EINVAL;
}

export const rows: SyscallRow[] = [
  sys(9, "mmap", "addr:ptr length:size prot:flags:mmap_prot flags:flags:mmap fd:fd offset:off", mmap),
  sys(10, "mprotect", "addr:ptr len:size prot:flags:mmap_prot", mprotect),
  sys(11, "munmap", "addr:ptr length:size", munmap),
  sys(12, "brk", "addr:ptr", brk),
  sys(25, "mremap", "old_address:ptr old_size:size new_size:size flags:flags:mremap new_address:ptr", mremap),
  sys(26, "msync", "addr:ptr length:size flags:flags:msync", msync),
  sys(27, "mincore", "addr:ptr length:size vec:ptr", mincore),
  sys(28, "madvise", "addr:ptr length:size advice:madvise", madvise),
  sys(149, "mlock", "addr:ptr len:size", (c, a, n) => lockRange(c, a, n, true)),
  sys(150, "munlock", "addr:ptr len:size", (c, a, n) => lockRange(c, a, n, false)),
  sys(151, "mlockall", "flags:int", mlockall),
  sys(152, "munlockall", "", munlockall),
  sys(329, "pkey_mprotect", "addr:ptr len:size prot:flags:mmap_prot pkey:int", pkeyMprotect, "partial", "no keys"),
  sys(330, "pkey_alloc", "flags:uint access_rights:uint", () => -ENOSPC, "partial", "no keys"),
  sys(331, "pkey_free", "pkey:int", () => -EINVAL, "partial", "no keys"),
  sys(325, "mlock2", "addr:ptr len:size flags:uint", mlock2),
];
