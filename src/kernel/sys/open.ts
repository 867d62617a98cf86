/** open(2), openat(2), openat2(2), creat(2). */
import { E2BIG, EAGAIN, EINVAL } from "../../abi/errno.ts";
import * as F from "../../abi/fcntl.ts";
import type { File, WaitQueue } from "../../vfs/types.ts";
import { releaseFile } from "../fdtable.ts";
import { type Call, park, type SysResult, sys } from "../types.ts";
import { withRestrictedPath } from "./paths.ts";
import { installFile, userOf } from "./support.ts";

/** __O_TMPFILE without O_DIRECTORY. */
const TMPFILE_BIT = F.O_TMPFILE & ~F.O_DIRECTORY;
const MODE_BITS = 0o7777;

interface How {
  flags: number;
  mode: number;
  /** RESOLVE_ flags. */
  resolve: number;
}

function openFile(call: Call, dirfd: number, path: number, { flags, mode, resolve }: How): File | number {
  const bits = mode & MODE_BITS & ~call.task.fs.umask;
  return withRestrictedPath(call, dirfd, path, resolve, (ctx, start, text) =>
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

function openHow(call: Call, dirfd: number, path: number, how: How): SysResult {
  const waiting = call.state as File | undefined;
  const file = waiting ?? openFile(call, dirfd, path, how);
  if (typeof file === "number") return file;
  const queue = file.opening?.();
  if (queue) return waitForPeer(call, file, queue);
  return installFile(call, file, (how.flags & F.O_CLOEXEC) !== 0);
}
function openat(call: Call, dirfd: number, path: number, flags: number, mode: number): SysResult {
  return openHow(call, dirfd, path, { flags, mode, resolve: 0 });
}
function open(call: Call, path: number, flags: number, mode: number): SysResult {
  return openat(call, F.AT_FDCWD, path, flags, mode);
}
function creat(call: Call, path: number, mode: number): SysResult {
  return open(call, path, F.O_CREAT | F.O_WRONLY | F.O_TRUNC, mode);
}

const RESOLVE_KNOWN =
  F.RESOLVE_NO_XDEV |
  F.RESOLVE_NO_MAGICLINKS |
  F.RESOLVE_NO_SYMLINKS |
  F.RESOLVE_BENEATH |
  F.RESOLVE_IN_ROOT |
  F.RESOLVE_CACHED;
const WITH_O_PATH = F.O_PATH | F.O_DIRECTORY | F.O_NOFOLLOW | F.O_CLOEXEC;
/** O_ACCMODE up to __O_TMPFILE, without bits that mean nothing. */
const FLAGS_KNOWN = 0x7fffc3;

/** Is that what open(2) would silently put right? openat2(2) refuses it. */
function wrong({ flags, mode, resolve }: How): boolean {
  if (flags > 0x7fffffff || flags & ~FLAGS_KNOWN || resolve > 0x7fffffff || resolve & ~RESOLVE_KNOWN) return true;
  if (resolve & F.RESOLVE_BENEATH && resolve & F.RESOLVE_IN_ROOT) return true;
  if (mode > MODE_BITS || (mode && !(flags & (F.O_CREAT | TMPFILE_BIT)))) return true;
  return (flags & F.O_PATH) !== 0 && (flags & ~WITH_O_PATH) !== 0;
}

function openat2(call: Call, dirfd: number, path: number, at: number, size: number): SysResult {
  if (size < F.OPEN_HOW_SIZE) return -EINVAL;
  const user = userOf(call);
  if (size > 4096) return -E2BIG;
  if (user.readBytes(at + F.OPEN_HOW_SIZE, size - F.OPEN_HOW_SIZE).some((b) => b !== 0)) return -E2BIG;
  const how = { flags: user.u64(at), mode: user.u64(at + 8), resolve: user.u64(at + 16) };
  if (wrong(how)) return -EINVAL;
  // All names are at hand; what would have to wait for a disk is refused.
  if (how.resolve & F.RESOLVE_CACHED && how.flags & (F.O_TRUNC | F.O_CREAT | TMPFILE_BIT)) return -EAGAIN;
  return openHow(call, dirfd, path, how);
}

export const openCalls = [
  sys(2, "open", "path:path flags:flags:open mode:mode", open),
  sys(85, "creat", "path:path mode:mode", creat),
  sys(257, "openat", "dirfd:dirfd path:path flags:flags:open mode:mode", openat),
  sys(437, "openat2", "dirfd:dirfd path:path how:open_how size:size", openat2),
];
