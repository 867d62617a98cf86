/** What a machine in the test's own process needs: the handlers, and a host with this system's files and clock. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unpackImage } from "../../src/engine/interp/image-file.ts";
import type { Host } from "../../src/host/types.ts";
import { MemoryHost } from "../../src/platform/memory/host.ts";
import { NodeFs } from "../../src/platform/node/fs.ts";
import { DIST } from "./paths.ts";

export const image = unpackImage(readFileSync(join(DIST, "handlers.bin")));

/** `stdio`: the standard streams; else some that collect what is printed. */
export function fileHost(stdio?: Host["stdio"]): Host {
  const host = new MemoryHost({
    stdio,
    clock: { realtime: () => BigInt(Date.now()) * 1000000n, monotonic: () => process.hrtime.bigint() },
    after: (ms, fn) => {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
  });
  return Object.assign(host, { fs: new NodeFs() });
}
