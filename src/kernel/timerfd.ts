import { EAGAIN, EINVAL } from "../abi/errno.ts";
import { O_RDWR } from "../abi/fcntl.ts";
import { POLLIN } from "../abi/poll.ts";
import { AnonFile } from "./anon-file.ts";
import type { Kernel } from "./kernel.ts";
import type { Timer } from "./timers.ts";

/** timerfd_create(2): counts expirations. Times are monotonic nanoseconds. */
export class TimerFile extends AnonFile {
  private expirations = 0n;
  private timer: Timer | undefined;
  private at = 0n;
  interval = 0n;

  constructor(
    private readonly kernel: Kernel,
    /** The clock that absolute times are of. */
    readonly clock: number,
    flags: number,
  ) {
    super("[timerfd]", flags | O_RDWR);
  }
  /** Starts the timer, or stops it when `at` is 0. */
  set(at: bigint, interval: bigint): void {
    this.kernel.timers.cancel(this.timer);
    this.timer = undefined;
    this.expirations = 0n;
    this.at = at;
    this.interval = interval;
    if (at > 0n) this.timer = this.kernel.timers.add(at, () => this.expire());
  }
  private expire(): void {
    this.expirations++;
    this.timer = undefined;
    if (this.interval > 0n) {
      const missed = (this.kernel.now() - this.at) / this.interval;
      this.expirations += missed;
      this.at += this.interval * (missed + 1n);
      this.timer = this.kernel.timers.add(this.at, () => this.expire());
    }
    this.queue.wake();
  }
  /** Nanoseconds until it expires next; 0 when it does not run. */
  get left(): bigint {
    if (!this.timer) return 0n;
    const left = this.at - this.kernel.now();
    return left > 0n ? left : 1n;
  }
  override read(into: Uint8Array): number {
    if (into.length < 8) return -EINVAL;
    if (this.expirations === 0n) return -EAGAIN;
    new DataView(into.buffer, into.byteOffset, 8).setBigUint64(0, this.expirations, true);
    this.expirations = 0n;
    return 8;
  }
  override poll(): number {
    return this.expirations > 0n ? POLLIN : 0;
  }
  override close(): void {
    this.kernel.timers.cancel(this.timer);
  }
}
