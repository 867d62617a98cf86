/** A machine under a debugger: see `Debuggee`. Forwards only; the past cannot be gone back to yet. */
import type { Task } from "../kernel/task.ts";
import type { ExitStatus, Machine } from "../machine/machine.ts";
import { peek, poke } from "./memory.ts";
import { Runner } from "./runner.ts";
import type { Debuggee, Stop, Until, Watchpoint } from "./types.ts";

export class Debugger implements Debuggee {
  private readonly runner: Runner;
  private end: ExitStatus | undefined;

  /** The machine has been started, and did not run yet. */
  constructor(readonly machine: Machine) {
    this.runner = new Runner(machine);
  }
  get position(): number {
    return this.runner.position;
  }
  get task(): Task | undefined {
    return this.runner.task;
  }
  get history(): { first: number; last: number } {
    return { first: this.position, last: this.position };
  }
  get ended(): ExitStatus | undefined {
    return this.end;
  }
  get breakpoints(): Set<number> {
    return this.runner.breakpoints;
  }
  watch(points: readonly Watchpoint[]): void {
    this.runner.watches.set(points);
  }
  step(task?: Task): Promise<Stop> {
    return this.go({ step: true, task });
  }
  run(until: Until = {}): Promise<Stop> {
    return this.go(until);
  }
  private async go(wish: Until & { step?: boolean }): Promise<Stop> {
    if (this.end) return { kind: "end", status: this.end };
    const stop = await this.runner.run(wish);
    if (stop.kind === "end") this.end = stop.status;
    return stop;
  }
  stepBack(): Promise<Stop> {
    return Promise.resolve({ kind: "beginning" });
  }
  runBack(): Promise<Stop> {
    return Promise.resolve({ kind: "beginning" });
  }
  goTo(position: number): Promise<Stop> {
    return position < this.position ? Promise.resolve({ kind: "beginning" }) : this.go({ position });
  }
  interrupt(): void {
    this.runner.interrupt();
  }
  readMemory(task: Task, address: number, length: number): Uint8Array {
    return peek(task, address, length);
  }
  writeMemory(task: Task, address: number, bytes: Uint8Array): number {
    return poke(task, address, bytes);
  }
}
