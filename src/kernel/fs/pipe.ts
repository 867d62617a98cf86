import { EAGAIN, EBADF, EBUSY, EINVAL, ENOTTY, ENXIO, EPERM, EPIPE } from "../../abi/errno.ts";
import {
  F_GETPIPE_SZ,
  F_SETPIPE_SZ,
  O_ACCMODE,
  O_DIRECT,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from "../../abi/fcntl.ts";
import { FIONREAD } from "../../abi/ioctl.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from "../../abi/poll.ts";
import { S_IFIFO } from "../../abi/stat.ts";
import { PIPEFS_MAGIC } from "../../abi/statfs.ts";
import { Attached } from "../../base/attached.ts";
import { BaseFile } from "../../vfs/file.ts";
import { anonymousPlace } from "../../vfs/place.ts";
import { type Cred, type Inode, type IoctlMemory, WaitQueue } from "../../vfs/types.ts";
import { AnonFs } from "./anon.ts";

const PAGE = 4096;
/** Writes up to this many bytes are all or nothing (pipe(7)). */
export const PIPE_BUF = 4096;
const DEFAULT_CAPACITY = 65536;
/** /proc/sys/fs/pipe-max-size. */
const MAX_CAPACITY = 1048576;

/** A packet, or bytes that are none. */
interface Stretch {
  readonly packet: boolean;
  length: number;
}

const pagesOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((n, s) => n + Math.ceil(s.length / PAGE), 0);

/** The buffer between the ends: of a pipe, or of a FIFO while anyone has it open. */
export class Pipe {
  private ring = new Uint8Array(0);
  private start = 0;
  /** Bytes in the ring. */
  used = 0;
  /** Where packets lie among the bytes (pipe2(2), O_DIRECT), in order; undefined while there are none. */
  private stretches: Stretch[] | undefined;
  capacity = DEFAULT_CAPACITY;
  readers = 0;
  writers = 0;
  /** Ends ever opened: an opener waits for the other's count to change, not for it to be there still. */
  readersEver = 0;
  writersEver = 0;
  /** Ends that do both: they wait with the readers. */
  both = 0;
  /** Readers wait for bytes, and writers for room: apart, so that neither takes its own kind's doings for news. */
  readonly arrivals = new WaitQueue();
  readonly departures = new WaitQueue();

  /** Bytes came, or the last writer went. */
  wakeReaders(): void {
    this.arrivals.wake();
  }
  /** Bytes went, or the last reader did. */
  wakeWriters(): void {
    this.departures.wake();
    if (this.both > 0) this.arrivals.wake();
  }
  wakeAll(): void {
    this.arrivals.wake();
    this.departures.wake();
  }

  /** Copies what `read` would take, and leaves it there (tee(2)). */
  peek(into: Uint8Array): number {
    const n = Math.min(into.length, this.used);
    const first = Math.min(n, this.ring.length - this.start);
    into.set(this.ring.subarray(this.start, this.start + first));
    into.set(this.ring.subarray(0, n - first), first);
    return n;
  }
  read(into: Uint8Array): number {
    const { stretches } = this;
    if (!stretches) return this.take(into);
    let done = 0;
    while (stretches.length > 0 && done < into.length) {
      const { packet, length } = stretches[0];
      const n = this.take(into.subarray(done, done + length));
      done += n;
      if (packet) this.skip(length - n);
      else stretches[0].length -= n;
      if (packet || stretches[0].length === 0) stretches.shift();
      // What is left of a packet is lost, and nothing comes after it.
      if (packet) break;
    }
    if (stretches.length === 0) this.stretches = undefined;
    return done;
  }
  private take(into: Uint8Array): number {
    const n = this.peek(into);
    this.skip(n);
    return n;
  }
  private skip(n: number): void {
    this.used -= n;
    this.start = this.used === 0 ? 0 : (this.start + n) % this.ring.length;
  }
  /** Writes one packet, which only reads as a whole; each takes a page. 0: there is no room now. */
  writePacket(from: Uint8Array): number {
    const before = this.stretches ?? (this.used > 0 ? [{ packet: false, length: this.used }] : []);
    const last = before.at(-1);
    // What still fits in the page of bytes before it joins them, as on Linux.
    if (last && !last.packet && ((last.length - 1) % PAGE) + 1 + from.length <= PAGE) return this.write(from);
    if (pagesOf(before) >= this.capacity / PAGE) return 0;
    this.stretches = before;
    this.put(from);
    before.push({ packet: true, length: from.length });
    return from.length;
  }
  get full(): boolean {
    if (!this.stretches) return this.capacity - this.used < PIPE_BUF;
    return pagesOf(this.stretches) >= this.capacity / PAGE;
  }
  /** Takes what fits; small writes only whole. 0: nothing fits now. */
  write(from: Uint8Array): number {
    const free = this.capacity - this.used;
    if (free === 0 || (from.length <= PIPE_BUF && free < from.length)) return 0;
    const n = Math.min(from.length, free);
    this.put(from.subarray(0, n));
    const last = this.stretches?.at(-1);
    if (last && !last.packet) last.length += n;
    else this.stretches?.push({ packet: false, length: n });
    return n;
  }
  private put(from: Uint8Array): void {
    const n = from.length;
    if (this.ring.length - this.used < n) {
      this.resize(Math.min(this.capacity, Math.max(this.used + n, this.ring.length * 2, PAGE)));
    }
    const at = (this.start + this.used) % this.ring.length;
    const first = Math.min(n, this.ring.length - at);
    this.ring.set(from.subarray(0, first), at);
    this.ring.set(from.subarray(first, n), 0);
    this.used += n;
  }
  private resize(size: number): void {
    const ring = new Uint8Array(size);
    const used = this.used;
    this.take(ring.subarray(0, used));
    this.ring = ring;
    this.start = 0;
    this.used = used;
  }
  /** F_SETPIPE_SZ: rounded up to a power of two of pages; the new capacity or -errno. */
  setCapacity(bytes: number): number {
    if (bytes < 0 || bytes > 0x80000000) return -EINVAL;
    const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, PAGE)));
    if (size > MAX_CAPACITY) return -EPERM;
    if (size < this.used) return -EBUSY;
    if (this.ring.length > size) this.resize(size);
    this.capacity = size;
    return size;
  }
}

