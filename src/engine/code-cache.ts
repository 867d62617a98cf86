/** Which blocks of records exist, by frame of guest code; and dropping them when the code changes. */
import { ARENA, ARENA_SIZE, FRAME_FLAGS, jumpEntry } from "../cpu/layout.ts";
import { FRAME_CODE, PAGE } from "../mmu/frames.ts";
import type { Ram } from "../mmu/ram.ts";
import { flushJumps, flushWriteTags } from "../mmu/space.ts";
import { FN_EXIT, FN_GOTO, FN_STALE } from "./interp/image.ts";
import { FN_REGION } from "./interp/shared.ts";
import {
  EXIT_RECORD,
  FIRST_RECORD,
  JUMPED_TO,
  R_COUNT,
  R_ENTRY,
  R_FN,
  R_IMM,
  R_MOVED,
  R_POS,
  R_SLOT,
  R_TAKEN,
  R_WHERE,
  RECORD,
} from "./record.ts";

/** A run of records, decoded from bytes [start, end) of a frame (end may pass 4096: the last instruction crosses). */
export interface Block {
  record: number;
  count: number;
  start: number;
  end: number;
  /** Where its records were copied when a region took the first one's place. */
  moved: number;
}

export class CodeCache {
  private frames = new Map<number, Map<number, Block>>();
  /** Frames that crossing instructions end in: second frame -> [first frame, offset]. */
  private crossings = new Map<number, [number, number][]>();
  private next = FIRST_RECORD;
  blocks = 0;
  flushes = 0;
  /** Told when code of a frame was dropped, and when all was. */
  onDrop: ((frame: number) => void) | undefined;
  onFlush: (() => void) | undefined;

