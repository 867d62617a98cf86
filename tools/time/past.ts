/** How long going back takes, and that it ends where it should. */
import { session } from "../../test/time/debuggee.ts";
import { thereAndBack } from "../../test/time/there-and-back.ts";
import { LOOP, threads } from "./programs.ts";

/** Name, command, and positions to go there and back again at. */
const PROGRAMS: readonly (readonly [string, () => string[], readonly number[]])[] = [
  [
    "bash",
    () => ["/bin/bash", "-c", 'for i in 1 2 3 4; do x="$x$(echo $i | cat)"; done; echo $x'],
    [1000, 400_000, 900_000],
  ],
  ["python3", () => ["/usr/bin/python3", "-S", "-c", LOOP], [100_000, 3_000_000, 30_000_000]],
  ["threads", () => [threads()], [20_000, 600_000, 1_500_000]],
];

export async function rewind(steps: number): Promise<void> {
  for (const [name, argv, positions] of PROGRAMS) {
    const { debuggee } = session(argv(), "line\n");
    for (const position of positions) {
      const stop = await debuggee.run({ position });
      if (stop.kind !== "done") throw new Error(`${name} ended before ${position}`);
      const { forward, back } = await thereAndBack(debuggee, steps, Math.ceil(steps / 100));
      const each = `${forward.toFixed(2)} ms a step forward, ${back.toFixed(2)} back`;
      console.log(`${name} @${position}: ${steps} steps there and back, the same registers and memory; ${each}`);
    }
  }
}

export async function leap(length: number): Promise<void> {
  const { debuggee } = session(["/usr/bin/python3", "-S", "-c", LOOP]);
  const far = 4 * length;
  let begun = performance.now();
  await debuggee.run({ position: far });
  console.log(`${far} instructions of python3: ${Math.round(performance.now() - begun)} ms`);
  for (let to = far - length; to > 0; to -= length) {
    begun = performance.now();
    await debuggee.goTo(to);
    console.log(`back to ${to}: ${Math.round(performance.now() - begun)} ms`);
  }
  begun = performance.now();
  for (let i = 0; i < 100; i++) await debuggee.stepBack();
  console.log(`a step back: ${((performance.now() - begun) / 100).toFixed(1)} ms`);
}
