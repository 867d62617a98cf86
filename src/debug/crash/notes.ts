/** The notes of a core file: fs/binfmt_elf.c of Linux says which, <linux/elfcore.h> what is in them. */
import * as E from "../../abi/elf.ts";
import { NT_PRFPREG, NT_PRSTATUS, NT_X86_XSTATE } from "../../abi/ptrace.ts";
import type { SigInfo } from "../../abi/signal.ts";
import { alignUp } from "../../base/bits.ts";
import { plainXstate, saveFp } from "../../kernel/fpstate.ts";
import { encodeSigInfo } from "../../kernel/siginfo.ts";
import type { Task } from "../../kernel/task.ts";
import { readRegs } from "../../kernel/user-regs.ts";
import { PAGE } from "../../mmu/frames.ts";
import { placePath } from "../../vfs/place.ts";
import { peek } from "../memory.ts";

const FXSAVE_SIZE = 512;
const MOST_ARGUMENTS = 80;
const MOST_NAME = 16;

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0) & 255);

function note(owner: string, type: number, content: Uint8Array): Uint8Array {
  const nameSize = owner.length + 1;
  const at = 12 + alignUp(nameSize, 4);
  const out = new Uint8Array(at + alignUp(content.length, 4));
  const v = new DataView(out.buffer);
  v.setUint32(0, nameSize, true);
  v.setUint32(4, content.length, true);
  v.setUint32(8, type, true);
  out.set(bytesOf(owner), 12);
  out.set(content, at);
  return out;
}

/** struct timeval. */
function time(v: DataView, at: number, ns: number): void {
  v.setBigInt64(at, BigInt(Math.floor(ns / 1e9)), true);
  v.setBigInt64(at + 8, BigInt(Math.floor((ns % 1e9) / 1000)), true);
}

/** pid, ppid, pgrp, sid: in that order in both structures. */
function ids(v: DataView, at: number, pid: number, { process }: Task): void {
  [pid, process.ppid, process.pgid, process.sid].forEach((n, i) => {
    v.setInt32(at + i * 4, n, true);
  });
}

function prstatus(task: Task, info: SigInfo): Uint8Array {
  const out = new Uint8Array(E.PRSTATUS_SIZE);
  const v = new DataView(out.buffer);
  v.setInt32(0, info.signo, true);
  v.setInt32(4, info.code, true);
  v.setInt16(E.PR_CURSIG, info.signo, true);
  v.setBigUint64(E.PR_SIGPEND, task.pending.set, true);
  v.setBigUint64(E.PR_SIGHOLD, task.mask, true);
  ids(v, E.PR_PID, task.tid, task);
  time(v, E.PR_UTIME, task.usage.utime);
  time(v, E.PR_UTIME + 16, task.usage.stime);
  out.set(readRegs(task), E.PR_REG);
  v.setInt32(E.PR_FPVALID, 1, true);
  return out;
}

function prpsinfo(task: Task): Uint8Array {
  const out = new Uint8Array(E.PRPSINFO_SIZE);
  const v = new DataView(out.buffer);
  v.setUint8(1, "R".charCodeAt(0));
  v.setInt8(3, task.nice);
  v.setBigUint64(E.PR_FLAG, 0x400000n, true);
  v.setUint32(E.PR_UID, task.cred.uid, true);
  v.setUint32(E.PR_UID + 4, task.cred.gid, true);
  ids(v, E.PR_UID + 8, task.process.pid, task);
  out.set(bytesOf(task.name).subarray(0, MOST_NAME - 1), E.PR_FNAME);
  const { argStart, argEnd } = task.mm;
  const args = peek(task.mm, argStart, Math.min(MOST_ARGUMENTS - 1, argEnd - argStart));
  out.set(
    args.map((b) => b || 0x20),
    E.PR_PSARGS,
  );
  return out;
}

function auxv(task: Task): Uint8Array {
  return new Uint8Array(BigUint64Array.from(task.mm.auxv.map((w) => BigInt.asUintN(64, w))).buffer);
}

/** Which files are mapped where; offsets in pages. */
function files(task: Task): Uint8Array {
  const mapped = task.mm.vmas.list.flatMap((v) => {
    const place = v.source?.place;
    return place ? [{ v, name: `${(place.parent && placePath(place)) || v.source?.describe()}\0` }] : [];
  });
  const words = [BigInt(mapped.length), BigInt(PAGE)];
  for (const { v } of mapped) words.push(BigInt(v.start), BigInt(v.end), BigInt(v.offset / PAGE));
  const head = new Uint8Array(BigUint64Array.from(words).buffer);
  const names = bytesOf(mapped.map((m) => m.name).join(""));
  const out = new Uint8Array(head.length + names.length);
  out.set(head);
  out.set(names, head.length);
  return out;
}

/** All notes of a process, that of the thread that crashed first. */
export function notes(task: Task, info: SigInfo): Uint8Array[] {
  const registers = (t: Task, signal: SigInfo): Uint8Array[] => [
    note("CORE", NT_PRSTATUS, prstatus(t, signal)),
    note("CORE", NT_PRFPREG, saveFp(t.regs, FXSAVE_SIZE).slice()),
    note("LINUX", NT_X86_XSTATE, plainXstate(t.regs)),
  ];
  const [status, ...floats] = registers(task, info);
  const others = task.process.tasks.filter((t) => t !== task);
  return [
    status,
    note("CORE", E.NT_PRPSINFO, prpsinfo(task)),
    note("CORE", E.NT_SIGINFO, encodeSigInfo(info)),
    note("CORE", E.NT_AUXV, auxv(task)),
    note("CORE", E.NT_FILE, files(task)),
    ...floats,
    ...others.flatMap((t) => registers(t, info)),
  ];
}
