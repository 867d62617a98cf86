/** Names of constants, taken from abi/ by their prefix, so that no table of names has to agree with the numbers. */
import * as FCNTL from "../../abi/fcntl.ts";
import * as FUTEX from "../../abi/futex.ts";
import * as IOCTL from "../../abi/ioctl.ts";
import * as MMAN from "../../abi/mman.ts";
import * as POLL from "../../abi/poll.ts";
import * as PTRACE from "../../abi/ptrace.ts";
import * as RESOURCE from "../../abi/resource.ts";
import * as SCHED from "../../abi/sched.ts";
import * as SIGNAL from "../../abi/signal.ts";
import * as STAT from "../../abi/stat.ts";

type Names = readonly (readonly [number, string])[];

/** The numbers of a module whose names match, largest first, so that O_SYNC comes before the O_DSYNC it contains. */
function named(module: Readonly<Record<string, unknown>>, pattern: RegExp): Names {
  const list: [number, string][] = [];
  for (const [name, value] of Object.entries(module)) {
    if (typeof value === "number" && pattern.test(name)) list.push([value, name]);
  }
  return list.sort((a, b) => b[0] - a[0]);
}

/** "A|B|0x40" for a set of bits; `zero` is what the empty set is called. */
function bits(value: number, names: Names, zero = "0"): string {
  let left = BigInt(value);
  const out: string[] = [];
  for (const [bit, name] of names) {
    const mask = BigInt(bit);
    if (mask === 0n || (left & mask) !== mask) continue;
    out.unshift(name);
    left &= ~mask;
  }
  if (left) out.push(`0x${left.toString(16)}`);
  return out.length > 0 ? out.join("|") : zero;
}

const AT = named(FCNTL, /^AT_(?!FDCWD|EACCESS|REMOVEDIR|STATX)/);
const OPEN = named(FCNTL, /^O_(?!ACCMODE|RDONLY|WRONLY|RDWR|LARGEFILE)/);
const PROT = named(MMAN, /^PROT_/);
const MAP = named(MMAN, /^MAP_(?!TYPE|SHARED|PRIVATE)/);
const CLONE = named(SCHED, /^CLONE_(?!ARGS)/);
const MAP_TYPES = ["MAP_FILE", "MAP_SHARED", "MAP_PRIVATE", "MAP_SHARED_VALIDATE"];
const ACCESS_MODES = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"];

function openFlags(v: number): string {
  const rest = bits(v & ~FCNTL.O_ACCMODE & ~FCNTL.O_LARGEFILE, OPEN, "");
  return ACCESS_MODES[v & 3] + (rest && `|${rest}`);
}

/** pipe2 and its like take O_ flags, but no access mode. */
function creationFlags(v: number): string {
  return bits(v, OPEN);
}

function cloneFlags(v: number): string {
  const signal = v % 256;
  const flags = bits(v - signal, CLONE, "");
  return [flags, signal ? SIGNAL.signalName(signal) : ""].filter((s) => s).join("|") || "0";
}

/** Sets of flags, by the name in a row's "flags:NAME". */
export const FLAGS: Readonly<Record<string, (v: number) => string>> = {
  open: openFlags,
  create: creationFlags,
  at: (v) => bits(v, AT),
  unlink: (v) => bits(v, [[FCNTL.AT_REMOVEDIR, "AT_REMOVEDIR"]]),
  faccessat: (v) => bits(v, [[FCNTL.AT_EACCESS, "AT_EACCESS"], ...AT]),
  access: (v) => bits(v, named(FCNTL, /^[RWX]_OK$/), "F_OK"),
  rename: (v) => bits(v, named(FCNTL, /^RENAME_/)),
  fallocate: (v) => bits(v, named(FCNTL, /^FALLOC_/)),
  flock: (v) => bits(v, named(FCNTL, /^LOCK_/)),
  memfd: (v) => bits(v, named(FCNTL, /^MFD_/)),
  statx: (v) => bits(v, [[STAT.STATX_BASIC_STATS | STAT.STATX_BTIME, "STATX_ALL"], ...named(STAT, /^STATX_(?!SIZE)/)]),
  eventfd: (v) =>
    bits(v, [
      [FCNTL.O_CLOEXEC, "EFD_CLOEXEC"],
      [FCNTL.O_NONBLOCK, "EFD_NONBLOCK"],
      [1, "EFD_SEMAPHORE"],
    ]),
  close_range: (v) =>
    bits(v, [
      [4, "CLOSE_RANGE_CLOEXEC"],
      [2, "CLOSE_RANGE_UNSHARE"],
    ]),
  splice: (v) =>
    bits(v, [
      [8, "SPLICE_F_GIFT"],
      [4, "SPLICE_F_MORE"],
      [2, "SPLICE_F_NONBLOCK"],
      [1, "SPLICE_F_MOVE"],
    ]),
  rwf: (v) =>
    bits(v, [
      [8, "RWF_NOWAIT"],
      [4, "RWF_SYNC"],
      [2, "RWF_DSYNC"],
      [1, "RWF_HIPRI"],
    ]),
  mmap_prot: (v) => bits(v, PROT, "PROT_NONE"),
  mmap: mapFlags,
  mremap: (v) => bits(v, named(MMAN, /^MREMAP_/)),
  msync: (v) => bits(v, named(MMAN, /^MS_/)),
  clone: cloneFlags,
  poll: (v) => bits(v, named(POLL, /^POLL/)),
  epoll: (v) =>
    bits(
      v,
      named(POLL, /^(POLL|EPOLL(ET|ONESHOT|WAKEUP|EXCLUSIVE)$)/).map(([n, s]) => [n, s.startsWith("E") ? s : `E${s}`]),
    ),
  sa: (v) => bits(v, named(SIGNAL, /^SA_/)),
  wait: (v) =>
    bits(v, [
      [8, "WCONTINUED"],
      [2, "WSTOPPED"],
      [4, "WEXITED"],
      [1, "WNOHANG"],
      [0x1000000, "WNOWAIT"],
    ]),
  getrandom: (v) =>
    bits(v, [
      [4, "GRND_INSECURE"],
      [2, "GRND_RANDOM"],
      [1, "GRND_NONBLOCK"],
    ]),
};

