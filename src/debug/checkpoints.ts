/** Moments of a machine's past that can be gone back to at once: its objects, its RAM, and where its recording was. */
import { counters } from "../base/counters.ts";
import { Engine } from "../engine/engine.ts";
import type { Machine } from "../machine/machine.ts";
import { Ram } from "../mmu/ram.ts";
import type { Recording } from "../record/recording.ts";
import { SliceEnds } from "../record/slice-ends.ts";
import { type Mark, Tap } from "../record/tap.ts";
import { GraphSnapshot } from "./graph.ts";
import { RamSnapshot } from "./ram-snapshot.ts";

export interface Checkpoint {
  /** Instructions executed before. */
  readonly position: number;
  readonly graph: GraphSnapshot;
  readonly ram: RamSnapshot;
  readonly mark: Mark;
  readonly slices: number;
  /** Bytes that only this one holds. */
  size: number;
}

/** Most checkpoints, and bytes that they hold altogether. */
const MOST = 120;
const BUDGET = 768 << 20;
/** Between checkpoints: milliseconds, and how many times as long as the last one took. */
const INTERVAL = 250;
const SHARE = 15;

/** What the snapshots of objects leave out: caches, code, and what is outside of the machine. */
export function isLeaf(machine: Machine): (o: object) => boolean {
  const { kernel, ram } = machine;
  const rows = new Set<object>([kernel.rows, ...kernel.rows]);
  return (o) =>
    o instanceof Ram ||
    o instanceof Engine ||
    o instanceof Tap ||
    o instanceof SliceEnds ||
    o instanceof WeakRef ||
    o instanceof FinalizationRegistry ||
    o === kernel.trace ||
    rows.has(o) ||
    (ArrayBuffer.isView(o) && o.buffer === ram.memory.buffer);
}
export function rootsOf(machine: Machine, recording: Recording): object[] {
  const { kernel, tree, loop, frames } = machine;
  return [kernel, tree, loop, frames, recording.tap.state, counters];
}

export class Checkpoints {
  /** By position, ascending. */
  private list: Checkpoint[] = [];
  private readonly leaf: (o: object) => boolean;
  private taken = 0;
  private cost = 0;

  constructor(
    private readonly machine: Machine,
    private readonly recording: Recording,
    private readonly now: () => number,
  ) {
    this.leaf = isLeaf(machine);
  }
  get first(): Checkpoint | undefined {
    return this.list[0];
  }
  get count(): number {
    return this.list.length;
  }
  /** Bytes held. */
  get size(): number {
    return this.list.reduce((sum, c) => sum + c.size, 0);
  }
  /** The last one at or before a position. */
  before(position: number): Checkpoint | undefined {
    return this.list.findLast((c) => c.position <= position);
  }
  /** It is time for another one. */
  get due(): boolean {
    return this.now() - this.taken > Math.max(INTERVAL, this.cost * SHARE);
  }
  /** Takes one here, unless there is one. The machine stands still between two instructions. */
  take(): void {
    const { machine, recording, list } = this;
    const position = machine.engine.instructions;
    const at = list.findLastIndex((c) => c.position <= position) + 1;
    this.taken = this.now();
    const before = list[at - 1];
    if (before?.position === position) return;
    const graph = new GraphSnapshot(rootsOf(machine, recording), { isLeaf: this.leaf }, before?.graph);
    const ram = new RamSnapshot(machine.frames, before?.ram);
    const size = graph.size + ram.size;
    list.splice(at, 0, { position, graph, ram, mark: recording.tap.mark, slices: recording.ends.at, size });
    this.thin(position);
    this.cost = this.now() - this.taken;
    this.taken = this.now();
  }
  /** Drops some if they are too many: the farther from `position`, the greater the distances that remain. */
  private thin(position: number): void {
    const { list } = this;
    while (list.length > 2 && (list.length > MOST || this.size > BUDGET)) {
      let best = 1;
      let least = Number.POSITIVE_INFINITY;
      for (let i = 1; i < list.length - 1; i++) {
        const gap = (list[i + 1].position - list[i - 1].position) / (Math.abs(position - list[i].position) + 1);
        if (gap < least) [best, least] = [i, gap];
      }
      list.splice(best, 1);
      const next = list[best];
      next.size = next.graph.size + next.ram.sizeBeside(list[best - 1].ram);
    }
  }
  restore(c: Checkpoint): void {
    const { machine, recording } = this;
    c.ram.restore(machine.frames, machine.engine);
    c.graph.restore();
    machine.engine.instructions = c.position;
    recording.tap.seek(c.mark);
    recording.ends.at = c.slices;
    const { slice } = machine.loop;
    if (slice) machine.engine.use(slice.task.mm.space);
  }
  /** Forgets all: history begins where the next one is taken. */
  forget(): void {
    this.list = [];
  }
}
