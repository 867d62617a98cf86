/** "Stop Reply Packets" in appendix E of GDB's manual. */
import { SIGTRAP } from "../../abi/signal.ts";
import type { Task } from "../../kernel/task.ts";
import type { Inferiors } from "./inferiors.ts";
import { hexByte, textToHex, toHex } from "./packet.ts";
import { readRegister } from "./registers.ts";
import { toGdb } from "./signals.ts";

/** What GDB said that it understands. */
export interface Client {
  swbreak: boolean;
  hwbreak: boolean;
  fork: boolean;
  vfork: boolean;
  exec: boolean;
}

/** RBP, RSP and RIP go with every stop: GDB wants them at once. */
const EXPEDITED = [6, 7, 16];

/** `why`: pairs such as "swbreak:;". */
export function stopped(inferiors: Inferiors, task: Task, signo = SIGTRAP, why = ""): string {
  const registers = EXPEDITED.map((n) => `${hexByte(n)}:${toHex(readRegister(task, n) ?? new Uint8Array())};`);
  return `T${hexByte(toGdb(signo))}${why}thread:${inferiors.name(task)};core:0;${registers.join("")}`;
}

/** A process is gone; `status` as wait(2) has it. */
export function ended(inferiors: Inferiors, pid: number, status: number): string {
  const signo = status & 0x7f;
  const how = signo ? `X${hexByte(toGdb(signo))}` : `W${hexByte((status >> 8) & 255)}`;
  return inferiors.multiprocess ? `${how};process:${pid.toString(16)}` : how;
}

export const forked = (inferiors: Inferiors, child: Task, vfork: boolean): string =>
  `${vfork ? "vfork" : "fork"}:${inferiors.name(child)};`;

export const executed = (path: string): string => `exec:${textToHex(path)};`;
