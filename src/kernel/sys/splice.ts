/** Moving bytes from file to file: sendfile(2), copy_file_range(2), splice(2), tee(2), vmsplice(2). */
import * as E from "../../abi/errno.ts";
import { O_APPEND, O_NONBLOCK } from "../../abi/fcntl.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from "../../abi/poll.ts";
import { S_IFDIR } from "../../abi/stat.ts";
import type { File } from "../../vfs/types.ts";
import { PIPE_BUF, PipeFile } from "../fs/pipe.ts";
import { type Call, park, type SysResult, sys } from "../types.ts";
import { MAX_TRANSFER, readIovecs } from "./iovec.ts";
import { raiseSigpipe, userOf, waitOn } from "./support.ts";
import { isRegular, readableFile, readInto, writableFile, writeFrom } from "./transfer.ts";

const CHUNK = 0x10000;

/** A file and where in it: at an offset of the guest's, or at the file's own position. */
class Cursor {
  private at: number | undefined;
  constructor(
    private readonly call: Call,
    readonly file: File,
    private readonly address: number,
  ) {
    this.at = address ? userOf(call).i64(address) : undefined;
  }
  get bad(): boolean {
    return this.at !== undefined && (this.at < 0 || this.file instanceof PipeFile);
  }
  get position(): number {
    return this.at ?? this.file.pos;
  }
  /** Reads without moving on where that is possible. */
  peek(into: Uint8Array): number {
    return isRegular(this.file) ? this.file.read(into, this.position) : this.file.read(into, this.at);
  }
  write(from: Uint8Array): number {
    return this.file.write(from, this.at);
  }
  /** Moves on by what was taken; `write` has moved the file's own position already. */
  advance(n: number, written: boolean): void {
    if (this.at !== undefined) {
      this.at += n;
      userOf(this.call).setU64(this.address, this.at);
    } else if (!written && isRegular(this.file)) this.file.pos += n;
  }
}

/**
 * Copies until `count`, the end of input, or something would block. A source that cannot be read twice (a pipe) is read
 * only as far as the target surely takes. Returns bytes moved, or the error if there were none.
 */
function copy(call: Call, from: Cursor, to: Cursor, count: number): number {
  const chunk = new Uint8Array(Math.min(count, CHUNK));
  let done = 0;
  while (done < count) {
    const want = Math.min(count - done, CHUNK, isRegular(from.file) || isRegular(to.file) ? CHUNK : PIPE_BUF);
    if (!isRegular(from.file) && !(to.file.poll() & (POLLOUT | POLLERR))) return done || -E.EAGAIN;
    const n = from.peek(chunk.subarray(0, want));
    if (n <= 0) return done || n;
    const w = to.write(chunk.subarray(0, n));
    if (w === -E.EPIPE) raiseSigpipe(call);
    if (w < 0) return done || w;
    from.advance(w, false);
    to.advance(w, true);
    done += w;
    if (w < n) break;
  }
  return done;
}

function sendfile(call: Call, out: number, input: number, offset: number, count: number): SysResult {
  const source = readableFile(call, input);
  if (typeof source === "number") return source;
  const target = writableFile(call, out);
  if (typeof target === "number") return target;
  if (!isRegular(source) || target.flags & O_APPEND || count < 0) return -E.EINVAL;
  const from = new Cursor(call, source, offset);
  if (from.bad) return -E.EINVAL;
  const r = copy(call, from, new Cursor(call, target, 0), Math.min(count, MAX_TRANSFER));
  return r === -E.EAGAIN ? waitOn(target, -E.EAGAIN) : r;
}

