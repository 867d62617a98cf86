/**
 * Guest memory as a debugger reads it: nothing is paged in, no counter moves, and pages that the program itself may not
 * read are shown too. So a look changes nothing that the guest could ever see.
 */
import type { Mm } from "../kernel/mm.ts";
import type { Vma } from "../kernel/vma.ts";
import { PAGE } from "../mmu/frames.ts";

const FRAME_MASK = 0xfffff000;

/** Copies one page's bytes; false if there is nothing to be had. `into` is as long as fits into the page. */
function peekPage(mm: Mm, v: Vma, at: number, into: Uint8Array): boolean {
  const pte = mm.space.entry(at);
  if (pte) {
    const host = ((pte & FRAME_MASK) >>> 0) + (at % PAGE);
    into.set(mm.kernel.ram.u8.subarray(host, host + into.length));
    return true;
  }
  into.fill(0);
  if (!v.source) return true;
  const file = v.source.file;
  // Shared memory that nobody has touched is zero; past the end of a file there is nothing.
  if (!file) return !v.source.place;
  const page = at - (at % PAGE);
  const start = v.offset + (page - v.start);
  const st = file.stat();
  if (typeof st === "number" || start >= st.size) return false;
  return file.read(into, start + (at % PAGE)) >= 0;
}

/** Bytes at the address, fewer than asked for where memory ends. */
export function peek(mm: Mm, address: number, length: number): Uint8Array {
  const out = new Uint8Array(Math.max(0, Math.min(length, mapped(mm, address, length))));
  let done = 0;
  while (done < out.length) {
    const at = address + done;
    const v = mm.vmas.find(at);
    const n = Math.min(out.length - done, PAGE - (at % PAGE));
    if (!v || !peekPage(mm, v, at, out.subarray(done, done + n))) break;
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