/** One open end (or, for a FIFO opened O_RDWR, both). */
export class PipeFile extends BaseFile {
  override readonly queue: WaitQueue;
  private readonly reads: boolean;
  private readonly writes: boolean;
  /** Openings of the other kind as of ours, or -1 if there was such an end: what `opening` and hang-ups go by. */
  private readonly seenWriters: number;
  private readonly seenReaders: number;

  constructor(
    inode: Inode,
    readonly pipe: Pipe,
    flags: number,
    /** Of a FIFO, with what is to be done when nobody has it open any more; pipes are there from the start. */
    private readonly fifo?: { onLastClose(): void },
  ) {
    super(inode, flags);
    const access = flags & O_ACCMODE;
    this.reads = access === O_RDONLY || access === O_RDWR;
    this.writes = access === O_WRONLY || access === O_RDWR;
    this.queue = this.reads ? pipe.arrivals : pipe.departures;
    if (this.reads && this.writes) pipe.both++;
    if (this.reads) {
      pipe.readers++;
      pipe.readersEver++;
    }
    if (this.writes) {
      pipe.writers++;
      pipe.writersEver++;
    }
    this.seenWriters = !fifo || pipe.writers > 0 ? -1 : pipe.writersEver;
    this.seenReaders = !fifo || pipe.readers > 0 ? -1 : pipe.readersEver;
    pipe.wakeAll();
  }
  /** open(2) of a FIFO: the queue to wait on as long as the other end was never opened; undefined when done. */
  opening(): WaitQueue | undefined {
    if (this.flags & O_NONBLOCK) return undefined;
    if (!this.writes && this.pipe.writersEver === this.seenWriters) return this.queue;
    if (!this.reads && this.pipe.readersEver === this.seenReaders) return this.queue;
    return undefined;
  }
  override read(into: Uint8Array): number {
    if (!this.reads) return -EBADF;
    if (into.length === 0) return 0;
    const n = this.pipe.read(into);
    if (n > 0) this.pipe.wakeWriters();
    if (n === 0 && this.pipe.writers > 0) return -EAGAIN;
    return n;
  }
  override write(from: Uint8Array): number {
    if (!this.writes) return -EBADF;
    if (from.length === 0) return 0;
    if (this.pipe.readers === 0) return -EPIPE;
    const n = this.flags & O_DIRECT ? this.writePackets(from) : this.pipe.write(from);
    if (n === 0) return -EAGAIN;
    this.pipe.wakeReaders();
    return n;
  }
  /** Packet mode: a write longer than PIPE_BUF is several packets. */
  private writePackets(from: Uint8Array): number {
    let done = 0;
    while (done < from.length) {
      const n = this.pipe.writePacket(from.subarray(done, done + PIPE_BUF));
      if (n === 0) break;
      done += n;
    }
    return done;
  }
  override poll(): number {
    const { pipe } = this;
    let mask = 0;
    if (this.reads) {
      if (pipe.used > 0) mask |= POLLIN;
      if (pipe.writers === 0 && pipe.writersEver !== this.seenWriters) mask |= POLLHUP;
    }
    if (this.writes) {
      if (!pipe.full) mask |= POLLOUT;
      if (pipe.readers === 0) mask |= POLLERR;
    }
    return mask;
  }
  ioctl(request: number, arg: number, io: IoctlMemory): number {
    if (request !== FIONREAD) return -ENOTTY;
    io.writeBytes(arg, new Uint8Array(Int32Array.of(this.pipe.used).buffer));
    return 0;
  }
  control(command: number, arg: number): number {
    if (command === F_GETPIPE_SZ) return this.pipe.capacity;
    if (command !== F_SETPIPE_SZ) return -EINVAL;
    const r = this.pipe.setCapacity(arg);
    if (r > 0) this.pipe.wakeWriters();
    return r;
  }
  override close(): void {
    if (this.reads) this.pipe.readers--;
    if (this.writes) this.pipe.writers--;
    if (this.reads && this.writes) this.pipe.both--;
    this.pipe.wakeAll();
    if (this.pipe.readers === 0 && this.pipe.writers === 0) this.fifo?.onLastClose();
  }
}

