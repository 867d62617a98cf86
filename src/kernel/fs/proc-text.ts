/** The texts of /proc/PID/*: proc(5). */
import { major, minor } from "../../abi/stat.ts";
import type { File, Place } from "../../vfs/types.ts";
import type { ProcProcess, ProcTask } from "./proc-source.ts";

const PAGE = 4096;
/** USER_HZ: clock ticks are hundredths of a second. */
const TICK = 10000000;

const hex = (v: number, width = 8) => v.toString(16).padStart(width, "0");
const hex16 = (v: bigint) => v.toString(16).padStart(16, "0");
const kib = (bytes: number) => `${String(Math.floor(bytes / 1024)).padStart(8)} kB`;
const ticks = (ns: number | bigint) => Math.floor(Number(ns) / TICK);

export function statText(p: ProcProcess, t: ProcTask): string {
  const m = p.memory;
  const isLeader = t.tid === p.pid;
  const sum = (key: "utime" | "stime") => ticks(isLeader ? p.tasks.reduce((n, x) => n + x[key], 0) : t[key]);
  const fields: (number | string | bigint)[] = [
    t.tid,
    `(${t.comm})`,
    t.state,
    p.ppid,
    p.pgid,
    p.sid,
    p.tty.dev,
    p.tty.foreground,
    0x400000,
    ...[0, 0, 0, 0],
    sum("utime"),
    sum("stime"),
    ticks(p.children.utime),
    ticks(p.children.stime),
    20 + t.nice,
    t.nice,
    p.tasks.length,
    0,
    ticks(p.startTime),
    m?.size ?? 0,
    Math.floor((m?.rss ?? 0) / PAGE),
    18446744073709551615n,
    m?.startCode ?? 0,
    m?.endCode ?? 0,
    m?.startStack ?? 0,
    ...[0, 0],
    // Signals as decimal, below 31 only, for old programs.
    ...[t.pending, t.blocked, p.ignored, p.caught].map((s) => s & 0x7fffffffn),
    ...[0, 0, 0],
    p.exitSignal,
    ...[0, 0, 0, 0, 0, 0],
    m?.startData ?? 0,
    m?.endData ?? 0,
    m?.brkStart ?? 0,
    m?.argStart ?? 0,
    m?.argEnd ?? 0,
    m?.envStart ?? 0,
    m?.envEnd ?? 0,
    0,
  ];
  return `${fields.join(" ")}\n`;
}

const STATES: Record<ProcTask["state"], string> = {
  R: "R (running)",
  S: "S (sleeping)",
  D: "D (disk sleep)",
  T: "T (stopped)",
  t: "t (tracing stop)",
  Z: "Z (zombie)",
};

