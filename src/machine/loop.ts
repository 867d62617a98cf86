/** What a machine does as long as it has processes: timers, one slice after the other, and the host's events. */
import type { Host } from "../host/types.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { beginSlice, endSlice, type Overseer, type Pace, type Processor, runSlice, type Slice } from "./run-task.ts";

/** The host's events get their turn after this much running, nanoseconds. */
const BREATH = 10000000n;
/** Deadlines nearer than this are awaited without going to sleep, nanoseconds: timers of hosts are coarse. */
const NEAR = 1000000n;
/** Longest sleep, milliseconds. */
const LONG = 60000;

export class Loop {
  /** The slice that was left before its end. */
  slice: Slice | undefined;
  /** When the turn began that this slice is of, and when the host's events had theirs last. */
  private turn = 0n;
  private breathed: bigint | undefined;

  constructor(
    private readonly processor: Processor,
    private readonly kernel: Kernel,
    private readonly host: Host,
    private readonly pace: Pace | undefined,
  ) {}

  /** Runs until no process is left: true; or until the overseer wants everything to stand still. Call again to go on. */
  async run(overseer?: Overseer): Promise<boolean> {
    const { kernel, processor } = this;
    this.breathed ??= kernel.now();
    while (this.slice || kernel.tasks.size > 0) {
      if (!this.slice) {
        if (overseer?.stopped) return false;
        this.turn = kernel.now();
        kernel.timers.run(this.turn);
        const task = kernel.ready.shift();
        if (task) this.slice = beginSlice(processor, task);
      }
      const { slice } = this;
      if (slice) {
        if (!runSlice(processor, slice, overseer, this.pace)) return false;
        endSlice(slice);
        this.slice = undefined;
        if (this.turn - this.breathed < BREATH) continue;
      }
      await this.host.sleep(slice || !kernel.ready.empty ? 0 : this.idleTime());
      this.breathed = kernel.now();
    }
    return true;
  }
  /** Milliseconds until something is due. */
  private idleTime(): number {
    const { next } = this.kernel.timers;
    if (next === undefined) return LONG;
    const left = next - this.kernel.now();
    return left <= NEAR ? 0 : Math.min(LONG, Number(left / 1000000n));
  }
}
