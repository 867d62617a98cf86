/** Which blocks of records exist, by frame of guest code; and dropping them when the code changes. */
import {
  ARENA,
  ARENA_NEXT,
  ARENA_SIZE,
  FRAME_BLOCKS,
  FRAME_FLAGS,
  jumpEntry,
  STAT_BLOCKS,
  STAT_DECODED,
} from "../cpu/layout.ts";
import { FRAME_CODE, PAGE } from "../mmu/frames.ts";
import type { Ram } from "../mmu/ram.ts";
import { flushJumps, flushWriteTags } from "../mmu/space.ts";
import { FN_EXIT, FN_GOTO, FN_REGION, FN_STALE } from "./interp/numbers.ts";
import {
  B_COUNT,
  B_END,
  B_FRAME,
  B_MOVED,
  B_NEXT,
  B_START,
  BUCKET_SHIFT,
  BUCKETS_SIZE,
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
  /** Frames that crossing instructions end in: second frame -> [first frame, offset]. */
  private crossings = new Map<number, [number, number][]>();
  flushes = 0;
  /** Told when bytes of a frame with code change, when code of one was dropped, and when all was. */
  onStore: ((frame: number) => void) | undefined;
  onDrop: ((frame: number) => void) | undefined;
  /** Whether regions were made from bytes of a frame: also from code that was never executed, which there are no blocks of. */
  holds: ((frame: number, from: number, to: number) => boolean) | undefined;
  onFlush: (() => void) | undefined;

  constructor(private readonly ram: Ram) {
    ram.view.setUint32(EXIT_RECORD + R_FN, FN_EXIT, true);
    this.next = FIRST_RECORD;
  }
  private get next(): number {
    return this.ram.u32[ARENA_NEXT >> 2];
  }
  private set next(at: number) {
    this.ram.u32[ARENA_NEXT >> 2] = at;
  }
  /** Where the list of a frame's blocks stands in RAM, or 0. */
  private list(frame: number): number {
    return this.ram.u32[(FRAME_BLOCKS + frame / 1024) >> 2];
  }
  /** The header of the block that starts at an offset of a frame, or 0. */
  private header(frame: number, offset: number): number {
    const list = this.list(frame);
    if (!list) return 0;
    const { u16, u32 } = this.ram;
    let at = u32[(list >> 2) + (offset >> BUCKET_SHIFT)];
    while (at && u16[(at + B_START) >> 1] !== offset) at = u32[(at + B_NEXT) >> 2];
    return at;
  }
  private headers(frame: number): number[] {
    const list = this.list(frame) >> 2;
    const { u32 } = this.ram;
    const out: number[] = [];
    for (let i = 0; list && i < BUCKETS_SIZE >> 2; i++)
      for (let at = u32[list + i]; at; at = u32[(at + B_NEXT) >> 2]) out.push(at);
    return out;
  }
  /** First record for the code at an offset of a frame, or 0. */
  find(frame: number, offset: number): number {
    const at = this.header(frame, offset);
    return at && at + RECORD;
  }
  block(frame: number, offset: number): Block | undefined {
    const at = this.header(frame, offset);
    return at ? this.blockAt(at) : undefined;
  }
  private blockAt(header: number): Block {
    const { u16, u32 } = this.ram;
    return {
      record: header + RECORD,
      count: u16[(header + B_COUNT) >> 1],
      start: u16[(header + B_START) >> 1],
      end: u16[(header + B_END) >> 1],
      moved: u32[(header + B_MOVED) >> 2],
    };
  }
  /** Where the next `n` records would go, or 0 when the arena is full. */
  reserve(n: number): number {
    const first = this.next + RECORD;
    return first + n * RECORD + BUCKETS_SIZE > ARENA + ARENA_SIZE ? 0 : first;
  }
  /** Keeps a block whose records were written at `reserve`'s address. The handlers' module does the same (interp/find.ts). */
  add(frame: number, { record, count, start, end }: Omit<Block, "moved">, secondFrame = 0): void {
    const { ram } = this;
    const header = record - RECORD;
    this.next = record + count * RECORD;
    const bucket = ((this.list(frame) || this.makeList(frame)) >> 2) + (start >> BUCKET_SHIFT);
    ram.u32[(header + B_NEXT) >> 2] = ram.u32[bucket];
    ram.u32[bucket] = header;
    ram.u32[(header + B_FRAME) >> 2] = frame;
    ram.u16[(header + B_START) >> 1] = start;
    ram.u16[(header + B_END) >> 1] = end;
    ram.u16[(header + B_COUNT) >> 1] = count;
    ram.u32[(header + B_MOVED) >> 2] = 0;
    ram.i32[STAT_BLOCKS >> 2]++;
    ram.i32[STAT_DECODED >> 2] += count;
    this.markCode(frame);
    if (!secondFrame) return;
    this.markCode(secondFrame);
    const list = this.crossings.get(secondFrame) ?? [];
    list.push([frame, start]);
    this.crossings.set(secondFrame, list);
  }
  private makeList(frame: number): number {
    const list = this.next;
    this.ram.u8.fill(0, list, list + BUCKETS_SIZE);
    this.ram.u32[(FRAME_BLOCKS + frame / 1024) >> 2] = list;
    this.next = list + BUCKETS_SIZE;
    return list;
  }
  /** Stores to the frame have to be noticed: also through translations that were filled before. */
  markCode(frame: number): void {
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
    this.onStore?.(frame);
    let dropped = this.unlinkIf(frame, (b) => b.start < to && b.end > from);
    const crossing = this.crossings.get(frame)?.filter(([first, offset]) => {
      const b = this.block(first, offset);
      if (!b) return false;
      if (b.end - PAGE <= from) return true;
      this.drop(first, offset);
      dropped = true;
      return false;
    });
    if (dropped || this.holds?.(frame, from, to)) this.dropped(frame);
    if (crossing?.length) this.crossings.set(frame, crossing);
    else this.crossings.delete(frame);
    const blocks = crossing?.length || this.headers(frame).length;
    if (!blocks && !this.holds?.(frame, 0, PAGE)) this.ram.u8[FRAME_FLAGS + frame / PAGE] = 0;
  }
  /** Takes blocks off a frame's list and retires them; true if there were any. */
  private unlinkIf(frame: number, gone: (b: Block) => boolean): boolean {
    const list = this.list(frame);
    const { u32 } = this.ram;
    let any = false;
    for (let bucket = list; list && bucket < list + BUCKETS_SIZE; bucket += 4) {
      // The word that leads to the header.
      let link = bucket >> 2;
      for (let at = u32[link]; at; at = u32[link]) {
        const b = this.blockAt(at);
        if (gone(b)) {
          u32[link] = u32[(at + B_NEXT) >> 2];
          this.retire(b);
          any = true;
        } else link = (at + B_NEXT) >> 2;
      }
    }
    return any;
  }
  /** Drops the block at an offset. */
  drop(frame: number, offset: number): void {
    if (this.unlinkIf(frame, (b) => b.start === offset)) this.dropped(frame);
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
    const { u8, u16 } = this.ram;
    const blocks = this.headers(frame).filter((at) => u8[at + RECORD + R_POS] & JUMPED_TO);
    return blocks.map((at) => u16[(at + B_START) >> 1]);
  }
  /** Turns a dropped block's records into ones that look RIP up again: links to it may remain, and it may be running. */
  private retire(b: Block): void {
    this.ram.i32[STAT_BLOCKS >> 2]--;
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
      b.moved = this.ram.u32[(b.record - RECORD + B_MOVED) >> 2] = this.next;
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
    const { ram } = this;
    ram.u8.fill(0, FRAME_FLAGS, FRAME_FLAGS + ram.size / PAGE);
    ram.u8.fill(0, FRAME_BLOCKS, FRAME_BLOCKS + ram.size / 1024);
    this.crossings.clear();
    this.next = FIRST_RECORD;
    ram.i32[STAT_BLOCKS >> 2] = 0;
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
