/**
 * FIFOs of the host (fifo(7)): guest and host processes meet in them. The host's descriptors never block; what has to
 * wait asks again after a moment, because node:fs cannot wait for a FIFO without blocking a thread.
 */
import { EAGAIN, EBADF, EINVAL, ENOTTY, ENXIO } from "../../abi/errno.ts";
import { O_ACCMODE, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from "../../abi/fcntl.ts";
import { FIONREAD } from "../../abi/ioctl.ts";
import { POLLIN, POLLOUT } from "../../abi/poll.ts";
import type { HostFs } from "../../host/types.ts";
import { BaseFile } from "../../vfs/file.ts";
import { type File, type Inode, type IoctlMemory, WaitQueue } from "../../vfs/types.ts";

/** Milliseconds. */
const MOMENT = 3;
/** Bytes that poll(2) may take out of the FIFO to see whether there are any. */
const AHEAD = 4096;

/** Guests at one FIFO know of each other: they need not wait for the moment to pass, nor miss who comes and goes. */
class Meeting {
  readonly queue = new WaitQueue();
  /** Openings for writing so far. */
  writers = 0;
}
const meetings = new WeakMap<Inode, Meeting>();

export class HostFifo extends BaseFile {
  override readonly queue: WaitQueue;
  private readonly meeting: Meeting;
  /** Openings for writing before ours. */
  private readonly seenWriters: number;
  /** Taken out by `look`, not yet read. */
  private ahead = new Uint8Array(0);
  private asked = false;
  /** The last write did not fit. */
  private full = false;

  constructor(
    override readonly inode: Inode,
    private readonly host: HostFs,
    /** -ENXIO while it waits for a reader to open the other end. */
    private fd: number,
    flags: number,
    private readonly path: string,
  ) {
    super(inode, flags);
    this.meeting = meetings.get(inode) ?? new Meeting();
    meetings.set(inode, this.meeting);
    this.queue = this.meeting.queue;
    if (this.access !== O_RDONLY && fd >= 0) this.meeting.writers++;
    this.seenWriters = this.meeting.writers;
    this.queue.wake();
  }
  private get access(): number {
    return this.flags & O_ACCMODE;
  }
  /** Something may have changed at the other end; whoever waits tries again in a moment. */
  private askLater(): void {
    if (this.asked) return;
    this.asked = true;
    this.host.later?.(MOMENT, () => {
      this.asked = false;
      this.full = false;
      this.queue.wake();
    });
  }
  /** Bytes that are there: a count, 0 without any writer, -EAGAIN. */
  private look(): number {
    if (this.ahead.length > 0) return this.ahead.length;
    const bytes = new Uint8Array(AHEAD);
    const n = this.host.pread(this.fd, bytes, -1);
    if (n > 0) this.ahead = bytes.subarray(0, n);
    return n;
  }
  opening(): WaitQueue | undefined {
    if (this.flags & O_NONBLOCK || this.access === O_RDWR) return undefined;
    const waits = this.access === O_WRONLY ? !this.openForWriting() : !this.writerCame();
    if (!waits) return undefined;
    this.askLater();
    return this.queue;
  }
  private openForWriting(): boolean {
    if (this.fd >= 0) return true;
    this.fd = openEnd(this.host, this.path, O_WRONLY);
    if (this.fd < 0) return this.fd !== -ENXIO;
    this.meeting.writers++;
    this.queue.wake();
    return true;
  }
  private writerCame(): boolean {
    return this.meeting.writers > this.seenWriters || this.look() !== 0;
  }
  override read(into: Uint8Array, at?: number): number {
    if (at !== undefined) return -EINVAL;
    if (this.access === O_WRONLY) return -EBADF;
    if (into.length === 0) return 0;
    const n = this.ahead.length > 0 ? this.takeAhead(into) : this.host.pread(this.fd, into, -1);
    if (n === -EAGAIN) this.askLater();
    else this.queue.wake();
    return n;
  }
  private takeAhead(into: Uint8Array): number {
    const part = this.ahead.subarray(0, into.length);
    into.set(part);
    this.ahead = this.ahead.subarray(part.length);
    return part.length;
  }
  override write(from: Uint8Array, at?: number): number {
    if (at !== undefined) return -EINVAL;
    if (this.access === O_RDONLY) return -EBADF;
    if (from.length === 0) return 0;
    const n = this.host.pwrite(this.fd, from, -1);
    this.full = n === -EAGAIN;
    if (this.full) this.askLater();
    else this.queue.wake();
    return n;
  }
  override poll(): number {
    let mask = 0;
    if (this.access !== O_WRONLY) {
      if (this.look() === -EAGAIN) this.askLater();
      else mask |= POLLIN;
    }
    if (this.access !== O_RDONLY && !this.full) mask |= POLLOUT;
    return mask;
  }
  ioctl(request: number, arg: number, io: IoctlMemory): number {
    if (request !== FIONREAD) return -ENOTTY;
    io.writeBytes(arg, new Uint8Array(Int32Array.of(Math.max(0, this.look())).buffer));
    return 0;
  }
  override close(): void {
    if (this.fd >= 0) this.host.close(this.fd);
    this.queue.wake();
  }
}

const openEnd = (host: HostFs, path: string, access: number): number => host.open(path, access | O_NONBLOCK, 0);

/** Opens a FIFO of the host. Blocking openers must wait on `opening()`. */
export function openHostFifo(inode: Inode, host: HostFs, path: string, flags: number): File | number {
  const fd = openEnd(host, path, flags & O_ACCMODE);
  if (fd < 0 && (fd !== -ENXIO || flags & O_NONBLOCK)) return fd;
  return new HostFifo(inode, host, fd, flags, path);
}
