/** General queries: "General Query Packets" in appendix E of GDB's manual, and the few that LLDB cannot do without. */
import { EXEC, READ, WRITE } from "../../mmu/access.ts";
import { USER_END } from "../../mmu/space.ts";
import { hexNumber, PACKET_SIZE, textToHex } from "./packet.ts";
import type { Session } from "./session.ts";
import { fromGdb } from "./signals.ts";
import { XFER_FEATURES, xfer } from "./xfer.ts";

const FEATURES = [
  `PacketSize=${PACKET_SIZE.toString(16)}`,
  "QStartNoAckMode+",
  "QPassSignals+",
  "QCatchSyscalls+",
  "vContSupported+",
  "swbreak+",
  "hwbreak+",
  "fork-events+",
  "vfork-events+",
  "exec-events+",
  "binary-upload+",
  XFER_FEATURES,
];

const REVERSE = ["ReverseStep+", "ReverseContinue+"];

const TRIPLE = textToHex("x86_64-pc-linux-gnu");

function supported(session: Session, offered: string): string {
  const features = new Set(offered.split(";"));
  const { client, inferiors, debuggee } = session;
  client.swbreak = features.has("swbreak+");
  client.hwbreak = features.has("hwbreak+");
  client.fork = features.has("fork-events+");
  client.vfork = features.has("vfork-events+");
  client.exec = features.has("exec-events+");
  inferiors.multiprocess = features.has("multiprocess+");
  const more = [...(inferiors.multiprocess ? ["multiprocess+"] : []), ...(debuggee.recorded ? REVERSE : [])];
  return [...FEATURES, ...more].join(";");
}

function threadInfo(session: Session): string {
  const names = session.inferiors.threads().map((t) => session.inferiors.name(t));
  return names.length ? `m${names.join(",")}` : "l";
}

function extraInfo(session: Session, id: string): string {
  const task = session.taskNamed(id);
  if (!task) return "E01";
  const call = task.waiting?.call.row.name;
  return textToHex(`${task.name}${call ? ` (in ${call})` : ""}`);
}

function processInfo(session: Session): string {
  const task = session.task;
  if (!task) return "E01";
  const { cred, process } = task;
  const ids = [
    ["pid", process.pid],
    ["parent-pid", process.ppid],
    ["real-uid", cred.uid],
    ["real-gid", cred.gid],
    ["effective-uid", cred.euid],
    ["effective-gid", cred.egid],
  ] as const;
  const shown = ids.map(([name, n]) => `${name}:${n.toString(16)};`).join("");
  return `${shown}triple:${TRIPLE};ostype:linux;endian:little;ptrsize:8;`;
}

function region(session: Session, address: number): string {
  const vmas = session.task?.mm.vmas;
  if (!vmas || Number.isNaN(address)) return "E01";
  const v = vmas.find(address);
  if (v) {
    const rights = `${v.prot & READ ? "r" : ""}${v.prot & WRITE ? "w" : ""}${v.prot & EXEC ? "x" : ""}`;
    return `start:${v.start.toString(16)};size:${(v.end - v.start).toString(16)};permissions:${rights};`;
  }
  const next = vmas.list[vmas.indexAfter(address)]?.start ?? USER_END;
  return `start:${address.toString(16)};size:${Math.max(1, next - address).toString(16)};`;
}

function passSignals(session: Session, list: string): string {
  session.resumer.passed = new Set(list.split(";").map((n) => fromGdb(hexNumber(n))));
  return "OK";
}

/** `0`, or `1` with the calls' numbers; all without them. */
function catchSyscalls(session: Session, argument: string): string {
  const [on, ...numbers] = argument.split(";");
  const inferior = session.task && session.inferiors.get(session.task.process.pid);
  if (!inferior || (on !== "0" && on !== "1")) return "E01";
  const some = numbers.length > 0 ? new Set(numbers.map(hexNumber)) : "all";
  inferior.calls = on === "1" ? some : undefined;
  return "OK";
}

type Query = (session: Session, argument: string) => string | Promise<string>;

/** By what stands before the first ':', ';' or ','. What is not here is answered with nothing, as the protocol wants. */
const QUERIES: Readonly<Record<string, Query>> = {
  qSupported: supported,
  qAttached: () => "0",
  qC: (session) => (session.task ? `QC${session.inferiors.name(session.task)}` : ""),
  qfThreadInfo: threadInfo,
  qsThreadInfo: () => "l",
  qThreadExtraInfo: extraInfo,
  qSymbol: () => "OK",
  qXfer: (session, argument) => xfer(session.subject, argument),
  qRcmd: (session, argument) => session.monitor(argument),
  qHostInfo: () => `triple:${TRIPLE};endian:little;ptrsize:8;`,
  qProcessInfo: processInfo,
  qMemoryRegionInfo: (session, argument) => region(session, hexNumber(argument)),
  QStartNoAckMode: (session) => session.stopAcknowledging(),
  QPassSignals: passSignals,
  QCatchSyscalls: catchSyscalls,
  QProgramSignals: () => "OK",
  QNonStop: (_session, argument) => (argument === "0" ? "OK" : "E01"),
};

export function query(session: Session, text: string): string | Promise<string> {
  const end = text.search(/[:;,]/);
  const name = end < 0 ? text : text.slice(0, end);
  const make = Object.hasOwn(QUERIES, name) ? QUERIES[name] : undefined;
  return make ? make(session, end < 0 ? "" : text.slice(end + 1)) : "";
}
