/**
 * Guest memory as a debugger sees it: nothing is paged in, no counter moves, and pages that the program itself may not
 * read are shown too. So a look changes nothing that the guest could ever see.
 */
import { forceWrite } from "../kernel/force-write.ts";
import type { Mm } from "../kernel/mm.ts";
import type { Task } from "../kernel/task.ts";
import type { Vma } from "../kernel/vma.ts";
import { PAGE } from "../mmu/frames.ts";

const FRAME_MASK = 0xfffff000;

/**
 * Tells bytes within one page of a file's mapping that the machine has not read yet, from an offset in the file on;
 * undefined if they can't be had, or the file ends before.
 */
export type Untouched = (v: Vma, offset: number, length: number) => Uint8Array | undefined;

/** Out of the file that the guest has open. Not for machines that are recorded, whose tape would show it. */
export const fromFile: Untouched = (v, offset, length) => {
  const file = v.source?.file;
  const st = file?.stat();
  if (!file || st === undefined || typeof st === "number" || offset >= st.size) return undefined;
  const out = new Uint8Array(length);
  return file.read(out, offset) >= 0 ? out : undefined;
};

/** Copies what one page holds; false if there is nothing to be had. `into` is as long as fits into the page. */
function peekPage(mm: Mm, v: Vma, at: number, into: Uint8Array, untouched: Untouched | undefined): boolean {
  const page = at - (at % PAGE);
  const { ram, frames } = mm.kernel;
  const copy = (frame: number): boolean => {
    const from = frame + (at % PAGE);
    into.set(ram.u8.subarray(from, from + into.length));
    return true;
  };
  const pte = mm.space.entry(page);
  if (pte) return copy((pte & FRAME_MASK) >>> 0);
  const { source } = v;
  // Memory that nobody has touched is zero.
  if (!source || (!source.file && !source.place)) return true;
  const offset = v.offset + page - v.start;
  // The reference that comes with the frame isn't needed: nothing runs before the bytes are copied.
  const cached = source.cachedPage?.(offset);
  if (cached) {
    frames.release(cached);
    return copy(cached);
  }
  const bytes = untouched?.(v, offset + (at % PAGE), into.length);
  if (bytes) into.set(bytes);
  return bytes !== undefined;
}

/** Bytes at the address, fewer than asked for where memory ends. `untouched`: for pages that are only in files yet. */
export function peek(mm: Mm, address: number, length: number, untouched?: Untouched): Uint8Array {
  const out = new Uint8Array(Math.max(0, Math.min(length, mapped(mm, address, length))));
  let done = 0;
  while (done < out.length) {
    const at = address + done;
    const v = mm.vmas.find(at);
    const n = Math.min(out.length - done, PAGE - (at % PAGE));
    if (!v || !peekPage(mm, v, at, out.subarray(done, done + n), untouched)) break;
    done += n;
  }
  return done === out.length ? out : out.slice(0, done);
}

/** How many of the bytes have a mapping, so that an absurd length allocates nothing. */
function mapped(mm: Mm, address: number, length: number): number {
  let at = address;
  for (let v = mm.vmas.find(at); v && at < address + length; v = mm.vmas.find(at)) at = v.end;
  return Math.min(length, at - address);
}

/** A word of 64 bits, or undefined where there is no memory. */
export function peekWord(mm: Mm, address: number): bigint | undefined {
  const bytes = peek(mm, address, 8);
  return bytes.length < 8 ? undefined : new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

/** Writes also where the program itself may not. Bytes that could be written. */
export function poke(task: Task, address: number, bytes: Uint8Array): number {
  return task.state === "dead" ? 0 : forceWrite(task.mm, address, bytes);
}