function mapFlags(v: number): string {
  const rest = bits(v & ~MMAN.MAP_TYPE, MAP, "");
  return (MAP_TYPES[v & MMAN.MAP_TYPE] ?? `0x${(v & 15).toString(16)}`) + (rest && `|${rest}`);
}

function one(names: Names): (v: number) => string {
  return (v) => names.find((n) => n[0] === v)?.[1] ?? (v < 0 ? `${v}` : `0x${v.toString(16)}`);
}

/** Single values with names, by argument kind. */
export const ENUMS: Readonly<Record<string, (v: number) => string>> = {
  whence: one(named(FCNTL, /^SEEK_/)),
  fcntl: one(named(FCNTL, /^F_(?!OK|RDLCK|WRLCK|UNLCK|SEAL)/)),
  fadvise: one(named(FCNTL, /^POSIX_FADV_/)),
  ioctl: one(named(IOCTL, /./)),
  epoll_op: one(named(POLL, /^EPOLL_CTL_/)),
  futex_op: (v) => {
    const op = one(named(FUTEX, /^FUTEX_(?!PRIVATE|CLOCK|CMD_MASK|WAITERS|OWNER|TID|BITSET)/))(v & 127);
    return op + (v & 128 ? "_PRIVATE" : "") + (v & 256 ? "|FUTEX_CLOCK_REALTIME" : "");
  },
  madvise: one(named(MMAN, /^MADV_/)),
  sig_how: one(named(SIGNAL, /^SIG_(BLOCK|UNBLOCK|SETMASK)/)),
  resource: one(named(RESOURCE, /^RLIMIT_/)),
  clockid: one([
    [0, "CLOCK_REALTIME"],
    [1, "CLOCK_MONOTONIC"],
    [2, "CLOCK_PROCESS_CPUTIME_ID"],
    [3, "CLOCK_THREAD_CPUTIME_ID"],
    [4, "CLOCK_MONOTONIC_RAW"],
    [5, "CLOCK_REALTIME_COARSE"],
    [6, "CLOCK_MONOTONIC_COARSE"],
    [7, "CLOCK_BOOTTIME"],
  ]),
  ptrace: one(named(PTRACE, /^PTRACE_(?!O_|EVENT_)/)),
  arch_prctl: one([
    [0x1001, "ARCH_SET_GS"],
    [0x1002, "ARCH_SET_FS"],
    [0x1003, "ARCH_GET_FS"],
    [0x1004, "ARCH_GET_GS"],
  ]),
};

/** "S_IFREG|0644". */
export function modeText(mode: number): string {
  const type = named(STAT, /^S_IF(?!MT)/).find((n) => n[0] === (mode & STAT.S_IFMT))?.[1];
  const bits = (mode & 0o7777)
    .toString(8)
    .padStart(type ? 4 : 3, "0")
    .replace(/^(?=[1-7])/, "0");
  return type ? `${type}|${bits}` : bits;
}

/** si_code of a signal. */
export function codeName(signo: number, code: number): string {
  const prefix: Readonly<Record<number, RegExp>> = {
    [SIGNAL.SIGSEGV]: /^SEGV_/,
    [SIGNAL.SIGBUS]: /^BUS_/,
    [SIGNAL.SIGFPE]: /^FPE_/,
    [SIGNAL.SIGILL]: /^ILL_/,
    [SIGNAL.SIGTRAP]: /^TRAP_/,
    [SIGNAL.SIGCHLD]: /^CLD_/,
  };
  const general = named(SIGNAL, /^SI_/);
  return one([...(code > 0 && prefix[signo] ? named(SIGNAL, prefix[signo]) : []), ...general])(code);
}
