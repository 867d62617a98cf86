import { EBADF, EINVAL } from "../../abi/errno.ts";
import { O_ACCMODE, O_APPEND, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import { POLLIN, POLLOUT } from "../../abi/poll.ts";
import { S_IFCHR, S_IFIFO, S_IFMT, S_IFSOCK } from "../../abi/stat.ts";
import type { HostStream } from "../../host/types.ts";
import { BaseFile, seekWithin } from "../../vfs/file.ts";
import { anonymousPlace } from "../../vfs/place.ts";
import { type File, type Stat, WaitQueue } from "../../vfs/types.ts";
import { AnonFs, AnonInode } from "./anon.ts";

const hostStreams = new AnonFs("pipefs", 13);

/** A stream of the host as an inode, so that /proc/self/fd/1 can be opened again. */
class StreamInode extends AnonInode {
  readonly queue = new WaitQueue();
  /** Open descriptions. */
  opens = 0;
  constructor(
    readonly stream: HostStream,
    mode: number,
    ino: number,
    /** Closed for the host too when no description is left: not so the standard streams, which the host itself uses. */
    private readonly closes: boolean,
  ) {
    super(hostStreams, mode, ino);
    stream.onReady = () => this.queue.wake();
  }
  override stat(): Stat {
    const st = this.stream.stat?.();
    return st === undefined || typeof st === "number" ? super.stat() : { ...st, mode: asPipe(st.mode) };
  }
  released(): void {
    if (--this.opens === 0 && this.closes) this.stream.close();
  }
  override open(flags: number): File {
    return new StreamFile(this, flags, true);
  }
}

/** Standard input, output or error that is no terminal: a pipe, socket or file of the host. */
export class StreamFile extends BaseFile {
  override readonly queue: WaitQueue;
  private readonly stream: HostStream;

  constructor(
    override readonly inode: StreamInode,
    flags: number,
    /** The position in a file is ours and not the host's descriptor's: after a seek, or when opened by name. */
    private moved = false,
  ) {
    super(inode, flags);
    inode.opens++;
    this.stream = inode.stream;
    this.queue = inode.queue;
  }
  private get reads(): boolean {
    return (this.flags & O_ACCMODE) !== O_WRONLY;
  }
  private get writes(): boolean {
    return (this.flags & O_ACCMODE) !== O_RDONLY;
  }
  override read(into: Uint8Array, at?: number): number {
    if (!this.reads) return -EBADF;
    const { file } = this.stream;
    if (file && at !== undefined) return file.pread(into, at);
    if (!file || !this.moved) return this.stream.read(into);
    const n = file.pread(into, this.pos);
    if (n > 0) this.pos += n;
    return n;
  }
  override write(from: Uint8Array, at?: number): number {
    if (!this.writes) return -EBADF;
    const { file } = this.stream;
    if (file && at !== undefined && !(this.flags & O_APPEND)) return file.pwrite(from, at);
    if (!file || !this.moved) return this.stream.write(from);
    if (this.flags & O_APPEND) this.pos = Math.max(0, this.sizeOf());
    const n = file.pwrite(from, this.pos);
    if (n > 0) this.pos += n;
    return n;
  }
  override seek(offset: number, whence: number): number {
    const { file } = this.stream;
    if (!file) return this.inode.type === S_IFCHR ? 0 : super.seek(offset, whence);
    const before = this.moved ? this.pos : file.offset;
    this.pos = before;
    const to = seekWithin(this, () => this.sizeOf(), offset, whence);
    if (to >= 0 && to !== before) this.moved = true;
    return to;
  }
  private sizeOf(): number {
    const st = this.stat();
    return typeof st === "number" ? st : st.size;
  }
  truncate(size: number): number {
    return this.writes ? (this.stream.file?.truncate(size) ?? -EINVAL) : -EINVAL;
  }
  override close(): void {
    this.inode.released();
  }
  override poll(): number {
    return (this.writes ? POLLOUT : 0) | (this.reads && this.stream.readable() ? POLLIN : 0);
  }
}

/** A socket of the host serves no call of sockets, so it shows as a pipe. */
function asPipe(mode: number): number {
  return (mode & S_IFMT) === S_IFSOCK ? S_IFIFO | 0o600 : mode;
}

/** The open file for a stream that the program starts with, when that is no terminal. */
export function streamFile(stream: HostStream, fd: number, flags = fd === 0 ? O_RDONLY : O_WRONLY): StreamFile {
  const st = stream.stat?.();
  const known = st !== undefined && typeof st !== "number";
  const mode = known ? asPipe(st.mode) : S_IFIFO | 0o600;
  const inode = new StreamInode(stream, mode, known ? st.ino : 100 + fd, fd > 2);
  const file = new StreamFile(inode, flags);
  file.place = anonymousPlace(inode, stream.name?.replace(/^socket:/, "pipe:") ?? `pipe:[${inode.ino}]`);
  return file;
}
