/** The system, limits, prctl(2) and what else fits nowhere. */
import { EFAULT, EINVAL, ENODEV, ENOSYS, EPERM, ESRCH } from "../../abi/errno.ts";
import * as P from "../../abi/prctl.ts";
import * as R from "../../abi/resource.ts";
import { USER_END } from "../../mmu/space.ts";
import { CAP_SETPCAP, CAP_SYS_ADMIN, CAP_SYS_RESOURCE, capable, capableGlobally, capableIn } from "../cred.ts";
import type { Process } from "../process.ts";
import type { Limit } from "../rlimit.ts";
import { processUsage, writeRusage } from "../rusage.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";
import { setSeccomp } from "./seccomp.ts";

const UTS_FIELD = 65;
/** What programs see; the release says which kernel's behaviour is followed. */
export const UTS = { sysname: "Linux", release: "6.1.0-blink", version: "#1 SMP blink.ts", machine: "x86_64" };

function uname(call: Call, buf: number): SysResult {
  const { hostname, domainname } = call.task.ns.uts;
  const bytes = new Uint8Array(UTS_FIELD * 6);
  [UTS.sysname, hostname, UTS.release, UTS.version, UTS.machine, domainname].forEach((text, i) => {
    for (let j = 0; j < Math.min(text.length, UTS_FIELD - 1); j++) bytes[i * UTS_FIELD + j] = text.charCodeAt(j);
  });
  call.task.mm.user.writeBytes(buf, bytes);
  return 0;
}

function setName(call: Call, name: number, length: number, set: (text: string) => void): SysResult {
  if (!capableIn(call.task.cred, call.task.ns.uts.owner, CAP_SYS_ADMIN)) return -EPERM;
  if (length < 0 || length > 64) return -EINVAL;
  set(String.fromCharCode(...call.task.mm.user.readBytes(name, length)));
  return 0;
}

const SYSINFO_SIZE = 112;

function sysinfo(call: Call, info: number): SysResult {
  const { kernel } = call;
  const v = new DataView(new ArrayBuffer(SYSINFO_SIZE));
  v.setBigInt64(0, (kernel.now() - kernel.bootTime) / 1000000000n, true);
  v.setBigUint64(32, BigInt(kernel.frames.total), true);
  v.setBigUint64(40, BigInt(kernel.frames.available), true);
  v.setUint16(80, Math.min(0xffff, kernel.processes.size), true);
  // mem_unit
  v.setUint32(104, 1, true);
  call.task.mm.user.writeBytes(info, new Uint8Array(v.buffer));
  return 0;
}

/** Lengths are unsigned; one call gives this much at most. */
const MOST_RANDOM = 0x1ffffff;
const GRND_ALL = 7;
const GRND_INSECURE_RANDOM = 6;

function getrandom(call: Call, buf: number, length: number, flags: number): SysResult {
  if (flags & ~GRND_ALL || (flags & GRND_INSECURE_RANDOM) === GRND_INSECURE_RANDOM) return -EINVAL;
  const bytes = new Uint8Array(length < 0 ? MOST_RANDOM : Math.min(length, MOST_RANDOM));
  call.kernel.host.random(bytes);
  const n = call.task.mm.user.writePartial(buf, bytes);
  return n === 0 && bytes.length > 0 ? -EFAULT : n;
}

function limitNumber(v: number): bigint {
  return v === Number.POSITIVE_INFINITY ? 0xffffffffffffffffn : BigInt(v);
}

/** Numbers that need more than 53 bits are as good as no limit. */
function numberLimit(v: bigint): number {
  return v >= 1n << 53n ? Number.POSITIVE_INFINITY : Number(v);
}

function writeLimit(call: Call, at: number, l: Limit): void {
  call.task.mm.user.setU64(at, limitNumber(l.soft));
  call.task.mm.user.setU64(at + 8, limitNumber(l.hard));
}

function changeLimit(call: Call, process: Process, resource: number, at: number): number {
  const { user } = call.task.mm;
  const next = { soft: numberLimit(user.big(at)), hard: numberLimit(user.big(at + 8)) };
  if (next.soft > next.hard) return -EINVAL;
  const old = process.limits[resource];
  if (next.hard > old.hard && !capableGlobally(call.task.cred, CAP_SYS_RESOURCE)) return -EPERM;
  // fs.nr_open
  if (resource === R.RLIMIT_NOFILE && next.hard > 1048576) return -EPERM;
  process.limits[resource] = next;
  if (resource === R.RLIMIT_STACK) for (const t of process.tasks) t.mm.stackLimit = next.soft;
  return 0;
}

