import { EXEC, READ, WRITE } from "../mmu/access.ts";
import { PAGE } from "../mmu/frames.ts";
import { PTE_COW } from "../mmu/space.ts";
import type { Mm } from "./mm.ts";

const FRAME_MASK = 0xfffff000;

/** Makes a page that the program may not write its own, for a debugger. False if it is shared with others, or absent. */
function unshare(mm: Mm, page: number): boolean {
  const { space, kernel } = mm;
  const v = mm.vmas.find(page);
  if (!v || v.shared || (space.host(page, READ) < 0 && space.host(page, EXEC) < 0)) return false;
  const pte = space.entry(page);
  if (!(pte & PTE_COW)) return true;
  const from = (pte & FRAME_MASK) >>> 0;
  const copy = kernel.frames.allocDirty();
  if (!copy) return false;
  kernel.ram.u8.copyWithin(copy, from, from + PAGE);
  if (space.map(page, copy, pte & 0xfff & ~PTE_COW)) return true;
  kernel.frames.release(copy);
  return false;
}

/** Writes memory of a process as ptrace(2) and /proc/PID/mem do: also where the program itself may only read. Returns the count. */
export function forceWrite(mm: Mm, address: number, bytes: Uint8Array): number {
  let done = 0;
  while (done < bytes.length) {
    const at = address + done;
    const page = at - (at % PAGE);
    const n = Math.min(bytes.length - done, PAGE - (at % PAGE));
    let host = mm.space.host(at, WRITE);
    if (host < 0) {
      if (!unshare(mm, page)) return done;
      host = ((mm.space.entry(page) & FRAME_MASK) >>> 0) + (at % PAGE);
    }
    mm.kernel.cpu.onCodeStore(host, n);
    mm.kernel.ram.u8.set(bytes.subarray(done, done + n), host);
    done += n;
  }
  return done;
}
