import { EINVAL } from "../../abi/errno.ts";
import type { UserMemory } from "../../mmu/user.ts";

/** One stretch of guest memory (struct iovec). */
export interface Iovec {
  base: number;
  length: number;
}

/** UIO_MAXIOV. */
const MAX_SEGMENTS = 1024;
/** MAX_RW_COUNT: one call moves no more. */
export const MAX_TRANSFER = 0x7ffff000;

/** The guest's array of struct iovec, cut to MAX_TRANSFER bytes in all, or -EINVAL. */
export function readIovecs(user: UserMemory, address: number, count: number): Iovec[] | number {
  if (count < 0 || count > MAX_SEGMENTS) return -EINVAL;
  const list: Iovec[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const base = user.u64(address + 16 * i);
    const length = user.i64(address + 16 * i + 8);
    if (length < 0) return -EINVAL;
    const cut = Math.min(length, MAX_TRANSFER - total);
    if (cut > 0) list.push({ base, length: cut });
    total += cut;
  }
  return list;
}

export function totalLength(list: readonly Iovec[]): number {
  return list.reduce((sum, v) => sum + v.length, 0);
}

/** The pieces of bytes [from, from + length) of the list. */
function* pieces(list: readonly Iovec[], from: number, length: number): Generator<Iovec> {
  let skip = from;
  let left = length;
  for (const v of list) {
    if (left === 0) return;
    if (skip >= v.length) {
      skip -= v.length;
      continue;
    }
    const n = Math.min(v.length - skip, left);
    yield { base: v.base + skip, length: n };
    skip = 0;
    left -= n;
  }
}

/** Copies guest bytes [from, from + into.length) of the list; stops where memory is not readable. Returns the count. */
export function gather(user: UserMemory, list: readonly Iovec[], from: number, into: Uint8Array): number {
  if (list.length === 1) return user.readPartial(list[0].base + from, into);
  let done = 0;
  for (const p of pieces(list, from, into.length)) {
    const n = user.readPartial(p.base, into.subarray(done, done + p.length));
    done += n;
    if (n < p.length) break;
  }
  return done;
}

/** Copies bytes out to the list from its offset `from` on; stops where memory is not writable. Returns the count. */
export function scatter(user: UserMemory, list: readonly Iovec[], from: number, bytes: Uint8Array): number {
  if (list.length === 1) return user.writePartial(list[0].base + from, bytes);
  let done = 0;
  for (const p of pieces(list, from, bytes.length)) {
    const n = user.writePartial(p.base, bytes.subarray(done, done + p.length));
    done += n;
    if (n < p.length) break;
  }
  return done;
}
