/**
 * A machine under a debugger: see `Debuggee`. Going back is going to a checkpoint before, and running on from there as it was
 * recorded. Without a recording it only goes forward.
 */
import type { Host } from "../host/types.ts";
import type { Task } from "../kernel/task.ts";
import { type ExitStatus, Machine, type MachineOptions } from "../machine/machine.ts";
import { Truncated } from "../record/bytes.ts";
import { Recording } from "../record/recording.ts";
import { Checkpoints } from "./checkpoints.ts";
import { peek, poke, type Untouched } from "./memory.ts";
import { OutsideFiles } from "./outside.ts";
import { Runner, type Wish } from "./runner.ts";
import type { Debuggee, Stop, Until, Watchpoint } from "./types.ts";

/** Before a position that was gone back to, checkpoints are left at such distances: the next step back is short. */
const APPROACH = [10_000, 300_000, 10_000_000];

/** Something that made the machine stop, and where. */
interface Hit {
  stop: Stop;
  position: number;
}

export class Debugger implements Debuggee {
  private readonly runner: Runner;
  private readonly checkpoints: Checkpoints | undefined;
  private last = 0;
  private end: ExitStatus | undefined;
  /** Where the machine has ended, once that is known. */
  private endPosition = Number.POSITIVE_INFINITY;
  /** Tells what is only in files yet. */
  private untouched: Untouched | undefined;

