/** What one process may do with another's memory and descriptors. */
import { EBADF, EFAULT, EINVAL, ENOMEM, EPERM, ESRCH } from "../../abi/errno.ts";
import { MADV_COLD, MADV_COLLAPSE, MADV_PAGEOUT, MADV_WILLNEED } from "../../abi/mman.ts";
import { READ, WRITE } from "../../mmu/access.ts";
import { PAGE } from "../../mmu/frames.ts";
import { CAP_SYS_NICE, capable } from "../cred.ts";
import { releaseFile, retainFile } from "../fdtable.ts";
import type { Mm } from "../mm.ts";
import { pidfdTarget } from "../pidfd.ts";
import type { Task } from "../task.ts";
import { type Call, type SyscallRow, type SysResult, sys } from "../types.ts";
import { fdLimit } from "./support.ts";

const mmOf = (call: Call): Mm => call.task.mm;

/** process_vm_readv(2), process_vm_writev(2): copies between the caller's and another process's memory. */
function processVm(write: boolean) {
  return (
    call: Call,
    pid: number,
    local: number,
    localCount: number,
    remote: number,
    remoteCount: number,
    flags: number,
  ): SysResult => {
    if (flags !== 0 || localCount > 1024 || remoteCount > 1024) return -EINVAL;
    const other = call.kernel.processes.get(pid)?.leader;
    if (!other) return -ESRCH;
    if (!mayAccess(call.task, other)) return -EPERM;
    return copyBetween(
      mmOf(call),
      vectors(mmOf(call), local, localCount),
      other.mm,
      vectors(mmOf(call), remote, remoteCount),
      write,
    );
  };
}

type Range = { at: number; length: number };

function vectors(mm: Mm, address: number, count: number): Range[] {
  return Array.from({ length: count }, (_, i) => ({
    at: mm.user.u64(address + i * 16),
    length: mm.user.u64(address + i * 16 + 8),
  }));
}

/** ptrace(2), "Ptrace access mode checking", as far as ids go. */
function mayAccess(task: Task, other: Task): boolean {
  return task.cred.euid === 0 || (task.cred.uid === other.cred.uid && task.cred.uid === other.cred.suid);
}

function copyBetween(mine: Mm, local: Range[], theirs: Mm, remote: Range[], write: boolean): number {
  let done = 0;
  let l = 0;
  let r = 0;
  while (l < local.length && r < remote.length) {
    const n = Math.min(local[l].length, remote[r].length, PAGE - (remote[r].at % PAGE));
    if (n > 0) {
      const reachable = theirs.user.accessible(remote[r].at, n, write ? WRITE : READ) === n;
      if (!reachable) return done || -EFAULT;
      if (write) theirs.user.writeBytes(remote[r].at, mine.user.readBytes(local[l].at, n));
      else mine.user.writeBytes(local[l].at, theirs.user.readBytes(remote[r].at, n));
      done += n;
      for (const range of [local[l], remote[r]]) {
        range.at += n;
        range.length -= n;
      }
    }
    if (local[l].length === 0) l++;
    if (r < remote.length && remote[r].length === 0) r++;
  }
  return done;
}

const VM = "pid:pid local_iov:ptr liovcnt:ulong remote_iov:ptr riovcnt:ulong flags:ulong";

/** The thread that stands for the process of a pidfd, if the caller may look into it. */
function victimOf(call: Call, pidfd: number): Task | number {
  const process = pidfdTarget(call.task, pidfd);
  if (typeof process === "number") return process;
  const other = process.leader;
  if (!other || process.zombie) return -ESRCH;
  return mayAccess(call.task, other) ? other : -EPERM;
}

function pidfdGetfd(call: Call, pidfd: number, fd: number, flags: number): SysResult {
  if (flags !== 0) return -EINVAL;
  const other = victimOf(call, pidfd);
  if (typeof other === "number") return other;
  const file = other.fds.get(fd);
  if (!file) return -EBADF;
  const copy = call.task.fds.install(retainFile(file), true, fdLimit(call));
  if (copy < 0) releaseFile(file);
  return copy;
}

const ADVICE = [MADV_COLD, MADV_COLLAPSE, MADV_PAGEOUT, MADV_WILLNEED];
const MOST_RANGES = 1024;

/** process_madvise(2): only advice that changes no contents, and nothing is done about it in here. */
function processMadvise(
  call: Call,
  pidfd: number,
  vector: number,
  count: number,
  advice: number,
  flags: number,
): SysResult {
  if (flags !== 0 || count < 0 || count > MOST_RANGES) return -EINVAL;
  const ranges = vectors(mmOf(call), vector, count);
  const other = victimOf(call, pidfd);
  if (typeof other === "number") return other;
  if (!ADVICE.includes(advice)) return -EINVAL;
  if (other.mm !== call.task.mm && !capable(call.task.cred, CAP_SYS_NICE)) return -EPERM;
  let done = 0;
  for (const { at, length } of ranges) {
    if (at % PAGE !== 0) return done || -EINVAL;
    if (!other.mm.vmas.covers(at, at + length)) return done || -ENOMEM;
    done += length;
  }
  return done;
}

/** Numbers for objects, so that there is an order among them. */
const order = new WeakMap<object, number>();
let last = 0;

function orderOf(o: object): number {
  const known = order.get(o) ?? ++last;
  order.set(o, known);
  return known;
}

const KCMP_FILE = 0;
/** KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND */
const SHARED: readonly ((task: Task) => object)[] = [(t) => t.mm, (t) => t.fds, (t) => t.fs, (t) => t.sighand];

/** kcmp(2): 0 the same, 1 the first is less, 2 it is greater. */
function kcmp(call: Call, pid1: number, pid2: number, type: number, index1: number, index2: number): SysResult {
  const [a, b] = [call.kernel.tasks.get(pid1), call.kernel.tasks.get(pid2)];
  if (!a || !b) return -ESRCH;
  if (!mayAccess(call.task, a) || !mayAccess(call.task, b)) return -EPERM;
  const pick = SHARED[type - 1];
  if (type !== KCMP_FILE && !pick) {
    call.kernel.log(`kcmp: type ${type} is not supported`);
    return -EINVAL;
  }
  const first = type === KCMP_FILE ? a.fds.get(index1) : pick(a);
  const second = type === KCMP_FILE ? b.fds.get(index2) : pick(b);
  if (!first || !second) return -EBADF;
  const difference = orderOf(first) - orderOf(second);
  return difference === 0 ? 0 : difference < 0 ? 1 : 2;
}

export const rows: SyscallRow[] = [
  sys(310, "process_vm_readv", VM, processVm(false)),
  sys(311, "process_vm_writev", VM, processVm(true)),
  sys(
    312,
    "kcmp",
    "pid1:pid pid2:pid type:int idx1:ulong idx2:ulong",
    kcmp,
    "partial",
    "files, memory, descriptors, file system, signal actions",
  ),
  sys(438, "pidfd_getfd", "pidfd:fd targetfd:fd flags:uint", pidfdGetfd),
  sys(440, "process_madvise", "pidfd:fd iovec:ptr vlen:ulong advice:madvise flags:uint", processMadvise),
];
