import { errnoMessage, errnoName } from "../../abi/errno.ts";
import * as F from "../../abi/fcntl.ts";
import { SIGCHLD, type SigInfo, signalName } from "../../abi/signal.ts";
import { WCOREFLAG } from "../../abi/wait.ts";
import type { Kernel, Trace } from "../kernel.ts";
import type { Process } from "../process.ts";
import type { Task } from "../task.ts";
import type { Call } from "../types.ts";
import { formatArgument } from "./arguments.ts";
import { codeName, modeText } from "./flags.ts";
import { pointer } from "./text.ts";

/** Where strace(1) puts the "=" of a short line. */
const COLUMN = 39;
/** Calls whose result is an address. */
const ADDRESSES = new Set(["brk", "mmap", "mremap", "shmat"]);
/** Calls that never return, or not to what called them: shown at entry. */
const GONE = new Set(["exit", "exit_group", "execve", "execveat", "rt_sigreturn"]);

/** Prints system calls and signals as strace(1) does. */
export class Tracer implements Trace {
  /** Text of execve, whose arguments are gone once it has succeeded. */
  private readonly begun = new WeakMap<Call, string>();

  constructor(
    private readonly kernel: Kernel,
    private readonly print: (line: string) => void,
    /** Also print calls when they begin (-ss). */
    private readonly entries: boolean,
  ) {}

  private line(task: { tid: number }, text: string): void {
    const many = this.kernel.tasks.size > 1;
    this.print(many ? `[pid ${`${task.tid}`.padStart(5)}] ${text}` : text);
  }
  private text(call: Call, result: number | undefined): string {
    const user = call.task.mm.user;
    const parts = call.row.args.slice(0, meaningful(call)).map((arg, index) => {
      const kind = arg.slice(arg.indexOf(":") + 1);
      return formatArgument(kind, { call, user, index, value: call.args[index], result });
    });
    return `${call.row.name}(${parts.join(", ")})`;
  }

  enter(call: Call): void {
    const { name } = call.row;
    if (!this.entries && !GONE.has(name)) return;
    const text = this.text(call, undefined);
    if (GONE.has(name)) this.begun.set(call, text);
    if (name === "exit" || name === "exit_group") this.line(call.task, `${text.padEnd(COLUMN)} = ?`);
    else if (this.entries) this.line(call.task, `${text} ...`);
  }
  exit(call: Call, result: number | "restart" | undefined): void {
    const { name } = call.row;
    if (name === "exit" || name === "exit_group") return;
    const value = typeof result === "number" ? result : undefined;
    const text = this.begun.get(call) ?? this.text(call, value);
    this.line(call.task, `${text.padEnd(COLUMN)} = ${outcome(call, result)}`);
  }
  signal(task: Task, info: SigInfo): void {
    const name = signalName(info.signo);
    const parts = [`si_signo=${name}`, `si_code=${codeName(info.signo, info.code)}`];
    if (info.addr !== undefined) parts.push(`si_addr=${pointer(info.addr)}`);
    else if (info.pid !== undefined) parts.push(`si_pid=${info.pid}`, `si_uid=${info.uid ?? 0}`);
    if (info.signo === SIGCHLD && info.status !== undefined) parts.push(`si_status=${info.status}`);
    this.line(task, `--- ${name} {${parts.join(", ")}} ---`);
  }
  exited(process: Process, status: number): void {
    const signo = status & 0x7f;
    const how = signo
      ? `killed by ${signalName(signo)}${status & WCOREFLAG ? " (core dumped)" : ""}`
      : `exited with ${(status >> 8) & 255}`;
    this.line({ tid: process.pid }, `+++ ${how} +++`);
  }
}

/** Commands of fcntl(2) without a third argument. */
const PLAIN_COMMANDS = [F.F_GETFD, F.F_GETFL, F.F_GETOWN, F.F_GETSIG, F.F_GETLEASE, F.F_GETPIPE_SZ, F.F_GET_SEALS];

/** How many arguments mean something: open(2) needs no mode unless it creates, fcntl(2) not always a third one. */
function meaningful(call: Call): number {
  const { args, row } = call;
  const flags = row.name === "open" ? args[1] : row.name === "openat" ? args[2] : F.O_CREAT;
  const short = !(flags & F.O_CREAT) && (flags & F.O_TMPFILE) !== F.O_TMPFILE;
  return row.args.length - (short || (row.name === "fcntl" && PLAIN_COMMANDS.includes(args[1])) ? 1 : 0);
}

function outcome(call: Call, result: number | "restart" | undefined): string {
  if (result === "restart") return "? ERESTARTSYS (To be restarted if SA_RESTART is set)";
  if (result === undefined) return call.row.name.startsWith("exec") ? "0" : "?";
  if (result < 0 && result > -4096) return `-1 ${errnoName(-result)} (${errnoMessage(-result)})`;
  if (call.row.name === "umask") return modeText(result);
  return ADDRESSES.has(call.row.name) ? pointer(result) : `${result}`;
}
