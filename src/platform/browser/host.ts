import type { HostStream } from "../../host/types.ts";
import { type Clock, MemoryHost } from "../memory/host.ts";
import { MemoryStream } from "../memory/stream.ts";

/** Time of day and of the page, both from performance.now: microseconds at best. */
class BrowserClock implements Clock {
  realtime(): bigint {
    return nanoseconds(performance.timeOrigin + performance.now());
  }
  monotonic(): bigint {
    return nanoseconds(performance.now());
  }
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}

/** getRandomValues gives 64 KiB at most, and not into WebAssembly memory that is shared. */
function random(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 65536) {
    bytes.set(crypto.getRandomValues(new Uint8Array(Math.min(65536, bytes.length - at))), at);
  }
}

/**
 * Runs `fn` after so many milliseconds. Without delay it goes through a message port: nested timers of browsers wait
 * at least 4 ms.
 */
function after(ms: number, fn: () => void): () => void {
  let cancelled = false;
  const run = () => {
    if (!cancelled) fn();
  };
  if (ms > 0) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    run();
  };
  port2.postMessage(0);
  return () => {
    cancelled = true;
    port1.close();
  };
}

export interface BrowserHostOptions {
  /** Default: terminals whose output is kept (MemoryStream). One stream may serve as all three. */
  stdio?: [HostStream, HostStream, HostStream];
  log?: (line: string) => void;
  hostname?: string;
}

/** A browser page or worker as the host: no files, so the root is in memory. */
export class BrowserHost extends MemoryHost {
  constructor(options: BrowserHostOptions = {}) {
    const terminal = new MemoryStream(true);
    super({
      clock: new BrowserClock(),
      random,
      after,
      stdio: options.stdio ?? [terminal, terminal, terminal],
      log: options.log ?? ((line) => console.log(line)),
      ids: { hostname: options.hostname ?? "blink" },
    });
  }
}
