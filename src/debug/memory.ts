/** Guest memory as a debugger sees it: nothing is paged in and no state changes by looking. */
import { forceWrite } from "../kernel/force-write.ts";
import type { Task } from "../kernel/task.ts";
import { PAGE } from "../mmu/frames.ts";

const FRAME_MASK = 0xfffff000;

/** Bytes from an address on, as far as they can be told: fewer where memory ends. Pages never touched are zeros or the file's. */
export function peek(task: Task, address: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const at = address + done;
    const offset = at % PAGE;
    const n = Math.min(length - done, PAGE - offset);
    const frame = frameAt(task, at - offset);
    if (frame === undefined) return out.slice(0, done);
    if (frame) out.set(task.kernel.ram.u8.subarray(frame + offset, frame + offset + n), done);
    done += n;
  }
  return out;
}

/** The frame with the page's bytes, 0 for zeros, undefined if there is no such memory or it is not at hand. */
function frameAt({ mm, state }: Task, page: number): number | undefined {
  if (state === "dead") return undefined;
  const pte = mm.space.entry(page);
  if (pte) return (pte & FRAME_MASK) >>> 0;
  const v = mm.vmas.find(page);
  if (!v) return undefined;
  if (!v.source) return 0;
  // The reference that comes with the frame isn't needed: nothing runs before the bytes are copied.
  const frame = v.source.cachedPage?.(v.offset + page - v.start);
  if (!frame) return undefined;
  mm.kernel.frames.release(frame);
  return frame;
}

/** Writes also where the program itself may not. Bytes that could be written. */
export function poke(task: Task, address: number, bytes: Uint8Array): number {
  return task.state === "dead" ? 0 : forceWrite(task.mm, address, bytes);
}
