/**
 * Moving bytes between open files and guest memory: what read, write and their relatives share. Files that are not
 * regular get each request in as few pieces as possible, because pipes, terminals and event files attach meaning to
 * where one write or read ends.
 */
import { EAGAIN, EBADF, EFAULT, EFBIG, EINVAL, EPIPE, ESPIPE } from "../../abi/errno.ts";
import { O_ACCMODE, O_APPEND, O_NONBLOCK, O_RDONLY, O_WRONLY, SEEK_CUR } from "../../abi/fcntl.ts";
import { RLIMIT_FSIZE } from "../../abi/resource.ts";
import { SIGXFSZ } from "../../abi/signal.ts";
import { S_IFREG } from "../../abi/stat.ts";
import { WRITE } from "../../mmu/access.ts";
import { PAGE } from "../../mmu/frames.ts";
import type { File } from "../../vfs/types.ts";
import { type Call, park, type SysResult } from "../types.ts";
import { gather, type Iovec, scatter, totalLength } from "./iovec.ts";
import { fileOf, raiseSigpipe, userOf, waitOn } from "./support.ts";

/** Bytes moved through the buffer at once. Used within one call only, so all machines can share it. */
const CHUNK = 0x10000;
const buffer = new Uint8Array(CHUNK);

/** The descriptor's file if it is open for reading, else -EBADF. */
export function readableFile(call: Call, fd: number): File | number {
  const file = fileOf(call, fd);
  if (typeof file !== "number" && (file.flags & O_ACCMODE) === O_WRONLY) return -EBADF;
  return file;
}

/** The descriptor's file if it is open for writing, else -EBADF. */
export function writableFile(call: Call, fd: number): File | number {
  const file = fileOf(call, fd);
  if (typeof file !== "number" && (file.flags & O_ACCMODE) === O_RDONLY) return -EBADF;
  return file;
}

/** Checks an explicit position: -EINVAL if negative, -ESPIPE if the file has none. */
export function checkOffset(file: File, at: number): number {
  if (at < 0) return -EINVAL;
  return file.seek(0, SEEK_CUR) < 0 ? -ESPIPE : 0;
}

export function isRegular(file: File): boolean {
  return file.inode?.type === S_IFREG;
}

/** Nothing to read yet: waits, on a terminal perhaps only for a while. */
function waitToRead(call: Call, file: File): SysResult {
  const timeout = file.readTimeout?.();
  if (timeout === undefined || file.flags & O_NONBLOCK) return waitOn(file, -EAGAIN);
  if (call.timedOut) return 0;
  call.state ??= call.kernel.now() + timeout;
  return park([file.queue], { until: call.state as bigint });
}

/** Reads into guest memory. `at` undefined: from the file's position. */
export function readInto(call: Call, file: File, list: readonly Iovec[], at?: number): SysResult {
  const user = userOf(call);
  const total = totalLength(list);
  if (total > 0 && user.accessible(list[0].base, Math.min(list[0].length, PAGE), WRITE) === 0) return -EFAULT;
  let done = 0;
  do {
    const want = Math.min(total - done, CHUNK);
    const n = file.read(buffer.subarray(0, want), at === undefined ? undefined : at + done);
    if (n < 0) return done || (n === -EAGAIN ? waitToRead(call, file) : n);
    const copied = scatter(user, list, done, buffer.subarray(0, n));
    done += copied;
    if (copied < n) {
      if (at === undefined && isRegular(file)) file.pos -= n - copied;
      return done || -EFAULT;
    }
    if (n < want) break;
  } while (done < total);
  return done;
}

/** May a file grow from one size to the other? 0, or -EFBIG, with SIGXFSZ. */
export function mayGrow(call: Call, from: number, to: number): number {
  if (to <= from || to <= call.task.process.limits[RLIMIT_FSIZE].soft) return 0;
  call.task.sendSignal(SIGXFSZ);
  return -EFBIG;
}

/** How many of `count` bytes RLIMIT_FSIZE lets through, or -EFBIG, with SIGXFSZ, if none (setrlimit(2)). */
function withinFileSize(call: Call, file: File, at: number | undefined, count: number): number {
  const limit = call.task.process.limits[RLIMIT_FSIZE].soft;
  if (limit === Number.POSITIVE_INFINITY || count === 0 || !isRegular(file)) return count;
  const st = file.stat();
  const end = typeof st === "number" ? 0 : st.size;
  const pos = at ?? (file.flags & O_APPEND ? end : file.pos);
  if (pos < limit) return Math.min(count, limit - pos);
  call.task.sendSignal(SIGXFSZ);
  return -EFBIG;
}

/** Writes from guest memory. A blocking write waits until everything is taken; `call.state` counts what was. */
export function writeFrom(call: Call, file: File, list: readonly Iovec[], at?: number): SysResult {
  const user = userOf(call);
  const total = withinFileSize(call, file, at, totalLength(list));
  if (total < 0) return total;
  let done = typeof call.state === "number" ? call.state : 0;
  do {
    const want = Math.min(total - done, CHUNK);
    const have = gather(user, list, done, buffer.subarray(0, want));
    if (have === 0 && want > 0) return done || -EFAULT;
    const n = file.write(buffer.subarray(0, have), at === undefined ? undefined : at + done);
    if (n === -EPIPE) raiseSigpipe(call);
    if (n < 0 && n !== -EAGAIN) return done || n;
    if (n > 0) done += n;
    call.state = done;
    if (n === -EAGAIN) return waitOn(file, done || -EAGAIN, done || undefined);
    if (have < want) return done;
    if (n < have && isRegular(file)) return done;
  } while (done < total);
  return done;
}
