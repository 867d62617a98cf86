/** What the log says of a crash: the signal, registers, code, callers and mappings. */
import { type SigInfo, signalName } from "../../abi/signal.ts";
import { decode } from "../../decode/decode.ts";
import { disassemble, GP64 } from "../../decode/text.ts";
import { codeName } from "../../kernel/strace/flags.ts";
import type { Task } from "../../kernel/task.ts";
import { EXEC, READ, WRITE } from "../../mmu/access.ts";
import { placePath } from "../../vfs/place.ts";
import { peek } from "../memory.ts";
import type { Symbols } from "../symbols/symbols.ts";

const COLUMNS = 4;
const MOST_FRAMES = 64;
/** Code is shown from the function's beginning if that is no farther. */
const NEAR = 48;
const BEFORE = 4;
const AFTER = 4;
const LONGEST = 15;

const hex = (v: number | bigint, width = 0): string => v.toString(16).padStart(width, "0");

function headline(task: Task, info: SigInfo): string {
  const exe = task.mm.exe && placePath(task.mm.exe);
  const at = info.addr === undefined ? "" : `, address 0x${hex(BigInt.asUintN(64, info.addr))}`;
  const by = info.code <= 0 && info.pid ? `, from process ${info.pid}` : "";
  const who = `process ${task.process.pid}, thread ${task.tid} "${task.name}"`;
  return `crash: ${exe ?? task.name} (${who}): ${signalName(info.signo)} (${codeName(info.signo, info.code)}${at}${by})`;
}

function registers(task: Task): string[] {
  const { regs } = task;
  const all = GP64.map((name, n) => `${name.padEnd(3)} ${hex(regs.gpr(n), 16)}`);
  all.push(`rip ${hex(regs.rip, 16)}`, `flags ${hex(regs.flags >>> 0)}`, `fs_base ${hex(regs.fsBase)}`);
  const rows: string[] = [];
  for (let i = 0; i < all.length; i += COLUMNS) rows.push(`  ${all.slice(i, i + COLUMNS).join("  ")}`);
  return rows;
}

interface Line {
  address: number;
  text: string;
}

function instructions(task: Task, from: number, to: number): Line[] {
  const bytes = peek(task.mm, from, to - from);
  const out: Line[] = [];
  for (let at = 0; at < bytes.length; ) {
    const insn = decode(bytes, at, bytes.length, 64);
    if (typeof insn === "string") {
      out.push({ address: from + at, text: insn === "short" ? "" : `(bad) ${hex(bytes[at], 2)}` });
      at++;
    } else {
      out.push({ address: from + at, text: disassemble(insn, BigInt(from + at)) });
      at += insn.length;
    }
  }
  return out.filter((l) => l.text !== "");
}

function code(task: Task, symbols: Symbols): string[] {
  const rip = Number(task.regs.rip);
  const offset = symbols.nameAt(task, rip)?.offset ?? 0;
  const from = offset <= NEAR ? rip - offset : rip;
  const lines = instructions(task, from, rip + AFTER * LONGEST);
  const here = lines.findIndex((l) => l.address === rip);
  if (here < 0) return ["  no code there"];
  return lines
    .slice(Math.max(0, here - BEFORE), here + AFTER)
    .map((l) => `  ${l.address === rip ? "=>" : "  "} ${hex(l.address)}  ${l.text}`);
}

function backtrace(task: Task, symbols: Symbols): string[] {
  return symbols.frames(task, MOST_FRAMES).map(({ pc, at, name: shown }, i) => {
    const symbol = symbols.nameAt(task, at);
    const line = symbols.lineAt(task, at);
    // The offset is that of the pc, which for callers lies behind the call.
    const name = symbol
      ? ` ${symbol.name}+0x${hex(symbol.offset + (pc - at))} (${symbol.object})`
      : shown
        ? ` ${shown}`
        : "";
    return `  #${`${i}`.padEnd(2)} ${hex(pc, 12)}${name}${line ? ` ${line.file}:${line.line}` : ""}`;
  });
}

function maps(task: Task): string[] {
  return task.mm.vmas.list.map((v) => {
    const bit = (on: number, c: string): string => (on ? c : "-");
    const rights =
      bit(v.prot & READ, "r") + bit(v.prot & WRITE, "w") + bit(v.prot & EXEC, "x") + (v.shared ? "s" : "p");
    const name = v.source ? `${hex(v.offset, 8)} ${v.source.describe()}` : v.name;
    return `  ${hex(v.start, 12)}-${hex(v.end, 12)} ${rights} ${name}`.trimEnd();
  });
}

/** The lines for the log; of what cannot be found out it says so. */
export function* crashReport(task: Task, info: SigInfo, symbols: Symbols): Generator<string> {
  yield headline(task, info);
  yield* registers(task);
  yield " code:";
  yield* code(task, symbols);
  yield " backtrace:";
  yield* backtrace(task, symbols);
  yield " maps:";
  yield* maps(task);
}
