/** Instructions one by one, and all of them back: the machine must be what it was. */
import type { Debugger } from "../../src/debug/debugger.ts";
import { machineHash } from "../../src/debug/hash.ts";

export interface Journey {
  /** Milliseconds a step. */
  forward: number;
  back: number;
}

/** Throws where a moment is not what it was. Every `every`-th one is looked at, and the first. */
export async function thereAndBack(d: Debugger, steps: number, every: number): Promise<Journey> {
  const start = d.position;
  const seen: (string | undefined)[] = [];
  let forward = 0;
  for (let i = 0; i < steps; i++) {
    seen.push(i % every === 0 ? machineHash(d.machine) : undefined);
    const begun = performance.now();
    const stop = await d.step();
    forward += performance.now() - begun;
    if (stop.kind !== "done") throw new Error(`a step forward from ${d.position} ended with ${stop.kind}`);
  }
  let back = 0;
  for (let i = steps - 1; i >= 0; i--) {
    const begun = performance.now();
    const stop = await d.stepBack();
    back += performance.now() - begun;
    if (stop.kind !== "done" || d.position !== start + i) throw new Error(`a step back led to ${d.position}`);
    if (seen[i] !== undefined && machineHash(d.machine) !== seen[i])
      throw new Error(`${d.position} is not what it was`);
  }
  return { forward: forward / steps, back: back / steps };
}
