/** Arguments of system calls as strace(1) prints them, by the kinds in the rows. */
import { AT_FDCWD } from "../../abi/fcntl.ts";
import { signalName } from "../../abi/signal.ts";
import type { UserMemory } from "../../mmu/user.ts";
import type { Call } from "../types.ts";
import { ENUMS, FLAGS, modeText } from "./flags.ts";
import { STRUCTS } from "./structs.ts";
import { pointer, quote, quoteString, SHOWN } from "./text.ts";

/** One argument; `result` is undefined while the call has none (entry, or it does not return). */
export interface Argument {
  call: Call;
  user: UserMemory;
  index: number;
  value: number;
  result: number | undefined;
}

function buffer(a: Argument, length: number): string {
  const n = Math.min(length, SHOWN);
  return quote(a.user.readBytes(a.value, n), length > n);
}

/** Vectors of strings: argv, envp. */
function strings(a: Argument): string {
  const out: string[] = [];
  for (let at = a.value; out.length < SHOWN; at += 8) {
    const p = a.user.u64(at);
    if (p === 0) return `[${out.join(", ")}]`;
    out.push(text(a.user, p));
  }
  return `[${out.join(", ")}, ...]`;
}

function text(user: UserMemory, at: number): string {
  const s = user.cstring(at, 4096) ?? "";
  return quoteString(s.slice(0, 256), s.length > 256);
}

function vector(a: Argument, limit: number): string {
  const count = a.call.args[a.index + 1];
  const out: string[] = [];
  let left = limit;
  for (let i = 0; i < Math.min(count, 16); i++) {
    const base = a.user.u64(a.value + 16 * i);
    const length = a.user.u64(a.value + 16 * i + 8);
    const shown = Math.min(length, left);
    left -= shown;
    out.push(`{iov_base=${buffer({ ...a, value: base }, shown)}, iov_len=${length}}`);
  }
  return `[${out.join(", ")}${count > 16 ? ", ..." : ""}]`;
}

const number = (a: Argument): string => `${a.value}`;
const address = (a: Argument): string => pointer(a.value);
const failed = (a: Argument): boolean => a.result === undefined || a.result < 0;

const KINDS: Readonly<Record<string, (a: Argument) => string>> = {
  int: number,
  uint: number,
  long: number,
  size: (a) => `${a.call.argBig(a.index)}`,
  off: number,
  fd: number,
  pid: number,
  ptr: address,
  ulong: (a) => `0x${a.call.argBig(a.index).toString(16)}`,
  hex: (a) => `0x${BigInt.asUintN(64, a.call.argBig(a.index)).toString(16)}`,
  dirfd: (a) => (a.value === AT_FDCWD ? "AT_FDCWD" : `${a.value}`),
  path: (a) => text(a.user, a.value),
  str: (a) => text(a.user, a.value),
  str_array: strings,
  buf_in: (a) => buffer(a, a.call.args[a.index + 1]),
  buf_out: (a) => (failed(a) ? pointer(a.value) : buffer(a, a.result ?? 0)),
  str_out: (a) => (failed(a) ? pointer(a.value) : text(a.user, a.value)),
  iov_in: (a) => vector(a, Number.POSITIVE_INFINITY),
  iov_out: (a) => (failed(a) ? pointer(a.value) : vector(a, a.result ?? 0)),
  mode: (a) => modeText(a.value),
  sig: (a) => (a.value === 0 ? "0" : signalName(a.value)),
  dev: (a) => `0x${a.value.toString(16)}`,
  fcntl_arg: (a) => `0x${a.call.argBig(a.index).toString(16)}`,
  ioctl_arg: address,
};

/** Pointers whose contents say more than the address. */
const POINTS = new Set(["path", "str", "str_array", "buf_in", "buf_out", "str_out", "iov_in", "iov_out"]);

/** The argument's text. What cannot be read is shown as an address. */
export function formatArgument(kind: string, a: Argument): string {
  try {
    if (kind.startsWith("flags:")) return FLAGS[kind.slice(6)]?.(a.value) ?? `0x${(a.value >>> 0).toString(16)}`;
    const name = kind.startsWith("struct:") ? kind.slice(7) : kind;
    if (STRUCTS[name]) return a.value === 0 ? "NULL" : STRUCTS[name](a);
    if (ENUMS[name]) return ENUMS[name](a.value);
    if (POINTS.has(name) && a.value === 0) return "NULL";
    return KINDS[name]?.(a) ?? pointer(a.value);
  } catch {
    return pointer(a.value);
  }
}
