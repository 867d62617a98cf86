/** The line at the bottom: where the machine is in time, how fast it runs, what it uses, and what there is to say. */
import type { Canvas } from "../screen/screen.ts";
import { THEME } from "../screen/style.ts";
import { SPEEDS, type State, speedText } from "../state.ts";
import { clip, grouped, short } from "./text.ts";

export interface StatusFacts {
  /** "stopped", "running" ... */
  mode: string;
  position: number;
  /** The last position that was reached, where that is another one. */
  last: number;
  /** Instructions a second, 0 while it stands still. */
  speed: number;
  /** Bytes of RAM in use, and bytes mapped by this process. */
  used: number;
  mapped: number;
  thread: { tid: number; pid: number; name: string; state: string } | undefined;
  threads: number;
}

export function drawStatus(canvas: Canvas, state: State, facts: StatusFacts): void {
  canvas.fill(" ", THEME.status);
  const { thread } = facts;
  const time =
    facts.position < facts.last ? `${grouped(facts.position)} of ${grouped(facts.last)}` : grouped(facts.position);
  const parts = [facts.mode, `@${time}`];
  if (facts.speed > 0) parts.push(`${short(facts.speed)} ips`);
  if (state.speed < SPEEDS.length - 1) parts.push(speedText(SPEEDS[state.speed]));
  if (thread)
    parts.push(`${thread.name} ${thread.tid === thread.pid ? "" : `${thread.pid}/`}${thread.tid} ${thread.state}`);
  if (facts.threads > 1) parts.push(`${facts.threads} threads`);
  parts.push(`ram ${short(facts.used, 1024)}`, `mapped ${short(facts.mapped, 1024)}`);
  const message = state.message;
  const right = message === "" ? "? help" : message;
  const room = Math.max(0, canvas.width - right.length - 3);
  canvas.text(1, 0, clip(parts.join("  "), room), THEME.status);
  const shown = clip(right, canvas.width - 2);
  canvas.text(canvas.width - shown.length - 1, 0, shown, message === "" ? THEME.status : THEME.alert);
}
