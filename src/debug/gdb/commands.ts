/** "Packets" in appendix E of GDB's manual: each command by its letter or name. */
import { SIGTRAP } from "../../abi/signal.ts";
import { USER_END } from "../../mmu/space.ts";
import type { WatchKind } from "../types.ts";
import { Inferiors } from "./inferiors.ts";
import { fromHex, hexNumber, latin1, PACKET_SIZE, toHex } from "./packet.ts";
import { query } from "./queries.ts";
import { readRegister, readRegisters, writeRegister, writeRegisters } from "./registers.ts";
import type { Action } from "./resume.ts";
import type { Session } from "./session.ts";
import { fromGdb } from "./signals.ts";
import { stopped } from "./stop-reply.ts";

const BAD = "E01";
/** What GDB shows as "Cannot access memory". */
const NO_MEMORY = "E0e";
const MOST_BYTES = PACKET_SIZE / 2 - 16;
const WATCHES: Readonly<Record<string, WatchKind | undefined>> = { 2: "write", 3: "read", 4: "access" };

type Reply = string | undefined | Promise<string | undefined>;

/** The answer, "" for what is not known, undefined for none at all. */
export function commands(session: Session, text: string): Reply {
  const rest = text.slice(1);
  switch (text[0]) {
    case "?":
      return session.task ? stopped(session.inferiors, session.task, SIGTRAP) : "W00";
    case "!":
      return "OK";
    case "q":
    case "Q":
      return query(session, text);
    case "v":
      return named(session, text);
    case "H":
      return select(session, rest);
    case "T":
      return session.taskNamed(rest) ? "OK" : BAD;
    case "g":
    case "G":
    case "p":
    case "P":
      return registers(session, text[0], rest);
    case "m":
    case "x":
      return read(session, rest, text[0] === "x");
    case "M":
    case "X":
      return write(session, rest, text[0] === "X");
    case "z":
    case "Z":
      return breakpoint(session, rest, text[0] === "Z");
    case "c":
    case "C":
    case "s":
    case "S":
      return resume(session, text[0], rest);
    case "b":
      return back(session, rest);
    case "D":
      return session.detach(rest === "" ? undefined : hexNumber(rest.slice(1)));
    case "k":
      session.killAll();
      return undefined;
    default:
      return "";
  }
}

function select(session: Session, text: string): string {
  const id = Inferiors.parse(text.slice(1));
  if (!id || (text[0] !== "g" && text[0] !== "c")) return BAD;
  // A process that is gone, or a thread: GDB asks so whether it is still there.
  if (id.pid > 0 && !session.inferiors.has(id.pid)) return BAD;
  if (id.tid > 0 && !session.inferiors.find(id)) return BAD;
  if (text[0] === "g") session.general = id;
  else session.toResume = id;
  return "OK";
}

function registers(session: Session, command: string, text: string): string {
  const { task } = session;
  if (!task) return BAD;
  if (command === "g") return toHex(readRegisters(task));
  if (command === "p") {
    const value = readRegister(task, hexNumber(text));
    return value ? toHex(value) : BAD;
  }
  const [number, digits] = command === "G" ? ["", text] : text.split("=");
  const value = fromHex(digits ?? "");
  if (!value || session.debuggee.fixed) return BAD;
  const done = command === "G" ? writeRegisters(task, value) : writeRegister(task, hexNumber(number), value);
  session.debuggee.changed();
  return done ? "OK" : BAD;
}

function range(text: string): { address: number; length: number } | undefined {
  const [address, length] = text.split(",").map(hexNumber);
  return address <= USER_END && length >= 0 ? { address, length } : undefined;
}

function read(session: Session, text: string, binary: boolean): string {
  const { task } = session;
  const at = range(text);
  if (!task || !at) return NO_MEMORY;
  const bytes = session.debuggee.readMemory(task, at.address, Math.min(at.length, MOST_BYTES));
  if (bytes.length === 0 && at.length > 0) return NO_MEMORY;
  return binary ? `b${latin1(bytes)}` : toHex(bytes);
}