function prlimit(call: Call, pid: number, resource: number, next: number, old: number): SysResult {
  const process = pid === 0 ? call.task.process : call.kernel.processes.get(pid);
  if (resource >= R.RLIM_NLIMITS) return -EINVAL;
  if (!process) return -ESRCH;
  if (process !== call.task.process && call.task.cred.euid !== 0 && process.uid !== call.task.cred.uid) return -EPERM;
  const before = { ...process.limits[resource] };
  if (next) {
    const r = changeLimit(call, process, resource, next);
    if (r < 0) return r;
  }
  if (old) writeLimit(call, old, before);
  return 0;
}

function getrusage(call: Call, who: number, at: number): SysResult {
  const { task } = call;
  const usage =
    who === R.RUSAGE_SELF
      ? processUsage(task.process)
      : who === R.RUSAGE_CHILDREN
        ? task.process.childUsage
        : who === R.RUSAGE_THREAD
          ? task.usage
          : undefined;
  if (!usage) return -EINVAL;
  writeRusage(task.mm.user, at, usage);
  return 0;
}

function archPrctl(call: Call, code: number, address: number): SysResult {
  const { regs, mm } = call.task;
  switch (code) {
    case P.ARCH_SET_FS:
    case P.ARCH_SET_GS:
      if (address < 0 || address >= USER_END) return -EPERM;
      if (code === P.ARCH_SET_FS) regs.fsBase = BigInt(address);
      else regs.gsBase = BigInt(address);
      return 0;
    case P.ARCH_GET_FS:
      mm.user.setU64(address, regs.fsBase);
      return 0;
    case P.ARCH_GET_GS:
      mm.user.setU64(address, regs.gsBase);
      return 0;
    default:
      return -EINVAL;
  }
}

function prctl(call: Call, option: number, a: number, b: number): SysResult {
  const { task } = call;
  const { process } = task;
  const { user } = task.mm;
  switch (option) {
    case P.PR_SET_NAME:
      task.name = cutString(user.readBytes(a, user.accessible(a, 16, 1) || 1));
      return 0;
    case P.PR_GET_NAME:
      user.writeBytes(
        a,
        Uint8Array.from({ length: 16 }, (_, i) => task.name.charCodeAt(i) || 0),
      );
      return 0;
    case P.PR_SET_PDEATHSIG:
      if (a < 0 || a > 64) return -EINVAL;
      task.deathSignal = a;
      return 0;
    case P.PR_GET_PDEATHSIG:
      user.setU32(a, task.deathSignal);
      return 0;
    case P.PR_GET_DUMPABLE:
      return process.dumpable;
    case P.PR_SET_DUMPABLE:
      if (a !== 0 && a !== 1) return -EINVAL;
      process.dumpable = a;
      return 0;
    case P.PR_GET_KEEPCAPS:
      return task.cred.keepCaps ? 1 : 0;
    case P.PR_SET_KEEPCAPS:
      if (a !== 0 && a !== 1) return -EINVAL;
      task.cred = { ...task.cred, keepCaps: a === 1 };
      return 0;
    case P.PR_GET_SECCOMP:
      return task.seccomp.mode;
    case P.PR_SET_SECCOMP:
      return setSeccomp(call, a, b);
    case P.PR_GET_SECUREBITS:
      return 0;
    case P.PR_CAPBSET_READ:
      return a < 0 || a > 40 ? -EINVAL : Number((task.cred.capBounding >> BigInt(a)) & 1n);
    case P.PR_CAPBSET_DROP:
      if (!capable(task.cred, CAP_SETPCAP)) return -EPERM;
      if (a < 0 || a > 40) return -EINVAL;
      task.cred = { ...task.cred, capBounding: task.cred.capBounding & ~(1n << BigInt(a)) };
      return 0;
    case P.PR_GET_TSC:
      // PR_TSC_ENABLE
      user.setU32(a, 1);
      return 0;
    case P.PR_SET_TIMERSLACK:
      task.timerSlack = a > 0 ? a : 50000;
      return 0;
    case P.PR_GET_TIMERSLACK:
      return task.timerSlack;
    case P.PR_SET_CHILD_SUBREAPER:
      process.subreaper = a !== 0;
      return 0;
    case P.PR_GET_CHILD_SUBREAPER:
      user.setU32(a, process.subreaper ? 1 : 0);
      return 0;
    case P.PR_SET_NO_NEW_PRIVS:
      if (a !== 1 || b !== 0) return -EINVAL;
      task.cred = { ...task.cred, noNewPrivs: true };
      return 0;
    case P.PR_GET_NO_NEW_PRIVS:
      return task.cred.noNewPrivs ? 1 : 0;
    case P.PR_GET_TID_ADDRESS:
      user.setU64(a, task.clearTid);
      return 0;
    case P.PR_SET_THP_DISABLE:
    case P.PR_SET_PTRACER:
      return 0;
    case P.PR_GET_THP_DISABLE:
      return 0;
    case P.PR_CAP_AMBIENT:
      return capAmbient(call, a, b);
    case P.PR_GET_SPECULATION_CTRL:
      // PR_SPEC_NOT_AFFECTED
      return 0;
    case P.PR_SET_SPECULATION_CTRL:
      return -ENODEV;
    case P.PR_SET_VMA:
      // Names of anonymous mappings: Debian's kernel is built without them.
      return -EINVAL;
    default:
      call.kernel.log(`prctl: option ${option} is not supported`);
      return -EINVAL;
  }
}

