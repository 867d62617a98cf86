/** What file syscalls of every family need from the call they serve. */
import { EBADF } from "../../abi/errno.ts";
import { O_NONBLOCK, O_PATH } from "../../abi/fcntl.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import { SIGPIPE } from "../../abi/signal.ts";
import type { UserMemory } from "../../mmu/user.ts";
import { type File, POLLIN } from "../../vfs/types.ts";
import { releaseFile } from "../fdtable.ts";
import { type Call, park, type SysResult } from "../types.ts";

export function userOf(call: Call): UserMemory {
  return call.task.mm.user;
}

/** RLIMIT_NOFILE: descriptors must be below. */
export function fdLimit(call: Call): number {
  return call.task.process.limits[RLIMIT_NOFILE].soft;
}

/** The open file of a descriptor that can do I/O, or -EBADF (also for O_PATH descriptors). */
export function fileOf(call: Call, fd: number): File | number {
  const file = call.task.fds.get(fd);
  return file && !(file.flags & O_PATH) ? file : -EBADF;
}

/** Gives a new open file a descriptor; the file is closed when there is none. Errors pass through. */
export function installFile(call: Call, file: File | number, cloexec: boolean): number {
  if (typeof file === "number") return file;
  const fd = call.task.fds.install(file, cloexec, fdLimit(call));
  if (fd < 0) releaseFile(file);
  return fd;
}

/** Waits for the file unless it is non-blocking, in which case the answer is `otherwise`. */
export function waitOn(file: File, otherwise: number, partial?: number): SysResult {
  if (file.flags & O_NONBLOCK) return otherwise;
  return park([file.queue], { partial });
}

/** Writing to a pipe or socket without readers: the signal, beside the error. */
export function raiseSigpipe(call: Call): void {
  call.task.sendSignal(SIGPIPE);
}

export function readableNow(file: File): boolean {
  return (file.poll() & POLLIN) !== 0;
}