function write(session: Session, text: string, binary: boolean): string {
  const { task } = session;
  const colon = text.indexOf(":");
  const at = range(text.slice(0, colon));
  const content = text.slice(colon + 1);
  const bytes = binary ? Uint8Array.from(content, (c) => c.charCodeAt(0)) : fromHex(content);
  if (!task || colon < 0 || !at || !bytes || bytes.length !== at.length) return BAD;
  return session.debuggee.writeMemory(task, at.address, bytes) === bytes.length ? "OK" : NO_MEMORY;
}

function breakpoint(session: Session, text: string, insert: boolean): string {
  const [type, ...numbers] = text.split(";")[0].split(",");
  const [address, length] = numbers.map(hexNumber);
  const inferior = session.task && session.inferiors.get(session.task.process.pid);
  if (!inferior || !(address < USER_END) || !(length >= 0)) return BAD;
  if (type === "0" || type === "1") {
    if (insert) inferior.breakpoints.add(address);
    else inferior.breakpoints.delete(address);
  } else {
    const kind = WATCHES[type];
    if (!kind) return "";
    if (length === 0 || length > 4096) return BAD;
    const others = inferior.watchpoints.filter((w) => w.address !== address || w.length !== length || w.kind !== kind);
    inferior.watchpoints = insert ? [...others, { address, length, kind }] : others;
  }
  session.inferiors.apply();
  return "OK";
}

/** c, s, C and S: an address to go on at is possible, and for signals stands behind them. */
function resume(session: Session, command: string, text: string): Reply {
  const withSignal = command === "C" || command === "S";
  const [first, second] = text.split(";");
  const signo = withSignal ? fromGdb(hexNumber(first)) : 0;
  const address = withSignal ? second : first;
  const { task } = session;
  if (address && task && !session.debuggee.fixed) task.regs.rip = BigInt(hexNumber(address) || 0);
  const kind = command.toLowerCase() === "s" ? "step" : "continue";
  const chosen = session.inferiors.find(session.toResume) ?? task;
  const thread = chosen ? { pid: chosen.process.pid, tid: chosen.tid } : session.toResume;
  return session.resume([{ kind, signo, thread }]);
}

function back(session: Session, text: string): Reply {
  if (text !== "c" && text !== "s") return "";
  const thread = session.toResume.tid > 0 ? session.toResume : session.general;
  return session.resume([{ kind: text === "c" ? "back" : "step back", signo: 0, thread }]);
}

/** `ACTION[SIGNAL or RANGE][:THREAD]`; "stop" means nothing where everything stands. */
function action(text: string): Action | "stop" | undefined {
  const [what, id] = text.split(":");
  const thread = id === undefined ? { pid: -1, tid: -1 } : Inferiors.parse(id);
  if (!thread) return undefined;
  const rest = what.slice(1);
  switch (what[0]) {
    case "c":
    case "C":
      return { kind: "continue", signo: rest ? fromGdb(hexNumber(rest)) : 0, thread };
    case "s":
    case "S":
      return { kind: "step", signo: rest ? fromGdb(hexNumber(rest)) : 0, thread };
    case "r": {
      const [from, to] = rest.split(",").map(hexNumber);
      return { kind: "range", signo: 0, thread, from, to };
    }
    case "t":
      return "stop";
    default:
      return undefined;
  }
}

function resumeAll(session: Session, text: string): Reply {
  const actions: Action[] = [];
  for (const part of text.split(";")) {
    const parsed = action(part);
    if (!parsed) return BAD;
    if (parsed !== "stop") actions.push(parsed);
  }
  return actions.length ? session.resume(actions) : BAD;
}

/** Packets with names. */
function named(session: Session, text: string): Reply {
  if (text === "vCont?") return "vCont;c;C;s;S;t;r";
  if (text.startsWith("vCont;")) return resumeAll(session, text.slice(6));
  if (text.startsWith("vFile:")) return session.files.request(text.slice(6));
  if (text.startsWith("vKill;")) return session.kill(hexNumber(text.slice(6))) ? "OK" : BAD;
  if (text.startsWith("vAttach;")) return attach(session, hexNumber(text.slice(8)));
  return "";
}

/** Any process of the machine may be taken up; it stands already. */
function attach(session: Session, pid: number): string {
  const process = session.debuggee.machine.kernel.processes.get(pid);
  const task = process?.leader;
  if (!process || !task || session.inferiors.has(pid)) return BAD;
  session.inferiors.add(process);
  session.general = { pid, tid: task.tid };
  return stopped(session.inferiors, task, 0);
}