  /** The machine may have been started, but did not run yet. */
  constructor(
    readonly machine: Machine,
    readonly recording?: Recording,
  ) {
    this.checkpoints = recording && new Checkpoints(machine, recording, () => Date.now());
    this.runner = new Runner(machine, () => {
      if (this.checkpoints?.due) this.checkpoints.take();
    });
    if (recording) recording.tap.position = () => this.position;
  }
  /** A machine that can be gone back in: its host's answers are recorded in memory. To be started by the caller. */
  static recording(options: MachineOptions): Debugger {
    const { host } = options;
    const recording = new Recording(host);
    const { ends: pace } = recording;
    return new Debugger(new Machine({ ...options, host: recording.host, pace, timer: () => Date.now() }), recording);
  }
  /** The guest's files for the debugger itself. `live`: what the machine's host stands for. */
  outside(live: Host, overlays: readonly string[] | undefined): OutsideFiles {
    const { machine, recording } = this;
    const files = new OutsideFiles(machine, {
      live,
      overlays,
      aside: recording && ((what) => recording.tap.aside(what)),
    });
    this.untouched = files.untouched;
    return files;
  }
  get position(): number {
    return this.runner.position;
  }
  get task(): Task | undefined {
    return this.runner.task;
  }
  get history(): { first: number; last: number } {
    return { first: this.checkpoints?.first?.position ?? this.position, last: Math.max(this.last, this.position) };
  }
  get recorded(): boolean {
    return this.checkpoints !== undefined;
  }
  get fixed(): boolean {
    return this.recording !== undefined && this.recording.tap.live === undefined;
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
  step(task?: Task, until: Pick<Until, "signals" | "events" | "calls"> = {}): Promise<Stop> {
    return this.go({ ...until, step: true, task });
  }
  run(until: Until = {}): Promise<Stop> {
    return this.go(until);
  }
  private async go(wish: Wish): Promise<Stop> {
    if (this.end) return { kind: "end", status: this.end };
    if (this.checkpoints?.count === 0) this.checkpoints.take();
    const stop = await this.runToStop(wish);
    this.last = Math.max(this.last, this.position);
    if (stop.kind === "end") {
      this.end = stop.status;
      this.endPosition = this.position;
    }
    return stop;
  }

  private async runToStop(wish: Wish): Promise<Stop> {
    try {
      return await this.runner.run(wish);
    } catch (error) {
      if (!(error instanceof Truncated) || !this.checkpoints) throw error;
      // In the middle of what the kernel was doing: the moment before is whole.
      await this.goTo(this.position - 1);
      return { kind: "over" };
    }
  }

  // -- the past

  async stepBack(task?: Task): Promise<Stop> {
    const now = this.position;
    if (!this.checkpoints?.before(now - 1)) return { kind: "beginning" };
    if (!task) return this.goTo(now - 1);
    let to = -1;
    // After going back a thread may be another object.
    const onRun = ({ tid }: Task, from: number, until: number): void => {
      if (tid === task.tid && until > from) to = Math.min(until, now) - 1;
    };
    return this.search({ onRun }, () => (to < 0 ? undefined : { stop: { kind: "done" }, position: to }));
  }
  async runBack(until: Until = {}): Promise<Stop> {
    const now = this.position;
    const wanted = this.breakpoints.size > 0 || this.runner.watches.any;
    if (!wanted && !until.signals && !until.events && !until.calls) {
      await this.goTo(this.history.first);
      return { kind: "beginning" };
    }
    let last: Hit | undefined;
    const onStop = (stop: Stop, at: number): void => {
      // Before the access, not behind it.
      const position = stop.kind === "watchpoint" ? at - 1 : at;
      if (position < now && stop.kind !== "done") last = { stop, position };
    };
    return this.search({ ...until, position: undefined, onStop }, () => last);
  }
  /** Runs stretch after stretch of the past, the latest first, until one holds what `found` tells; then goes there. */
  private async search(wish: Wish, found: () => Hit | undefined): Promise<Stop> {
    const { checkpoints, recording } = this;
    if (!checkpoints || !recording) return { kind: "beginning" };
    const now = this.position;
    let end = now;
    for (let from = checkpoints.before(end - 1); from; from = checkpoints.before(end - 1)) {
      const { position } = from;
      this.goBack(from);
      const stop = await this.runner.run({ ...wish, position: end, quiet: wish.onStop === undefined });
      if (stop.kind === "interrupted") {
        await this.goTo(now);
        return stop;
      }
      const hit = found();
      if (hit) return this.goToHit(hit);
      end = position;
    }
    await this.goTo(this.history.first);
    return { kind: "beginning" };
  }
  private async goToHit({ stop, position }: Hit): Promise<Stop> {
    // Behind the instruction before, the signal is still to be taken.
    if (stop.kind === "signal") {
      await this.goTo(position - 1);
      return this.go({ position, signals: true, task: stop.task, quiet: true });
    }
    await this.goTo(position);
    const task = "task" in stop && this.machine.kernel.tasks.get(stop.task.tid);
    return task ? { ...stop, task } : stop;
  }
  private goBack(to: NonNullable<ReturnType<Checkpoints["before"]>>): void {
    this.last = this.history.last;
    this.checkpoints?.restore(to);
    this.runner.forget();
    this.end = undefined;
  }
  async goTo(position: number): Promise<Stop> {
    const { checkpoints } = this;
    const now = this.position;
    if (position === now) return { kind: "done" };
    const from = checkpoints?.before(position);
    if (position < now) {
      if (!from) return { kind: "beginning" };
      this.goBack(from);
    } else if (from && from.position > now) this.goBack(from);
    for (const distance of APPROACH.toReversed()) {
      if (checkpoints && position - distance > this.position) {
        const stop = await this.go({ position: position - distance, quiet: true });
        if (stop.kind !== "done") return stop;
        checkpoints.take();
      }
    }
    return this.position < position || position === this.endPosition
      ? this.go({ position, quiet: true })
      : { kind: "done" };
  }
  interrupt(): void {
    this.runner.interrupt();
  }
  readMemory(task: Task, address: number, length: number): Uint8Array {
    return task.state === "dead" ? new Uint8Array(0) : peek(task.mm, address, length, this.untouched);
  }
  writeMemory(task: Task, address: number, bytes: Uint8Array): number {
    const n = this.fixed ? 0 : poke(task, address, bytes);
    this.changed();
    return n;
  }
  changed(): void {
    this.recording?.cut();
    this.last = this.position;
    this.endPosition = Number.POSITIVE_INFINITY;
    this.checkpoints?.forget();
  }
}