function cutString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, Math.min(15, end < 0 ? bytes.length : end)));
}

/** PR_CAP_AMBIENT: IS_SET 1, RAISE 2, LOWER 3, CLEAR_ALL 4. */
function capAmbient(call: Call, operation: number, cap: number): number {
  const { task } = call;
  if (operation === 4) {
    task.cred = { ...task.cred, capAmbient: 0n };
    return 0;
  }
  if (cap < 0 || cap > 40) return -EINVAL;
  const bit = 1n << BigInt(cap);
  const { capAmbient: set, capPermitted, capInheritable } = task.cred;
  if (operation === 1) return set & bit ? 1 : 0;
  if (operation === 2 && !(capPermitted & capInheritable & bit)) return -EPERM;
  if (operation !== 2 && operation !== 3) return -EINVAL;
  task.cred = { ...task.cred, capAmbient: operation === 2 ? set | bit : set & ~bit };
  return 0;
}

function personality(call: Call, persona: number): SysResult {
  const { process } = call.task;
  const old = process.personality;
  if (persona !== 0xffffffff) process.personality = persona;
  return old;
}

/** syslog(2): an empty log of the usual size. */
function syslog(call: Call, type: number, buf: number, length: number): SysResult {
  const SIZE_BUFFER = 10;
  if (type < 0 || type > SIZE_BUFFER) return -EINVAL;
  if (type >= 2 && type <= 4 && (!buf || length < 0)) return -EINVAL;
  const open = type === 3 || type === SIZE_BUFFER;
  if (!open && !capableGlobally(call.task.cred, CAP_SYS_ADMIN)) return -EPERM;
  return type === SIZE_BUFFER ? 1 << 18 : 0;
}

const getrlimit = (call: Call, resource: number, at: number): SysResult => prlimit(call, 0, resource, 0, at);
const setrlimit = (call: Call, resource: number, at: number): SysResult => prlimit(call, 0, resource, at, 0);

export const rows: SyscallRow[] = [
  sys(63, "uname", "buf:ptr", uname),
  sys(97, "getrlimit", "resource:resource rlim:rlimit_out", getrlimit),
  sys(98, "getrusage", "who:int usage:ptr", getrusage),
  sys(99, "sysinfo", "info:ptr", sysinfo),
  sys(103, "syslog", "type:int bufp:ptr len:int", syslog),
  sys(135, "personality", "persona:uint", personality, "partial", "kept, without effect"),
  sys(157, "prctl", "option:int arg2:ulong arg3:ulong arg4:ulong arg5:ulong", prctl, "partial", "the common options"),
  sys(158, "arch_prctl", "code:arch_prctl addr:ptr", archPrctl),
  sys(160, "setrlimit", "resource:resource rlim:rlimit", setrlimit),
  sys(170, "sethostname", "name:ptr len:int", (c, name, n) =>
    setName(c, name, n, (text) => {
      c.task.ns.uts.hostname = text;
    }),
  ),
  sys(171, "setdomainname", "name:ptr len:int", (c, name, n) =>
    setName(c, name, n, (text) => {
      c.task.ns.uts.domainname = text;
    }),
  ),
  sys(302, "prlimit64", "pid:pid resource:resource new_limit:rlimit old_limit:rlimit_out", prlimit),
  sys(318, "getrandom", "buf:buf_out buflen:size flags:flags:getrandom", getrandom),
];