function copyFileRange(call: Call, input: number, inAt: number, out: number, outAt: number, n: number, flags: number) {
  const source = readableFile(call, input);
  if (typeof source === "number") return source;
  const target = writableFile(call, out);
  if (typeof target === "number") return target;
  if (flags !== 0) return -E.EINVAL;
  if (source.inode?.type === S_IFDIR || target.inode?.type === S_IFDIR) return -E.EISDIR;
  if (!isRegular(source) || !isRegular(target) || n < 0) return -E.EINVAL;
  if (target.flags & O_APPEND) return -E.EBADF;
  const from = new Cursor(call, source, inAt);
  const to = new Cursor(call, target, outAt);
  if (from.bad || to.bad) return -E.EINVAL;
  const apart = from.position + n <= to.position || to.position + n <= from.position;
  if (source.inode === target.inode && !apart) return -E.EINVAL;
  return copy(call, from, to, Math.min(n, MAX_TRANSFER));
}

const SPLICE_F_NONBLOCK = 2;

/** Waits for whichever side is not ready. */
function waitEither(from: File, to: File, flags: number): SysResult {
  if (flags & SPLICE_F_NONBLOCK) return -E.EAGAIN;
  const ready = (from.poll() & (POLLIN | POLLHUP)) !== 0;
  const blocking = ready ? to : from;
  return blocking.flags & O_NONBLOCK ? -E.EAGAIN : park([blocking.queue]);
}

function splice(call: Call, input: number, inAt: number, out: number, outAt: number, n: number, flags: number) {
  const source = readableFile(call, input);
  if (typeof source === "number") return source;
  const target = writableFile(call, out);
  if (typeof target === "number") return target;
  const pipes = [source, target].filter((f) => f instanceof PipeFile).length;
  if (pipes === 0 || flags & ~15 || n < 0 || target.flags & O_APPEND) return -E.EINVAL;
  const from = new Cursor(call, source, inAt);
  const to = new Cursor(call, target, outAt);
  if (from.bad || to.bad) return -E.ESPIPE;
  const r = copy(call, from, to, Math.min(n, MAX_TRANSFER));
  return r === -E.EAGAIN ? waitEither(source, target, flags) : r;
}

/** tee(2): like splice between two pipes, but the source keeps its bytes. */
function tee(call: Call, input: number, out: number, n: number, flags: number): SysResult {
  const source = readableFile(call, input);
  if (typeof source === "number") return source;
  const target = writableFile(call, out);
  if (typeof target === "number") return target;
  if (!(source instanceof PipeFile) || !(target instanceof PipeFile)) return -E.EINVAL;
  if (source.pipe === target.pipe || flags & ~15) return -E.EINVAL;
  if (n === 0 || (source.pipe.used === 0 && source.pipe.writers === 0)) return 0;
  const room = target.pipe.capacity - target.pipe.used;
  const bytes = new Uint8Array(Math.min(n, source.pipe.used, room));
  if (target.pipe.readers > 0 && bytes.length === 0) return waitEither(source, target, flags);
  source.pipe.peek(bytes);
  const w = target.write(bytes);
  if (w === -E.EPIPE) raiseSigpipe(call);
  return w;
}

/** vmsplice(2) moves bytes here; that pages could be given away is only an optimization. */
function vmsplice(call: Call, fd: number, iov: number, count: number): SysResult {
  const list = readIovecs(userOf(call), iov, count);
  if (typeof list === "number") return list;
  const target = writableFile(call, fd);
  if (target instanceof PipeFile) return writeFrom(call, target, list);
  const source = readableFile(call, fd);
  return source instanceof PipeFile ? readInto(call, source, list) : -E.EBADF;
}

export const spliceCalls = [
  sys(40, "sendfile", "out_fd:fd in_fd:fd offset:ptr count:size", sendfile),
  sys(275, "splice", "fd_in:fd off_in:ptr fd_out:fd off_out:ptr len:size flags:flags:splice", splice),
  sys(276, "tee", "fd_in:fd fd_out:fd len:size flags:flags:splice", tee),
  sys(278, "vmsplice", "fd:fd iov:iov_in nr_segs:int flags:flags:splice", vmsplice),
  sys(326, "copy_file_range", "fd_in:fd off_in:ptr fd_out:fd off_out:ptr len:size flags:uint", copyFileRange),
];
