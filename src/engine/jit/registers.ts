/**
 * Which registers a region's locals must be loaded with, and which must be written back, where it calls or leaves. Known
 * only when all code is emitted: emission notes what each block does in order, and what depends on the answer is filled
 * in afterwards.
 *
 * A register is *valid* where its local holds its value, *dirty* where RAM may not. Dirty registers are always valid.
 */

/** A set of registers, as two masks: general registers and the flags; vector registers' lower and upper halves. */
export interface RegSet {
  lo: number;
  hi: number;
}

/** Numbers of registers: 0 to 15 general ones, the flags, lower halves of vector registers, their upper halves. */
export const FLAGS = 16;
export const VECTORS = 32;
export const UPPERS = 48;

export function withRegister({ lo, hi }: RegSet, r: number): RegSet {
  return r < VECTORS ? { lo: lo | (1 << r), hi } : { lo, hi: hi | (1 << r) };
}

const USE = 0;
const DEF = 1;
const CALL = 2;
const EXIT = 3;

/** What one block does. */
class BlockLog {
  readonly events: number[] = [];
  readonly next = new Set<BlockLog>();
  /** Used or defined since the block began or last called: saying it again adds nothing. */
  usedLo = 0;
  usedHi = 0;
  definedLo = 0;
  definedHi = 0;
  // Results, at the block's start.
  dirtyLo = 0;
  dirtyHi = 0;
  liveLo = 0;
  liveHi = 0;
  validLo = -1;
  validHi = -1;
  // Summaries.
  needLo = 0;
  needHi = 0;
  keepLo = 0;
  keepHi = 0;
  outDirtyLo = 0;
  outDirtyHi = 0;
  outValidLo = 0;
  outValidHi = 0;
}

export class RegisterLog {
  private readonly blocks = new Map<number, BlockLog>();
  private current = new BlockLog();
  private calls = 0;
  private exits = 0;
  /** By call: saved before and loaded after. */
  readonly saved: RegSet[] = [];
  readonly loaded: RegSet[] = [];
  /** By exit: what must be saved, and what may be. */
  readonly dirty: RegSet[] = [];
  readonly valid: RegSet[] = [];

  private log(block: number): BlockLog {
    let b = this.blocks.get(block);
    if (!b) {
      b = new BlockLog();
      this.blocks.set(block, b);
    }
    return b;
  }
  /** What follows belongs to this block. The first one is the entry. */
  enter(block: number): void {
    this.current = this.log(block);
  }
  edge(from: number, to: number): void {
    this.log(from).next.add(this.log(to));
  }
  use(r: number): void {
    const b = this.current;
    const bit = 1 << r;
    if (r < VECTORS) {
      if (b.usedLo & bit) return;
      b.usedLo |= bit;
    } else {
      if (b.usedHi & bit) return;
      b.usedHi |= bit;
    }
    b.events.push(USE | (r << 2));
  }
  define(r: number): void {
    const b = this.current;
    const bit = 1 << r;
    if (r < VECTORS) {
      if (b.definedLo & bit) return;
      b.definedLo |= bit;
      b.usedLo |= bit;
    } else {
      if (b.definedHi & bit) return;
      b.definedHi |= bit;
      b.usedHi |= bit;
    }
    b.events.push(DEF | (r << 2));
  }
  call(): number {
    const b = this.current;
    b.usedLo = b.usedHi = b.definedLo = b.definedHi = 0;
    b.events.push(CALL | (this.calls << 2));
    return this.calls++;
  }
  exit(): number {
    this.current.events.push(EXIT | (this.exits << 2));
    return this.exits++;
  }
  /** A place to return to with `repeat`, or to cut off what followed. */
  get position(): number {
    return this.current.events.length;
  }
  /** Nothing happened since `from`; only leaving follows. */
  cut(from: number): void {
    this.current.events.length = from;
  }
  /** What happened since `from` may happen again. */
  repeat(from: number): void {
    const { events } = this.current;
    events.push(...events.slice(from));
  }