  constructor(private readonly ram: Ram) {
    ram.view.setUint32(EXIT_RECORD + R_FN, FN_EXIT, true);
  }
  /** First record for the code at an offset of a frame, or 0. */
  find(frame: number, offset: number): number {
    return this.block(frame, offset)?.record ?? 0;
  }
  /** Where the next `n` records would go, or 0 when the arena is full. */
  reserve(n: number): number {
    return this.next + n * RECORD > ARENA + ARENA_SIZE ? 0 : this.next;
  }
  /** Keeps a block whose records were written at `reserve`'s address. */
  add(frame: number, block: Block, secondFrame = 0): void {
    this.next += block.count * RECORD;
    let blocks = this.frames.get(frame);
    if (!blocks) {
      blocks = new Map();
      this.frames.set(frame, blocks);
    }
    blocks.set(block.start, block);
    this.blocks++;
    this.markCode(frame);
    if (!secondFrame) return;
    this.markCode(secondFrame);
    const list = this.crossings.get(secondFrame) ?? [];
    list.push([frame, block.start]);
    this.crossings.set(secondFrame, list);
  }
  /** Stores to the frame have to be noticed: also through translations that were filled before. */
  private markCode(frame: number): void {
    const at = FRAME_FLAGS + frame / PAGE;
    if (this.ram.u8[at] & FRAME_CODE) return;
    this.ram.u8[at] |= FRAME_CODE;
    flushWriteTags(this.ram);
  }
  /** Bytes of RAM are about to change: drops the blocks decoded from them. */
  invalidate(host: number, length: number): void {
    for (let at = host; at < host + length; ) {
      const frame = at - (at % PAGE);
      const end = Math.min(frame + PAGE, host + length);
      if (this.ram.u8[FRAME_FLAGS + frame / PAGE]) this.invalidateFrame(frame, at - frame, end - frame);
      at = end;
    }
  }
  private invalidateFrame(frame: number, from: number, to: number): void {
    const blocks = this.frames.get(frame);
    let dropped = false;
    if (blocks) {
      for (const b of blocks.values()) {
        if (b.start < to && b.end > from) {
          blocks.delete(b.start);
          this.retire(b);
          dropped = true;
        }
      }
      if (blocks.size === 0) this.frames.delete(frame);
    }
    const crossing = this.crossings.get(frame)?.filter(([first, offset]) => {
      const b = this.frames.get(first)?.get(offset);
      if (!b) return false;
      if (b.end - PAGE <= from) return true;
      this.drop(first, b);
      dropped = true;
      return false;
    });
    if (dropped) this.dropped(frame);
    if (crossing?.length) this.crossings.set(frame, crossing);
    else this.crossings.delete(frame);
    if (!this.frames.has(frame) && !crossing?.length) this.ram.u8[FRAME_FLAGS + frame / PAGE] = 0;
  }
  /** Drops one block. */
  drop(frame: number, b: Block): void {
    this.frames.get(frame)?.delete(b.start);
    this.retire(b);
    this.dropped(frame);
  }
  private dropped(frame: number): void {
    flushJumps(this.ram);
    this.onDrop?.(frame);
  }
  /** Where the computed call that ends the block at an offset led last, if it stands at `at`; or 0. */
  lastCalled(frame: number, offset: number, at: number): number {
    const b = this.block(frame, offset);
    if (!b) return 0;
    const last = (b.moved || b.record) + (b.count - 1) * RECORD;
    const v = this.ram.view;
    return (v.getUint16(last + R_WHERE, true) & 0xfff) === at ? Number(v.getBigUint64(last + R_IMM, true)) : 0;
  }
  /** Offsets of a frame's blocks that indirect jumps led to. */
  jumpedTo(frame: number): number[] {
    const blocks = [...(this.frames.get(frame)?.values() ?? [])];
    return blocks.filter((b) => this.ram.u8[b.record + R_POS] & JUMPED_TO).map((b) => b.start);
  }
  block(frame: number, offset: number): Block | undefined {
    return this.frames.get(frame)?.get(offset);
  }
  /** Turns a dropped block's records into ones that look RIP up again: links to it may remain, and it may be running. */
  private retire(b: Block): void {
    this.blocks--;
    this.retireRecords(b.record, b.count);
    if (b.moved) this.retireRecords(b.moved, b.count);
  }
  private retireRecords(first: number, count: number): void {
    const v = this.ram.view;
    for (let i = 0; i < count; i++) {
      const at = first + i * RECORD + R_FN;
      // A joining jump stands for no code of its own: it leads to where the block's code ended, whatever that is now.
      const joins = i > 0 && v.getUint32(at, true) === FN_GOTO;
      if (!joins) v.setUint32(at, FN_STALE, true);
    }
  }
  /**
   * Puts a region in the place of a block's first record, after moving the block's records: they still serve where the
   * region can't. The region's record, or 0 if there is no such block or no room.
   */
  installRegion(frame: number, offset: number, slot: number, entry: number): number {
    const b = this.block(frame, offset);
    if (!b) return 0;
    const size = b.count * RECORD;
    if (!b.moved) {
      if (this.next + size > ARENA + ARENA_SIZE) return 0;
      b.moved = this.next;
      this.next += size;
      this.ram.u8.copyWithin(b.moved, b.record, b.record + size);
    }
    const v = this.ram.view;
    v.setUint32(b.record + R_SLOT, slot, true);
    v.setUint32(b.record + R_MOVED, b.moved, true);
    v.setUint16(b.record + R_ENTRY, entry, true);
    v.setUint32(b.record + R_FN, FN_REGION, true);
    return b.record;
  }
  /** Makes a region's record lead to the moved block again. */
  removeRegion(record: number): void {
    const v = this.ram.view;
    if (v.getUint32(record + R_FN, true) !== FN_REGION) return;
    const moved = v.getUint32(record + R_MOVED, true);
    v.setUint32(record + R_TAKEN, moved, true);
    v.setUint16(record + R_COUNT, 0, true);
    v.setBigInt64(record + R_IMM, BigInt(v.getUint16(record + R_WHERE, true) & 0xfff), true);
    v.setUint32(record + R_FN, FN_GOTO, true);
  }
  /** Makes a retired record lead to the one that replaced it, for the links that still point there. */
  forward(stale: number, to: number, target: number): void {
    const v = this.ram.view;
    if (v.getUint32(stale + R_FN, true) !== FN_STALE) return;
    v.setUint32(stale + R_TAKEN, to, true);
    v.setUint16(stale + R_COUNT, 0, true);
    v.setBigInt64(stale + R_IMM, BigInt(target % PAGE), true);
    v.setUint32(stale + R_FN, FN_GOTO, true);
  }
  /** Drops all code. Only between runs of the engine. */
  flush(): void {
    for (const frame of [...this.frames.keys(), ...this.crossings.keys()]) this.ram.u8[FRAME_FLAGS + frame / PAGE] = 0;
    this.frames.clear();
    this.crossings.clear();
    this.next = FIRST_RECORD;
    this.blocks = 0;
    this.flushes++;
    flushJumps(this.ram);
    this.onFlush?.();
  }
  /** Fills the jump cache. */
  remember(ripLo: number, ripHi: number, record: number): void {
    const at = jumpEntry(ripLo);
    this.ram.i32[at >> 2] = ripLo;
    this.ram.i32[(at >> 2) + 1] = ripHi;
    this.ram.i32[(at >> 2) + 2] = record;
  }
}
