import type { Host, HostStream } from "../../host/types.ts";
import { MemoryStream } from "./stream.ts";

/** Nanoseconds. */
export interface Clock {
  realtime(): bigint;
  monotonic(): bigint;
}

/** A clock that stands still until it is moved. */
export class FixedClock implements Clock {
  private passed = 0n;
  /** `start`: nanoseconds since the epoch. */
  constructor(private readonly start = 1700000000000000000n) {}
  realtime(): bigint {
    return this.start + this.passed;
  }
  monotonic(): bigint {
    return this.passed;
  }
  advance(ns: bigint): void {
    this.passed += ns;
  }
}

export interface MemoryHostOptions {
  clock?: Clock;
  stdio?: [HostStream, HostStream, HostStream];
  random?: (bytes: Uint8Array) => void;
  log?: (line: string) => void;
  ids?: Partial<Host["ids"]>;
  /** Runs `fn` after so many milliseconds; returns what cancels it. Without it, sleeping moves a FixedClock on. */
  after?: (ms: number, fn: () => void) => () => void;
}

/** A host without files: for tests, and under the browser's. Reproducible unless told otherwise. */
export class MemoryHost implements Host {
  readonly clock: Clock;
  readonly stdio: [HostStream, HostStream, HostStream];
  readonly ids: Host["ids"];
  readonly logged: string[] = [];
  onSignal?: (signo: number) => void;
  private seed = 1;
  private wakeSleeper: (() => void) | undefined;
  private woken = false;

  constructor(private readonly options: MemoryHostOptions = {}) {
    this.clock = options.clock ?? new FixedClock();
    this.stdio = options.stdio ?? [new MemoryStream(), new MemoryStream(), new MemoryStream()];
    for (const s of this.stdio) if (s instanceof MemoryStream) s.onFeed = () => this.wake();
    this.ids = { uid: 0, gid: 0, groups: [], umask: 0o022, hostname: "blink", cpus: 1, ...options.ids };
  }
  /** Not random at all by default: the same bytes in every run (xorshift32). */
  random(bytes: Uint8Array): void {
    if (this.options.random) {
      this.options.random(bytes);
      return;
    }
    for (let i = 0; i < bytes.length; i++) {
      let x = this.seed;
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      this.seed = x;
      bytes[i] = x;
    }
  }
  log(line: string): void {
    this.logged.push(line);
    this.options.log?.(line);
  }
  sleep(ms: number): Promise<void> {
    const { after } = this.options;
    if (!after) {
      if (!this.woken && this.clock instanceof FixedClock) this.clock.advance(BigInt(Math.ceil(ms * 1e6)));
      this.woken = false;
      return Promise.resolve();
    }
    if (this.woken) ms = 0;
    return new Promise((resolve) => {
      const done = () => {
        this.wakeSleeper = undefined;
        this.woken = false;
        resolve();
      };
      // Timers of hosts take 31 bits; waking early does no harm.
      const cancel = after(Math.min(ms, 0x7fffffff), done);
      this.wakeSleeper = () => {
        cancel();
        done();
      };
    });
  }
  wake(): void {
    if (this.wakeSleeper) this.wakeSleeper();
    else this.woken = true;
  }
}