  /** Registers to load at the entry; fills in what calls and exits want. */
  solve(entry: number): RegSet {
    const blocks = [...this.blocks.values()];
    this.solveDirty(blocks);
    for (const b of blocks) summarize(b);
    solveLive(blocks);
    for (let i = 0; i < this.calls; i++) {
      this.saved.push({ lo: 0, hi: 0 });
      this.loaded.push({ lo: 0, hi: 0 });
    }
    for (let i = 0; i < this.exits; i++) {
      this.dirty.push({ lo: 0, hi: 0 });
      this.valid.push({ lo: -1, hi: -1 });
    }
    for (const b of blocks) this.answerBackward(b);
    const first = this.log(entry);
    this.solveValid(blocks, first);
    return { lo: first.liveLo, hi: first.liveHi };
  }
  private solveDirty(blocks: BlockLog[]): void {
    for (const b of blocks) {
      let lo = 0;
      let hi = 0;
      b.keepLo = b.keepHi = -1;
      for (const e of b.events) {
        const r = e >> 2;
        if ((e & 3) === DEF) {
          if (r < VECTORS) lo |= 1 << r;
          else hi |= 1 << r;
        } else if ((e & 3) === CALL) lo = hi = b.keepLo = b.keepHi = 0;
      }
      b.outDirtyLo = lo;
      b.outDirtyHi = hi;
    }
    const work = [...blocks];
    for (let b = work.pop(); b; b = work.pop()) {
      const lo = b.outDirtyLo | (b.dirtyLo & b.keepLo);
      const hi = b.outDirtyHi | (b.dirtyHi & b.keepHi);
      for (const n of b.next) {
        if ((n.dirtyLo | lo) === n.dirtyLo && (n.dirtyHi | hi) === n.dirtyHi) continue;
        n.dirtyLo |= lo;
        n.dirtyHi |= hi;
        work.push(n);
      }
    }
  }
  /** Walks back through a block whose end is known, answering its calls and exits. */
  private answerBackward(b: BlockLog): void {
    let { dirtyLo, dirtyHi } = b;
    // Forward first: what is dirty at each call and exit.
    for (const e of b.events) {
      const r = e >> 2;
      switch (e & 3) {
        case DEF:
          if (r < VECTORS) dirtyLo |= 1 << r;
          else dirtyHi |= 1 << r;
          break;
        case CALL:
          this.saved[r] = { lo: dirtyLo, hi: dirtyHi };
          dirtyLo = dirtyHi = 0;
          break;
        case EXIT:
          this.dirty[r].lo |= dirtyLo;
          this.dirty[r].hi |= dirtyHi;
          break;
      }
    }
    let lo = 0;
    let hi = 0;
    for (const n of b.next) {
      lo |= n.liveLo;
      hi |= n.liveHi;
    }
    for (let i = b.events.length - 1; i >= 0; i--) {
      const e = b.events[i];
      const r = e >> 2;
      switch (e & 3) {
        case USE:
          if (r < VECTORS) lo |= 1 << r;
          else hi |= 1 << r;
          break;
        case DEF:
          if (r < VECTORS) lo &= ~(1 << r);
          else hi &= ~(1 << r);
          break;
        case CALL:
          this.loaded[r] = { lo, hi };
          lo = this.saved[r].lo;
          hi = this.saved[r].hi;
          break;
        case EXIT:
          lo |= this.dirty[r].lo;
          hi |= this.dirty[r].hi;
          break;
      }
    }
  }
  private solveValid(blocks: BlockLog[], first: BlockLog): void {
    first.validLo = first.liveLo;
    first.validHi = first.liveHi;
    const work = [first];
    const seen = new Set<BlockLog>([first]);
    for (let b = work.pop(); b; b = work.pop()) {
      this.validThrough(b, false);
      for (const n of b.next) {
        const lo = n.validLo & b.outValidLo;
        const hi = n.validHi & b.outValidHi;
        if (lo === n.validLo && hi === n.validHi && seen.has(n)) continue;
        seen.add(n);
        n.validLo = lo;
        n.validHi = hi;
        work.push(n);
      }
    }
    for (const b of blocks) this.validThrough(b, true);
  }
  private validThrough(b: BlockLog, answer: boolean): void {
    let { validLo: lo, validHi: hi } = b;
    for (const e of b.events) {
      const r = e >> 2;
      switch (e & 3) {
        case DEF:
          if (r < VECTORS) lo |= 1 << r;
          else hi |= 1 << r;
          break;
        case CALL:
          ({ lo, hi } = this.loaded[r]);
          break;
        case EXIT:
          if (!answer) break;
          this.valid[r].lo &= lo;
          this.valid[r].hi &= hi;
          break;
      }
    }
    b.outValidLo = lo;
    b.outValidHi = hi;
  }
}

/** What a block needs of the registers that it is entered with, and which of those that its end needs pass through it. */
function summarize(b: BlockLog): void {
  let { dirtyLo, dirtyHi } = b;
  let definedLo = 0;
  let definedHi = 0;
  b.keepLo = b.keepHi = -1;
  for (const e of b.events) {
    const r = e >> 2;
    switch (e & 3) {
      case USE:
        if (r < VECTORS) b.needLo |= (1 << r) & ~definedLo;
        else b.needHi |= (1 << r) & ~definedHi;
        break;
      case DEF:
        if (r < VECTORS) {
          definedLo |= 1 << r;
          dirtyLo |= 1 << r;
        } else {
          definedHi |= 1 << r;
          dirtyHi |= 1 << r;
        }
        break;
      default:
        b.needLo |= dirtyLo & ~definedLo;
        b.needHi |= dirtyHi & ~definedHi;
        if ((e & 3) === CALL) {
          b.keepLo = b.keepHi = 0;
          // Nothing before a call is needed after it.
          return;
        }
    }
  }
  b.keepLo = ~definedLo;
  b.keepHi = ~definedHi;
}

function solveLive(blocks: BlockLog[]): void {
  for (const b of blocks) {
    b.liveLo = b.needLo;
    b.liveHi = b.needHi;
  }
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = blocks.length - 1; i >= 0; i--) {
      const b = blocks[i];
      let lo = 0;
      let hi = 0;
      for (const n of b.next) {
        lo |= n.liveLo;
        hi |= n.liveHi;
      }
      lo = b.needLo | (lo & b.keepLo);
      hi = b.needHi | (hi & b.keepHi);
      if (lo === b.liveLo && hi === b.liveHi) continue;
      b.liveLo = lo;
      b.liveHi = hi;
      changed = true;
    }
  }
}

/** Ways out that save the same registers share their code. */
export class Stubs {
  readonly list: { kind: number; set: RegSet; most: RegSet }[] = [];

  /** The number of a way out that saves all that is dirty and nothing that isn't valid. */
  find(kind: number, dirty: RegSet, valid: RegSet): number {
    for (let i = 0; i < this.list.length; i++) {
      const s = this.list[i];
      const lo = s.set.lo | dirty.lo;
      const hi = s.set.hi | dirty.hi;
      const mostLo = s.most.lo & valid.lo;
      const mostHi = s.most.hi & valid.hi;
      if (s.kind !== kind || lo & ~mostLo || hi & ~mostHi) continue;
      s.set = { lo, hi };
      s.most = { lo: mostLo, hi: mostHi };
      return i;
    }
    return this.list.push({ kind, set: dirty, most: valid }) - 1;
  }
}
