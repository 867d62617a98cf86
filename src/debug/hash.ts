/** One number for all that the programs in a machine can see of their registers and memory. */
import { FCW, FTW, GPR, MXCSR, SEG_BASE, SEL, X87, YMM, YMM_STRIDE } from "../cpu/layout.ts";
import type { Task } from "../kernel/task.ts";
import type { Machine } from "../machine/machine.ts";
import { PAGE } from "../mmu/frames.ts";
import { USER_END } from "../mmu/space.ts";

const PRIME = 0x01000193;
const FRAME_MASK = 0xfffff000;

/** Two FNV-1a sums over words, as hexadecimal text of 16 digits. */
export class Hash {
  private a = 0x811c9dc5 | 0;
  private b = 0x9e3779b9 | 0;

  word(v: number): void {
    this.a = Math.imul(this.a ^ v, PRIME);
    this.b = Math.imul((this.b ^ v) + (this.a >>> 15), PRIME);
  }
  number(v: number): void {
    this.word(v | 0);
    this.word(Math.floor(v / 0x100000000) | 0);
  }
  words(words: Int32Array, from: number, count: number): void {
    for (let i = from; i < from + count; i++) this.word(words[i]);
  }
  get text(): string {
    return [this.a, this.b].map((v) => (v >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

function registers(h: Hash, { regs }: Task): void {
  for (let at = GPR; at < GPR + 17 * 8; at += 4) h.word(regs.u32(at));
  // Flags are kept in different ways that mean the same.
  h.word(regs.flags);
  for (let at = SEL; at < SEL + 12; at += 2) h.word(regs.u16(at));
  for (let at = SEG_BASE; at < SEG_BASE + 48; at += 4) h.word(regs.u32(at));
  for (const at of [MXCSR, FCW, FTW]) h.word(regs.u32(at));
  for (let at = X87; at < X87 + 128; at += 4) if (at % 16 < 12) h.word(regs.u32(at));
  for (let at = YMM; at < YMM + 16 * YMM_STRIDE; at += 4) h.word(regs.u32(at));
}

/** Of all tasks, in the order of their numbers. */
export function machineHash({ kernel, ram }: Machine): string {
  const h = new Hash();
  const seen = new Set<object>();
  for (const tid of [...kernel.tasks.keys()].sort((a, b) => a - b)) {
    const task = kernel.tasks.get(tid) as Task;
    h.word(tid);
    h.word(task.state.charCodeAt(0));
    if (task.state === "dead") continue;
    registers(h, task);
    const { space } = task.mm;
    if (seen.has(space)) continue;
    seen.add(space);
    space.each(0, USER_END, (address, pte) => {
      h.number(address);
      h.words(ram.i32, ((pte & FRAME_MASK) >>> 0) / 4, PAGE / 4);
    });
  }
  return h.text;
}
