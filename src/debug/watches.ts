/** Watchpoints of a debugger: what the engine sees of the program's accesses, and what the kernel writes meanwhile. */
import type { Engine } from "../engine/engine.ts";
import type { Task } from "../kernel/task.ts";
import type { AddressSpace } from "../mmu/space.ts";
import { peek } from "./memory.ts";
import type { Watchpoint } from "./types.ts";

export interface Hit {
  watchpoint: Watchpoint;
  access: "write" | "read";
}

const NONE: readonly Watchpoint[] = [];

export class Watches {
  private all: readonly Watchpoint[] = NONE;
  /** Those that are seen to now. */
  private points: readonly Watchpoint[] = NONE;
  /** By address space: the bytes as they were last seen, for what the kernel changes. */
  private known = new WeakMap<AddressSpace, Uint8Array[]>();

  constructor(private readonly engine: Engine) {}

  set(points: readonly Watchpoint[]): void {
    this.all = [...points];
    this.enable(true);
  }
  get any(): boolean {
    return this.all.length > 0;
  }
  /** Sees to them from now on, or does not. */
  enable(on: boolean): void {
    const wanted = on ? this.all : NONE;
    this.known = new WeakMap();
    if (this.points === wanted) return;
    this.points = wanted;
    this.engine.watch.set(wanted);
  }
  /** The task's next instruction touches watched memory: runs it. Its exit, and what it did. */
  pass(task: Task): { code: number; hit: Hit | undefined } {
    const { result, hits } = this.engine.watch.pass(() => this.engine.step());
    this.note(task);
    const hit = hits.find((h) => h.access === "write") ?? hits[0];
    const watchpoint = this.points.find((p) => p === hit?.range);
    return { code: result, hit: hit && watchpoint && { watchpoint, access: hit.access } };
  }
  /** Remembers what stands there. */
  note(task: Task): void {
    if (this.points.length) this.known.set(task.mm.space, this.bytes(task));
  }
  /** A watchpoint whose bytes were changed since `note`, not by the program. */
  changed(task: Task): Hit | undefined {
    const { points } = this;
    if (!points.length) return undefined;
    const before = this.known.get(task.mm.space);
    const now = this.bytes(task);
    this.known.set(task.mm.space, now);
    const i = points.findIndex((p, n) => p.kind !== "read" && before?.[n] && !equal(before[n], now[n]));
    return i < 0 ? undefined : { watchpoint: points[i], access: "write" };
  }
  private bytes(task: Task): Uint8Array[] {
    return this.points.map((p) => peek(task.mm, p.address, p.length));
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}
