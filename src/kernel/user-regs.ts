/** Registers as debuggers see them: struct user_regs_struct and struct user of <sys/user.h>. */
import * as P from "../abi/ptrace.ts";
import { AC, ARITH, DF, RF, TF } from "../cpu/flags.ts";
import * as L from "../cpu/layout.ts";
import { codeSelector, stackSelector } from "./segments.ts";
import type { Task } from "./task.ts";

/** Flags that a debugger may change. */
const FLAGS = ARITH | TF | DF | RF | AC;

type Name = (typeof P.USER_REGS)[number];

function read(task: Task, name: Name): bigint {
  const { regs } = task;
  if (typeof name === "number") return regs.gpr(name);
  switch (name) {
    case "orig_rax":
      return BigInt(task.origRax);
    case "rip":
      return regs.rip;
    case "cs":
      return BigInt(codeSelector(task));
    case "ss":
      return BigInt(stackSelector(task));
    case "eflags":
      return BigInt(regs.flags >>> 0);
    case "fs_base":
      return regs.fsBase;
    case "gs_base":
      return regs.gsBase;
    default:
      return BigInt(regs.u16(L.SEL + { ds: L.DS, es: L.ES, fs: L.FS, gs: L.GS }[name] * 2));
  }
}

/** False if the value may not stand there. Selectors stay as they are. */
function write(task: Task, name: Name, value: bigint): boolean {
  const { regs } = task;
  const v = BigInt.asUintN(64, value);
  if (typeof name === "number") regs.setGpr(name, v);
  else if (name === "orig_rax") task.origRax = Number(BigInt.asIntN(32, v));
  else if (name === "rip") regs.rip = v;
  else if (name === "eflags") regs.flags = (regs.flags & ~FLAGS) | (Number(v & 0xffffffffn) & FLAGS);
  else if (name === "fs_base" || name === "gs_base") {
    if (v >> 47n) return false;
    if (name === "fs_base") regs.fsBase = v;
    else regs.gsBase = v;
  }
  return true;
}

export function readRegs(task: Task): Uint8Array {
  const out = new DataView(new ArrayBuffer(P.USER_REGS_SIZE));
  P.USER_REGS.forEach((name, i) => {
    out.setBigUint64(i * 8, BigInt.asUintN(64, read(task, name)), true);
  });
  return new Uint8Array(out.buffer);
}

/** Sets as many registers as there are whole words. */
export function writeRegs(task: Task, bytes: Uint8Array): boolean {
  const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return P.USER_REGS.slice(0, bytes.length >> 3).every((name, i) => write(task, name, v.getBigUint64(i * 8, true)));
}

/** PTRACE_PEEKUSER: a word of struct user. Beside the registers all of it is zero: there are no debug registers. */
export function peekUser(task: Task, offset: number): bigint | undefined {
  if (offset < 0 || offset % 8 !== 0 || offset >= P.USER_SIZE) return undefined;
  const name = P.USER_REGS[offset / 8];
  return name === undefined ? 0n : read(task, name);
}

export function pokeUser(task: Task, offset: number, value: bigint): boolean {
  if (offset < 0 || offset % 8 !== 0 || offset >= P.USER_SIZE) return false;
  const name = P.USER_REGS[offset / 8];
  if (name !== undefined) return write(task, name, value);
  if (offset < P.USER_DEBUGREG || value === 0n) return offset >= P.USER_DEBUGREG;
  task.kernel.log("ptrace: hardware breakpoints and watchpoints are not supported");
  return false;
}
