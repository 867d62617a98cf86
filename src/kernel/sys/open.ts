/** open(2), openat(2), openat2(2), creat(2). */
import { E2BIG, EAGAIN, EINVAL } from "../../abi/errno.ts";
import * as F from "../../abi/fcntl.ts";
import type { File, WaitQueue } from "../../vfs/types.ts";
import { releaseFile } from "../fdtable.ts";
import { type Call, park, type SysResult, sys } from "../types.ts";
import { withPath } from "./paths.ts";
import { installFile, userOf } from "./support.ts";

/** __O_TMPFILE without O_DIRECTORY. */
const TMPFILE_BIT = F.O_TMPFILE & ~F.O_DIRECTORY;
const MODE_BITS = 0o7777;

function openFile(call: Call, dirfd: number, path: number, flags: number, mode: number): File | number {
  const bits = mode & MODE_BITS & ~call.task.fs.umask;
  return withPath(call, dirfd, path, (ctx, start, text) =>
    call.kernel.vfs.open(ctx, start, text, flags & ~F.O_CLOEXEC, bits),
  );
}

/** A FIFO that waits for its other end (fifo(7)): the file is open already, but has no descriptor yet. */
function waitForPeer(call: Call, file: File, queue: WaitQueue): SysResult {
  call.state = file;
  const cancel = (): undefined => {
    releaseFile(file);
  };
  return park([queue], { cancel });
}

function openat(call: Call, dirfd: number, path: number, flags: number, mode: number): SysResult {
  const waiting = call.state as File | undefined;
  const file = waiting ?? openFile(call, dirfd, path, flags, mode);
  if (typeof file === "number") return file;
  const queue = file.opening?.();
  if (queue) return waitForPeer(call, file, queue);
  return installFile(call, file, (flags & F.O_CLOEXEC) !== 0);
}
function open(call: Call, path: number, flags: number, mode: number): SysResult {
  return openat(call, F.AT_FDCWD, path, flags, mode);
}
function creat(call: Call, path: number, mode: number): SysResult {
  return open(call, path, F.O_CREAT | F.O_WRONLY | F.O_TRUNC, mode);
}

/** struct open_how: flags, mode, resolve; 8 bytes each. */
const OPEN_HOW_SIZE = 24;
const RESOLVE_NO_XDEV = 1;
const RESOLVE_NO_MAGICLINKS = 2;
const RESOLVE_CACHED = 0x20;

function openat2(call: Call, dirfd: number, path: number, how: number, size: number): SysResult {
  if (size < OPEN_HOW_SIZE) return -EINVAL;
  const user = userOf(call);
  if (size > 4096) return -E2BIG;
  if (user.readBytes(how + OPEN_HOW_SIZE, size - OPEN_HOW_SIZE).some((b) => b !== 0)) return -E2BIG;
  const [flags, mode, resolve] = [user.u64(how), user.u64(how + 8), user.u64(how + 16)];
  if (flags > 0x7fffffff || mode & ~MODE_BITS || (mode && !(flags & (F.O_CREAT | TMPFILE_BIT)))) return -EINVAL;
  // "Try again without it" is always a legal answer to RESOLVE_CACHED (openat2(2)).
  if (resolve & RESOLVE_CACHED) return -EAGAIN;
  if (resolve & ~(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS)) {
    call.kernel.log(`openat2: resolve flags 0x${resolve.toString(16)} are not supported`);
    return -EINVAL;
  }
  return openat(call, dirfd, path, flags, mode);
}

export const openCalls = [
  sys(2, "open", "path:path flags:flags:open mode:mode", open),
  sys(85, "creat", "path:path mode:mode", creat),
  sys(257, "openat", "dirfd:dirfd path:path flags:flags:open mode:mode", openat),
  sys(437, "openat2", "dirfd:dirfd path:path how:open_how size:size", openat2, "partial", "no RESOLVE_ restrictions"),
];