const pipefs = new AnonFs("pipefs", 13, PIPEFS_MAGIC);

/** Both ends of a new pipe: [read, write]. `flags`: O_NONBLOCK, and O_DIRECT for the end that writes. */
export function makePipe(flags: number, cred: Cred): [PipeFile, PipeFile] {
  const pipe = new Pipe();
  const inode = pipefs.inode(S_IFIFO | 0o600, cred.fsuid, cred.fsgid);
  // Reopening through /proc/self/fd leads to the same pipe.
  inode.open = (f: number) => new PipeFile(inode, pipe, f);
  const place = anonymousPlace(inode, `pipe:[${inode.ino}]`);
  const extra = flags & O_NONBLOCK;
  const ends: [PipeFile, PipeFile] = [
    new PipeFile(inode, pipe, O_RDONLY | extra),
    new PipeFile(inode, pipe, O_WRONLY | (flags & O_DIRECT) | extra),
  ];
  for (const end of ends) end.place = place;
  return ends;
}

const fifos = new Attached<Inode, Pipe>("fifo");

/** Opens a FIFO found in a file system. Blocking openers must wait on `opening()`. */
export function openFifo(inode: Inode, flags: number): PipeFile | number {
  let pipe = fifos.get(inode);
  const access = flags & O_ACCMODE;
  if (access === O_WRONLY && flags & O_NONBLOCK && !pipe?.readers) return -ENXIO;
  if (!pipe) {
    pipe = new Pipe();
    fifos.set(inode, pipe);
  }
  return new PipeFile(inode, pipe, flags, { onLastClose: () => fifos.delete(inode) });
}
