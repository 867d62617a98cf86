/** qXfer: objects that are read in pieces. */
import { SIGTRAP, TRAP_BRKPT } from "../../abi/signal.ts";
import { encodeSigInfo } from "../../kernel/siginfo.ts";
import type { Task } from "../../kernel/task.ts";
import { placePath } from "../../vfs/place.ts";
import type { Inferiors } from "./inferiors.ts";
import { libraries } from "./libraries.ts";
import { hexNumber, latin1, PACKET_SIZE } from "./packet.ts";
import { TARGET_XML } from "./target-xml.ts";

/** What they are read of. */
export interface Subject {
  inferiors: Inferiors;
  task: Task | undefined;
  signalOf(task: Task): number;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function threads({ inferiors }: Subject): string {
  const rows = inferiors.threads().map((t) => `<thread id="${inferiors.name(t)}" core="0" name="${escaped(t.name)}"/>`);
  return `<?xml version="1.0"?>\n<threads>\n${rows.join("\n")}\n</threads>\n`;
}

function execFile({ inferiors, task }: Subject, annex: string): string | undefined {
  const pid = hexNumber(annex);
  const of = Number.isNaN(pid) ? task : inferiors.find({ pid, tid: -1 });
  const exe = of?.mm.exe;
  return exe && placePath(exe);
}

function auxv({ task }: Subject): string | undefined {
  if (!task) return undefined;
  const words = BigUint64Array.from(task.mm.auxv.map((w) => BigInt.asUintN(64, w)));
  return latin1(new Uint8Array(words.buffer));
}

/** Of a signal that is about to be delivered; else of the breakpoint or step. */
function siginfo({ task, signalOf }: Subject): string | undefined {
  if (!task) return undefined;
  const signo = signalOf(task);
  const found = signo ? (task.pending.peek(signo) ?? task.process.pending.peek(signo)) : undefined;
  const info = found ?? { signo: SIGTRAP, code: TRAP_BRKPT, addr: task.regs.rip };
  return latin1(encodeSigInfo(info));
}

const OBJECTS: Readonly<Record<string, (subject: Subject, annex: string) => string | undefined>> = {
  features: (_subject, annex) => (annex === "target.xml" ? TARGET_XML : undefined),
  threads,
  auxv,
  siginfo,
  "exec-file": execFile,
  "libraries-svr4": ({ task }) => task && libraries(task, escaped),
};

/** As qSupported names them. */
export const XFER_FEATURES = Object.keys(OBJECTS)
  .map((name) => `qXfer:${name}:read+`)
  .join(";");

/** `OBJECT:read:ANNEX:OFFSET,LENGTH`. "" for objects that there aren't, and for writing. */
export function xfer(subject: Subject, request: string): string {
  const m = /^([^:]+):read:([^:]*):([0-9a-f]+),([0-9a-f]+)$/.exec(request);
  if (!m) return "";
  const [, name, annex, from, most] = m;
  const make = Object.hasOwn(OBJECTS, name) ? OBJECTS[name] : undefined;
  if (!make) return "";
  const content = make(subject, annex);
  if (content === undefined) return "E01";
  const offset = hexNumber(from);
  // Every byte may have to be escaped.
  const length = Math.min(hexNumber(most), PACKET_SIZE / 2 - 16);
  const piece = content.slice(offset, offset + length);
  return `${offset + length < content.length ? "m" : "l"}${piece}`;
}
