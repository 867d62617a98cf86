/** One recording, replayed many times: each must end with the same registers and memory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { record, replay } from "../../test/time/replays.ts";

export async function replays(times: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "blink-replays-"));
  try {
    const path = join(folder, "recording");
    const printed = await record(path, folder);
    const first = await replay(path);
    for (let i = 1; i < times; i++) {
      const again = await replay(path);
      if (again.hash !== first.hash) throw new Error(`replay ${i} ended with ${again.hash}, not with ${first.hash}`);
    }
    if (first.printed !== printed) throw new Error(`it printed ${first.printed}, not ${printed}`);
    const last = printed.trim().split("\n").at(-1);
    console.log(`${last}\n${times} replays of ${first.length} instructions: ${first.hash}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