/** Tab, newline and backslash in names are escaped. */
function escaped(name: string): string {
  return name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

export function statusText(p: ProcProcess, t: ProcTask): string {
  const m = p.memory;
  const c = t.cred;
  const rows: [string, string | number][] = [
    ["Name", escaped(t.comm)],
    ["Umask", p.umask.toString(8).padStart(4, "0")],
    ["State", STATES[t.state]],
    ["Tgid", p.pid],
    ["Ngid", 0],
    ["Pid", t.tid],
    ["PPid", p.ppid],
    ["TracerPid", t.tracer],
    ["Uid", t.ids.uids.join("\t")],
    ["Gid", t.ids.gids.join("\t")],
    ["FDSize", m ? 64 * Math.ceil((Math.max(0, ...p.fds()) + 1) / 64) : 0],
    ["Groups", `${t.ids.groups.join(" ")} `],
    ["NStgid", p.pid],
    ["NSpid", t.tid],
    ["NSpgid", p.pgid],
    ["NSsid", p.sid],
  ];
  if (m) {
    rows.push(
      ["VmPeak", kib(m.size)],
      ["VmSize", kib(m.size)],
      ["VmLck", kib(0)],
      ["VmPin", kib(0)],
      ["VmHWM", kib(Math.max(m.peakRss, m.rss))],
      ["VmRSS", kib(m.rss)],
      ["VmData", kib(sizeOf(p, (v) => v.write && !v.shared && v.name !== "[stack]"))],
      ["VmStk", kib(sizeOf(p, (v) => v.name === "[stack]"))],
      ["VmExe", kib(Math.max(0, m.endCode - m.startCode))],
      ["VmLib", kib(sizeOf(p, (v) => v.exec && !v.write && v.ino !== 0))],
      ["VmPTE", kib(PAGE)],
      ["VmSwap", kib(0)],
    );
  }
  rows.push(
    ["Threads", p.tasks.length],
    ["SigQ", `0/${p.limits[11]?.soft ?? 0}`],
    ["SigPnd", hex16(t.pending)],
    ["ShdPnd", hex16(p.sharedPending)],
    ["SigBlk", hex16(t.blocked)],
    ["SigIgn", hex16(p.ignored)],
    ["SigCgt", hex16(p.caught)],
    ["CapInh", hex16(c.capInheritable)],
    ["CapPrm", hex16(c.capPermitted)],
    ["CapEff", hex16(c.capEffective)],
    ["CapBnd", hex16(c.capBounding)],
    ["CapAmb", hex16(c.capAmbient)],
    ["NoNewPrivs", c.noNewPrivs ? 1 : 0],
    ["Seccomp", t.seccomp.mode],
    ["Seccomp_filters", t.seccomp.filters],
    ["Cpus_allowed", 1],
    ["Cpus_allowed_list", 0],
    ["voluntary_ctxt_switches", 0],
    ["nonvoluntary_ctxt_switches", 0],
  );
  return rows.map(([k, v]) => `${k}:\t${v}\n`).join("");
}

type Mappings = NonNullable<ProcProcess["memory"]>["mappings"];
function sizeOf(p: ProcProcess, which: (v: ReturnType<Mappings>[number]) => boolean): number {
  return (p.memory?.mappings() ?? []).filter(which).reduce((n, v) => n + v.end - v.start, 0);
}

/** Sizes in pages: total, resident, shared, text, 0, data, 0. */
export function statmText(p: ProcProcess): string {
  const m = p.memory;
  if (!m) return "0 0 0 0 0 0 0\n";
  const pages = (bytes: number) => Math.floor(bytes / PAGE);
  const shared = m.mappings().reduce((n, v) => n + (v.ino ? v.rss : 0), 0);
  const data = sizeOf(p, (v) => v.write && !v.shared);
  return `${[m.size, m.rss, shared, Math.max(0, m.endCode - m.startCode), 0, data, 0].map(pages).join(" ")}\n`;
}

export function mapsText(p: ProcProcess): string {
  return (p.memory?.mappings() ?? []).map((v) => `${mapsLine(v)}\n`).join("");
}
function mapsLine(v: ReturnType<Mappings>[number]): string {
  const bit = (on: boolean, c: string) => (on ? c : "-");
  const perms = bit(v.read, "r") + bit(v.write, "w") + bit(v.exec, "x") + (v.shared ? "s" : "p");
  const dev = `${hex(major(v.dev), 2)}:${hex(minor(v.dev), 2)}`;
  const line = `${hex(v.start)}-${hex(v.end)} ${perms} ${hex(v.offset)} ${dev} ${v.ino} `;
  return v.name ? line.padEnd(73) + v.name.replaceAll("\n", "\\012") : line;
}

/** /proc/PID/smaps: the parts that programs add up. */
export function smapsText(p: ProcProcess): string {
  const row = (name: string, bytes: number) => `${`${name}:`.padEnd(16)}${kib(bytes)}\n`;
  let out = "";
  for (const v of p.memory?.mappings() ?? []) {
    const anonymous = v.ino === 0 || v.write ? v.rss : 0;
    out += `${mapsLine(v)}\n`;
    out += row("Size", v.end - v.start) + row("KernelPageSize", PAGE) + row("MMUPageSize", PAGE);
    out += row("Rss", v.rss) + row("Pss", v.rss) + row("Shared_Clean", 0) + row("Shared_Dirty", 0);
    out += row("Private_Clean", v.rss - anonymous) + row("Private_Dirty", anonymous);
    out += row("Referenced", v.rss) + row("Anonymous", anonymous) + row("Swap", 0);
  }
  return out;
}

const LIMITS: readonly [string, string][] = [
  ["Max cpu time", "seconds"],
  ["Max file size", "bytes"],
  ["Max data size", "bytes"],
  ["Max stack size", "bytes"],
  ["Max core file size", "bytes"],
  ["Max resident set", "bytes"],
  ["Max processes", "processes"],
  ["Max open files", "files"],
  ["Max locked memory", "bytes"],
  ["Max address space", "bytes"],
  ["Max file locks", "locks"],
  ["Max pending signals", "signals"],
  ["Max msgqueue size", "bytes"],
  ["Max nice priority", ""],
  ["Max realtime priority", ""],
  ["Max realtime timeout", "us"],
];

export function limitsText(p: ProcProcess): string {
  const show = (v: number | undefined) => (v === undefined || v === Number.POSITIVE_INFINITY ? "unlimited" : `${v}`);
  const row = (a: string, b: string, c: string, d: string) =>
    `${a.padEnd(25)} ${b.padEnd(20)} ${c.padEnd(20)} ${d.padEnd(10)}\n`;
  const head = row("Limit", "Soft Limit", "Hard Limit", "Units");
  return head + LIMITS.map(([n, u], i) => row(n, show(p.limits[i]?.soft), show(p.limits[i]?.hard), u)).join("");
}

export function fdinfoText(file: File, cloexec: boolean): string {
  const place: Place | undefined = file.place;
  const flags = (file.flags | (cloexec ? 0o2000000 : 0)).toString(8);
  return `pos:\t${file.pos}\nflags:\t0${flags}\nmnt_id:\t${place?.mount?.id ?? 0}\nino:\t${file.inode?.ino ?? 0}\n`;
}
